"""Package -> Inspection: what is in it, and with a handler, what would go from it by the trace and plan of a build."""

from collections.abc import Mapping

from slimpack import report, rules
from slimpack.analysis import analyze
from slimpack.emit import limits
from slimpack.host.native import elf_of
from slimpack.host.python import Interpreter
from slimpack.host.study import Studio
from slimpack.host.tools import Tools
from slimpack.inspect import bytecode, contents, of_bytecode, problems
from slimpack.install.package import compressed_sizes, times_of, zip_size
from slimpack.model.artifact import Artifact, Member
from slimpack.model.finding import Finding
from slimpack.model.inspection import Inspection
from slimpack.model.package import Package
from slimpack.model.plan import Action
from slimpack.model.project import Layout, Project
from slimpack.model.report import FileRow
from slimpack.plan import plan
from slimpack.verify import static


def inspected(project: Project, package: Package, *, interpreter: Interpreter | None, tools: Tools) -> Inspection:
    """Look at a package; nothing is written. Only with a handler, and only if that may be, anything of it is run."""
    tree, target = package.tree, project.target
    stored = compressed_sizes(tree, tools)
    zipped = zip_size(package, tools)
    found = bytecode(package, target, interpreter.magic if interpreter else "", times_of(package))
    runtime = rules.runtime(target.python)
    findings: list[Finding] = [
        *problems(package, target, runtime),
        *of_bytecode(found, package, target),
        *static(tree, target=target, runtime=runtime, origins={}, natives=elf_of(tree, tools), original=()),
        *limits(_as_artifact(package, stored, zipped), project.budget),
        *report.of_runtime(runtime),
    ]
    rows: tuple[FileRow, ...] = ()
    if project.entry_points:
        rows, traced = _planned(project, package, stored, interpreter=interpreter, tools=tools)
        findings += traced
    return Inspection(
        name=package.name,
        kind="layer" if package.is_layer else "zip" if package.is_zip else "folder",
        target=target,
        unpacked=tree.size,
        zipped=zipped,
        held=contents(package, stored),
        bytecode=found,
        findings=report.settled(findings, project.policy),
        entry_points=project.entry_points,
        level=project.policy.level,
        rows=rows,
    )


def _as_artifact(package: Package, stored: Mapping[str, int], zipped: int) -> Artifact:
    """The package as if slimpack had made it, to be held against the limits."""
    members = (
        Member(path=path, size=file.content.size, stored=stored[path], origin=path, owner=file.owner)
        for path, file in package.tree.files.items()
    )
    return Artifact(
        path=package.path,
        layout=Layout.ZIP,
        size=zipped,
        unpacked=package.tree.size,
        sha256="",
        content_sha256="",
        members=tuple(members),
    )


def _planned(
    project: Project, package: Package, stored: Mapping[str, int], *, interpreter: Interpreter | None, tools: Tools
) -> tuple[tuple[FileRow, ...], list[Finding]]:
    """What would become of each file, as a build decides it; before bytecode and compression change what stays."""
    tree, target = package.tree, project.target
    with Studio(tools, interpreter, target, project.mounted_at, project.policy.debug_ranges) as studio:
        seen = analyze(tree, project=project, studio=studio, interpreter=interpreter, tools=tools)
        studio.flush()
    decided, notices = plan(
        tree,
        trace=seen.trace,
        rules=seen.rules,
        policy=project.policy,
        target=target,
        runtime=rules.runtime(target.python),
        entry_points=project.entry_points,
        bytecode_possible=interpreter is not None,
    )
    rows = tuple(
        FileRow(
            path=path,
            owner=file.owner,
            size=file.content.size,
            shipped=file.content.size if decided.decisions[path].action is Action.KEEP else 0,
            stored=stored[path],
            decision=decided.decisions[path],
            reason=seen.trace.reasons.get(path),
            rewrites=decided.rewrites.get(path, ()),
        )
        for path, file in tree.files.items()
    )
    of_plan = [finding for finding in notices if finding.code not in _OF_PROBLEMS]
    return rows, [*of_plan, *report.of_trace(seen.trace, seen.observation, executed=seen.executed)]


_OF_PROBLEMS = frozenset({"SLP011", "SLP030", "SLP031"})
"""What `problems` says of the package as it lies there, and what is only of the artifact."""
