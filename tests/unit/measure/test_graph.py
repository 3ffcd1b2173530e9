"""What deferring one import saves: only what nobody else imports."""

import pytest

from slimpack.measure.graph import graph, savings

OWN = {"app": 1.0, "a": 10.0, "a.x": 5.0, "b": 20.0, "c": 40.0, "d": 80.0}
EDGES = {("app", "a"), ("app", "b"), ("a", "c"), ("b", "c"), ("b", "d"), ("d", "b")}


@pytest.mark.parametrize(
    ("edge", "saved"),
    [
        (("app", "a"), 10.0),
        (("app", "b"), 100.0),
        (("a", "c"), 0.0),
        (("b", "d"), 80.0),
        (("app", "never"), 0.0),
        (("never", "a"), 0.0),
    ],
)
def test_savings(edge: tuple[str, str], saved: float) -> None:
    assert savings(graph(EDGES, OWN, root="app"), [edge]) == {edge: saved}


def test_a_module_keeps_its_parents() -> None:
    edges = {("app", "a"), ("app", "a.x")}
    assert savings(graph(edges, OWN, root="app"), [("app", "a"), ("app", "a.x")]) == {
        ("app", "a"): 0.0,
        ("app", "a.x"): 5.0,
    }


def test_the_same_module_asked_for_by_two_is_saved_by_neither_but_by_both() -> None:
    edges = {("app", "a"), ("app", "b"), ("a", "d"), ("b", "d")}
    whole = graph(edges, OWN, root="app")
    assert set(savings(whole, [("a", "d"), ("b", "d")]).values()) == {0.0}
    assert whole.lost(cut={("a", "d"), ("b", "d")}) == {"d"}


def test_without_some_modules_what_they_alone_need_is_lost_too() -> None:
    whole = graph(EDGES, OWN, root="app")
    assert whole.lost(without={"b"}) == {"b", "d"}
    assert whole.cost(whole.lost(without={"b"})) == 100.0
    assert whole.reached(since=["b"]) == {"b", "c", "d"}
