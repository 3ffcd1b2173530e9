"""Why -> text and JSON: the shortest route from the entry point, who else asks, and what would bring it back."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from slimpack.model.plan import Action
from slimpack.model.trace import Reason
from slimpack.report.units import size
from slimpack.report.why import Fate, Step, Why

_SHOWN, _FEW = 20, 3
"""Files that are shown of each kind; files up to which each has its whole route."""
_BACK = {
    "user": "take it out of drop, or out of --drop",
    "unobserved": "name an event that uses it (--event)",
    "runtime_provided": "leave out runtime-provided",
    "installer_metadata": "read it by importlib.metadata in code that is reached",
    "unreachable": "import it, or name it in a string that code which is reached imports by",
    "tests": "import it from code that is no test",
}
"""What else than `keep` would keep a file that a pass dropped."""


def why_text(answer: Why) -> str:
    """Say it for people: totals first, then each file with its route or its dropping pass."""
    if not answer.fates:
        hint = f"; nearest: {', '.join(answer.nearest)}" if answer.nearest else ""
        return f"{answer.pattern}: nothing of that name was in the tree{hint}\n"
    kept = [fate for fate in answer.fates if fate.kept]
    dropped = [fate for fate in answer.fates if not fate.kept]
    ships, gone = sum(fate.row.stored for fate in kept), sum(fate.row.size for fate in dropped)
    lines = [
        f"{answer.pattern}: {len(kept)} kept ({size(ships)} in the artifact), {len(dropped)} dropped ({size(gone)})"
    ]
    few = len(answer.fates) <= _FEW
    if not few:
        lines += _first(kept)
        kept.sort(key=lambda fate: (-fate.row.stored, fate.row.path))
        dropped.sort(key=lambda fate: (-fate.row.size, fate.row.path))
    for fates in (kept, dropped):
        for fate in fates[:_SHOWN]:
            lines += _fate_lines(fate) if few else _short_lines(fate)
        if len(fates) > _SHOWN:
            action = fates[0].row.decision.action.value
            lines.append(f"  … and {len(fates) - _SHOWN} more to {action}: name one of them to see it")
    return "\n".join(lines) + "\n"


def _first(kept: Sequence[Fate]) -> Iterator[str]:
    """How the entry point comes by the first of several files."""
    first = min((fate for fate in kept if fate.route), key=lambda fate: (len(fate.route), fate.row.path), default=None)
    if first is not None:
        yield f"  first reached: {first.row.path}"
        yield from _route_lines(first.route)


def _fate_lines(fate: Fate) -> Iterator[str]:
    row = fate.row
    if not fate.kept:
        yield _dropped(fate)
        yield f"           by {row.decision.by}: {row.decision.why}"
        yield f"           to keep it: {back(fate)}"
        return
    yield _kept(fate)
    yield f"           by {row.decision.by}: {row.decision.why}"
    yield from _route_lines(fate.route)
    for reason in row.also:
        yield f"           also {_asked(reason)}"
    if row.more:
        yield f"           also {row.more} more"


def _short_lines(fate: Fate) -> Iterator[str]:
    """One file of many: the decision, and of a route its last step."""
    if not fate.kept:
        yield f"{_dropped(fate)}  by {fate.row.decision.by}"
    elif fate.row.reason is not None and fate.row.reason.parent:
        yield f"{_kept(fate)}  {_asked(fate.row.reason)}"
    else:
        yield f"{_kept(fate)}  by {fate.row.decision.by}: {fate.row.decision.why}"


def _kept(fate: Fate) -> str:
    return f"  kept     {fate.row.path}  ({size(fate.row.stored)} in the artifact)"


def _dropped(fate: Fate) -> str:
    word = "dropped" if fate.row.decision.action is Action.DROP else "cold   "
    return f"  {word}  {fate.row.path}  ({size(fate.row.size)})"


def _route_lines(route: Sequence[Step]) -> Iterator[str]:
    """From the entry point to the file: who asks at which line, and for what."""
    for step in reversed(route):
        detail = f" ({step.detail})" if step.detail else ""
        place = f"{step.parent}:{step.line}" if step.line else step.parent
        yield f"           {place or 'entry point'} -> {step.path}: {step.kind}{detail}"


def _asked(reason: Reason) -> str:
    place = f"{reason.parent}:{reason.line}" if reason.line else reason.parent
    return f"{place}: {reason.kind}" + (f" ({reason.detail})" if reason.detail else "")


def back(fate: Fate) -> str:
    """What would bring a dropped file back."""
    row = fate.row
    keep = f'keep = ["{row.path}"] in [tool.slimpack], or --keep {row.path}'
    other = _BACK.get(row.decision.by, "")
    return f"{other}; or {keep}" if other else keep


def why_json(answer: Why) -> str:
    """The same as JSON text, with every file and every reason that is known."""
    value = {
        "pattern": answer.pattern,
        "nearest": list(answer.nearest),
        "files": [_encoded(fate) for fate in answer.fates],
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _encoded(fate: Fate) -> dict[str, Any]:
    row = fate.row
    found: dict[str, Any] = {
        "path": row.path,
        "owner": row.owner,
        "size": row.size,
        "stored": row.stored,
        "action": row.decision.action.value,
        "by": row.decision.by,
        "why": row.decision.why,
        "route": [
            {"path": step.path, "kind": step.kind, "parent": step.parent, "line": step.line, "detail": step.detail}
            for step in reversed(fate.route)
        ],
        "also": [
            {"kind": one.kind.value, "parent": one.parent, "line": one.line, "detail": one.detail} for one in row.also
        ],
        "more": row.more,
    }
    if not fate.kept:
        found["back"] = back(fate)
    return found
