"""Artifact, original -> Timing: what init costs before and after, in fresh interleaved processes.

Before is what other tools make: the sources as installed, in a read-only folder, so without valid bytecode. After is
the artifact. The floor is the interpreter that imports nothing, for readers to subtract. CPU time is the process's own
up to the end of the import; each round runs all three in an order that turns, so that a slow spell hits them alike.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from slimpack.errors import Problem, ToolError
from slimpack.host.process import last_lines
from slimpack.host.python import Interpreter
from slimpack.host.sandbox import Sandbox, run_probe
from slimpack.host.tools import Tools
from slimpack.host.unpack import unpacked, unzipped
from slimpack.measure.advice import advice
from slimpack.measure.gates import broken, difference
from slimpack.measure.importtime import parse
from slimpack.measure.own_statements import own_sources
from slimpack.measure.profiling import Subject, profile
from slimpack.model.artifact import Artifact
from slimpack.model.project import Layout, Project
from slimpack.model.timing import ModuleTime, Samples, Timing
from slimpack.model.tree import Tree

__all__ = ["Subject", "advice", "broken", "difference", "measure", "own_sources", "profile"]

_MILLION = 1e6
_IMPORTTIME_LIMIT = 16 * 1024**2
_Cost = tuple[float, float, int]


def measure(
    artifact: Artifact, *, original: Tree, project: Project, interpreter: Interpreter, runs: int, tools: Tools
) -> Timing:
    """Measure `runs` rounds after one that warms the file cache. Raises ToolError where an import fails."""
    entries = [("entry", entry.module.replace("/", ".")) for entry in project.entry_points]
    with unpacked(original, bytecode={}, tools=tools) as before, unzipped(artifact.path, tools=tools) as after:
        variants = {
            "before": (_sandbox(interpreter, before.code, artifact.layout, shipped=False), entries),
            "after": (_sandbox(interpreter, after, artifact.layout, shipped=True), entries),
            "floor": (_sandbox(interpreter, after, artifact.layout, shipped=True), []),
        }
        names = list(variants)
        costs: dict[str, list[_Cost]] = defaultdict(list)
        for turn in range(runs + 1):
            tools.listener.progressed("measure", done=turn, total=runs + 1, unit="rounds")
            first = turn % len(names)
            for name in names[first:] + names[:first]:
                cost = _cost(*variants[name])
                if turn:
                    costs[name].append(cost)
        modules, modules_before = _modules(*variants["after"]), _modules(*variants["before"])
    return Timing(
        before=_samples(costs["before"]),
        after=_samples(costs["after"]),
        floor=_samples(costs["floor"]),
        modules=modules,
        modules_before=modules_before,
        python=interpreter.version,
    )


def _sandbox(interpreter: Interpreter, code: Path, layout: Layout, *, shipped: bool) -> Sandbox:
    """The network stays: a namespace of its own costs more than a small function's whole init."""
    path: tuple[Path, ...] = (code,)
    if shipped and layout is Layout.LAYER:
        major, minor = interpreter.python
        path = (code / f"python/lib/python{major}.{minor}/site-packages", code / "python")
    return Sandbox(interpreter=interpreter, code=code, path=path, network=True)


def _cost(sandbox: Sandbox, entries: Sequence[tuple[str, str]]) -> _Cost:
    ended = run_probe("timed", sandbox, request=entries)
    for kind, *fields in ended.answers:
        if kind == "cost":
            cpu, wall, rss = map(int, fields)
            return cpu / _MILLION, wall / _MILLION, rss
    raise ToolError(
        Problem(
            what=f"init cannot be measured: the import {ended.how}\n{last_lines(ended.output)}",
            where=", ".join(module for _, module in entries),
            do="run with --no-measure if the entry point cannot be imported on this machine",
        )
    )


def _modules(sandbox: Sandbox, entries: Sequence[tuple[str, str]]) -> tuple[ModuleTime, ...]:
    """Only what the entry points import: what the interpreter itself needs is the floor."""
    ended = run_probe("timed", sandbox, request=entries, options=("-X", "importtime"), output_limit=_IMPORTTIME_LIMIT)
    return _below({module for _, module in entries}, parse(ended.output))


def _below(roots: set[str], times: tuple[ModuleTime, ...]) -> tuple[ModuleTime, ...]:
    """The roots and all they imported. A parent is named after its children, so the list is read from its end."""
    kept: list[ModuleTime] = []
    wanted = set(roots)
    for time in reversed(times):
        if time.module in roots or time.parent in wanted:
            wanted.add(time.module)
            kept.append(time)
    return tuple(reversed(kept))


def _samples(costs: Sequence[_Cost]) -> Samples:
    cpu, wall, rss = zip(*costs, strict=True)
    return Samples(cpu=cpu, wall=wall, rss=rss)
