"""Facts of each module, and what running told -> which imports wait for their first use, and why the others do not.

Every import that its module allows is cut; then whatever must be loaded when it always was gets back the whole chain of
imports that loaded it first. An import that waits makes nothing load earlier than before, so what is relied on is
loaded by the same statements at the same moments and in the same order, and the rest has no effect that could be
missed. Who loaded what first is known from running the program, or, where no import of it stands in a block, from the
statements; where neither holds, no import waits that could bring in anything that is relied on.

What is loaded anyway by another route is not worth a rewrite, so those imports stay. In circles of imports the order
decides whether they work at all, so a circle is loaded as ever, or as ever from the package around it on: that is run
first, whoever imports any of it (scipy.stats: 240 ms that scikit-learn wants for one function).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from slimpack.model.lazy import Deferral, Kept, Laziness, Lazy, LazyFacts, Seen, Statement
from slimpack.plan.loading import Edge, Graph, circles, graph, importer_of, load, parents
from slimpack.plan.relied import Relied

_NOTHING = Seen()
_CIRCLE = "a circular import"
LEAST = 300
"""Microseconds that a deferral must save where times are known; a rewritten module costs 6 to 8 of them, and a risk."""


def lazy(
    facts: Mapping[str, LazyFacts],
    *,
    roots: Iterable[str],
    laziness: Laziness,
    seen: Seen = _NOTHING,
    spared: Mapping[str, str] | None = None,
    quiet: Collection[str] = (),
    least: int = LEAST,
) -> Lazy:
    """Choose. `spared` are modules that must not wait, with the reason; `quiet` classes that hear of no subclass."""
    if laziness is Laziness.OFF:
        return Lazy()
    choice = _Choice(
        _refused(facts, seen.importers), tuple(roots), laziness=laziness, seen=seen, spared=spared or {}, quiet=quiet
    )
    choice.settle()
    if seen.own:
        choice.drop_small(least)
    return choice.answer()


def _refused(facts: Mapping[str, LazyFacts], importers: Mapping[str, str]) -> dict[str, LazyFacts]:
    """The facts with what other modules and the tree have against an import put into it."""
    stars: dict[str, str] = {}
    for name, module in sorted(facts.items()):
        stars.update(dict.fromkeys(module.stars, f"{name} imports everything from it"))
        stars.update(dict.fromkeys(module.opened, f"{name} looks into its dictionary"))

    def refusal(module: LazyFacts, item: Statement) -> str:
        part = f"{module.name}.{item.name}"
        if why := item.refusal or module.fixed or stars.get(module.name, ""):
            return why
        if importers and not any(name in importers for name in item.loads):
            return "loaded before"
        return "its name is also that of a submodule" if part in facts and item.target != part else ""

    return {
        name: replace(module, statements=tuple(replace(one, refusal=refusal(module, one)) for one in module.statements))
        for name, module in facts.items()
    }


class _Choice:
    """The imports that wait; it only ever gets fewer of them."""

    def __init__(
        self,
        facts: Mapping[str, LazyFacts],
        roots: tuple[str, ...],
        *,
        laziness: Laziness,
        seen: Seen,
        spared: Mapping[str, str],
        quiet: Collection[str],
    ) -> None:
        self.facts, self.roots, self.seen = facts, roots, seen
        self.imports: Graph = graph(facts, seen.importers)
        self.relied = Relied(facts, self.imports, roots, laziness=laziness, seen=seen, quiet=quiet)
        self.first = _first(seen.importers or load(roots, self.imports), self.imports)
        parts = circles(self.relied.order, self.imports)
        self.pinned = {**self.relied.why, **spared}
        self.pinned.update(dict.fromkeys(roots, "an entry point"))
        self.statements: dict[Edge, Statement] = {
            (name, item.line, item.name): item
            for name in self.relied.order
            if name in facts
            for item in facts[name].statements
        }
        self.exact = bool(seen.importers) or all(item.sure for item in self.statements.values())
        self.circles = {self._first_of(part): _around(part) for part in parts}
        if not self.exact:
            self.pinned = {**dict.fromkeys(self.circles, _CIRCLE), **self.pinned}
        self.why: dict[Edge, str] = {edge: item.refusal for edge, item in self.statements.items() if item.refusal}
        circle_of = {name: part for part in parts for name in part}
        for edge, item in self.statements.items():
            if any(name in circle_of.get(edge[0], ()) for name in item.loads):
                self.why.setdefault(edge, _CIRCLE)
        for edge in list(self.why):
            self._keep_family(edge)

    def _first_of(self, part: frozenset[str]) -> str:
        return next(name for name in self.relied.order if name in part)

    @property
    def cut(self) -> frozenset[Edge]:
        """The imports that wait."""
        return frozenset(edge for edge in self.statements if edge not in self.why)

    def _keep_family(self, edge: Edge) -> None:
        """`import a.b` and `import a.c` bind one name: both wait, or none."""
        for other in self.facts[edge[0]].statements:
            if other.name == edge[2]:
                self.why.setdefault((edge[0], other.line, other.name), self.why[edge])

    def keep(self, edge: Edge | None, why: str) -> None:
        """Take an import out, and with it those that bind the same name."""
        if edge is not None and edge not in self.why:
            self.why[edge] = why
            self._keep_family(edge)

    def settle(self) -> None:
        """Give back what has to be, then what is used right away, then what would save nothing."""
        if self.exact:
            for name in self.first:
                if name in self.pinned:
                    self._keep_chain(name, self.pinned[name])
                elif name in self.circles:
                    self._keep_chain(name, _CIRCLE, within=self.circles[name])
        else:
            self._keep_all_routes()
        before = -1
        while len(self.why) > before:
            before = len(self.why)
            eager = load(self.roots, self.imports, cut=self.cut)
            for name in self.relied.used:
                if name in self.first and name not in eager:
                    self._keep_used(name, eager)
        self._drop_useless(load(self.roots, self.imports, cut=self.cut))

    def _keep_chain(self, name: str, why: str, *, within: str = "") -> None:
        """Load a module by the very imports that loaded it first, as far as they are of what a package imports."""
        at = name
        while at and at != within:
            importer, edges = self.first[at]
            for edge in edges:
                self.keep(edge, why if at == name else f"brings in {name}: {why}")
            at = importer

    def _keep_all_routes(self) -> None:
        """Nobody knows which imports are done, so none may wait that could bring in what is relied on."""
        for edge in sorted(self.cut):
            loads = self.statements[edge].loads
            found = next((name for name in load(loads, self.imports) if name in self.pinned), "")
            if found:
                self.keep(edge, self.pinned[found] if found in loads else f"brings in {found}: {self.pinned[found]}")

    def _keep_used(self, name: str, eager: Collection[str]) -> None:
        """Load a module that is used right away by whoever imports it: it does not matter who is first."""
        for edge in sorted(self.cut):
            if edge[0] in eager and name in self.statements[edge].loads:
                self.keep(edge, f"{name}: {self.relied.used[name]}")

    def _drop_useless(self, eager: Collection[str]) -> None:
        for edge in sorted(self.cut):
            item = self.statements[edge]
            if edge[0] not in eager:
                self.keep(edge, "its module waits itself")
            elif item.target in eager:
                self.keep(edge, "loaded anyway")

    def drop_small(self, least: int) -> None:
        """Take out what saves too little: every rewritten module costs a little too."""
        before = -1
        while len(self.why) > before:
            before = len(self.why)
            gains = self.gains()
            for edge in sorted(self.cut):
                gain = gains[self.statements[edge].target]
                if gain < least:
                    self.keep(edge, f"saves only {gain} µs")
            self.settle()

    def gains(self) -> dict[str, int]:
        """What would be loaded again in µs, by target, if its imports did not wait."""
        cut = self.cut
        now = load(self.roots, self.imports, cut=cut)
        by_target: dict[str, set[Edge]] = {}
        for edge in cut:
            by_target.setdefault(self.statements[edge].target, set()).add(edge)
        return {
            target: sum(self.seen.own.get(name, 0) for name in self._more(target, edges, cut, now))
            for target, edges in by_target.items()
        }

    def _more(self, target: str, edges: set[Edge], cut: frozenset[Edge], now: Collection[str]) -> Iterable[str]:
        loads = next(self.statements[edge].loads for edge in sorted(edges) if self.statements[edge].target == target)
        return load(loads, self.imports, cut=cut - edges, loaded=now)

    def displaced(self) -> tuple[str, ...]:
        """What is not loaded as ever: absent, or loaded by another import, if that is done."""
        cut = self.cut
        late = set() if self.exact else {one for edge in cut for one in load(self.statements[edge].loads, self.imports)}
        for name, (importer, edges) in self.first.items():  # an importer comes before what it imports
            if importer in late or not cut.isdisjoint(edges):
                late.add(name)
        return tuple(sorted(late))

    def answer(self) -> Lazy:
        """The decision as it stands."""
        cut = self.cut
        gains = self.gains()
        found = _submodules(self.displaced(), self.facts)
        eager = load(self.roots, self.imports, cut=cut)
        absent = tuple(sorted(name for name in self.first if name not in eager))
        groups: dict[tuple[str, str], list[tuple[int, str]]] = {}
        for module, line, name in sorted(cut):
            family = [one for one in self.facts[module].statements if one.name == name]
            groups.setdefault((module, family[-1].target), []).append((line, name))
        deferrals = [
            Deferral(module=module, names=tuple(names), target=target, gain=gains.get(target, 0))
            for (module, target), names in groups.items()
        ]
        kept = [
            Kept(module=edge[0], line=edge[1], name=edge[2], target=self.statements[edge].target, why=why)
            for edge, why in self.why.items()
            if edge in self.statements
        ]
        return Lazy(
            deferrals=tuple(sorted(deferrals, key=lambda one: (-one.gain, one.module, one.target))),
            kept=tuple(sorted(kept)),
            absent=absent,
            submodules={package: parts for package, parts in found.items() if not _is_fixed(self.facts[package])},
            late={package: parts for package, parts in found.items() if _is_fixed(self.facts[package])},
            gain=sum(self.seen.own.get(name, 0) for name in absent),
        )


def _around(modules: Iterable[str]) -> str:
    """The innermost package around all of them; empty where there is none."""
    common: tuple[str, ...] = ()
    for level in zip(*(parents(name)[:-1] for name in modules), strict=False):
        if len(set(level)) == 1:
            common = (*common, level[0])
    return common[-1] if common else ""


def _first(
    importers: Mapping[str, str] | Mapping[str, tuple[str, Edge | None]], imports: Graph
) -> dict[str, tuple[str, tuple[Edge, ...]]]:
    """Who imported each module first, in the order of loading, and by which of its statements that can have been."""
    names = {name: told if isinstance(told, str) else told[0] for name, told in importers.items()}
    found: dict[str, tuple[str, tuple[Edge, ...]]] = {}
    for name in names:
        importer = importer_of(name, names)
        steps = [step for step in imports.get(importer, ()) if name in step.loads]
        found[name] = importer, tuple(step.edge for step in steps if step.edge is not None)
    return found


def _is_fixed(facts: LazyFacts) -> bool:
    return bool(facts.fixed or facts.opaque)


def _submodules(modules: Iterable[str], facts: Mapping[str, LazyFacts]) -> dict[str, tuple[str, ...]]:
    """Modules by package; also of one that is absent itself, which may import less than the program did before."""
    found: dict[str, list[str]] = {}
    for name in modules:
        package, _, part = name.rpartition(".")
        if package in facts:
            found.setdefault(package, []).append(part)
    return {package: tuple(parts) for package, parts in sorted(found.items())}
