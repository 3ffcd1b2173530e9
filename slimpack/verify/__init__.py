"""Artifact -> Verdict: import the entry points from what ships, held against what was there before.

The artifact that ships is unpacked and run, not the tree it was made from. It holds where it imports, loads the same
modules as the original, and looks for nothing that was dropped.
"""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path

from slimpack.errors import Problem
from slimpack.host.python import Interpreter
from slimpack.host.sandbox import Sandbox, probe_source
from slimpack.host.tools import Tools
from slimpack.host.unpack import run_folder, unzipped, write
from slimpack.host.watched import PROBE, Scene, Watched, module_of, watch
from slimpack.model.artifact import Artifact
from slimpack.model.lookup import suffixes
from slimpack.model.observation import Observation
from slimpack.model.plan import Plan
from slimpack.model.project import Layout, Project
from slimpack.model.rule import Rule
from slimpack.model.tree import Content, File, Tree
from slimpack.model.verdict import Miss, Verdict
from slimpack.verify.manifest import COMPILED, Manifest, manifest_of, root_of
from slimpack.verify.misses import misses, not_opened
from slimpack.verify.static import static

__all__ = ["misses_as_problems", "static", "verify"]

_KIND = "verdict"
_SHOWN = 20


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
    """Import every entry point from the artifact; a verdict that held is remembered by what it depends on."""
    if interpreter is None or not _runs_target(interpreter, project):
        return Verdict(ran=False)
    manifest = manifest_of(artifact, original=original, plan=plan, rules=rules)
    key = _key(artifact, manifest, project, interpreter, observation)
    if (known := tools.cache.get(_KIND, key)) is not None:
        return _decoded(known)
    with ExitStack() as stack:
        code = stack.enter_context(unzipped(artifact.path, tools=tools))
        beside = stack.enter_context(run_folder(tools))
        write({path: original[path] for path in sorted(manifest.provided)}, beside / "provided")
        scene = _scene(artifact, code, beside / "provided" if manifest.provided else None, interpreter)
        write(_of_sources(artifact, code, original, bytecode), beside / "bytecode")
        scene = replace(scene, bytecode=beside / "bytecode")
        run = watch(scene, entries=project.entry_points)
    verdict = Verdict(
        ran=True,
        python=interpreter.version,
        modules=len(run.modules),
        misses=_misses(run, manifest, original, project, observation),
        differences=_differences(observation, run),
        error=_error(run, project),
    )
    tools.cache.put(_KIND, key, json.dumps(asdict(verdict), sort_keys=True).encode())
    return verdict


def _misses(
    run: Watched, manifest: Manifest, original: Tree, project: Project, observation: Observation
) -> tuple[Miss, ...]:
    entries = [module_of(entry) for entry in project.entry_points]
    opened = {path for entry in entries for path in observation.opened.get(entry, ())}
    known = {(miss.path, miss.how): miss for miss in not_opened(opened, manifest)}
    known.update({(miss.path, miss.how): miss for miss in misses(run, manifest, original, suffixes(project.target))})
    return tuple(sorted(known.values()))


def misses_as_problems(verdict: Verdict) -> tuple[Problem, ...]:
    """What an artifact that does not hold lacks, each with the line of configuration that mends it."""
    problems = [
        Problem(what=_in_words(miss), where=miss.path, do=f'keep = ["{miss.keep}"] in [tool.slimpack], or --repair')
        for miss in verdict.misses
    ]
    if verdict.differences:
        problems.append(
            Problem(
                what="the artifact does not load the same modules as the original",
                where="; ".join(verdict.differences),
                do="find out with `slimpack why MODULE` what went, and keep it",
            )
        )
    if verdict.error:
        problems.append(
            Problem(
                what=f"the artifact cannot be imported: {verdict.error}",
                do="" if problems else "build with --level clean, and report this with the handler's imports",
            )
        )
    return tuple(problems)


def _in_words(miss: Miss) -> str:
    looked = {
        "import": "imported",
        "open": "opened",
        "stat": "looked for",
        "list": "listed",
        "find_spec": "looked up",
    }[miss.how]
    gone = "its source does not ship" if miss.by == COMPILED else f"dropped by the pass {miss.by!r}"
    return f"{miss.path} is {looked} at run time, but {gone}"


def _runs_target(interpreter: Interpreter, project: Project) -> bool:
    return (
        interpreter.system == "Linux"
        and interpreter.machine == project.target.architecture.machine
        and interpreter.python == project.target.python
    )


def _scene(artifact: Artifact, code: Path, provided: Path | None, interpreter: Interpreter) -> Scene:
    prefix = root_of(artifact).rstrip("/")
    mount = "/opt" if artifact.layout is Layout.LAYER else "/var/task"
    path = [code / prefix] if prefix else [code]
    if artifact.layout is Layout.LAYER and code / "python" not in path:
        path.append(code / "python")
    roots = (str(path[0]), f"{mount}/{prefix}".rstrip("/"))
    if provided is not None:
        path.append(provided)
    return Scene(sandbox=Sandbox(interpreter=interpreter, code=code, path=tuple(path)), roots=roots)


def _of_sources(artifact: Artifact, code: Path, original: Tree, bytecode: Mapping[str, Content]) -> dict[str, File]:
    """Bytecode of sources that ship alone and unchanged: the same run, without compiling it all again."""
    compiled = {member.origin for member in artifact.members if member.path.endswith(".pyc")}
    return {
        f"{member.path}c": File(bytecode[member.origin])
        for member in artifact.members
        if member.path.endswith(".py")
        and member.origin in bytecode
        and member.origin in original
        and member.origin not in compiled
        and sha256((code / member.path).read_bytes()).hexdigest() == original[member.origin].content.sha256
    }


def _differences(observation: Observation, run: Watched) -> tuple[str, ...]:
    if not observation.modules or run.failed or run.interrupted:
        return ()  # nothing to compare with, or less was loaded because of an error that is told instead
    before, after = set(observation.modules), set(run.modules)
    lost = [f"{name}: loaded by the original only" for name in sorted(before - after)]
    new = [f"{name}: loaded by the artifact only" for name in sorted(after - before)]
    found = lost + new
    return (*found[:_SHOWN], *([f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []))


def _error(run: Watched, project: Project) -> str:
    for entry in project.entry_points:
        module = module_of(entry)
        if module in run.failed:
            summary, traceback = run.failed[module]
            return f"{module}: {summary}\n{traceback}"
        if module not in run.loaded:
            return f"{module}: {run.ended.how}\n{run.ended.output.strip()[-2000:]}".strip()
    return "; ".join(f"{module} has no attribute {attribute!r}" for module, attribute, _ in run.missing)


def _key(
    artifact: Artifact, manifest: Manifest, project: Project, interpreter: Interpreter, observation: Observation
) -> str:
    entries = [(module_of(entry), entry.attribute) for entry in project.entry_points]
    parts = (
        artifact.content_sha256,
        artifact.layout,
        manifest.digest,
        manifest.quiet,
        entries,
        interpreter.version,
        observation.modules,
        sorted(observation.opened.items()),
        probe_source(PROBE),
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
    )
