"""Function -> Profile: its start in Lambda's runtime client, split into floor, imports and own statements.

Every round starts a fresh process of the empty handler and of each subject, in an order that turns. Rounds go on until
the median is known well enough, or there were enough of them. What a round costs is told by the process itself (CPU of
all its threads), so that starting it is no part of it; and told apart before and after the client begins to load the
function, since nine tenths of the noise of a small function's start is that of the interpreter's. Who costs it is told
by other runs, which are slower.
"""

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from slimpack.errors import Problem, ToolError
from slimpack.host.disk import temporary_folder
from slimpack.host.invoked import Cost, Invoked, Mode, Stage, invoke
from slimpack.host.tools import Tools
from slimpack.host.watched import module_of
from slimpack.measure.attribution import Ground, Row, Told, completed, graph_of, imports, rows, shares
from slimpack.measure.moving import Scenery, alone, movable
from slimpack.measure.own_statements import statements
from slimpack.measure.postponing import Attempt, late_statements, tried
from slimpack.measure.replacing import replaceable
from slimpack.measure.statistics import half_width
from slimpack.measure.usage import relative, usage
from slimpack.model.answer import Ending
from slimpack.model.profile import Profile, Requests
from slimpack.model.project import EntryPoint, Event
from slimpack.model.replacement import Replacement
from slimpack.model.timing import Samples

_FLOOR = EntryPoint(module="slimpack_floor", attribute="handler")
_FEWEST = 8
_ENOUGH, _ENOUGH_OF_LOADING = 0.03, 0.01
"""Half widths of the confidence intervals of init and of its loading part, as shares of init's median, at which more
rounds say nothing new."""
_ATTRIBUTED = (1, 3, 5)
"""The rounds with a run that tells who costs what: spread out, so that a slow spell does not hit all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is measured: `name` for people, and how its function is run; `owners` tells whose a module is.

    `replacements` are what is known of distributions that others could stand for.
    """

    name: str
    stage: Stage
    entry: EntryPoint
    owners: Mapping[str, str]
    replacements: tuple[Replacement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rounds:
    """The costs of each process of a subject and of the empty handler, and how many files the latter opens.

    `timed` are the runs that tell who costs what; `tries`: whether it is tried what can wait.
    """

    own: Sequence[tuple[Cost, ...]]
    timed: Sequence[Told]
    floor: Sequence[tuple[Cost, ...]]
    opened: int
    tries: bool


def profile(
    subjects: Sequence[Subject], events: Sequence[Event], *, cold: bool, most: int, python: str, tools: Tools
) -> tuple[Profile, ...]:
    """Measure the subjects side by side; the first is the one to advise on, so with it alone it is tried what can wait.

    Raises ToolError where one cannot be initialised.
    """
    with temporary_folder() as folder:
        (folder / f"{_FLOOR.module}.py").write_text("def handler(event, context):\n    return None\n")
        floor = _floor(subjects[0], folder)
        rounds, timed = _rounds([*subjects, floor], events, cold=cold, most=most, tools=tools)
        opened = _opened(invoke(floor.stage, floor.entry, (), mode=Mode.USED))
    return tuple(
        _profile(
            subject,
            _Rounds(own=own, timed=told, floor=rounds[-1], opened=opened, tries=subject is subjects[0]),
            events,
            cold=cold,
            python=python,
        )
        for subject, own, told in zip(subjects, rounds, timed, strict=False)
    )


def _floor(subject: Subject, folder: Path) -> Subject:
    """An empty handler in the surroundings that all subjects have."""
    sandbox = replace(subject.stage.scene.sandbox, code=folder, path=(folder,))
    scene = replace(subject.stage.scene, sandbox=sandbox, roots=(str(folder),), bytecode=None)
    stage = replace(subject.stage, scene=scene, own=(), sites=())
    return replace(subject, stage=stage, entry=_FLOOR)


def _rounds(
    subjects: Sequence[Subject], events: Sequence[Event], *, cold: bool, most: int, tools: Tools
) -> tuple[list[list[tuple[Cost, ...]]], list[list[Told]]]:
    """The costs of every process, by subject, and what runs between told of who costs what.

    The first round warms caches and does not count, unless cold.
    """
    found: list[list[tuple[Cost, ...]]] = [[] for _ in subjects]
    timed: list[list[Told]] = [[] for _ in subjects]
    for turn in range(most + 1):
        tools.listener.progressed("measure", done=turn, total=most + 1, unit="rounds")
        order = [(index + turn) % len(subjects) for index in range(len(subjects))]
        for index in order:
            subject = subjects[index]
            if cold:
                _evict(subject.stage.scene.sandbox.code)
            costs = _once(subject, events if subject.entry is not _FLOOR else ())
            if turn or cold:
                found[index].append(costs)
            if turn in _ATTRIBUTED and subject.entry is not _FLOOR:
                timed[index].append(invoke(subject.stage, subject.entry, (), mode=Mode.OWN).told)
        if turn >= _FEWEST and all(_settled(costs) for costs in found):
            break
    return found, timed


def _settled(rounds: Sequence[tuple[Cost, ...]]) -> bool:
    whole, loading = [costs[0].cpu + costs[1].cpu for costs in rounds], [costs[1].cpu for costs in rounds]
    middle = median(whole)
    return half_width(whole) <= _ENOUGH * middle and half_width(loading) <= _ENOUGH_OF_LOADING * middle


def _once(subject: Subject, events: Sequence[Event]) -> tuple[Cost, ...]:
    """One process: init, then each event twice."""
    twice = [replace(event, name=f"{event.name} {number}") for event in events for number in (1, 2)]
    invoked = invoke(subject.stage, subject.entry, twice, mode=Mode.COST)
    if failed := next((one for one in invoked.answers if one.ending is Ending.INIT_FAILED), None):
        raise ToolError(
            Problem(
                what=f"{subject.name} cannot be measured: it {failed.in_words}",
                where=str(subject.entry),
                do="give it the variables and the network that it needs: --env, --allow-network",
            )
        )
    return invoked.costs


def _evict(folder: Path) -> None:
    """Let the system forget the files' pages, as on a machine that never ran the function; needs no rights."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)


def _profile(subject: Subject, rounds: _Rounds, events: Sequence[Event], *, cold: bool, python: str) -> Profile:
    """Put together what the rounds cost and what other runs tell of causes."""
    used = invoke(subject.stage, subject.entry, events, mode=Mode.USED)
    needed = invoke(subject.stage, subject.entry, events, mode=Mode.NEEDED) if subject.stage.own else used
    alike = [answer.ending for answer in needed.answers] == [answer.ending for answer in used.answers]
    ground = Ground(root=module_of(subject.entry), roots=subject.stage.scene.roots, owners=subject.owners)
    own = statements(rounds.timed, needed.told if alike else None, ground)
    read = [costs[1].read - costs[0].read for costs in rounds.own]
    floor_read = [costs[1].read - costs[0].read for costs in rounds.floor]
    profile = Profile(
        subject=subject.name,
        python=python,
        floor=_samples(rounds.floor),
        init=_samples(rounds.own),
        loading=tuple(costs[1].cpu for costs in rounds.own),
        floor_loading=tuple(costs[1].cpu for costs in rounds.floor),
        read=max(round(median(read) - median(floor_read)), 0),
        opened=max(_opened(used) - rounds.opened, 0),
        cold=cold,
        requests=tuple(_requests(event, rounds.own) for event in events),
        entry=f"{module_of(subject.entry).replace('.', '/')}.py",
        statements=own,
    )
    attributed = _attributed(profile, rows(rounds.timed, ground), used, ground, subject)
    worth = [one for one in attributed.movable if rounds.tries and attributed.matters(one.saved)]
    late = late_statements(needed.told, ground.place)
    attempt = Attempt(stage=subject.stage, entry=subject.entry, events=events, late=late)
    found = (replace(one, saved=min(one.saved, attributed.own_cpu)) for one in tried(worth, attempt))
    return replace(attributed, movable=tuple(found))


def _attributed(profile: Profile, found: Sequence[Row], used: Invoked, ground: Ground, subject: Subject) -> Profile:
    """Add the imports, and what follows from who imports whom."""
    modules = {row.origin: row.module for row in found if ground.is_ours(row.origin)}
    seen = completed(usage(used.told, inside=ground.roots, modules=modules), found, ground)
    whole = graph_of(found, seen, ground)
    by_place = {one.where: one for one in profile.statements}
    imported = imports(found, whole, seen, ground, {where: one.kind for where, one in by_place.items()})
    mine = {relative(row.origin, ground.roots): row.module for row in found if ground.is_ours(row.origin)}
    scenery = Scenery(
        statements=by_place,
        whole=whole,
        usage=seen,
        owners={one.module: one.owner for one in imported},
        module_of={path: module for path, module in mine.items() if not ground.owner(module, path)},
        events=frozenset(one.event for one in profile.requests),
    )
    return replace(
        profile,
        statements=tuple(replace(one, alone=alone(one, scenery)) for one in profile.statements),
        imports=imported,
        shares=shares(imported, whole),
        movable=movable(scenery),
        replaceable=replaceable(imported, whole, subject.replacements),
    )


def _opened(run: Invoked) -> int:
    return next((int(fields[0]) for kind, *fields in run.told if kind == "opened"), 0)


def _samples(rounds: Sequence[tuple[Cost, ...]]) -> Samples:
    """Init: until the client begins to load the function, and from there on."""
    return Samples(
        cpu=tuple(costs[0].cpu + costs[1].cpu for costs in rounds),
        wall=tuple(costs[0].wall + costs[1].wall for costs in rounds),
        rss=tuple(costs[1].memory for costs in rounds),
    )


def _requests(event: Event, rounds: Sequence[tuple[Cost, ...]]) -> Requests:
    found: dict[str, list[Cost]] = defaultdict(list)
    for costs in rounds:
        for cost in costs[2:]:
            found[cost.phase].append(cost)
    first, second = found[f"{event.name} 1"], found[f"{event.name} 2"]
    return Requests(
        event=event.name,
        first_cpu=tuple(cost.cpu for cost in first),
        first_wall=tuple(cost.wall for cost in first),
        second_cpu=tuple(cost.cpu for cost in second),
        second_wall=tuple(cost.wall for cost in second),
    )
