"""Tree -> Observation: import the entry points and extension modules in a sandbox, and note what that touches.

Extension modules hide what they import (compiled strings), so each is imported by itself, in one process that is begun
again behind a module that crashes or hangs. Where the project has events, the entry points are not merely imported but
run as Lambda runs them, and handle each. What was seen is cached under everything it depends on.
"""

import json
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from functools import partial
from hashlib import sha256
from pathlib import Path

from slimpack.errors import Problem, TraceError
from slimpack.host import lambda_client
from slimpack.host.invoked import Stage, invoke
from slimpack.host.memory import code_digest
from slimpack.host.python import Interpreter
from slimpack.host.sandbox import Sandbox, probe_source
from slimpack.host.side_by_side import side_by_side
from slimpack.host.tools import Tools
from slimpack.host.unpack import unpacked
from slimpack.host.watched import PROBE, Scene, Watched, module_of, watch
from slimpack.model.answer import Answer, Ending
from slimpack.model.observation import Observation
from slimpack.model.project import EntryPoint, Project
from slimpack.model.tree import Content, Tree
from slimpack.observe.evidence import evidence
from slimpack.observe.mapped import mapped

__all__ = ["mapped", "observe"]

_KIND = "observation"
_NO_MODULE = re.compile(r"ModuleNotFoundError: No module named '([^'.]+)")
_TASK_ROOT = "/var/task"


def observe(
    tree: Tree,
    *,
    modules: Sequence[str],
    project: Project,
    interpreter: Interpreter,
    bytecode: Mapping[str, Content],
    tools: Tools,
    early: Future[Path] | None = None,
) -> Observation:
    """Import the entry points, then each of `modules`, and handle the project's events.

    `early` comes to the unpacked distributions. Raises TraceError where an entry point cannot be imported.
    """
    entries = () if project.trial.events else project.entry_points
    imports = _Part(kind=("imports", [str(entry) for entry in entries], list(modules)), probe=PROBE)
    parts = [imports]
    if project.trial.events:
        handlers = [str(entry) for entry in project.entry_points]
        parts.append(_Part(kind=("events", handlers, project.trial), probe="invoked"))
    keys = [_key(tree, part, project, interpreter) for part in parts]
    known = [tools.cache.get(_KIND, key) for key in keys]
    if all(data is not None for data in known):
        return _together([_decoded(data) for data in known if data is not None])
    with unpacked(tree, bytecode=bytecode, tools=tools, early=early) as folder:
        box = Sandbox(
            interpreter=interpreter,
            code=folder.code,
            path=(folder.code,),
            network=project.trial.network,
            variables=dict(project.trial.variables),
        )
        roots = tuple(dict.fromkeys((str(folder.code), str(folder.stored), _TASK_ROOT)))
        scene = Scene(sandbox=box, roots=roots, bytecode=folder.bytecode)

        def made(stop: int, part: _Part, data: bytes | None) -> Observation:
            if data is not None:
                return _decoded(data)
            here = replace(scene, sandbox=replace(box, stop=stop))
            if part is imports:
                return _of_imports(here, tree, project, entries, modules)
            client = lambda_client.client(interpreter, tools, offline=project.resolution.offline)
            return _of_events(here, tree, project, client)

        tasks = [partial(made, part=part, data=data) for part, data in zip(parts, known, strict=True)]
        observations = side_by_side(tasks)
    for key, part, data, observation in zip(keys, parts, known, observations, strict=True):
        if data is None and (part is imports or not project.trial.network):
            tools.cache.put(_KIND, key, json.dumps(asdict(observation), sort_keys=True).encode())
    return _together(observations)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What is run together; `kind` all that it depends on besides the tree."""

    kind: tuple[object, ...]
    probe: str


def _together(observations: Sequence[Observation]) -> Observation:
    joined = observations[0]
    for observation in observations[1:]:
        joined = joined.joined(observation)
    return joined


def _of_imports(
    scene: Scene, tree: Tree, project: Project, entries: Sequence[EntryPoint], modules: Sequence[str]
) -> Observation:
    if not entries and not modules:
        return Observation()
    runs = _all_runs(scene, entries, modules)
    _refuse_broken_entries(runs[0], entries)
    return evidence(runs, tree, project.target)


def _of_events(scene: Scene, tree: Tree, project: Project, client: lambda_client.Client) -> Observation:
    stage = Stage(scene=scene, client=client, timeout=project.trial.timeout)
    runs: list[Watched] = []
    answers: list[Answer] = []
    for entry in project.entry_points:
        invoked = invoke(stage, entry, project.trial.events)
        if any(answer.ending is Ending.INIT_FAILED for answer in invoked.answers):
            # The import alone says best what is wrong with it.
            _refuse_broken_entries(watch(scene, entries=[entry]), [entry])
            raise TraceError(_init_failed(entry, invoked.answers[0]))
        runs += invoked.runs
        answers += (replace(answer, handler=str(entry)) for answer in invoked.answers)
    names = tuple(event.name for event in project.trial.events)
    return evidence(runs, tree, project.target, events=names, answers=tuple(answers))


def _init_failed(entry: EntryPoint, answer: Answer) -> Problem:
    return Problem(
        what=f"the function {answer.in_words}\n{_indented(answer.log)}".rstrip(),
        where=str(entry),
        do="mend it; variables that it needs can be given with --env, a network with --allow-network",
    )


def _all_runs(scene: Scene, entries: Sequence[EntryPoint], modules: Sequence[str]) -> list[Watched]:
    """One run, and one more behind each module that ended it."""
    runs = [watch(scene, entries=entries, modules=modules)]
    remaining = list(modules)
    while (culprit := runs[-1].interrupted) in remaining:
        del remaining[: remaining.index(culprit) + 1]
        if not remaining:
            break
        runs.append(watch(scene, modules=remaining))
    return runs


def _refuse_broken_entries(run: Watched, entries: Sequence[EntryPoint]) -> None:
    problems = []
    for entry in entries:
        module = module_of(entry)
        if module in run.failed:
            summary, traceback = run.failed[module]
            problems.append(_cannot_import(module, summary, traceback, run))
        elif run.interrupted == module or (not run.answered and module not in run.loaded):
            problems.append(_cannot_import(module, run.ended.how, run.ended.output, run))
    for module, attribute, known in run.missing:
        near = get_close_matches(attribute, [name for name in known if name != attribute], n=1)
        meant = f"write {module}.{near[0]}" if near else f"define {attribute} in it, or name another handler"
        there = f"{module}.{attribute} is not a function: it cannot be called"
        what = there if attribute in known else f"{module} has no attribute {attribute!r}"
        problems.append(Problem(what=what, where=f"{module}.{attribute}", do=meant))
    if problems:
        raise TraceError(*problems)


def _cannot_import(module: str, summary: str, details: str, run: Watched) -> Problem:
    hosts = sorted({event.fields[0] for event in run.of_kind("network")})
    missing = _NO_MODULE.search(summary)
    do = f"add the distribution that has {missing[1]} to the requirements, or " if missing else ""
    network = f" (it wanted to reach {', '.join(hosts)}; there is no network here)" if hosts else ""
    return Problem(
        what=f"the entry point cannot be imported: {summary}{network}\n{_indented(details)}".rstrip(),
        where=module,
        do=f"{do}mend it; if it needs what only Lambda has (a variable, a network), build with --no-run",
    )


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.strip().splitlines()[-_LINES:])


_LINES = 12


def _key(tree: Tree, part: _Part, project: Project, interpreter: Interpreter) -> str:
    digest = sha256()
    trial = (project.trial.network, project.trial.variables)
    for piece in (code_digest(), part.kind, trial, interpreter.version, interpreter.machine, probe_source(part.probe)):
        digest.update(f"{piece!r}\0".encode())
    for path, file in tree.files.items():
        digest.update(f"{path}\0{file.content.sha256}\0{file.executable}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _decoded(data: bytes) -> Observation:
    fields = json.loads(data)
    maps = {
        name: {key: tuple(paths) for key, paths in fields[name].items()}
        for name in ("loaded", "opened", "listed", "probed")
    }
    answers = tuple(Answer(**{**answer, "ending": Ending(answer["ending"])}) for answer in fields["answers"])
    return Observation(
        **maps,
        failed=fields["failed"],
        modules=tuple(fields["modules"]),
        events=tuple(fields["events"]),
        answers=answers,
    )
