"""Who imports whom, and what each module costs -> what deferring an import would save.

An import saves what nobody else brings in: the modules that are not reached any more when this one edge is cut. A
module needs its parent packages, so those are edges too.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

Edge = tuple[str, str]
"""(importer, module)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The imports of one init, from its root; `own` is what each module costs, in any one unit."""

    root: str
    targets: Mapping[str, frozenset[str]]
    own: Mapping[str, float]

    def reached(
        self, *, cut: Collection[Edge] = (), without: Collection[str] = (), since: Iterable[str] | None = None
    ) -> set[str]:
        """The modules that are loaded from the root (or `since` others) when some edges or modules are not there."""
        frontier = [name for name in ((self.root,) if since is None else since) if name not in without]
        seen = set(frontier)
        while frontier:
            importer = frontier.pop()
            for module in self.targets.get(importer, ()):
                if module not in seen and module not in without and (importer, module) not in cut:
                    seen.add(module)
                    frontier.append(module)
        return seen

    def lost(self, *, cut: Collection[Edge] = (), without: Collection[str] = ()) -> set[str]:
        """The modules that are loaded no more."""
        return self.reached() - self.reached(cut=cut, without=without)

    def cost(self, modules: Iterable[str]) -> float:
        """The sum of what they cost."""
        return sum(self.own.get(name, 0.0) for name in sorted(modules))


def graph(edges: Iterable[Edge], own: Mapping[str, float], *, root: str) -> Graph:
    """The graph of these edges, and of each module's parent packages."""
    targets: dict[str, set[str]] = defaultdict(set)
    for importer, module in edges:
        if module != importer:
            targets[importer].add(module)
    for module in own:
        parent = module.rpartition(".")[0]
        if parent in own:
            targets[module].add(parent)
    return Graph(root=root, targets={name: frozenset(found) for name, found in targets.items()}, own=own)


def savings(of: Graph, candidates: Iterable[Edge]) -> dict[Edge, float]:
    """For each candidate edge, what is saved without it."""
    whole = of.reached()
    return {edge: of.cost(whole - of.reached(cut={edge})) if set(edge) <= whole else 0.0 for edge in candidates}
