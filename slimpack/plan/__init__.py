"""Tree, Trace, Rules, Policy -> Plan: exactly one decision for each file, and who made it.

The user's `keep` stands over the user's `drop`, that over what a rule keeps, that over the first pass of the table in
`passes/` that drops, and that over the default, which is to keep: a file goes only on positive evidence.
"""

from collections.abc import Collection

from slimpack.model.finding import Finding
from slimpack.model.plan import Action, Decision, Plan
from slimpack.model.project import Policy
from slimpack.model.rule import Rule, Runtime
from slimpack.model.target import Target
from slimpack.model.trace import Trace
from slimpack.model.tree import Tree
from slimpack.plan.context import Context, context, keep
from slimpack.plan.notices import notices
from slimpack.plan.passes import PASSES, rule, user
from slimpack.plan.rewrites import rewrites
from slimpack.plan.rewrites.bytecode import split

__all__ = ["plan"]


def plan(
    tree: Tree,
    *,
    trace: Trace,
    rules: tuple[Rule, ...],
    policy: Policy,
    target: Target,
    runtime: Runtime,
    entry_points: Collection[object],
    bytecode_possible: bool,
) -> tuple[Plan, tuple[Finding, ...]]:
    """Decide what becomes of each file of `tree`."""
    around = context(
        tree,
        trace=trace,
        rules=rules,
        policy=policy,
        target=target,
        runtime=runtime,
        entry_points=entry_points,
        bytecode_possible=bytecode_possible,
    )
    decisions = decide(around)
    kept = [path for path, decision in decisions.items() if decision.action is Action.KEEP]
    parts = split(around, kept)
    result = Plan(
        decisions=decisions,
        rewrites=rewrites(around, kept, compiled=parts.compiled),
        sources=parts.sources,
    )
    return result, notices(around, decisions, parts)


def decide(around: Context) -> dict[str, Decision]:
    """One decision for each file: the strongest voice's."""
    decisions: dict[str, Decision] = {path: _by_default(around, path) for path in around.paths}
    for _, decide_pass, _ in reversed(PASSES):
        decisions.update(decide_pass(around))
    decisions.update(rule.decide(around))
    decisions.update(user.decide(around))
    return decisions


def _by_default(around: Context, path: str) -> Decision:
    """Keep, and say what for: the reason of the trace, else that nothing speaks against it."""
    reason = around.trace.reasons.get(path)
    if reason is None:
        return keep("default", "nothing speaks against it")
    return keep("trace", f"{reason.kind}: {reason.detail}" if reason.detail else str(reason.kind))
