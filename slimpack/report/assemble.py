"""Values of all stages -> Report: one row a file of the original tree."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from slimpack.model.answer import Answer
from slimpack.model.artifact import Artifact, Member, headers_size
from slimpack.model.finding import Finding
from slimpack.model.lazy import Imports
from slimpack.model.lock import Lock
from slimpack.model.plan import START_PACKAGE, Plan
from slimpack.model.project import Project
from slimpack.model.report import FileRow, Report
from slimpack.model.timing import Timing
from slimpack.model.trace import Reason, Trace
from slimpack.model.tree import OWN, Tree
from slimpack.model.verdict import Verdict

_OTHERS = 4
"""Direct reasons of a file that a report holds besides the first and those of own code."""
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
    before: tuple[int, int] | None = None,
) -> Report:
    """Join what the stages found into one Report; `before` is what a given package weighed, unpacked and zipped."""
    rows = _rows(tree, trace, plan, artifact)
    report = Report(
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
        given=before is not None,
        before_unpacked=before[0] if before else 0,
        before_zip=before[1] if before else 0,
        unresolved=trace.unresolved,
        findings=tuple(sorted(findings)),
        verdict=_without_logs(verdict),
        timing=timing,
        budget=project.budget,
        interpreter=interpreter,
        lazy=project.policy.lazy,
        imports=Imports(
            deferred=plan.lazy.deferrals,
            kept=plan.lazy.kept,
            started=any(member.path.startswith(f"{START_PACKAGE}/") for member in artifact.members),
        ),
    )
    if before is not None:
        return report
    plain = report.plain
    zipped = sum(_compressed(tree, row) for row in plain) + headers_size(row.path for row in plain)
    return replace(report, before_unpacked=sum(row.size for row in plain), before_zip=zipped)


def _rows(tree: Tree, trace: Trace, plan: Plan, artifact: Artifact) -> tuple[FileRow, ...]:
    shipped: Mapping[str, list[Member]] = defaultdict(list)
    for member in artifact.members:
        shipped[member.origin].append(member)
    also = {path: _told(reasons, tree) for path, reasons in trace.others.items()}
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
            also=also.get(path, ()),
            more=len(trace.others.get(path, ())) - len(also.get(path, ())),
        )
        for path, file in tree.files.items()
    )


def _told(reasons: Sequence[Reason], tree: Tree) -> tuple[Reason, ...]:
    """What a report holds of them: those of own code, and the first few of the others."""
    own = [one for one in reasons if one.parent in tree and tree[one.parent].owner == OWN]
    return (*own, *[one for one in reasons if one not in own][:_OTHERS])


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
