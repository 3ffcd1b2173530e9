"""The graph of imports: what is loaded, by whom first, in which order, and where it goes in circles."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from slimpack.model.lazy import LazyFacts

Edge = tuple[str, int, str]
"""(module, line, bound name) of an import at module level."""


@dataclass(frozen=True, slots=True)
class Step:
    """One import: the modules that it loads, in their order; `edge` is None for what only running it told."""

    edge: Edge | None
    loads: tuple[str, ...]


Graph = Mapping[str, tuple[Step, ...]]


def graph(facts: Mapping[str, LazyFacts], importers: Mapping[str, str]) -> Graph:
    """Each module's imports in the order of its lines; those that running told and no statement explains come last.

    Where it was run, only what was loaded counts.
    """
    steps: dict[str, list[Step]] = {}
    for name, module in facts.items():
        steps[name] = [
            Step((name, item.line, item.name), tuple(one for one in item.loads if not importers or one in importers))
            for item in module.statements
        ]
    for name in importers:
        importer = importer_of(name, importers)
        if importer and not any(name in step.loads for step in steps.get(importer, ())):
            steps.setdefault(importer, []).append(Step(None, (name,)))
    return {name: tuple(found) for name, found in steps.items()}


def importer_of(name: str, importers: Mapping[str, str]) -> str:
    """Who imported a module; a package is loaded for its submodule, which somebody else imports."""
    importer = importers[name]
    while importer.startswith(f"{name}."):
        importer = importers.get(importer, "")
    return importer


def parents(name: str) -> tuple[str, ...]:
    """The packages around a module, outermost first, and itself."""
    parts = name.split(".")
    return tuple(".".join(parts[: end + 1]) for end in range(len(parts)))


def load(
    roots: Iterable[str], imports: Graph, *, cut: Collection[Edge] = (), loaded: Collection[str] = ()
) -> dict[str, tuple[str, Edge | None]]:
    """What importing `roots` loads, in the order in which it begins, with who imports it first and by which edge.

    Without recursion: a stack of (module, its remaining imports).
    """
    found: dict[str, tuple[str, Edge | None]] = {}
    already = set(loaded)
    first = [Step(None, parents(root)) for root in roots]
    stack = [("", iter([(step, name) for step in first for name in step.loads]))]
    while stack:
        importer, rest = stack[-1]
        entry = next(rest, None)
        if entry is None:
            stack.pop()
            continue
        step, name = entry
        if name in already or (step.edge is not None and step.edge in cut):
            continue
        already.add(name)
        found[name] = (importer, step.edge)
        stack.append((name, iter([(each, one) for each in imports.get(name, ()) for one in each.loads])))
    return found


def circles(modules: Iterable[str], imports: Graph) -> tuple[frozenset[str], ...]:
    """The strongly connected components of more than one module, leaving out what a module imports from its parents.

    A parent is always there before, and what waits is loaded when the parent is complete.
    """
    inside = set(modules)

    def follow(name: str) -> list[str]:
        around = parents(name)
        return sorted({one for step in imports.get(name, ()) for one in step.loads if one in inside} - set(around))

    return tuple(part for part in _components(sorted(inside), follow) if len(part) > 1)


def _components(nodes: Iterable[str], follow: Callable[[str], list[str]]) -> list[frozenset[str]]:
    """Tarjan's algorithm, without recursion."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    held: list[str] = []
    holding: set[str] = set()
    done: list[frozenset[str]] = []
    for start in nodes:
        stack = [(start, iter(follow(start)))] if start not in order else []
        while stack:
            node, rest = stack[-1]
            if node not in order:
                order[node] = low[node] = len(order)
                held.append(node)
                holding.add(node)
            following = next(rest, None)
            if following is None:
                stack.pop()
                if stack:
                    low[stack[-1][0]] = min(low[stack[-1][0]], low[node])
                if low[node] == order[node]:
                    at = held.index(node)
                    part, held[at:] = frozenset(held[at:]), []
                    holding -= part
                    done.append(part)
            elif following not in order:
                stack.append((following, iter(follow(following))))
            elif following in holding:
                low[node] = min(low[node], order[following])
    return done
