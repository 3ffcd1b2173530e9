"""The plan is total, the user's word stands over every other, and keeping more never drops more."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from slimpack import rules
from slimpack.model.glob import matcher
from slimpack.model.plan import Action, Plan
from slimpack.model.project import Bytecode, Level, Optimize, Policy
from slimpack.model.rule import Paths, Rule
from slimpack.model.target import Architecture, Target
from slimpack.model.trace import Reason, ReasonKind, Trace
from slimpack.model.tree import OWN, Bytes, Distribution, File, Tree
from slimpack.plan import plan

TARGET = Target(python=(3, 12), architecture=Architecture.X86_64, glibc=(2, 34))
FOLDERS = ("", "pkg/", "pkg/tests/", "pkg/docs/", "pkg/sub/", "other/", "pkg-1.dist-info/", "pkg/__pycache__/", "bin/")
NAMES = (
    "__init__.py",
    "mod.py",
    "test_mod.py",
    "mod.pyi",
    "mod.c",
    "lib.so",
    "data.json",
    "README.md",
    "RECORD",
    "x.pyc",
)
GLOBS = ("pkg/**", "**/tests/**", "**/*.py", "pkg/mod.py", "other", "*.dist-info/*", "**", "pkg/*.json", "bin/*")

paths = st.builds(str.__add__, st.sampled_from(FOLDERS), st.sampled_from(NAMES))
globs = st.lists(st.sampled_from(GLOBS), max_size=3).map(tuple)
policies = st.builds(
    Policy,
    level=st.sampled_from(Level),
    bytecode=st.sampled_from(Bytecode),
    optimize=st.sampled_from(Optimize),
    keep=globs,
    drop=globs,
    symbols=st.booleans(),
    runtime_provided=st.booleans(),
)


@st.composite
def trees(draw: st.DrawFn) -> tuple[Tree, Trace]:
    names = draw(st.sets(paths, min_size=1, max_size=25))
    owners = {name: draw(st.sampled_from((OWN, "pkg", "other", "six"))) for name in sorted(names)}
    reached = draw(st.sets(st.sampled_from(sorted(names)), max_size=12))
    kinds, parents = st.sampled_from(ReasonKind), st.sampled_from(["", *sorted(names)])
    reasons = {name: Reason(kind=draw(kinds), parent=draw(parents)) for name in sorted(reached)}
    distributions = tuple(
        Distribution(name=name, version="1", filename="", sha256="", info=f"{name}-1.dist-info", requires=("six",))
        for name in sorted(set(owners.values()) - {OWN})
    )
    return Tree({name: File(Bytes(b""), owner=owners[name]) for name in names}, distributions), Trace(reasons=reasons)


def planned(tree: Tree, trace: Trace, policy: Policy, known: tuple[Rule, ...] = (), *, possible: bool = True) -> Plan:
    runtime = rules.runtime((3, 12))
    return plan(
        tree,
        trace=trace,
        rules=known,
        policy=policy,
        target=TARGET,
        runtime=runtime,
        entry_points=("app.handler",),
        bytecode_possible=possible,
    )[0]


@given(case=trees(), policy=policies, possible=st.booleans())
def test_total_and_consistent(case: tuple[Tree, Trace], policy: Policy, possible: bool) -> None:
    tree, trace = case
    made = planned(tree, trace, policy, possible=possible)
    assert list(made.decisions) == list(tree.files)
    assert all(decision.by and decision.why for decision in made.decisions.values())
    kept = set(made.kept())
    assert made.rewrites.keys() <= kept
    assert made.sources <= kept
    for path in kept:
        if path.endswith(".py"):  # a module ships as something
            assert path in made.sources or "bytecode" in made.rewrites.get(path, ())


@given(case=trees(), policy=policies)
def test_the_user_has_the_last_word(case: tuple[Tree, Trace], policy: Policy) -> None:
    tree, trace = case
    known = (Rule(distribution="pkg", keep=(Paths(globs=("pkg/**",), why="known"),)),)
    made = planned(tree, trace, policy, known)
    keeps, drops = matcher(policy.keep), matcher(policy.drop)
    for path, decision in made.decisions.items():
        if keeps(path):
            assert (decision.action, decision.by) == (Action.KEEP, "user")
        elif drops(path):
            assert (decision.action, decision.by) == (Action.DROP, "user")


@given(case=trees(), policy=policies, more=st.sampled_from(GLOBS))
def test_keeping_more_never_drops_more(case: tuple[Tree, Trace], policy: Policy, more: str) -> None:
    tree, trace = case
    before = planned(tree, trace, policy)
    after = planned(tree, trace, replace(policy, keep=(*policy.keep, more)))
    assert set(after.dropped()) <= set(before.dropped())
    assert before.sources & set(before.kept()) <= after.sources


@given(case=trees(), policy=policies)
@settings(max_examples=50)
def test_what_code_names_goes_only_by_the_users_or_the_runtimes_word(case: tuple[Tree, Trace], policy: Policy) -> None:
    tree, trace = case
    made = planned(tree, trace, policy)
    for path in made.dropped():
        if path in trace.reasons and trace.reasons[path].kind in {ReasonKind.ENTRY, ReasonKind.OPENED}:
            by = made.decisions[path].by
            assert by in {"user", "runtime_provided", "caches"} or (by == "tests" and trace.reasons[path].parent)


@given(case=trees(), policy=policies)
@settings(max_examples=50)
def test_clean_drops_a_subset_of_traced(case: tuple[Tree, Trace], policy: Policy) -> None:
    tree, trace = case
    policy = replace(policy, runtime_provided=False)
    clean = planned(tree, trace, replace(policy, level=Level.CLEAN))
    traced = planned(tree, trace, replace(policy, level=Level.TRACED))
    assert set(clean.dropped()) <= set(traced.dropped())
