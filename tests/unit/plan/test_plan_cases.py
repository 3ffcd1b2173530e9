"""Every pass touches what it says and leaves the rest alone: the cases in fixtures/plan."""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from slimpack import rules
from slimpack.model.finding import CATALOGUE
from slimpack.model.project import Bytecode, Fallback, Level, Optimize, Policy
from slimpack.model.target import Architecture, Target
from slimpack.model.trace import Reason, ReasonKind, Trace
from slimpack.model.tree import OWN, Bytes, Distribution, File, Tree
from slimpack.plan import plan
from slimpack.plan.passes import PASSES

CASES = sorted((Path(__file__).parents[3] / "fixtures" / "plan").glob("*/case.toml"))
TARGET = Target(python=(3, 12), architecture=Architecture.X86_64, glibc=(2, 34))


def policy_of(raw: dict[str, Any]) -> Policy:
    kinds: dict[str, type[StrEnum]] = {
        "level": Level,
        "fallback": Fallback,
        "bytecode": Bytecode,
        "optimize": Optimize,
    }
    made: dict[str, Any] = {key: kinds[key](value) if key in kinds else value for key, value in raw.items()}
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in made.items()}
    return Policy(**fields)


def tree_and_trace(case: dict[str, Any]) -> tuple[Tree, Trace]:
    files, reasons = {}, {}
    for path, one in case["files"].items():
        files[path] = File(Bytes(path.encode().ljust(one.get("bytes", 0))), owner=one.get("owner", OWN))
        if "reason" in one:
            reasons[path] = Reason(
                kind=ReasonKind(one["reason"]), parent=one.get("parent", ""), line=1, detail=one.get("detail", "")
            )
    names = sorted({file.owner for file in files.values()} - {OWN})
    distributions = tuple(
        Distribution(
            name=name,
            version="1",
            filename=f"{name}-1-py3-none-any.whl",
            sha256="0" * 64,
            info=f"{name}-1.dist-info",
            requires=tuple(case.get("requires", {}).get(name, ())),
        )
        for name in names
    )
    trace = Trace(
        reasons=reasons,
        reads_metadata=frozenset(case.get("reads_metadata", ())),
        observed=frozenset(path for path, one in case["files"].items() if one.get("observed")),
    )
    return Tree(files, distributions), trace


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.parent.name)
def test_case(path: Path) -> None:
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    tree, trace = tree_and_trace(case)
    made, findings = plan(
        tree,
        trace=trace,
        rules=rules.load(case.get("rules", ())),
        policy=policy_of(case.get("policy", {})),
        target=TARGET,
        runtime=rules.runtime((3, 12)),
        entry_points=("app.handler",),
        bytecode_possible=case.get("bytecode_possible", True),
    )
    expected = {name: one["expect"] for name, one in case["files"].items()}
    assert {name: f"{one.action} {one.by}" for name, one in made.decisions.items()} == expected
    assert all(decision.why for decision in made.decisions.values())
    rewrites = {name: tuple(one["rewrites"]) for name, one in case["files"].items() if "rewrites" in one}
    assert {name: made.rewrites.get(name, ()) for name in rewrites} == rewrites
    sources = {name: one["source"] for name, one in case["files"].items() if "source" in one}
    assert {name: name in made.sources for name in sources} == sources
    told = [finding for finding in findings if finding.code != "SLP011" or "SLP011" in case.get("findings", ())]
    assert [finding.code for finding in told] == case.get("findings", [])
    assert all(finding.code in CATALOGUE for finding in findings)


def test_every_pass_has_a_case_of_each_kind() -> None:
    names = {path.parent.name for path in CASES}
    for name, _, what in PASSES:
        assert {f"{name}-touches", f"{name}-leaves-alone"} <= names
        assert what
