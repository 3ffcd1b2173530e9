"""Tree -> Observation: import the entry points and extension modules in a sandbox, and note what that touches.

Extension modules hide what they import (compiled strings), so each is imported by itself, in one process that is begun
again behind a module that crashes or hangs. What was seen is cached under everything it depends on.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from difflib import get_close_matches
from hashlib import sha256

from slimpack.errors import Problem, TraceError
from slimpack.host.python import Interpreter
from slimpack.host.sandbox import Sandbox, probe_source
from slimpack.host.tools import Tools
from slimpack.host.unpack import unpacked
from slimpack.host.watched import PROBE, Scene, Watched, module_of, watch
from slimpack.model.observation import Observation
from slimpack.model.project import Project
from slimpack.model.tree import Content, Tree
from slimpack.observe.evidence import evidence

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
) -> Observation:
    """Import the entry points, then each of `modules`. Raises TraceError where an entry point cannot be imported."""
    key = _key(tree, modules, project, interpreter)
    if (known := tools.cache.get(_KIND, key)) is not None:
        return _decoded(known)
    with unpacked(tree, bytecode=bytecode, tools=tools) as folder:
        sandbox = Sandbox(interpreter=interpreter, code=folder.code, path=(folder.code,))
        roots = tuple(dict.fromkeys((str(folder.code), str(folder.stored), _TASK_ROOT)))
        runs = _all_runs(Scene(sandbox=sandbox, roots=roots, bytecode=folder.bytecode), project, modules)
    _refuse_broken_entries(runs[0], project)
    observation = evidence(runs, tree, project.target)
    tools.cache.put(_KIND, key, json.dumps(asdict(observation), sort_keys=True).encode())
    return observation


def _all_runs(scene: Scene, project: Project, modules: Sequence[str]) -> list[Watched]:
    """One run, and one more behind each module that ended it."""
    runs = [watch(scene, entries=project.entry_points, modules=modules)]
    remaining = list(modules)
    while (culprit := runs[-1].interrupted) in remaining:
        del remaining[: remaining.index(culprit) + 1]
        if not remaining:
            break
        runs.append(watch(scene, modules=remaining))
    return runs


def _refuse_broken_entries(run: Watched, project: Project) -> None:
    problems = []
    for entry in project.entry_points:
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


def _key(tree: Tree, modules: Sequence[str], project: Project, interpreter: Interpreter) -> str:
    digest = sha256()
    entries = [(module_of(entry), entry.attribute) for entry in project.entry_points]
    for part in (entries, list(modules), interpreter.version, interpreter.machine, probe_source(PROBE)):
        digest.update(f"{part!r}\0".encode())
    for path, file in tree.files.items():
        digest.update(f"{path}\0{file.content.sha256}\0{file.executable}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _decoded(data: bytes) -> Observation:
    fields = json.loads(data)
    modules = tuple(fields.pop("modules"))
    failed = fields.pop("failed")
    maps = {name: {key: tuple(paths) for key, paths in value.items()} for name, value in fields.items()}
    return Observation(**maps, failed=failed, modules=modules)
