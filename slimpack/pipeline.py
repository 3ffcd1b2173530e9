"""Lock, own code -> Report, stage by stage: the table of contents of slimpack."""

from collections.abc import Callable

from slimpack import analysis, report, rules
from slimpack.emit import emit, limits
from slimpack.host import delivery
from slimpack.host.python import Interpreter
from slimpack.host.study import Studio
from slimpack.host.tools import Tools
from slimpack.install import install
from slimpack.install.own_code import merged
from slimpack.install.package import zip_size
from slimpack.making import Made, proven
from slimpack.measure import measure
from slimpack.model.artifact import Artifact
from slimpack.model.lock import Lock
from slimpack.model.package import Package
from slimpack.model.project import Layout, Project
from slimpack.model.report import Report
from slimpack.model.timing import Timing
from slimpack.model.tree import OWN, Tree
from slimpack.rehearsal import Rehearsal, rehearse
from slimpack.version import __version__


def analyze(
    project: Project, *, lock: Lock, own: Tree, interpreter: Interpreter | None, tools: Tools
) -> analysis.Analysis:
    """Install what the lock names, lay the own code over it, and trace."""
    tree = merged(install(lock, project=project, tools=tools), own)
    with Studio(tools, interpreter, project.target, project.mounted_at, project.policy.debug_ranges) as studio:
        found = analysis.analyze(tree, project=project, studio=studio, interpreter=interpreter, tools=tools)
        studio.flush()
    return found


def build(
    project: Project,
    *,
    lock: Lock,
    own: Tree,
    interpreter: Interpreter | None,
    lock_for: Callable[[Project], Lock],
    tools: Tools,
) -> Report:
    """Install what the lock names, lay the own code over it, decide, act, prove, hand over, and report."""
    tree = merged(install(lock, project=project, tools=tools), own)
    rehearsal = rehearse(project, tree, lock=lock, own=own, interpreter=interpreter, lock_for=lock_for, tools=tools)
    return _reported(project, tree, lock=lock, rehearsal=rehearsal, interpreter=interpreter, tools=tools)


def slim(
    project: Project,
    *,
    package: Package,
    interpreter: Interpreter | None,
    lock_for: Callable[[Project], Lock],
    tools: Tools,
) -> Report:
    """As `build`, from what another builder installed."""
    tree, lock = package.tree, package.lock
    own = tree.with_files({path: file for path, file in tree.files.items() if file.owner == OWN})
    rehearsal = rehearse(project, tree, lock=lock, own=own, interpreter=interpreter, lock_for=lock_for, tools=tools)
    before = (tree.size, zip_size(package, tools))
    return _reported(project, tree, lock=lock, rehearsal=rehearsal, before=before, interpreter=interpreter, tools=tools)


def _reported(
    project: Project,
    tree: Tree,
    *,
    lock: Lock,
    rehearsal: Rehearsal,
    before: tuple[int, int] | None = None,
    interpreter: Interpreter | None,
    tools: Tools,
) -> Report:
    """Decide, act, prove, hand over, and report; `before` is what a package weighed, unpacked and zipped."""
    with (
        Studio(tools, interpreter, project.target, project.mounted_at, project.policy.debug_ranges) as studio,
        delivery.staged(project, tools) as staged,
    ):
        made = proven(
            tree,
            project=staged,
            studio=studio,
            interpreter=interpreter,
            tools=tools,
            rehearsal=rehearsal,
        )
        timing = _measured(made, project=staged, interpreter=interpreter, tools=tools)
        studio.flush()
        artifact = _handed_over(made, project=project, tools=tools)
    findings = [
        *made.findings,
        *rehearsal.findings,
        *report.of_trace(
            made.analysis.trace, made.analysis.observation, executed=made.analysis.executed or rehearsal.ran
        ),
        *report.of_runtime(rules.runtime(project.target.python)),
        *report.of_timing(timing, project.budget),
        *(report.of_verdict(made.verdict) if made.verdict else ()),
        *limits(artifact, project.budget),
    ]
    return report.assemble(
        version=__version__,
        project=project,
        lock=lock,
        tree=tree,
        trace=made.analysis.trace,
        plan=made.plan,
        artifact=artifact,
        findings=report.settled(findings, project.policy),
        verdict=made.verdict,
        timing=timing,
        interpreter=interpreter.version if interpreter else "",
        before=before,
    )


def _measured(made: Made, *, project: Project, interpreter: Interpreter | None, tools: Tools) -> Timing | None:
    if not project.runs or not made.analysis.executed or interpreter is None:
        return None
    return measure(
        made.artifact,
        original=made.analysis.tree,
        project=project,
        interpreter=interpreter,
        runs=project.runs,
        tools=tools,
    )


def _handed_over(made: Made, *, project: Project, tools: Tools) -> Artifact:
    if project.output.layout is Layout.DIRECTORY:
        return emit(made.applied.tree, project=project, origins=made.applied.origins, tools=tools)
    return delivery.hand_over(made.artifact, project)
