"""Every rule has a case in fixtures/rules that fails without it: a small tree in the shape of the real package."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from slimpack import rules
from slimpack.model.facts import NOTHING, Facts, unpack
from slimpack.model.glob import matcher
from slimpack.model.observation import Observation
from slimpack.model.plan import Plan
from slimpack.model.project import (
    Budget,
    EntryPoint,
    Layout,
    Output,
    Policy,
    Project,
    Requirements,
    Resolution,
    SourceKind,
)
from slimpack.model.rule import Rule
from slimpack.model.target import Architecture, Target
from slimpack.model.trace import Trace
from slimpack.model.tree import OWN, Bytes, Distribution, File, Tree
from slimpack.plan import plan
from slimpack.probe.extract import study
from slimpack.trace import trace

CASES = sorted((Path(__file__).parent.parent / "fixtures" / "rules").glob("*/case.toml"))
TARGET = Target(python=(3, 12), architecture=Architecture.X86_64, glibc=(2, 34))
ENTRY = EntryPoint(module="app", attribute="handler")
PROJECT = Project(
    name="case",
    root=Path("/case"),
    entry_points=(ENTRY,),
    requirements=Requirements(kind=SourceKind.NONE),
    resolution=Resolution(),
    target=TARGET,
    policy=Policy(),
    budget=Budget(),
    output=Output(layout=Layout.ZIP, path=Path("/case/out.zip"), report=Path("/case/out.json")),
)


def tree_of(case: Mapping[str, Any]) -> Tree:
    owners = [(matcher(globs), name) for name, globs in case["owns"].items()]
    files = {}
    for path, text in case["files"].items():
        owner = next((name for matches, name in owners if matches(path)), OWN)
        files[path] = File(Bytes(text.encode()), owner=owner)
    distributions = tuple(
        Distribution(name=name, version="1", filename=f"{name}.whl", sha256="", info=f"{name}-1.dist-info")
        for name in case["owns"]
    )
    return Tree(files, distributions)


def slimmed(case: Mapping[str, Any], known: tuple[Rule, ...]) -> tuple[Plan, Trace]:
    tree = tree_of(case)

    def facts(paths: Iterable[str]) -> dict[str, Facts]:
        return {
            path: unpack(study(path, path, 0, tree[path].content.read(), tree[path].owner == OWN)[0])
            if path.endswith((".py", ".pyi"))
            else NOTHING
            for path in paths
        }

    found = trace(tree, project=PROJECT, rules=known, facts=facts, observation=Observation())
    decided, _ = plan(
        tree,
        trace=found,
        rules=known,
        policy=PROJECT.policy,
        target=TARGET,
        runtime=rules.runtime(TARGET.python),
        entry_points=PROJECT.entry_points,
        bytecode_possible=True,
    )
    return decided, found


def differences(case: Mapping[str, Any], decided: Plan, found: Trace) -> list[str]:
    """What is not as the case wants it."""
    kept = set(decided.kept())
    wrong = [f"{path} goes" for path in case.get("kept", ()) if path not in kept]
    wrong += [f"{path} stays" for path in case.get("gone", ()) if path in kept]
    wrong += [f"no rule guards {path}" for path in case.get("guarded", ()) if decided.decisions[path].by != "rule"]
    wrong += [f"no source of {path}" for path in case.get("sources", ()) if path not in decided.sources]
    wrong += [
        f"no {name} for {path}"
        for path, name in case.get("rewrites", {}).items()
        if name not in decided.rewrites.get(path, ())
    ]
    return [*wrong, *(f"{one.path}:{one.line} not understood: {one.what}" for one in found.unresolved)]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.parent.name)
def test_rule(path: Path) -> None:
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    known = rules.load(case["owns"])
    assert case["why"]
    assert differences(case, *slimmed(case, known)) == []
    others = tuple(rule for rule in known if rule.distribution != path.parent.name)
    without = differences(case, *slimmed(case, others))
    for words in case["without"]:
        assert any(words in line for line in without), f"{words!r} is not what is wrong without the rule: {without}"


def test_every_rule_has_a_case() -> None:
    assert {path.parent.name for path in CASES} == rules.known()


def test_packages_are_those_of_the_distributions_that_rules_speak_of() -> None:
    known = rules.packages()
    assert {
        "botocore": "botocore",
        "PIL": "pillow",
        "yaml": "pyyaml",
        "sklearn": "scikit-learn",
    }.items() <= known.items()
    assert set(known.values()) <= rules.known()
    assert all(top.isidentifier() for top in known)
