"""Which imports wait: who shares a module, what is relied on, what running tells; and that the order is never changed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slimpack.model.lazy import Effect, Laziness, Lazy, LazyFacts, Seen, Statement
from slimpack.plan.lazy import lazy
from slimpack.plan.loading import Edge, circles, graph, load, parents

PATCH = (Effect(1, "patch", "sets other.x"),)


def facts(
    edges: Mapping[str, str],
    *,
    refused: Mapping[tuple[str, str], str] | None = None,
    effects: Mapping[str, tuple[Effect, ...]] | None = None,
) -> dict[str, LazyFacts]:
    """`edges` maps a module to the modules that it imports, by blanks; `a.b` brings in `a`."""
    names = {*edges, *" ".join(edges.values()).split()}
    return {
        name: LazyFacts(
            name=name,
            is_package=any(other.startswith(f"{name}.") for other in names),
            statements=tuple(
                Statement(
                    line=line,
                    name=target.replace(".", "_"),
                    loads=tuple(each for each in parents(target) if each in names),
                    refusal=(refused or {}).get((name, target), ""),
                )
                for line, target in enumerate(edges.get(name, "").split(), 1)
            ),
            effects=(effects or {}).get(name, ()),
        )
        for name in names
    }


def choose(known: Mapping[str, LazyFacts], laziness: Laziness = Laziness.SAFE, **more: object) -> Lazy:
    return lazy(known, roots=["main"], laziness=laziness, **more)  # type: ignore[arg-type]


def why(decision: Lazy, module: str, target: str) -> str:
    return next(one.why for one in decision.kept if (one.module, one.target) == (module, target))


def test_off_defers_nothing() -> None:
    assert choose(facts({"main": "a"}), Laziness.OFF) == Lazy()


def test_what_only_one_import_brings_in_is_absent_with_it() -> None:
    decision = choose(facts({"main": "a b", "a": "x", "x": "y", "b": ""}, refused={("main", "b"): "used"}))
    assert decision.absent == ("a", "x", "y")
    assert why(decision, "a", "x") == "its module waits itself"


def test_a_module_that_two_import_is_absent_only_if_both_wait() -> None:
    edges = {"main": "a b", "a": "x", "b": "x"}
    fixed = {("main", "a"): "used", ("main", "b"): "used"}
    assert choose(facts(edges, refused=fixed)).absent == ("x",)
    decision = choose(facts(edges, refused={**fixed, ("b", "x"): "used"}))
    assert decision.deferrals == ()
    assert why(decision, "a", "x") == "loaded anyway"


def test_an_effect_keeps_the_chain_that_loaded_it_first_and_nothing_else() -> None:
    decision = choose(facts({"main": "a c", "a": "b", "b": "", "c": "b"}, effects={"b": PATCH}))
    assert why(decision, "main", "a") == "brings in b: changes what is not its own, line 1: sets other.x"
    assert why(decision, "a", "b") == "changes what is not its own, line 1: sets other.x"
    assert decision.absent == ("c",)


def test_what_is_relied_on_is_loaded_by_whom_it_always_was_even_if_another_loads_it_too() -> None:
    decision = choose(facts({"main": "a b", "a": "b"}, refused={("main", "b"): "used"}, effects={"b": PATCH}))
    assert decision.absent == ()
    assert why(decision, "main", "a") == "brings in b: changes what is not its own, line 1: sets other.x"


def test_what_the_caller_spares_stays() -> None:
    assert why(choose(facts({"main": "a"}), spared={"a": "yours"}), "main", "a") == "yours"


def test_an_extension_module_stays_unless_running_shows_that_it_may_wait() -> None:
    known = {**facts({"main": "a"}), "a": LazyFacts(name="a", opaque="an extension module")}
    assert why(choose(known), "main", "a") == "an extension module"
    assert choose(known, Laziness.PROFILE).absent == ("a",)


@pytest.mark.parametrize("kind", ["call", "decorator", "reads", "moment"])
def test_profile_allows_what_does_no_harm_when_late(kind: str) -> None:
    known = facts({"main": "a"}, effects={"a": (Effect(1, kind, "other.f"),)})
    assert choose(known).absent == ()
    assert choose(known, Laziness.PROFILE).absent == ("a",)


@pytest.mark.parametrize("kind", ["patch", "register", "process", "imports", "output", "metaclass"])
def test_profile_does_not_allow_what_somebody_may_rely_on(kind: str) -> None:
    known = facts({"main": "a"}, effects={"a": (Effect(1, kind, "other.f"),)})
    assert choose(known, Laziness.PROFILE).absent == ()


def test_what_is_used_at_init_or_by_every_event_does_not_wait() -> None:
    known = facts({"main": "a b c d"})
    used = {"": frozenset("a"), "one": frozenset("bc"), "two": frozenset("b")}
    decision = choose(known, Laziness.PROFILE, seen=Seen(used=used))
    assert decision.absent == ("c", "d")
    assert why(decision, "main", "a") == "a: used at init"
    assert why(decision, "main", "b") == "b: every event uses it"


def test_a_used_module_may_be_loaded_by_another_import_than_ever() -> None:
    known = facts({"main": "a b", "a": "x", "b": "x"}, refused={("main", "b"): "used"})
    decision = choose(known, Laziness.PROFILE, seen=Seen(used={"": frozenset("x")}))
    assert decision.absent == ("a",)


def test_deferrals_are_ranked_by_what_they_save_and_small_ones_dropped() -> None:
    known = facts({"main": "a b c", "b": "d"})
    seen = Seen(
        importers={"main": "", "a": "main", "b": "main", "d": "b", "c": "main"},
        own={"a": 500, "b": 400, "d": 300, "c": 10},
    )
    decision = choose(known, seen=seen, least=100)
    assert [(one.target, one.gain) for one in decision.deferrals] == [("b", 700), ("a", 500)]
    assert why(decision, "main", "c") == "saves only 10 µs"
    assert decision.gain == 1200


def test_the_package_answers_for_absent_submodules() -> None:
    known = facts({"main": "q p.b", "q": "p.c", "p": ""}, refused={("main", "q"): "used", ("q", "p.c"): "used"})
    decision = choose(known)
    assert decision.absent == ("p.b",)
    assert decision.submodules == {"p": ("b",)}


def test_where_imports_stand_in_blocks_nothing_waits_that_could_bring_in_what_is_relied_on() -> None:
    known = facts({"main": "a b", "a": "x", "b": "x"}, effects={"x": PATCH}, refused={("main", "b"): "used"})
    assert choose(known).absent == ()
    known = facts({"main": "b a", "a": "x", "b": "x"}, effects={"x": PATCH}, refused={("main", "b"): "used"})
    assert choose(known).absent == ("a",)
    known["b"] = replace(known["b"], statements=tuple(replace(one, sure=False) for one in known["b"].statements))
    decision = choose(known)
    assert decision.absent == ()
    assert why(decision, "main", "a") == "brings in x: changes what is not its own, line 1: sets other.x"
    seen = Seen(importers={"main": "", "b": "main", "x": "b", "a": "main"})
    assert choose(known, seen=seen).absent == ("a",)


def test_an_absent_package_answers_too() -> None:
    decision = choose(facts({"main": "p.a p.b", "p": "p.a"}))
    assert decision.absent == ("p", "p.a", "p.b")
    assert decision.submodules == {"p": ("a", "b")}


def test_who_goes_through_sys_modules_finds_what_was_there_by_its_end() -> None:
    known = facts({"main": "a w b c", "w": "b d"})
    known["w"] = replace(known["w"], watched=("*",))
    assert choose(known).absent == ()
    seen = Seen(importers={"main": "", "a": "main", "w": "main", "b": "w", "d": "w", "c": "main"})
    decision = choose(known, seen=seen)
    assert decision.absent == ("c",)
    assert why(decision, "w", "d") == "w goes through sys.modules on import"


def test_a_helper_is_harmless_if_what_it_calls_is() -> None:
    call = (Effect(1, "call", "h.make"),)
    known = facts({"main": "a", "a": "h"}, effects={"a": call})
    known["h"] = LazyFacts(name="h", functions={"make": ("h.other",), "other": ()})
    assert choose(known).absent == ("a", "h")
    known["h"] = LazyFacts(name="h", functions={"make": ("h.other",)})
    assert why(choose(known), "main", "a") == "calls something unknown, line 1: h.make"


def test_a_name_is_followed_to_where_it_is_defined() -> None:
    known = facts({"main": "a", "a": "p"}, effects={"a": (Effect(1, "subclass", "p.Base"),)})
    known["p"] = LazyFacts(name="p", aliases={"Base": "q.Base"})
    known["q"] = LazyFacts(name="q", classes={"Base": ((), True)})
    assert why(choose(known), "main", "a") == "derives from a class that may hear of it, line 1: p.Base"
    assert choose(known, quiet=["q.Base"]).absent == ("a", "p")


NAMES = "abcdef"


@dataclass(frozen=True)
class World:
    """What is known, and which of the imports in blocks are really done."""

    known: dict[str, LazyFacts]
    undone: frozenset[Edge]

    def load(self, names: Iterable[str], *, cut: Collection[Edge] = (), loaded: Collection[str] = ()) -> dict[str, str]:
        found = load(names, graph(self.known, {}), cut={*cut, *self.undone}, loaded=loaded)
        return {name: importer for name, (importer, _) in found.items()}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    names = [*NAMES, "p.a", "p.b"]
    edges = {name: " ".join(draw(st.lists(st.sampled_from(names), max_size=3, unique=True))) for name in [*names, "p"]}
    edges["main"] = " ".join(draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True)))
    pairs = [(name, target) for name, targets in edges.items() for target in targets.split()]
    refused = dict.fromkeys(draw(st.sets(st.sampled_from(pairs), max_size=4)), "used")
    blocks = draw(st.sets(st.sampled_from(pairs), max_size=3))
    refused.update(dict.fromkeys(blocks, "under a condition"))
    known = facts(
        edges, refused=refused, effects=dict.fromkeys(draw(st.sets(st.sampled_from(names), max_size=3)), PATCH)
    )
    known = {
        name: replace(one, statements=tuple(_sure(item) for item in one.statements)) for name, one in known.items()
    }
    edges_of = {(name, item.line, item.name) for name, one in known.items() for item in one.statements if not item.sure}
    undone = draw(st.sets(st.sampled_from(sorted(edges_of)))) if edges_of else set()
    return World(known, frozenset(undone))


def _sure(item: Statement) -> Statement:
    return replace(item, sure=item.refusal != "under a condition")


@settings(max_examples=400)
@given(worlds(), st.booleans(), st.randoms(use_true_random=False))
def test_what_somebody_relies_on_is_loaded_as_ever_whatever_is_used_first(
    world: World, seen: bool, random: Random
) -> None:
    before = world.load(["main"])
    decision = choose(world.known, seen=Seen(importers=before) if seen else Seen())
    cut = {(item.module, line, name) for item in decision.deferrals for line, name in item.names}
    after = world.load(["main"], cut=cut)
    relied = [name for name in before if world.known[name].effects]
    assert [(name, after.get(name)) for name in after if world.known[name].effects] == [
        (name, before[name]) for name in relied
    ]
    loaded = dict(after)
    answered = {f"{package}.{part}" for package, parts in decision.submodules.items() for part in parts}
    assert {name for name in before.keys() - after.keys() if "." in name} <= answered
    for edge in random.sample(sorted(cut), len(cut)):
        if edge[0] in loaded:
            statement = next(one for one in world.known[edge[0]].statements if (one.line, one.name) == edge[1:])
            late = world.load(statement.loads, loaded=loaded)
            assert not any(world.known[name].effects for name in late if name in before)
            loaded.update(late)
    order = list(before)
    for part in circles(before, graph(world.known, {})):
        if any(name in loaded for name in part) and not seen_apart(part, world):
            assert next(name for name in loaded if name in part) == next(name for name in order if name in part)


def seen_apart(part: frozenset[str], world: World) -> bool:
    """Whether the circle is none, because imports of it are not done."""
    imports = graph(world.known, {})
    done = {name: tuple(step for step in steps if step.edge not in world.undone) for name, steps in imports.items()}
    return part not in circles(part, done)


@given(worlds())
def test_every_deferral_saves_something(world: World) -> None:
    decision = choose(world.known)
    cut = {(item.module, line, name) for item in decision.deferrals for line, name in item.names}
    now = load(["main"], graph(world.known, {}), cut=cut)
    for item in decision.deferrals:
        assert item.module in now
        assert item.target in decision.absent


def test_changing_what_a_class_of_the_tree_made_is_harmless_and_what_a_function_gave_is_not() -> None:
    known = facts({"main": "a b", "a": "lib", "b": "lib"}, effects={
        "a": (Effect(1, "changed", "lib.Thing"),),
        "b": (Effect(1, "changed", "lib.shared"),),
    })  # fmt: skip
    known["lib"] = replace(known["lib"], classes={"Thing": ((), False)}, functions={"shared": ()})
    decision = choose(known)
    assert "a" in decision.absent
    assert "b" not in decision.absent
    assert "changes what something else gave it" in why(decision, "main", "b")


def test_a_circle_below_its_package_may_wait_and_another_may_not() -> None:
    below = facts({"main": "pkg", "pkg": "pkg.a", "pkg.a": "pkg.b", "pkg.b": "pkg.a"})
    assert choose(below).absent == ("pkg", "pkg.a", "pkg.b")
    across = facts({"main": "one", "one": "two", "two": "one"})
    assert choose(across).absent == ()
    assert why(choose(across), "main", "one") == "a circular import"


def test_inside_a_circle_nothing_waits() -> None:
    below = facts(
        {"main": "pkg", "pkg": "pkg.a", "pkg.a": "pkg.b", "pkg.b": "pkg.a"}, refused={("main", "pkg"): "used"}
    )
    assert choose(below).absent == ()
