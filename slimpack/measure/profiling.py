"""Function -> Profile: its start in Lambda's runtime client, split into floor, imports and own statements.

Every round starts a fresh process of the empty handler and of each subject, in an order that turns. Rounds go on until
the median of what is the function's own is known well enough, or there were enough of them. What a round costs is told
by the process itself (CPU of all its threads), so that starting it is no part of it.
"""

import ast
import linecache
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from slimpack.errors import Problem, ToolError
from slimpack.host.disk import temporary_folder
from slimpack.host.invoked import Cost, Invoked, Mode, Stage, invoke
from slimpack.host.tools import Tools
from slimpack.host.watched import module_of
from slimpack.measure.graph import savings
from slimpack.measure.statistics import half_width
from slimpack.model.answer import Ending
from slimpack.model.profile import Imported, Profile, Requests, Statement
from slimpack.model.project import EntryPoint, Event
from slimpack.model.timing import Samples

_FLOOR = EntryPoint(module="slimpack_floor", attribute="handler")
_FEWEST = 5
_ENOUGH = 0.02
"""The half width of the confidence interval, as a share of the median, at which more rounds say nothing new."""
_ATTRIBUTED = 3
_CANDIDATES = 60
_MILLION = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is measured: `name` for people, and how its function is run; `owners` tells whose a module is."""

    name: str
    stage: Stage
    entry: EntryPoint
    owners: Mapping[str, str]


def profile(
    subjects: Sequence[Subject], events: Sequence[Event], *, cold: bool, most: int, python: str, tools: Tools
) -> tuple[Profile, ...]:
    """Measure the subjects side by side. Raises ToolError where one cannot be initialised."""
    with temporary_folder() as folder:
        (folder / f"{_FLOOR.module}.py").write_text("def handler(event, context):\n    return None\n")
        floors = [_floor(subject, folder) for subject in subjects]
        rounds = _rounds([*subjects, *floors], events, cold=cold, most=most, tools=tools)
    count = len(subjects)
    return tuple(
        _profile(subject, rounds[index], rounds[count + index], events, cold=cold, python=python)
        for index, subject in enumerate(subjects)
    )


def _floor(subject: Subject, folder: Path) -> Subject:
    """An empty handler in the same surroundings."""
    sandbox = replace(subject.stage.scene.sandbox, code=folder, path=(folder,))
    stage = replace(subject.stage, scene=replace(subject.stage.scene, sandbox=sandbox, bytecode=None))
    return replace(subject, stage=stage, entry=_FLOOR)


def _rounds(
    subjects: Sequence[Subject], events: Sequence[Event], *, cold: bool, most: int, tools: Tools
) -> list[list[tuple[Cost, ...]]]:
    """The costs of every process, by subject; the first round warms caches and does not count, unless cold."""
    found: list[list[tuple[Cost, ...]]] = [[] for _ in subjects]
    for turn in range(most + 1):
        tools.listener.progressed("measure", done=turn, total=most + 1, unit="rounds")
        order = [(index + turn) % len(subjects) for index in range(len(subjects))]
        for index in order:
            subject = subjects[index]
            if cold:
                _evict(subject.stage.scene.sandbox.code)
            costs = _once(subject, events if subject.entry is not _FLOOR else ())
            if turn or cold:
                found[index].append(costs)
        if turn >= _FEWEST and all(_settled(costs) for costs in found):
            break
    return found


def _settled(rounds: Sequence[tuple[Cost, ...]]) -> bool:
    values = [costs[0].cpu for costs in rounds]
    return half_width(values) <= _ENOUGH * median(values)


def _once(subject: Subject, events: Sequence[Event]) -> tuple[Cost, ...]:
    """One process: init, then each event twice."""
    twice = [replace(event, name=f"{event.name} {number}") for event in events for number in (1, 2)]
    invoked = invoke(subject.stage, subject.entry, twice, mode=Mode.COST)
    if failed := next((one for one in invoked.answers if one.ending is Ending.INIT_FAILED), None):
        raise ToolError(
            Problem(
                what=f"{subject.name} cannot be measured: it {failed.in_words}",
                where=str(subject.entry),
                do="give it the variables and the network that it needs: --env, --allow-network",
            )
        )
    return invoked.costs


def _evict(folder: Path) -> None:
    """Let the system forget the files' pages, as on a machine that never ran the function; needs no rights."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)


def _profile(
    subject: Subject,
    rounds: Sequence[tuple[Cost, ...]],
    floor: Sequence[tuple[Cost, ...]],
    events: Sequence[Event],
    *,
    cold: bool,
    python: str,
) -> Profile:
    timed = [invoke(subject.stage, subject.entry, (), mode=Mode.OWN) for _ in range(_ATTRIBUTED)]
    used = invoke(subject.stage, subject.entry, events, mode=Mode.USED)
    roots = subject.stage.scene.roots
    statements = _statements(timed, roots)
    return Profile(
        subject=subject.name,
        python=python,
        floor=_samples(floor),
        init=_samples(rounds),
        read=round(median(costs[0].read for costs in rounds)),
        opened=sum(row[0] == "import" for row in timed[0].told),
        cold=cold,
        requests=tuple(_requests(event, rounds) for event in events),
        entry=f"{module_of(subject.entry).replace('.', '/')}.py",
        statements=statements,
        imports=_imports(timed, used, subject),
    )


def _samples(rounds: Sequence[tuple[Cost, ...]]) -> Samples:
    first = [costs[0] for costs in rounds]
    return Samples(
        cpu=tuple(cost.cpu for cost in first),
        wall=tuple(cost.wall for cost in first),
        rss=tuple(cost.memory for cost in first),
    )


def _requests(event: Event, rounds: Sequence[tuple[Cost, ...]]) -> Requests:
    found: dict[str, list[Cost]] = defaultdict(list)
    for costs in rounds:
        for cost in costs:
            found[cost.phase].append(cost)
    first, second = found[f"{event.name} 1"], found[f"{event.name} 2"]
    return Requests(
        event=event.name,
        first_cpu=tuple(cost.cpu for cost in first),
        first_wall=tuple(cost.wall for cost in first),
        second_cpu=tuple(cost.cpu for cost in second),
        second_wall=tuple(cost.wall for cost in second),
    )


def _statements(timed: Sequence[Invoked], roots: tuple[str, ...]) -> tuple[Statement, ...]:
    """The median of each statement over the runs, in the order of files and lines."""
    found: dict[tuple[str, int], list[tuple[float, float]]] = defaultdict(list)
    for run in timed:
        for kind, *fields in run.told:
            if kind == "statement":
                path, line, took, importing = fields
                found[path, int(line)].append((int(took) / _MILLION, int(importing) / _MILLION))
    return tuple(
        Statement(
            path=_inside(path, roots),
            line=line,
            text=_text(path, line),
            cpu=median(took for took, _ in costs),
            imports=median(importing for _, importing in costs),
        )
        for (path, line), costs in sorted(found.items())
    )


def _text(path: str, line: int) -> str:
    """The first line of a statement, without what an artifact puts in front of it."""
    return linecache.getline(path, line).strip()[:100]


def _inside(path: str, roots: tuple[str, ...]) -> str:
    return next((path[len(root) + 1 :] for root in roots if path.startswith(f"{root}/")), path)


def _imports(timed: Sequence[Invoked], used: Invoked, subject: Subject) -> tuple[Imported, ...]:
    roots, root = subject.stage.scene.roots, module_of(subject.entry)
    rows: dict[str, list[_Row]] = defaultdict(list)
    for run in timed:
        for row in _below(root, run, roots):
            rows[row.module].append(row)
    own = {module: median(row.own for row in found) for module, found in rows.items()}
    whole = {module: median(row.whole for row in found) for module, found in rows.items()}
    edges = {(fields[0], fields[1]) for kind, *fields in used.told if kind == "edge"}
    largest = sorted(whole, key=lambda module: -whole[module])[:_CANDIDATES]
    cut = {module: (rows[module][0].parent, module) for module in largest}
    saved = savings(edges | set(cut.values()), own, root=root, candidates=cut.values())
    phases = _used(used, roots, root)
    return tuple(
        Imported(
            module=module,
            owner=_owner(module, subject.owners),
            own=own[module],
            cumulative=whole[module],
            importer=rows[module][0].importer if module != root else "",
            parent=rows[module][0].parent,
            used=phases(module),
            saved=saved.get(cut.get(module, ("", "")), 0.0),
        )
        for module in sorted(rows, key=lambda module: (-whole[module], module))
    )


@dataclass(frozen=True, slots=True)
class _Row:
    module: str
    own: float
    whole: float
    importer: str
    parent: str


def _below(root: str, run: Invoked, roots: tuple[str, ...]) -> list[_Row]:
    """The entry point's import and all in it, in the order in which they ended; not what the runtime client imports."""
    wanted, found = {root}, []
    for kind, *fields in reversed(run.told):
        if kind != "import":
            continue
        module, own, whole, path, line, parent = fields
        if module == root or parent in wanted:
            wanted.add(module)
            importer = f"{_inside(path, roots)}:{line}" if path else ""
            found.append(_Row(module, int(own) / _MILLION, int(whole) / _MILLION, importer, parent))
    return found[::-1]


def _owner(module: str, owners: Mapping[str, str]) -> str:
    while module:
        if module in owners:
            return owners[module]
        module = module.rpartition(".")[0]
    return ""


class _used:  # noqa: N801 a function with memory
    """The phases in which functions of a module's file were called; None where nothing was watched."""

    def __init__(self, run: Invoked, roots: tuple[str, ...], root: str) -> None:
        self._files: dict[str, list[str]] = defaultdict(list)
        self._watched = False
        for kind, *fields in run.told:
            if kind == "used":
                self._watched = True
                for path in fields[1:]:
                    self._files[_inside(path, roots)].append("init" if fields[0] == root else fields[0])

    def __call__(self, module: str) -> tuple[str, ...] | None:
        if not self._watched:
            return None
        stem = module.replace(".", "/")
        return tuple(self._files.get(f"{stem}/__init__.py") or self._files.get(f"{stem}.py") or ())


def own_sources(code: Path, paths: Sequence[str]) -> tuple[Path, ...]:
    """Those of the project's own sources that ship and parse: their statements can be timed."""
    found = []
    for path in paths:
        file = code / path
        if path.endswith(".py") and file.is_file():
            try:
                ast.parse(file.read_bytes())
            except (SyntaxError, ValueError):
                continue
            found.append(file)
    return tuple(found)
