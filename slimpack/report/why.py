"""Report, pattern -> why a module, file or distribution was kept (its route) or dropped."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import translate

from slimpack.model.plan import Action
from slimpack.model.report import FileRow, Report
from slimpack.report.units import size

_SHOWN = 20
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The answer to one pattern: `fates` of all files it matches, or the `nearest` names where it matches none."""

    pattern: str
    fates: tuple[Fate, ...]
    nearest: tuple[str, ...] = ()


def why(report: Report, pattern: str) -> Why:
    """Find what `pattern` names: a distribution, a dotted module (with what is below it), a path, or a glob of them."""
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
            return bool(glob.match(row.path) or glob.match(module))
        return (
            row.path == pattern
            or row.path.startswith(below)
            or module == pattern
            or module.startswith(pattern + ".")
            or row.owner == name
        )

    return matches


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


def why_text(answer: Why) -> str:
    """Say it for people: totals first, then each file with its route or its dropping pass."""
    if not answer.fates:
        hint = f"; nearest: {', '.join(answer.nearest)}" if answer.nearest else ""
        return f"{answer.pattern}: nothing of that name was in the tree{hint}\n"
    kept = [fate for fate in answer.fates if fate.row.decision.action is Action.KEEP]
    dropped = [fate for fate in answer.fates if fate.row.decision.action is not Action.KEEP]
    ships, gone = sum(fate.row.stored for fate in kept), sum(fate.row.size for fate in dropped)
    lines = [
        f"{answer.pattern}: {len(kept)} kept ({size(ships)} in the artifact), {len(dropped)} dropped ({size(gone)})"
    ]
    for fates in (kept, dropped):
        for fate in fates[:_SHOWN]:
            lines += _fate_lines(fate)
        if len(fates) > _SHOWN:
            action = fates[0].row.decision.action.value
            lines.append(f"  … and {len(fates) - _SHOWN} more to {action}: name one of them to see it")
    return "\n".join(lines) + "\n"


def _fate_lines(fate: Fate) -> list[str]:
    row = fate.row
    if row.decision.action is not Action.KEEP:
        word = "dropped " if row.decision.action is Action.DROP else "cold    "
        return [
            f"  {word} {row.path}  ({size(row.size)})",
            f"           by {row.decision.by}: {row.decision.why}",
            f'           to keep it: keep = ["{row.path}"] in [tool.slimpack], or --keep {row.path}',
        ]
    lines = [f"  kept     {row.path}  ({size(row.stored)} in the artifact)"]
    lines.append(f"           by {row.decision.by}: {row.decision.why}")
    for step in fate.route:
        place = f"{step.parent}:{step.line}" if step.line else step.parent
        detail = f" ({step.detail})" if step.detail else ""
        lines.append(f"           ← {step.kind}{detail}" + (f" at {place}" if place else ""))
    return lines
