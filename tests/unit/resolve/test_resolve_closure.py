"""What of a lock without groups is wanted."""

import pytest
from resolving import target

from slimpack.resolve.closure import Edge, Node, holds, reach

ENVIRONMENT = target().marker_environment()


def reached(roots: list[Edge], *nodes: Node) -> list[str]:
    by_name: dict[str, list[Node]] = {}
    for node in nodes:
        by_name.setdefault(node.name, []).append(node)
    return [f"{node.name} {node.version}" for node in reach(roots, by_name, ENVIRONMENT)]


def test_markers_are_of_the_target_and_extras_open_what_they_name() -> None:
    a = Node(
        name="a",
        version="1",
        edges=(Edge(name="b"), Edge(name="w", marker="sys_platform == 'win32'")),
        extras={"fast": (Edge(name="c", marker="(extra == 'fast') and (python_version > '3')"),)},
    )
    b, c, w = (Node(name=name, version="1") for name in "bcw")
    assert reached([Edge(name="a")], a, b, c, w) == ["a 1", "b 1"]
    assert reached([Edge(name="a", extras=("fast",))], a, b, c, w) == ["a 1", "b 1", "c 1"]
    assert reached([Edge(name="a"), Edge(name="a", extras=("fast",))], a, b, c, w) == ["a 1", "b 1", "c 1"]


def test_of_several_versions_the_one_for_the_target_and_the_requirement() -> None:
    old = Node(name="a", version="1.0", python="<3.10")
    new = Node(name="a", version="2.0", python=">=3.10")
    assert reached([Edge(name="a")], old, new) == ["a 2.0"]
    first, second = (Node(name="a", version=version) for version in ("1.0", "2.0"))
    assert reached([Edge(name="a", spec="<2")], second, first) == ["a 1.0"]
    assert reached([Edge(name="a", spec="^2.0")], second, first) == ["a 2.0"]


def test_circles_end() -> None:
    a, b = Node(name="a", version="1", edges=(Edge(name="b"),)), Node(name="b", version="1", edges=(Edge(name="a"),))
    assert reached([Edge(name="a")], a, b) == ["a 1", "b 1"]


def test_what_is_not_locked_is_named() -> None:
    with pytest.raises(KeyError, match="b"):
        reached([Edge(name="a")], Node(name="a", version="1", edges=(Edge(name="b"),)))


def test_a_marker_may_ask_for_any_of_the_extras() -> None:
    assert holds("extra == 'x'", ENVIRONMENT, ("y", "x"))
    assert not holds("extra == 'x'", ENVIRONMENT, ("y",))
    assert holds("", ENVIRONMENT)
