"""Artifact -> Verdict: run the entry points from what ships, held against what was there before.

The artifact that ships is unpacked and run, not the tree it was made from. It holds where it imports, loads the same
modules as the original, looks for nothing that was dropped, and answers every event as the original does.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any

from slimpack.host import lambda_client
from slimpack.host.disk import digest_of
from slimpack.host.invoked import Mode, Stage, invoke
from slimpack.host.memory import code_digest
from slimpack.host.python import Interpreter
from slimpack.host.sandbox import Sandbox, probe_source
from slimpack.host.tools import Tools
from slimpack.host.unpack import unpacked
from slimpack.host.watched import PROBE, Scene, Watched, module_of, watch
from slimpack.model.answer import Answer, Ending
from slimpack.model.artifact import Artifact
from slimpack.model.lookup import found_from_root, suffixes
from slimpack.model.observation import Observation
from slimpack.model.plan import FALLBACK_PACKAGE, START_PACKAGE, Plan
from slimpack.model.project import Fallback, Project
from slimpack.model.rule import Rule
from slimpack.model.tree import Content, Tree
from slimpack.model.verdict import Miss, Trialled, Verdict
from slimpack.verify import answers
from slimpack.verify.manifest import Manifest, manifest_of, root_of
from slimpack.verify.misses import misses, not_opened
from slimpack.verify.problems import misses_as_problems
from slimpack.verify.staging import runs_target, sites, staged
from slimpack.verify.static import static

__all__ = ["misses_as_problems", "static", "verify"]

_KIND = "verdict"
_SHOWN = 20
_LINES = 12


def verify(
    artifact: Artifact,
    *,
    original: Tree,
    plan: Plan,
    project: Project,
    interpreter: Interpreter | None,
    bytecode: Mapping[str, Content],
    observation: Observation,
    tools: Tools,
    rules: tuple[Rule, ...] = (),
) -> Verdict:
    """Run every entry point from the artifact; a verdict that held is remembered by what it depends on."""
    if interpreter is None or not runs_target(interpreter, project):
        return Verdict(ran=False)
    archived = project.policy.fallback is Fallback.ARCHIVE
    manifest = manifest_of(artifact, original=original, plan=plan, rules=rules, archived=archived)
    key = _key(artifact, manifest, plan, project=project, interpreter=interpreter, observation=observation)
    if (known := tools.cache.get(_KIND, key)) is not None:
        return _decoded(known)
    with staged(
        artifact, manifest, original=original, bytecode=bytecode, project=project, interpreter=interpreter, tools=tools
    ) as scene:
        ran = _run(scene, artifact, project, interpreter, tools)
        changed = _changed(scene, artifact, original, plan)
    again = _Again(original, bytecode, project, interpreter, tools)
    events = tuple(_trialled(observation.answers, ran.answers, project, again))
    verdict = Verdict(
        ran=True,
        python=interpreter.version,
        modules=len(ran.modules),
        misses=_misses(ran, manifest, original=original, project=project, observation=observation, events=events),
        differences=_differences(observation, ran, manifest, suffixes(project.target), frozenset(plan.lazy.absent)),
        error=_error(ran, project),
        events=events,
        changed=changed if any(event.difference for event in events) else (),
    )
    if not project.trial.network:
        tools.cache.put(_KIND, key, json.dumps(asdict(verdict), sort_keys=True).encode())
    return verdict


def _changed(scene: Scene, artifact: Artifact, original: Tree, plan: Plan) -> tuple[str, ...]:
    """What ships under its own name and is not what it was, although no rewrite was to change it."""
    code, prefix = scene.sandbox.code, root_of(artifact)
    return tuple(
        member.origin
        for member in artifact.members
        if member.path == prefix + member.origin
        and member.origin in original
        and not plan.rewrites.get(member.origin)
        and digest_of(code / member.path) != original[member.origin].content.sha256
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ran:
    """What came of running the artifact."""

    runs: tuple[Watched, ...]
    answers: tuple[Answer, ...] = ()

    @property
    def modules(self) -> frozenset[str]:
        """What was loaded in the end."""
        return frozenset(name for run in self.runs for name in run.modules)


def _run(scene: Scene, artifact: Artifact, project: Project, interpreter: Interpreter, tools: Tools) -> _Ran:
    events = project.trial.events
    if not events:
        return _Ran(runs=(watch(scene, entries=project.entry_points),))
    client = lambda_client.client(interpreter, tools, offline=project.resolution.offline)
    stage = Stage(scene=scene, client=client, timeout=project.trial.timeout, sites=sites(scene, artifact))
    runs: list[Watched] = []
    given: list[Answer] = []
    for entry in project.entry_points:
        invoked = invoke(stage, entry, events)
        runs += invoked.runs
        given += (replace(answer, handler=str(entry)) for answer in invoked.answers)
    return _Ran(runs=tuple(runs), answers=tuple(given))


@dataclass(frozen=True, slots=True)
class _Again:
    """The original, to be run once more where answers differ: what it does not repeat itself proves nothing."""

    original: Tree
    bytecode: Mapping[str, Content]
    project: Project
    interpreter: Interpreter
    tools: Tools

    def answers(self) -> tuple[Answer, ...]:
        """What the original answers now."""
        trial = self.project.trial
        client = lambda_client.client(self.interpreter, self.tools, offline=self.project.resolution.offline)
        with unpacked(self.original, bytecode=self.bytecode, tools=self.tools) as folder:
            sandbox = Sandbox(
                interpreter=self.interpreter,
                code=folder.code,
                path=(folder.code,),
                network=trial.network,
                variables=dict(trial.variables),
            )
            scene = Scene(sandbox=sandbox, roots=(str(folder.code), str(folder.stored)), bytecode=folder.bytecode)
            stage = Stage(scene=scene, client=client, timeout=trial.timeout)
            given: list[Answer] = []
            for entry in self.project.entry_points:
                given += invoke(stage, entry, trial.events, mode=Mode.PLAIN).answers
        return tuple(given)


def _trialled(before: Sequence[Answer], after: Sequence[Answer], project: Project, again: _Again) -> list[Trialled]:
    ignored = project.trial.ignored
    found = [
        Trialled(original=one, artifact=other, difference=answers.difference(one, other, ignored))
        for one, other in zip(before, after, strict=True)
    ]
    if not any(event.difference for event in found):
        return found
    repeated = again.answers()
    return [
        _settled(event, answers.noise(event.original, second), ignored) if event.difference else event
        for event, second in zip(found, repeated, strict=True)
    ]


def _settled(event: Trialled, noise: tuple[str, ...], ignored: tuple[str, ...]) -> Trialled:
    left = answers.difference(event.original, event.artifact, (*ignored, *noise))
    return replace(event, difference=left, noise=noise)


def _misses(
    ran: _Ran,
    manifest: Manifest,
    *,
    original: Tree,
    project: Project,
    observation: Observation,
    events: tuple[Trialled, ...],
) -> tuple[Miss, ...]:
    endings = suffixes(project.target)
    during = {*map(module_of, project.entry_points), *observation.events}
    opened = {path for name in during for path in observation.opened.get(name, ())}
    known = {(miss.path, miss.how): miss for miss in not_opened(opened, manifest)}
    for run in ran.runs:
        known.update({(miss.path, miss.how): miss for miss in misses(run, manifest, original, endings)})
    paths = {path for path, _ in known}
    for event in events:
        path = answers.named(event.artifact, manifest, endings) if event.difference else ""
        if path and path not in paths:
            known[path, "import"] = Miss(path=path, how="import", by=manifest.missing[path], keep=manifest.keep(path))
    return tuple(sorted(known.values()))


def _differences(
    observation: Observation, ran: _Ran, manifest: Manifest, endings: tuple[str, ...], waiting: frozenset[str]
) -> tuple[str, ...]:
    if not observation.modules or any(run.failed for run in ran.runs) or (not ran.answers and ran.runs[0].interrupted):
        return ()  # nothing to compare with, or less was loaded because of an error that is told instead
    before, after = set(observation.modules), ran.modules
    lost = sorted(before - after - waiting)
    # The hooks in front of an entry point, and what they need of the standard library, are nobody's modules.
    hooked = not after.isdisjoint((FALLBACK_PACKAGE, START_PACKAGE))
    more = (name for name in after - before if not hooked or found_from_root(manifest.original, name, endings))
    sides = (("loaded by the original only", lost), ("loaded by the artifact only", sorted(more)))
    return tuple(f"{side}: {_listed(names)}" for side, names in sides if names)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _error(ran: _Ran, project: Project) -> str:
    for answer in ran.answers:
        if answer.ending is Ending.INIT_FAILED:
            # The client's log has returns and hard blanks within a record.
            log = answer.log.replace("\r", "\n").replace("\xa0", " ").strip().splitlines()
            return "\n".join([f"{answer.handler} {answer.in_words}", *log[-_LINES:]])
    if ran.answers:
        return ""
    (run,) = ran.runs
    for entry in project.entry_points:
        module = module_of(entry)
        if module in run.failed:
            summary, traceback = run.failed[module]
            return f"{module}: {summary}\n{traceback}"
        if module not in run.loaded:
            return f"{module}: {run.ended.how}\n{run.ended.output.strip()[-2000:]}".strip()
    return "; ".join(f"{module} has no attribute {attribute!r}" for module, attribute, _ in run.missing)


def _key(
    artifact: Artifact,
    manifest: Manifest,
    plan: Plan,
    *,
    project: Project,
    interpreter: Interpreter,
    observation: Observation,
) -> str:
    entries = [(module_of(entry), entry.attribute) for entry in project.entry_points]
    parts = (
        artifact.content_sha256,
        artifact.layout,
        manifest.digest,
        manifest.quiet,
        plan.lazy.absent,
        entries,
        interpreter.version,
        observation.modules,
        sorted(observation.opened.items()),
        probe_source(PROBE),
        probe_source("invoked"),
        code_digest(),
        project.trial,
        observation.answers,
    )
    return sha256("\0".join(map(repr, parts)).encode()).hexdigest()


def _decoded(data: bytes) -> Verdict:
    fields = json.loads(data)
    return Verdict(
        ran=fields["ran"],
        python=fields["python"],
        modules=fields["modules"],
        misses=tuple(Miss(**miss) for miss in fields["misses"]),
        differences=tuple(fields["differences"]),
        error=fields["error"],
        events=tuple(_trial(event) for event in fields["events"]),
        changed=tuple(fields["changed"]),
    )


def _trial(fields: dict[str, Any]) -> Trialled:
    one, other = (
        Answer(**{**fields[name], "ending": Ending(fields[name]["ending"])}) for name in ("original", "artifact")
    )
    return Trialled(original=one, artifact=other, difference=fields["difference"], noise=tuple(fields["noise"]))
