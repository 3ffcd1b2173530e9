"""Tree -> Made: decide, act, and prove; what does not hold is repaired where that is wanted, and else refused."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from slimpack import rules
from slimpack.analysis import Analysis, analyze, bytecode_of
from slimpack.apply import Applied, apply
from slimpack.cooling import cooled
from slimpack.deferring import Deferred, deferred, not_deferred, transferred
from slimpack.emit import emit
from slimpack.entering import entered
from slimpack.errors import VerifyError
from slimpack.host.native import elf_of
from slimpack.host.python import Interpreter
from slimpack.host.study import Studio
from slimpack.host.tools import Tools
from slimpack.install.secrets import refuse_secrets
from slimpack.model.artifact import Artifact
from slimpack.model.finding import Finding
from slimpack.model.lazy import Laziness
from slimpack.model.plan import Plan
from slimpack.model.project import Project
from slimpack.model.tree import OWN, Content, Tree
from slimpack.model.verdict import Verdict
from slimpack.plan import plan
from slimpack.rehearsal import Rehearsal
from slimpack.starting import started
from slimpack.verify import misses_as_problems, static, verify

_NOT_RUN = Rehearsal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What one plan came to, and whether it holds."""

    analysis: Analysis
    plan: Plan
    applied: Applied
    artifact: Artifact
    verdict: Verdict | None
    findings: tuple[Finding, ...]


def proven(
    tree: Tree,
    *,
    project: Project,
    studio: Studio,
    interpreter: Interpreter | None,
    tools: Tools,
    rehearsal: Rehearsal = _NOT_RUN,
) -> Made:
    """Make the artifact and verify it; with `--repair` keep what was missed and try again. Raises VerifyError."""
    repaired: tuple[str, ...] = ()
    while True:
        known = rehearsal.observation
        analysis = analyze(tree, project=project, studio=studio, interpreter=interpreter, tools=tools, known=known)

        def attempt(*keep: str, analysis: Analysis = analysis, project: Project = project) -> Made:
            policy = replace(project.policy, keep=(*project.policy.keep, *keep))
            kept = replace(project, policy=policy)
            return _made(
                analysis, project=kept, studio=studio, interpreter=interpreter, rehearsal=rehearsal, tools=tools
            )

        made = attempt()
        if made.verdict is not None and not made.verdict.holds and project.policy.lazy is not Laziness.OFF:
            made = _eager(made, attempt, project)
        if (verdict := made.verdict) is None:
            return made
        if verdict.holds:
            return replace(made, verdict=replace(verdict, repaired=repaired))
        missed = tuple(sorted({miss.path for miss in verdict.misses} - {*repaired}))
        if not project.policy.repair:
            raise VerifyError(*misses_as_problems(verdict), mended_by=missed)
        missed = missed or _owner(made, attempt)
        if not missed:
            raise VerifyError(*misses_as_problems(verdict))
        repaired += missed
        project = replace(project, policy=replace(project.policy, keep=(*project.policy.keep, *missed)))


def _eager(made: Made, attempt: Callable[..., Made], project: Project) -> Made:
    """Build without what `--lazy` does, if that is what makes the difference; then say so."""
    plain = attempt(project=replace(project, policy=replace(project.policy, lazy=Laziness.OFF)))
    if made.verdict is None or plain.verdict is None or not plain.verdict.holds:
        return plain
    why = misses_as_problems(made.verdict)[0].what.splitlines()[0]
    return replace(plain, findings=(*plain.findings, not_deferred(f"with it {why}")))


def _owner(made: Made, attempt: Callable[..., Made]) -> tuple[str, ...]:
    """Find the distribution whose dropped files make the difference, where nothing that was looked for names one.

    By halves: each attempt keeps half of the candidates whole. Empty where even all of them together do not mend it.
    """
    tree = made.analysis.tree
    gone = {tree[path].owner for path in (*made.plan.dropped(), *made.plan.cold())} - {OWN}
    candidates = sorted(gone)
    tops = {(tree[path].owner, *path.partition("/")[:2]) for path in tree}

    def globs(owners: Sequence[str]) -> tuple[str, ...]:
        return tuple(sorted(f"{top}/**" if slash else top for owner, top, slash in tops if owner in owners))

    def mends(owners: Sequence[str]) -> bool:
        verdict = attempt(*globs(owners)).verdict
        return verdict is not None and verdict.holds

    if not candidates or not mends(candidates):
        return ()
    while len(candidates) > 1:
        half = candidates[: len(candidates) // 2]
        rest = candidates[len(candidates) // 2 :]
        if mends(half):
            candidates = half
        elif mends(rest):
            candidates = rest
        else:
            break
    return globs(candidates)


def _made(
    analysis: Analysis,
    *,
    project: Project,
    studio: Studio,
    interpreter: Interpreter | None,
    rehearsal: Rehearsal,
    tools: Tools,
) -> Made:
    tree, policy, target = analysis.tree, project.policy, project.target
    runtime = rules.runtime(target.python)
    decided, notices = _decided(analysis, project, interpreter)
    bytecode = bytecode_of(tree, decided.kept(), studio)
    late = _late(
        analysis, decided, bytecode, rehearsal, project=project, studio=studio, interpreter=interpreter, tools=tools
    )
    decided = replace(decided, lazy=late.lazy)
    applied = _shipped(
        analysis, decided, late, bytecode=bytecode, project=project, studio=studio, interpreter=interpreter, tools=tools
    )
    allowed = refuse_secrets(applied.tree, allowed=policy.allow_secrets)
    gate = static(
        applied.tree,
        target=target,
        runtime=runtime,
        origins=applied.origins,
        natives=elf_of(applied.tree, tools),
        original=tree.files.keys(),
        modules=analysis.observation.modules,
    )
    artifact = emit(applied.tree, project=project, origins=applied.origins, tools=tools)
    verdict = None
    if policy.verify and policy.run:
        # What was learnt is written while the program runs: one of two processors is idle then.
        with ThreadPoolExecutor(1) as aside:
            saved = aside.submit(studio.flush)
            verdict = verify(
                artifact,
                original=tree,
                plan=decided,
                project=project,
                interpreter=interpreter,
                bytecode=bytecode,
                observation=analysis.observation,
                rules=analysis.rules,
                tools=tools,
            )
        saved.result()
    findings = (*notices, *late.findings, *applied.findings, *allowed, *gate)
    return Made(analysis=analysis, plan=decided, applied=applied, artifact=artifact, verdict=verdict, findings=findings)


def _decided(analysis: Analysis, project: Project, interpreter: Interpreter | None) -> tuple[Plan, tuple[Finding, ...]]:
    return plan(
        analysis.tree,
        trace=analysis.trace,
        rules=analysis.rules,
        policy=project.policy,
        target=project.target,
        runtime=rules.runtime(project.target.python),
        entry_points=project.entry_points,
        bytecode_possible=interpreter is not None,
    )


def _late(
    analysis: Analysis,
    decided: Plan,
    bytecode: Mapping[str, Content],
    rehearsal: Rehearsal,
    *,
    project: Project,
    studio: Studio,
    interpreter: Interpreter | None,
    tools: Tools,
) -> Deferred:
    """Which imports wait; where the target cannot run, it is found out on what stands in for it."""
    there, stand_in = rehearsal.analysis, rehearsal.project
    if there is None or stand_in is None or project.policy.lazy is Laziness.OFF:
        return deferred(analysis, decided, project=project, interpreter=interpreter, bytecode=bytecode, tools=tools)
    stand_in = replace(stand_in, policy=project.policy)
    planned, _ = _decided(there, stand_in, interpreter)
    compiled = bytecode_of(there.tree, planned.kept(), studio)
    found = deferred(there, planned, project=stand_in, interpreter=interpreter, bytecode=compiled, tools=tools)
    return transferred(found, there.tree, analysis.tree, project=project, interpreter=interpreter, tools=tools)


def _shipped(
    analysis: Analysis,
    decided: Plan,
    late: Deferred,
    *,
    bytecode: Mapping[str, Content],
    project: Project,
    studio: Studio,
    interpreter: Interpreter | None,
    tools: Tools,
) -> Applied:
    """Carry the plan out, and add what slimpack itself puts into the artifact."""
    tree, target = analysis.tree, project.target
    codes = {**bytecode, **late.bytecode}
    applied = apply(tree, plan=decided, bytecode=codes, policy=project.policy, target=target, tools=tools)
    applied = cooled(applied, tree, plan=decided, project=project, studio=studio, tools=tools)
    applied = started(
        applied,
        tree,
        deferral=late,
        rules=analysis.rules,
        project=project,
        studio=studio,
        interpreter=interpreter,
        tools=tools,
    )
    return entered(
        applied,
        tree,
        lazy=decided.lazy,
        project=project,
        studio=studio,
        interpreter=interpreter,
        tools=tools,
    )
