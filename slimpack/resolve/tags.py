"""Target -> the wheel tags it accepts, best first: the glibc ceiling is exact, and the host is never asked.

`linux_x86_64` is not among them: such a wheel was never checked against any glibc.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Protocol, TypeVar

from packaging.tags import Tag, compatible_tags, cpython_tags, create_compatible_tags_selector
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from slimpack.model.target import Architecture, Target

_LOWEST_MINOR = {Architecture.X86_64: 5, Architecture.ARM64: 17}
"""The oldest glibc 2.x that manylinux knows for the architecture (PEP 600)."""

_LEGACY = {
    Architecture.X86_64: {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"},
    Architecture.ARM64: {17: "manylinux2014"},
}


class Named(Protocol):
    """Anything that has a wheel's file name."""

    @property
    def filename(self) -> str:
        """The file name with its tags."""


_T = TypeVar("_T", bound=Named)


def platforms(target: Target) -> tuple[str, ...]:
    """The platform tags of the target, newest first, the legacy name behind the one it is an alias of."""
    machine, architecture = target.architecture.machine, target.architecture
    names = []
    for minor in range(target.glibc[1], _LOWEST_MINOR[architecture] - 1, -1):
        names.append(f"manylinux_{target.glibc[0]}_{minor}_{machine}")
        if legacy := _LEGACY[architecture].get(minor):
            names.append(f"{legacy}_{machine}")
    return tuple(names)


@cache
def accepted(target: Target) -> tuple[Tag, ...]:
    """Every tag a wheel for the target may have, best first."""
    # The ABI is named, because packaging would otherwise ask the running interpreter whether it is a debug build.
    abi = f"cp{target.python[0]}{target.python[1]}"
    own = cpython_tags(target.python, [abi], platforms(target))
    return (*own, *compatible_tags(target.python, abi, platforms(target)))


@cache
def _accepted_set(target: Target) -> frozenset[Tag]:
    return frozenset(accepted(target))


def tags_of(filename: str) -> frozenset[Tag]:
    """The tags of a wheel's file name; none where it is not a wheel's name."""
    try:
        return frozenset(parse_wheel_filename(filename)[3])
    except InvalidWheelFilename:
        return frozenset()


def fits(filename: str, target: Target) -> bool:
    """Whether the target accepts the wheel of that name."""
    return not _accepted_set(target).isdisjoint(tags_of(filename))


def best(wheels: Iterable[_T], target: Target) -> _T | None:
    """The wheel the target likes best; of equals the one with the highest build number, then the first by name."""
    ordered = sorted(wheels, key=lambda wheel: wheel.filename)
    ordered.sort(key=lambda wheel: _build(wheel.filename), reverse=True)
    select = create_compatible_tags_selector(accepted(target))
    chosen: Iterator[_T] = select((wheel, tags_of(wheel.filename)) for wheel in ordered)
    return next(chosen, None)


def _build(filename: str) -> tuple[int, str]:
    try:
        build = parse_wheel_filename(filename)[2]
    except InvalidWheelFilename:
        return (-1, "")
    return (build[0], build[1]) if build else (-1, "")


def offered(filenames: Iterable[str]) -> str:
    """The tags of several wheels, as a short list for a message."""
    tags = sorted({"-".join(name.removesuffix(".whl").split("-")[-3:]) for name in filenames})
    shown = tags[:_SHOWN]
    rest = f" and {len(tags) - _SHOWN} more" if len(tags) > _SHOWN else ""
    return ", ".join(shown) + rest


_SHOWN = 6
"""A message that lists forty tags is not read."""
