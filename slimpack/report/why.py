"""Report, pattern -> why a module, file, library or distribution was kept (its route) or dropped."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import translate

from slimpack.model.naming import is_shared_object
from slimpack.model.plan import Action
from slimpack.model.report import FileRow, Report

_SUFFIXES = (".py", ".pyc", ".pyi")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a route: the file, and what in its parent asks for it."""

    path: str
    kind: str
    parent: str
    line: int
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of one file, and the route from it back to an entry point (empty where there is none)."""

    row: FileRow
    route: tuple[Step, ...]

    @property
    def kept(self) -> bool:
        """Whether it ships at its place."""
        return self.row.decision.action is Action.KEEP


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The answer to one pattern: `fates` of all files it matches, or the `nearest` names where it matches none."""

    pattern: str
    fates: tuple[Fate, ...]
    nearest: tuple[str, ...] = ()


def why(report: Report, pattern: str) -> Why:
    """Find what `pattern` names.

    A distribution, a dotted module (with what is below it), a path, a shared library by its name without version
    (`libjpeg`), or a glob of paths, modules or names of libraries.
    """
    rows = {row.path: row for row in report.files}
    matches = _matcher(pattern)
    found = [row for row in report.files if matches(row)]
    if not found:
        names = sorted({row.owner for row in report.files if row.owner} | {module_of(row.path) for row in report.files})
        return Why(pattern=pattern, fates=(), nearest=tuple(get_close_matches(pattern, names, n=3)))
    return Why(pattern=pattern, fates=tuple(Fate(row=row, route=_route(row, rows)) for row in found))


def module_of(path: str) -> str:
    """The dotted name under which `path` would be imported; the path itself where it is no module."""
    stem = next((path.removesuffix(suffix) for suffix in _SUFFIXES if path.endswith(suffix)), path)
    if path.endswith(".so"):
        folder, _, name = path.rpartition("/")
        stem = f"{folder}/{name.partition('.')[0]}" if folder else name.partition(".")[0]
    elif stem == path:
        return path
    return stem.removesuffix("/__init__").replace("/", ".")


def _matcher(pattern: str) -> Callable[[FileRow], bool]:
    glob = re.compile(translate(pattern)) if any(sign in pattern for sign in "*?[") else None
    name = re.sub(r"[-_.]+", "-", pattern).lower()
    below = pattern.rstrip("/") + "/"

    def matches(row: FileRow) -> bool:
        module = module_of(row.path)
        if glob is not None:
            file = row.path.rpartition("/")[2]
            return bool(glob.match(row.path) or glob.match(module) or (is_shared_object(file) and glob.match(file)))
        return (
            row.path == pattern
            or row.path.startswith(below)
            or module == pattern
            or module.startswith(pattern + ".")
            or row.owner == name
            or _is_library(row.path, pattern)
        )

    return matches


def _is_library(path: str, name: str) -> bool:
    """`libjpeg` and `libjpeg.so` name `pillow.libs/libjpeg-9d3b4f7e.so.62.4.0`."""
    file = path.rpartition("/")[2]
    return is_shared_object(file) and (
        file == name or file.startswith(tuple(f"{name.removesuffix('.so')}{end}" for end in "-."))
    )


def _route(row: FileRow, rows: Mapping[str, FileRow]) -> tuple[Step, ...]:
    steps: list[Step] = []
    seen: set[str] = set()
    at: FileRow | None = row
    while at is not None and at.reason is not None and at.path not in seen:
        seen.add(at.path)
        reason = at.reason
        steps.append(
            Step(path=at.path, kind=reason.kind.value, parent=reason.parent, line=reason.line, detail=reason.detail)
        )
        at = rows.get(reason.parent)
    return tuple(steps)
