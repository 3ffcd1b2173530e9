"""Tree, Plan -> Tree': rewrite what is kept; what is dropped is not there any more."""

from collections.abc import Mapping
from dataclasses import dataclass

from slimpack.apply.bytecode import as_bytecode
from slimpack.apply.description import without_description
from slimpack.apply.job import Job, Transform
from slimpack.apply.native import without_symbols
from slimpack.apply.service_docs import without_docs
from slimpack.host.tools import Tools
from slimpack.model.finding import Finding
from slimpack.model.plan import Plan
from slimpack.model.project import Policy
from slimpack.model.target import Target
from slimpack.model.tree import Content, File, Tree

__all__ = ["TRANSFORMS", "Applied", "apply"]

TRANSFORMS: tuple[tuple[str, Transform], ...] = (
    ("symbols", without_symbols),
    ("botocore-docs", without_docs),
    ("description", without_description),
    ("bytecode", as_bytecode),
)
"""By the names that a plan's rewrites use, in the order in which they are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The tree that ships; `origins` has the original path of each of its paths."""

    tree: Tree
    origins: Mapping[str, str]
    findings: tuple[Finding, ...] = ()


def apply(
    tree: Tree, *, plan: Plan, bytecode: Mapping[str, Content], policy: Policy, target: Target, tools: Tools
) -> Applied:
    """Carry the plan out. `bytecode` has the compiled form of the sources by path."""
    kept = plan.kept()
    job = Job(tree=tree, plan=plan, bytecode=bytecode, target=target, optimize=policy.optimize, tools=tools)
    wanted = {path: set(plan.rewrites.get(path, ())) for path in kept}
    if unknown := sorted(set().union(*wanted.values()) - {name for name, _ in TRANSFORMS}):
        raise ValueError(f"the plan asks for rewrites that do not exist: {', '.join(unknown)}")
    shipped: dict[str, Mapping[str, File]] = {path: {path: tree[path]} for path in kept}
    findings: list[Finding] = []
    for name, transform in TRANSFORMS:
        files = {path: shipped[path][path] for path in kept if name in wanted[path] and path in shipped[path]}
        if files:
            outcome = transform(files, job)
            shipped.update(outcome.files)
            findings.extend(outcome.findings)
    return Applied(tree=_joined(tree, shipped), origins=_origins(shipped), findings=tuple(sorted(findings)))


def _joined(tree: Tree, shipped: Mapping[str, Mapping[str, File]]) -> Tree:
    """All places; what was made here replaces a stale one of the same name, such as a wheel's own bytecode."""
    made: dict[str, File] = {}
    for path, placed in shipped.items():
        if twice := sorted((placed.keys() - {path}) & made.keys()):
            raise ValueError(f"{path} and another file would both ship as {twice[0]}")
        made.update({place: file for place, file in placed.items() if place != path})
    same = {path: placed[path] for path, placed in shipped.items() if path in placed}
    return tree.with_files({**same, **made})


def _origins(shipped: Mapping[str, Mapping[str, File]]) -> Mapping[str, str]:
    same = {path: path for path, placed in shipped.items() if path in placed}
    made = {place: path for path, placed in shipped.items() for place in placed if place != path}
    return dict(sorted({**same, **made}.items()))
