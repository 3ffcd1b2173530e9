"""Project, a finished build -> Verdict: run what was built before, on events that it may never have seen.

What the build decided is read from its report; the original is installed again from the lock, and has to be the same.
"""

from dataclasses import replace

from slimpack import analysis, rules
from slimpack.errors import Problem, VerifyError
from slimpack.host.disk import digest_of
from slimpack.host.python import Interpreter
from slimpack.host.study import Studio
from slimpack.host.tools import Tools
from slimpack.install import install
from slimpack.install.own_code import merged
from slimpack.model.lock import Lock
from slimpack.model.plan import Plan
from slimpack.model.project import Layout, Level, Project
from slimpack.model.report import Report
from slimpack.model.tree import Tree
from slimpack.model.verdict import Verdict
from slimpack.verify import verify


def original(project: Project, lock: Lock, own: Tree, tools: Tools) -> Tree:
    """What a build began with."""
    return merged(install(lock, project=project, tools=tools), own)


def prove(
    project: Project, built: Report, *, lock: Lock, tree: Tree, interpreter: Interpreter | None, tools: Tools
) -> Verdict:
    """Run the original and the artifact. Raises VerifyError where what is there is not what was built."""
    artifact = replace(built.artifact, path=project.output.path)
    _refuse_other(project, built, lock, tree)
    # Nothing is decided here: which modules an extension brings, and the like, is of no interest.
    policy = replace(project.policy, level=Level.TRACED)
    project = replace(project, policy=policy)
    with Studio(tools, interpreter, project.target, project.mounted_at, project.policy.debug_ranges) as studio:
        found = analysis.analyze(tree, project=project, studio=studio, interpreter=interpreter, tools=tools)
        plan = Plan(
            decisions={row.path: row.decision for row in built.files},
            rewrites={row.path: row.rewrites for row in built.files if row.rewrites},
        )
        bytecode = analysis.bytecode_of(tree, plan.kept(), studio)
        studio.flush()
        return verify(
            artifact,
            original=tree,
            plan=plan,
            project=project,
            interpreter=interpreter,
            bytecode=bytecode,
            observation=found.observation,
            rules=rules.load(distribution.name for distribution in tree.distributions),
            tools=tools,
        )


def _refuse_other(project: Project, built: Report, lock: Lock, tree: Tree) -> None:
    again = "build again"
    path = project.output.path
    if project.output.layout is not Layout.DIRECTORY and digest_of(path) != built.artifact.sha256:
        what = f"{path.name} is not what its report describes"
        raise VerifyError(Problem(what=what, where=str(path), do=again))
    if [(pin.name, pin.version) for pin in lock.pins] != [(pin.name, pin.version) for pin in built.pins]:
        what = "the requirements are not those of the build"
        raise VerifyError(Problem(what=what, where=lock.source, do=again))
    if missing := sorted(row.path for row in built.files if row.path not in tree):
        what = f"{missing[0]} was there when {path.name} was built"
        raise VerifyError(Problem(what=what, where=missing[0], do=again))
