"""What of a lock is reached from the wanted requirements: for locks that name no groups with their packages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from packaging.markers import Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One requirement: `marker` and `spec` as text, "" where there is none."""

    name: str
    marker: str = ""
    spec: str = ""
    extras: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One version of a package, what it requires, and what each of its extras adds."""

    name: str
    version: str
    python: str = ""
    edges: tuple[Edge, ...] = ()
    extras: Mapping[str, tuple[Edge, ...]] = field(default_factory=dict)


def holds(marker: str, environment: Mapping[str, str], extras: Iterable[str] = ()) -> bool:
    """Whether the marker holds for the target, with any of the extras or none."""
    if not marker:
        return True
    parsed = Marker(marker)
    return any(parsed.evaluate({**environment, "extra": extra}) for extra in ("", *extras))


def reach(
    roots: Iterable[Edge], nodes: Mapping[str, Sequence[Node]], environment: Mapping[str, str]
) -> tuple[Node, ...]:
    """Every node that the roots lead to for the target, sorted by name; KeyError names one that is not locked."""
    found: dict[str, Node] = {}
    done: set[tuple[str, str]] = set()
    waiting = [(edge, "") for edge in roots]
    while waiting:
        edge, asked_by = waiting.pop()
        if not holds(edge.marker, environment, filter(None, [asked_by])):
            continue
        node = _chosen(edge, nodes[edge.name], environment)
        found[node.name] = node
        for extra in ("", *edge.extras):
            if (node.name, extra) not in done:
                done.add((node.name, extra))
                waiting += [(one, extra) for one in (node.extras.get(extra, ()) if extra else node.edges)]
    return tuple(found[name] for name in sorted(found))


def _chosen(edge: Edge, nodes: Sequence[Node], environment: Mapping[str, str]) -> Node:
    """Of several locked versions the one that the target's Python and the requirement allow."""
    python = environment["python_full_version"]
    fitting = [node for node in nodes if _contains(node.python, python)] or list(nodes)
    if len(fitting) > 1:
        fitting = [node for node in fitting if _contains(edge.spec, node.version)] or fitting
    return fitting[0]


def _contains(spec: str, version: str) -> bool:
    try:
        return SpecifierSet(spec).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True
