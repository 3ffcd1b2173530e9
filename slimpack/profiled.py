"""Subjects -> Profiles: a function's original, a zip or a folder, measured side by side.

A subject is a handler or configured function (its plain package: the sources as installed), or a path. A path's handler
and target are those of the report beside it, else they have to be given.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from slimpack import rules
from slimpack.errors import ConfigError, Problem, ToolError
from slimpack.host import lambda_client
from slimpack.host.invoked import Stage
from slimpack.host.python import Interpreter, find
from slimpack.host.sandbox import Sandbox
from slimpack.host.tools import Tools
from slimpack.host.unpack import unpacked, unzipped
from slimpack.host.watched import Scene, module_of
from slimpack.install import install
from slimpack.install.own_code import merged, own_code
from slimpack.measure import Subject, own_sources, profile
from slimpack.measure.owners import own_files, owners
from slimpack.model.lock import Lock
from slimpack.model.naming import module_name
from slimpack.model.profile import Profile
from slimpack.model.project import EntryPoint, Project, Trial
from slimpack.model.report import Report
from slimpack.model.tree import OWN

_TASK_ROOT = "/var/task"  # what bytecode that slimpack made names as its place


@dataclass(frozen=True, slots=True, kw_only=True)
class Packaged:
    """A package on disk; `report` is what a build said of it, where there is one."""

    path: Path
    entry: EntryPoint
    report: Report | None = None


def profiled(
    subjects: tuple[Project | Packaged, ...],
    *,
    trial: Trial,
    python: tuple[int, int],
    cold: bool,
    most: int,
    lock_for: Callable[[Project], Lock],
    tools: Tools,
) -> tuple[Profile, ...]:
    """Measure them. Raises ToolError where there is no interpreter of that version."""
    interpreter = find(python, tools)
    if interpreter is None:
        version = f"{python[0]}.{python[1]}"
        raise ToolError(
            Problem(
                what=f"there is no CPython {version} on this machine",
                do=f"install it, as with: uv python install {version}",
            )
        )
    client = lambda_client.client(interpreter, tools)
    with ExitStack() as stack:
        made = []
        for subject in subjects:
            if isinstance(subject, Packaged):
                context = _packaged(subject, interpreter, client, trial, tools)
            else:
                context = _original(subject, interpreter, client, lock_for, tools)
            made.append(stack.enter_context(context))
        return profile(made, trial.events, cold=cold, most=most, python=interpreter.version, tools=tools)


@contextmanager
def _packaged(
    subject: Packaged, interpreter: Interpreter, client: lambda_client.Client, trial: Trial, tools: Tools
) -> Iterator[Subject]:
    if not subject.path.exists():
        raise ConfigError(Problem(what=f"there is no package {subject.path.name}", where=str(subject.path)))
    with unzipped(subject.path, tools=tools) as code:
        if subject.report is not None:
            rows = subject.report.files
            whose = {name: row.owner for row in rows if row.owner and (name := module_name(row.path))}
            own = [row.path for row in rows if row.owner == OWN and row.shipped]
        else:
            module = module_of(subject.entry)
            whose = dict(owners(code, entry=module))
            own = own_files(code, whose, entry=module)
        stage = _stage(code, interpreter, client, trial, own_sources(code, own))
        yield _subject(subject.path.name, stage, subject.entry, whose)


@contextmanager
def _original(
    project: Project,
    interpreter: Interpreter,
    client: lambda_client.Client,
    lock_for: Callable[[Project], Lock],
    tools: Tools,
) -> Iterator[Subject]:
    tree = merged(install(lock_for(project), project=project, tools=tools), own_code(project))
    with unpacked(tree, bytecode={}, tools=tools) as folder:
        own = [path for path, file in tree.files.items() if file.owner == OWN]
        stage = _stage(folder.code, interpreter, client, project.trial, own_sources(folder.code, own))
        roots = (str(folder.code), str(folder.stored), _TASK_ROOT)
        stage = replace(stage, scene=replace(stage.scene, roots=roots))
        whose = {name: file.owner for path, file in tree.files.items() if file.owner and (name := module_name(path))}
        yield _subject(f"{project.name} (plain)", stage, project.entry_points[0], whose)


def _subject(name: str, stage: Stage, entry: EntryPoint, whose: Mapping[str, str]) -> Subject:
    return Subject(name=name, stage=stage, entry=entry, owners=whose, replacements=rules.replacements())


def _stage(
    code: Path, interpreter: Interpreter, client: lambda_client.Client, trial: Trial, own: tuple[Path, ...]
) -> Stage:
    sandbox = Sandbox(
        interpreter=interpreter, code=code, path=(code,), network=trial.network, variables=dict(trial.variables)
    )
    scene = Scene(sandbox=sandbox, roots=(str(code), _TASK_ROOT))
    return Stage(scene=scene, client=client, timeout=trial.timeout, own=own)
