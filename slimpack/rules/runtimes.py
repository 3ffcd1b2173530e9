"""rules/runtime/*.toml -> Runtime: what each Lambda runtime is and provides, from dated data."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from slimpack.errors import ConfigError, Problem
from slimpack.model.rule import Runtime

_PREFIX = "python"


def runtime(python: tuple[int, int]) -> Runtime:
    """Return the runtime of this Python; a ConfigError names those there are."""
    name = f"python{python[0]}.{python[1]}"
    known = {one.name: one for one in runtimes()}
    if name not in known:
        raise ConfigError(
            Problem(what=f"Lambda has no runtime {name}", where="--python", do=f"one of {', '.join(known)}")
        )
    return known[name]


@lru_cache(maxsize=1)
def runtimes() -> tuple[Runtime, ...]:
    """Every runtime, oldest first."""
    tables = {name: tomllib.loads(text.decode()) for name, text in data().items()}
    pythons = sorted(_version(name.removeprefix(_PREFIX)) for name in tables if name.startswith(_PREFIX))
    return tuple(_runtime(python, tables) for python in pythons)


def data() -> dict[str, bytes]:
    """The files by name without suffix, sorted."""
    folder: Traversable = files("slimpack.rules").joinpath("runtime")
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".toml")]
    return {entry.name.removesuffix(".toml"): entry.read_bytes() for entry in sorted(found, key=lambda one: one.name)}


def _runtime(python: tuple[int, int], tables: Mapping[str, Mapping[str, Any]]) -> Runtime:
    name = f"{_PREFIX}{python[0]}.{python[1]}"
    one, libraries, sdk = tables[name], tables["libraries"], tables["sdk"]
    versions: Mapping[str, str] = one.get("provides", {})
    # Both machines' loaders are listed: a native file of the wrong machine is found by its ELF header, not by these.
    sonames = {*libraries["all"], *libraries["x86_64"], *libraries["arm64"], *libraries[one["system"]]}
    return Runtime(
        name=name,
        glibc=(one["glibc"][0], one["glibc"][1]),
        status=one["status"],
        deprecated=one["deprecated"],
        blocked=one["blocked"],
        provides=tuple((name, versions.get(name, "")) for name in sorted({*sdk["sdk"], *sdk["client"]})),
        libraries=tuple(sorted(sonames)),
        as_of=one["as_of"],
        sdk=tuple(sdk["sdk"]),
        stdlib=_stdlib(python, tables["stdlib"]),
    )


def _stdlib(python: tuple[int, int], table: Mapping[str, list[str]]) -> frozenset[str]:
    names: set[str] = set()
    for key, modules in table.items():
        bound, _, version = key.partition("-")
        limit = _version(version.replace("_", ".")) if version else python
        if bound == "all" or (bound == "until" and python <= limit) or (bound == "since" and python >= limit):
            names.update(modules)
    return frozenset(names)


def _version(text: str) -> tuple[int, int]:
    major, minor = text.split(".")
    return int(major), int(minor)
