"""Settings, project files and the known runtimes -> the Target."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from slimpack.errors import Problem
from slimpack.model.rule import Runtime
from slimpack.model.target import Architecture, Target
from slimpack.project.settings import Chosen

_RETIRED = "retired"
_GONE = {(2, 7): "2021-07-15", (3, 6): "2022-07-18", (3, 7): "2023-12-04", (3, 8): "2024-10-14"}
"""Runtimes older than what the data describes, and since when Lambda has retired them."""
_UNSTABLE = frozenset({"preview", "deprecated", _RETIRED})


def choose(
    chosen: Chosen,
    *,
    root: Path,
    required: Sequence[str],
    runtimes: Sequence[Runtime],
    problems: list[Problem],
) -> Target:
    """The target that was asked for, or the one that fits the project; the glibc floor is the runtime's."""
    asked: tuple[int, int] | None = chosen["python"]
    architecture: Architecture = chosen["arch"]
    by_python = {_python(runtime): runtime for runtime in runtimes}
    python = asked or _default(root, required, by_python)
    runtime = by_python.get(python)
    if runtime is None or runtime.status == _RETIRED:
        problems.append(_no_such(python, runtime, by_python, where=chosen.where["python"]))
        return Target(python=python, architecture=architecture, glibc=(2, 0))
    if required and not _fits(python, required):
        where = chosen.where["python"] if asked else "requires-python"
        what = f"requires-python ({', '.join(required)}) excludes python{python[0]}.{python[1]}"
        problems.append(Problem(what=what, where=where, do="choose another --python, or widen it and lock again"))
    return Target(python=python, architecture=architecture, glibc=runtime.glibc)


def _python(runtime: Runtime) -> tuple[int, int]:
    major, _, minor = runtime.name.removeprefix("python").partition(".")
    return int(major), int(minor)


def _no_such(
    python: tuple[int, int], runtime: Runtime | None, by_python: Mapping[tuple[int, int], Runtime], *, where: str
) -> Problem:
    version = f"{python[0]}.{python[1]}"
    if python in _GONE:
        what = f"the Lambda runtime python{version} is retired since {_GONE[python]}"
    elif runtime is None:
        what = f"there is no Lambda runtime python{version}"
    else:
        since = f" since {runtime.deprecated}" if runtime.deprecated else ""
        what = f"the Lambda runtime python{version} is retired{since}"
    existing = ", ".join(
        f"{major}.{minor}" + (f" ({known.status})" if known.status in _UNSTABLE else "")
        for (major, minor), known in sorted(by_python.items())
        if known.status != _RETIRED
    )
    return Problem(what=what, where=where, do=f"choose one of {existing}")


def _default(root: Path, required: Sequence[str], by_python: Mapping[tuple[int, int], Runtime]) -> tuple[int, int]:
    """What .python-version says, else our own version or the newest stable one within all of `required`."""
    stable = [python for python, runtime in sorted(by_python.items()) if runtime.status not in _UNSTABLE]
    fitting = [python for python in stable if _fits(python, required)] or stable
    pinned = _pinned(root)
    if pinned in by_python and by_python[pinned].status != _RETIRED:
        return pinned
    running = sys.version_info[:2]
    if running in fitting or not fitting:
        return running
    return fitting[-1]


def _pinned(root: Path) -> tuple[int, int]:
    try:
        first = (root / ".python-version").read_text(encoding="utf-8").split()[0]
        major, minor, *_ = first.removeprefix("cpython-").removeprefix("python").split(".")
        return int(major), int(minor)
    except (OSError, ValueError, IndexError):
        return (0, 0)


def _fits(python: tuple[int, int], required: Sequence[str]) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415 only where it is asked for

    try:
        specifiers = SpecifierSet(",".join(required))
    except InvalidSpecifier:
        return True
    # `>=3.12.4` holds for a runtime of 3.12: Lambda keeps its patch release current.
    return any(specifiers.contains(f"{python[0]}.{python[1]}.{patch}") for patch in range(40))
