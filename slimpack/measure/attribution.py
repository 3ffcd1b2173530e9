"""What the probes told of some starts -> whose each ms of init is: rows of imports, statements, shares of owners.

Times are medians over the runs. A module's cumulative time is its own and that of all whose import it began, so that
the parts sum up to the whole.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from slimpack.measure.graph import Graph, graph, savings
from slimpack.measure.usage import INIT, Usage
from slimpack.model.naming import is_shared_object
from slimpack.model.profile import STANDARD, Imported, Share, StatementKind

Told = Sequence[tuple[str, ...]]
_CANDIDATES = 60
_MILLION = 1e6
_LIBRARY = re.compile(r".*/lib/(python3\.\d+)/(?!site-packages/)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What names are relative to: the handler's module, the folders that show the tree's root, whose modules are."""

    root: str
    roots: tuple[str, ...]
    owners: Mapping[str, str]

    def inside(self, path: str) -> str:
        """A path of the tree or of the library; never one of this machine."""
        for root in self.roots:
            if path.startswith(f"{root}/"):
                return path[len(root) + 1 :]
        found = _LIBRARY.sub(r"\1/", path)
        return "/".join(found.split("/")[-2:]) if found.startswith("/") else found

    def is_ours(self, path: str) -> bool:
        """Whether a path is below the tree's root."""
        return any(path.startswith(f"{root}/") for root in self.roots)

    def place(self, path: str, line: str) -> str:
        """`path:line`; empty where there is none."""
        return f"{self.inside(path)}:{line}" if path else ""

    def owner(self, module: str, origin: str) -> str | None:
        """A distribution, "" for own code, STANDARD; None for what is not there."""
        name = module
        while name:
            if name in self.owners:
                return self.owners[name]
            name = name.rpartition(".")[0]
        if not origin:
            return None
        if origin == "namespace":
            below = sorted(whose for name, whose in self.owners.items() if name.startswith(f"{module}."))
            return below[0] if below else ""
        return "" if self.is_ours(origin) else STANDARD


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One module that init imports: who asked first, during which statement, and its own time in ms."""

    module: str
    order: int
    own: float
    importer: str
    file: str
    parent: str
    statement: str
    origin: str


def rows(runs: Sequence[Told], ground: Ground) -> tuple[Row, ...]:
    """The entry point's import and all that the function imports, in the order in which they began."""
    costs: dict[str, list[float]] = defaultdict(list)
    first: dict[str, Row] = {}
    for run in runs:
        sums: dict[str, float] = defaultdict(float)
        for row in _of_function(run, ground):
            sums[row.module] += row.own
            first.setdefault(row.module, row)
        for module, own in sums.items():
            costs[module].append(own)
    found = sorted(first.values(), key=lambda row: (row.order, row.module))
    return tuple(replace(row, own=max(median(costs[row.module]), 0.0)) for row in found)


def _of_function(run: Told, ground: Ground) -> list[Row]:
    """Not what the runtime client imports for itself. An import that is begun later stands later."""
    told = sorted((fields for kind, *fields in run if kind == "import"), key=lambda fields: int(fields[0]))
    wanted, found = {ground.root}, []
    for order, module, own, _, path, line, parent, at, at_line, origin in told:
        if module == ground.root or parent in wanted or (not parent and ground.is_ours(path)):
            wanted.add(module)
            place = ground.place(path, line) if module != ground.root else ""
            found.append(
                Row(
                    module=module,
                    order=int(order),
                    own=int(own) / _MILLION,
                    importer=place,
                    file=path,
                    parent=parent,
                    statement=ground.place(at, at_line),
                    origin=origin,
                )
            )
    return found


def completed(usage: Usage, found: Iterable[Row], ground: Ground) -> Usage:
    """With the imports that nobody was heard to do.

    Extension modules may import without being heard, so whatever was first imported inside one counts as its import;
    so does, for the module that was imported meanwhile, what has no other importer.
    """
    edges = set(usage.edges)
    at: dict[str, set[tuple[str, str]]] = defaultdict(set, {place: set(some) for place, some in usage.at.items()})
    heard = {module for _, module in edges}
    origins = {row.module: row.origin for row in found}
    for row in found:
        parent = row.parent or ground.root
        origin = origins.get(parent, "")
        if row.module != ground.root and (row.module not in heard or is_shared_object(origin)):
            edges.add((parent, row.module))
            own = ground.is_ours(origin) and not ground.owner(parent, origin)
            at[row.statement if own else ""].add((parent, row.module))
    return replace(usage, edges=frozenset(edges), at={place: frozenset(some) for place, some in sorted(at.items())})


def graph_of(found: Iterable[Row], usage: Usage, ground: Ground) -> Graph:
    """Who imports whom in init."""
    return graph(usage.edges, {row.module: row.own for row in found}, root=ground.root)


def imports(
    found: Sequence[Row], whole: Graph, usage: Usage, ground: Ground, kinds: Mapping[str, StatementKind]
) -> tuple[Imported, ...]:
    """Each with what it costs, who asked first, when anything of it was called, and what it would save."""
    cumulative = _cumulative(found)
    by_origin = {row.origin: row.module for row in found if row.origin}
    largest = sorted(found, key=lambda row: (-cumulative[row.module], row.module))[:_CANDIDATES]
    cut = {row.module: (_importer(row, whole, by_origin), row.module) for row in largest}
    saved = savings(whole, cut.values())
    owners: dict[str, str] = {}
    for row in found:
        owner = ground.owner(row.module, row.origin)
        owners[row.module] = owners.get(by_origin.get(row.file, row.parent), "") if owner is None else owner
    return tuple(
        Imported(
            module=row.module,
            owner=owners[row.module],
            own=row.own,
            cumulative=cumulative[row.module],
            importer=row.importer,
            parent=row.parent,
            used=_used(row, usage, kinds) if ground.is_ours(row.origin) else None,
            saved=saved.get(cut.get(row.module, ("", "")), 0.0),
            statement=row.statement,
        )
        for row in found
    )


def _importer(row: Row, whole: Graph, by_origin: Mapping[str, str]) -> str:
    """The module that has it imported: the one that is imported meanwhile, else the one whose code asks."""
    return row.parent if row.module in whole.targets.get(row.parent, ()) else by_origin.get(row.file, row.parent)


def _used(row: Row, usage: Usage, kinds: Mapping[str, StatementKind]) -> tuple[str, ...] | None:
    """When functions of it were called; not by the statement that imports it: that is its import.

    The library's and those of extension modules are not watched.
    """
    if not usage.watched or not row.origin.endswith((".py", ".pyc")):
        return None
    calls = usage.calls.get(row.module, ())
    importing = kinds.get(row.statement) is StatementKind.IMPORT
    return _ordered(phase or INIT for phase, place in calls if phase or not (importing and place == row.statement))


def _ordered(phases: Iterable[str]) -> tuple[str, ...]:
    """Init first."""
    return tuple(sorted(set(phases), key=lambda phase: (phase != INIT, phase)))


def _cumulative(found: Sequence[Row]) -> dict[str, float]:
    """Own time and that of what was imported meanwhile; what began later is inside."""
    sums = {row.module: row.own for row in found}
    for row in sorted(found, key=lambda row: -row.order):
        if row.parent in sums and row.parent != row.module:
            sums[row.parent] += sums[row.module]
    return sums


def shares(found: Sequence[Imported], whole: Graph) -> tuple[Share, ...]:
    """What each owner's modules cost, the costliest first."""
    by_owner: dict[str, list[Imported]] = defaultdict(list)
    for one in found:
        by_owner[one.owner].append(one)
    made = [_share(owner, modules, whole) for owner, modules in by_owner.items()]
    return tuple(sorted(made, key=lambda share: (-share.own, share.owner)))


def _share(owner: str, modules: Sequence[Imported], whole: Graph) -> Share:
    names = {one.module for one in modules}
    apart = owner not in {"", STANDARD} and whole.root not in names
    known = [one.used for one in modules if one.used is not None]
    return Share(
        owner=owner,
        modules=len(modules),
        own=sum(one.own for one in modules),
        saved=whole.cost(whole.lost(without=names)) if apart else 0.0,
        importer=modules[0].importer,
        used=_ordered(phase for used in known for phase in used) if known else None,
        ran=sum(bool(used) for used in known) if known else None,
    )
