"""Statements, who needs them, and who imports whom -> Movable: what could wait together until something needs it.

A statement can wait where all that it does is to bind names, nobody reads them in init but statements that can wait as
well, and no code of what it imports runs in init by another way (a registry, a patch). Statements that the same events
need go together where one needs the other, or where they load the same modules: apart they would save nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from slimpack.measure.graph import Graph
from slimpack.measure.usage import Usage
from slimpack.model.profile import Movable, Statement, StatementKind

_LEAST = 0.5
"""ms under which nothing is worth a thought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenery:
    """All that is known of one init; `owners` has its modules, `module_of` those of own files by path."""

    statements: Mapping[str, Statement]
    whole: Graph
    usage: Usage
    owners: Mapping[str, str]
    module_of: Mapping[str, str]
    events: frozenset[str]


def movable(scenery: Scenery) -> tuple[Movable, ...]:
    """Every group with an import that would save something, and every piece of work; the largest first."""
    free = _free(scenery)
    groups: dict[frozenset[str], list[str]] = defaultdict(list)
    for where in free:
        groups[_events(where, scenery)].append(where)
    found = [
        made
        for needed, places in groups.items()
        for part in _parts(places, scenery)
        if (made := _movable(part, needed, scenery)) is not None and _imports(made, scenery)
    ]
    for where in free:
        if scenery.statements[where].kind is StatementKind.WORK:
            made = _movable(_followed(where, scenery), _events(where, scenery), scenery)
            if made is not None:
                others = [place for place in made.statements if place != where]
                found.append(replace(made, statements=(where, *others)))
    return tuple(sorted(found, key=lambda one: (-one.saved, one.statements)))


def alone(one: Statement, scenery: Scenery) -> float:
    """What a statement costs beyond imports that others do as well."""
    return one.itself + scenery.whole.cost(scenery.whole.lost(cut=_edges([one.where], scenery)))


def _imports(made: Movable, scenery: Scenery) -> bool:
    return scenery.statements[made.statements[0]].kind is StatementKind.IMPORT


def _followed(where: str, scenery: Scenery) -> list[str]:
    """A statement, and those that need it in init, which have to wait for it."""
    seen = {where: None}
    for place in (frontier := [where]):
        for by in sorted(_early(place, scenery) - seen.keys()):
            seen[by] = None
            frontier.append(by)
    return list(seen)


def _free(scenery: Scenery) -> list[str]:
    """The statements that nothing holds where they are."""
    free = {
        where
        for where, one in scenery.statements.items()
        if one.needed is not None and one.kind is not StatementKind.DEFINITION
    }
    while held := {where for where in free if not _early(where, scenery) <= free}:
        free -= held
    return sorted(free, key=lambda where: (scenery.statements[where].path, scenery.statements[where].line))


def _early(where: str, scenery: Scenery) -> set[str]:
    """Who needs it in init."""
    return set(scenery.statements[where].needed or ()) - scenery.events


def _events(where: str, scenery: Scenery) -> frozenset[str]:
    """The events that need it, also by way of what needs it."""
    seen, frontier = {where}, [where]
    events: set[str] = set()
    while frontier:
        for by in scenery.statements[frontier.pop()].needed or ():
            if by in scenery.events:
                events.add(by)
            elif by in scenery.statements and by not in seen:
                seen.add(by)
                frontier.append(by)
    return frozenset(events)


def _parts(places: Sequence[str], scenery: Scenery) -> list[list[str]]:
    """Split into those that belong together."""
    lost = scenery.whole.lost(cut=_edges(places, scenery))
    loads = {where: scenery.whole.reached(since=_targets(where, scenery)) & lost for where in places}
    part = {where: where for where in places}

    def top(where: str) -> str:
        while part[where] != where:
            where = part[where]
        return where

    for index, one in enumerate(places):
        for other in places[index + 1 :]:
            needs = other in _early(one, scenery) or one in _early(other, scenery)
            if needs or scenery.whole.cost(loads[one] & loads[other]) >= _LEAST:
                part[top(other)] = top(one)
    found: dict[str, list[str]] = defaultdict(list)
    for where in places:
        found[top(where)].append(where)
    return list(found.values())


def _targets(where: str, scenery: Scenery) -> list[str]:
    return sorted({module for _, module in scenery.usage.at.get(where, ())})


def _edges(places: Iterable[str], scenery: Scenery) -> set[tuple[str, str]]:
    """The imports of these statements that no other statement of the same module does as well."""
    chosen = set(places)
    kept = {edge for where, edges in scenery.usage.at.items() if where not in chosen for edge in edges}
    return {edge for where in chosen for edge in scenery.usage.at.get(where, ())} - kept


def _movable(places: Sequence[str], needed: frozenset[str], scenery: Scenery) -> Movable | None:
    """What these would save together; nothing where code of theirs runs in init although nobody names it."""
    lost = scenery.whole.lost(cut=_edges(places, scenery)) & scenery.owners.keys()
    chosen = [scenery.statements[where] for where in places]
    gone = {path for path, module in scenery.module_of.items() if module in lost}
    later = set(needed)
    for module in sorted(lost):
        for phase, place in scenery.usage.calls.get(module, ()):
            if phase:
                later.add(phase)
            elif place not in places and place.rpartition(":")[0] not in gone:
                return None
    later |= {event for event, who, target in scenery.usage.later if target in lost and who not in lost}
    work = sum(one.itself for one in chosen if one.path not in gone)
    saved = scenery.whole.cost(lost) + work
    if saved < _LEAST:
        return None
    ordered = sorted(
        (one for one in chosen if one.path not in gone and _matters(one, lost, scenery)),
        key=lambda one: (one.kind is not StatementKind.IMPORT, -one.cpu, one.path, one.line),
    )
    if not ordered:
        return None
    return Movable(
        statements=tuple(one.where for one in ordered),
        modules=len(lost),
        owners=_by_cost(lost, scenery),
        saved=saved,
        needed=tuple(sorted(later & scenery.events)),
    )


def _matters(one: Statement, lost: set[str], scenery: Scenery) -> bool:
    """An import that loads nothing of what is lost may stay where it is."""
    if one.kind is not StatementKind.IMPORT:
        return True
    return not lost.isdisjoint(scenery.whole.reached(since=_targets(one.where, scenery)))


def _by_cost(lost: Iterable[str], scenery: Scenery) -> tuple[str, ...]:
    """The owners of these modules, the costliest first."""
    costs: dict[str, float] = defaultdict(float)
    for module in sorted(lost):
        costs[scenery.owners[module]] += scenery.whole.own.get(module, 0.0)
    return tuple(sorted(costs, key=lambda owner: (-costs[owner], owner)))
