"""Two Snapshots -> the imports that were added, with what each brought and the line that asks for it.

Where both were measured, an import's cost is its own time and that of all new modules below it: what it merely loads
earlier than something else did before was paid for already. Without measurements, the distributions that came say it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from slimpack.model.comparison import Cause, InitChange, Origin, Snapshot
from slimpack.model.naming import module_name
from slimpack.model.timing import ModuleTime, Timing
from slimpack.model.tree import OWN

_MICRO = 1000
_LEAST, _SLOWER = 0.5, 1.0
"""Milliseconds from which an import is worth a line, and a module's own time may be called longer."""


def causes(before: Snapshot, after: Snapshot, init: InitChange | None) -> tuple[Cause, ...]:
    """The most expensive first; modules that were there and take longer only where init is slower beyond the noise."""
    if before.timing is None or after.timing is None:
        found = list(_by_distribution(before, after))
    else:
        found = list(_by_time(before, before.timing, after, after.timing))
        if init is not None and init.grew and not any(cause.cost for cause in found):
            found += _slower(before.timing, after.timing, after, init.scale)
    return tuple(sorted(found, key=lambda cause: (-(cause.cost or 0), -cause.size, cause.module)))


def _by_time(before: Snapshot, old: Timing, after: Snapshot, new: Timing) -> Iterator[Cause]:
    known = {one.module for one in old.modules}
    times = {one.module: one for one in new.modules}
    fresh = {module: one for module, one in times.items() if module not in known}
    # A new module of own code is no cause of what it imports: it is what the change is, and its lines are named.
    bringing = {module for module in fresh if not _is_own(module, after)}
    children: dict[str, list[str]] = defaultdict(list)
    for module, one in fresh.items():
        if one.parent in bringing:
            children[one.parent].append(module)
    for module, one in fresh.items():
        if one.parent in bringing:
            continue
        below = list(_below(module, children))
        cost = sum(fresh[name].own for name in below) / _MICRO
        if cost < _LEAST:
            continue
        owners = {place.owner for name in below if (place := after.origins.get(name))} - before.weights.keys()
        size = sum(after.weights[owner].unpacked for owner in owners if owner in after.weights)
        yield Cause(module=module, origin=_origin(one, after), cost=cost, size=size, modules=len(below))


def _is_own(module: str, after: Snapshot) -> bool:
    return module in after.origins and after.origins[module].owner == OWN


def _below(module: str, children: Mapping[str, list[str]]) -> Iterator[str]:
    todo = [module]
    while todo:
        name = todo.pop()
        yield name
        todo += children.get(name, ())


def _origin(one: ModuleTime, after: Snapshot) -> Origin:
    """Who imports it: as measured, with the line that the trace knows; of a package, its parts may know better."""
    place = after.origins.get(one.module)
    if place is None:  # of the standard library, which the trace does not look into
        return Origin(owner="", importer=one.parent)
    if place.own:
        return place
    parts = (other for name, other in after.origins.items() if name.startswith(f"{one.module}.") and other.own)
    return min(parts, key=lambda other: (other.importer != other.own, other.own_line), default=place)


def _slower(old: Timing, new: Timing, after: Snapshot, scale: float) -> Iterator[Cause]:
    times = {one.module: one.own for one in old.modules}
    for one in new.modules:
        if one.module in times and (longer := (one.own - times[one.module] * scale) / _MICRO) >= _SLOWER:
            yield Cause(module=one.module, origin=_origin(one, after), cost=longer, new=False)


def _by_distribution(before: Snapshot, after: Snapshot) -> Iterator[Cause]:
    """The distributions that came and are first asked for by own code, or by what was there before."""
    came = after.weights.keys() - before.weights.keys() - {""}
    for name in sorted(came):
        place = after.entries.get(name)
        if place is None:
            continue
        brought = after.origins.get(module_name(place.importer))
        if brought is None or brought.owner not in came or place.importer == place.own:
            yield Cause(module=name, origin=place, cost=None, size=after.weights[name].unpacked)
