"""Statements that could wait, made to wait -> what that saves, and what the requests that need them then pay.

What a statement costs is not what is saved without it: the first client of an SDK reads data that the second one needs
as well (of 90 ms for the first of two boto3 clients, waiting saves 30). So whatever is worth advice is tried, in turns
with the same runs where nothing waits. Compared is init from the first of the statements on: before that, both do the
same, and differ by noise alone.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from slimpack.host.invoked import Invoked, Mode, Stage, invoke
from slimpack.measure.statistics import shift
from slimpack.model.profile import Movable
from slimpack.model.project import EntryPoint, Event

_TIMES = 5
_TRIED = 6
_MILLION = 1e6
Late = tuple[str, ...]
"""File, line, and the names that the statement binds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What is run, and how each statement that may wait is named there, by its place."""

    stage: Stage
    entry: EntryPoint
    events: Sequence[Event]
    late: Mapping[str, Late]


def tried(candidates: Sequence[Movable], attempt: Attempt) -> tuple[Movable, ...]:
    """The largest of them with what was measured; without those that cannot wait after all."""
    chosen = [one for one in candidates if set(one.statements) <= attempt.late.keys()][:_TRIED]
    if not chosen:
        return ()
    runs: list[list[Invoked]] = [[] for _ in range(len(chosen) + 1)]
    for _ in range(_TIMES):
        for found, places in zip(runs, [(), *(one.statements for one in chosen)], strict=True):
            late = tuple(attempt.late[place] for place in places)
            stage = replace(attempt.stage, late=late)
            found.append(invoke(stage, attempt.entry, attempt.events, mode=Mode.POSTPONED))
    plain, *others = runs
    pairs = zip(chosen, others, strict=True)
    measured = (_measured(one, plain, found, attempt) for one, found in pairs)
    return tuple(sorted((one for one in measured if one is not None), key=lambda one: (-one.saved, one.statements)))


def _measured(one: Movable, plain: Sequence[Invoked], late: Sequence[Invoked], attempt: Attempt) -> Movable | None:
    """With what init saved, and what the events then paid; nothing where they ended otherwise."""
    if {_endings(run) for run in late} != {_endings(run) for run in plain}:
        return None
    since = {attempt.late[place][:2] for place in one.statements}
    init = shift([_init(run, since) for run in late], [_init(run, since) for run in plain])
    events = median(map(_events, late)) - median(map(_events, plain))
    return replace(one, saved=max(init, 0.0), paid=max(events, 0.0) if one.needed else 0.0)


def _endings(run: Invoked) -> tuple[str, ...]:
    return tuple(answer.ending for answer in run.answers)


def _init(run: Invoked, since: Collection[tuple[str, ...]]) -> float:
    """Ms of the first init from the first of these statements (by file and line) on."""
    whole = next((int(fields[1]) for kind, *fields in run.told if kind == "spent" and not fields[0]), 0)
    turns = [int(fields[2]) for kind, *fields in run.told if kind == "reached" and tuple(fields[:2]) in since]
    return (whole - min(turns, default=0)) / _MILLION


def _events(run: Invoked) -> float:
    """Ms of all events."""
    return sum(int(fields[1]) for kind, *fields in run.told if kind == "spent" and fields[0]) / _MILLION


def late_statements(told: Iterable[tuple[str, ...]], place: Callable[[str, str], str]) -> dict[str, Late]:
    """By place (of a file and a line), what the run without names told of what statements bind."""
    names: dict[tuple[str, str], list[str]] = {}
    for kind, *fields in told:
        if kind == "binds":
            path, line, name = fields
            names.setdefault((path, line), []).append(name)
    return {place(*key): (*key, *found) for key, found in names.items()}
