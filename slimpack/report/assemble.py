"""Values of all stages -> Report: one row a file of the original tree."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from slimpack.model.answer import Answer
from slimpack.model.artifact import Artifact, Member
from slimpack.model.finding import Finding
from slimpack.model.lock import Lock
from slimpack.model.plan import Plan
from slimpack.model.project import Project
from slimpack.model.report import FileRow, Report
from slimpack.model.timing import Timing
from slimpack.model.trace import Trace
from slimpack.model.tree import OWN, Tree
from slimpack.model.verdict import Verdict

_ANSWER = 1000
"""Characters of an answer that a report holds."""


def assemble(
    *,
    version: str,
    project: Project,
    lock: Lock,
    tree: Tree,
    trace: Trace,
    plan: Plan,
    artifact: Artifact,
    findings: tuple[Finding, ...],
    verdict: Verdict | None,
    timing: Timing | None,
    interpreter: str,
) -> Report:
    """Join what the stages found into one Report."""
    rows = _rows(tree, trace, plan, artifact)
    plain = [row for row in rows if row.owner != OWN or row.shipped]
    return Report(
        slimpack=version,
        name=project.name,
        entry_points=project.entry_points,
        target=project.target,
        level=project.policy.level,
        layout=artifact.layout,
        source=lock.source,
        pins=lock.pins,
        files=rows,
        artifact=replace(artifact, path=_relative(artifact.path, project)),
        before_unpacked=sum(row.size for row in plain),
        before_zip=sum(_compressed(tree, row) for row in plain),
        unresolved=trace.unresolved,
        findings=tuple(sorted(findings)),
        verdict=_without_logs(verdict),
        timing=timing,
        budget=project.budget,
        interpreter=interpreter,
    )


def _rows(tree: Tree, trace: Trace, plan: Plan, artifact: Artifact) -> tuple[FileRow, ...]:
    shipped: Mapping[str, list[Member]] = defaultdict(list)
    for member in artifact.members:
        shipped[member.origin].append(member)
    return tuple(
        FileRow(
            path=path,
            owner=file.owner,
            size=file.content.size,
            shipped=sum(member.size for member in shipped.get(path, ())),
            stored=sum(member.stored for member in shipped.get(path, ())),
            decision=plan.decisions[path],
            reason=trace.reasons.get(path),
            rewrites=plan.rewrites.get(path, ()),
        )
        for path, file in tree.files.items()
    )


def _compressed(tree: Tree, row: FileRow) -> int:
    ready = tree[row.path].content.deflated()
    return len(ready.stream) if ready else row.stored or row.size


def _relative(path: Path, project: Project) -> Path:
    """Return `path` as seen from the project, so that no report holds a path of the build machine."""
    for folder in (project.config.parent if project.config else project.root, project.root):
        if path.is_relative_to(folder):
            return path.relative_to(folder)
    return Path(path.name)


def _without_logs(verdict: Verdict | None) -> Verdict | None:
    """Answers may be large, and logs hold what nobody meant to publish: a report has the beginning of the answers."""
    if verdict is None:
        return None
    events = (
        replace(event, original=_shortened(event.original), artifact=_shortened(event.artifact))
        for event in verdict.events
    )
    return replace(verdict, events=tuple(events))


def _shortened(answer: Answer) -> Answer:
    return replace(answer, text=answer.text[:_ANSWER], log="")
