"""Project -> Lock: the pinned, hashed wheels of the target, from whatever the project has."""

from collections.abc import Callable
from pathlib import Path
from typing import assert_never

from slimpack.errors import Problem, ResolveError
from slimpack.host.tools import Tools
from slimpack.model.lock import Lock, Pin
from slimpack.model.project import Project, Resolver, SourceKind
from slimpack.resolve import (
    declared,
    pdm,
    pipfile,
    piptools,
    poetry,
    problems,
    pylock,
    remembered,
    requirements_txt,
    uv,
)
from slimpack.resolve.text import lock_text

_Reader = Callable[[Project, Tools, Path], tuple[Pin, ...]]

__all__ = ["lock_text", "resolve"]


def resolve(project: Project, *, tools: Tools) -> Lock:
    """The wheels that the target installs.

    Raises ResolveError where no set of wheels will do, ConfigError for files that cannot be read, ToolError where uv
    or pip fails.
    """
    wanted = project.requirements
    if wanted.kind is SourceKind.NONE or wanted.path is None:
        return Lock(pins=(), source="none")
    match wanted.kind:
        case SourceKind.PYLOCK:
            lock = pylock.parse(_read(wanted.path), where=wanted.path.name)
            pins = pylock.pins(lock, base=wanted.path.parent, where=wanted.path.name, project=project, tools=tools)
        case SourceKind.UV_LOCK:
            pins = uv.export_pins(project, tools)
        case SourceKind.POETRY_LOCK:
            return _remembered(poetry.pins, "pyproject.toml", project, wanted.path, tools)
        case SourceKind.PDM_LOCK:
            return _remembered(pdm.pins, "pyproject.toml", project, wanted.path, tools)
        case SourceKind.PIPFILE_LOCK:
            return _remembered(pipfile.pins, "Pipfile", project, wanted.path, tools)
        case SourceKind.REQUIREMENTS | SourceKind.PYPROJECT:
            return _resolved(project, wanted.path, tools)
        case _:
            assert_never(wanted.kind)
    return Lock(pins=pins, source=wanted.path.name)


def _remembered(read: _Reader, declared_in: str, project: Project, path: Path, tools: Tools) -> Lock:
    """Read a lock that has no URLs: the index is asked once, for the hashes make the answer final."""
    beside = path.parent / declared_in
    key = remembered.key(project, [_read(path), _read(beside) if beside.is_file() else ""], tools)
    if (known := remembered.get(key, tools)) is not None:
        return known
    lock = Lock(pins=read(project, tools, path), source=path.name)
    remembered.put(key, lock, tools)
    return lock


def _resolved(project: Project, path: Path, tools: Tools) -> Lock:
    wanted = project.requirements
    if wanted.kind is SourceKind.PYPROJECT:
        found = declared.requirements(path, wanted)
    else:
        found = requirements_txt.read([path], constraints=wanted.constraints)
    if found.empty:
        return Lock(pins=(), source=path.name)
    if project.resolution.frozen and (found.loose or found.direct or set(found.pinned) - set(found.hashes)):
        raise ResolveError(problems.frozen(path.name))
    key = remembered.key(project, found.texts, tools)
    if (known := remembered.get(key, tools)) is not None:
        return known
    pins: tuple[Pin, ...]
    if project.resolution.resolver is Resolver.PIP_TOOLS:
        pins = piptools.pins(project, tools, path)
    else:
        pins = uv.compile_pins(project, tools, hashes=found.hashes)
    lock = Lock(pins=pins, source=f"{path.name}, resolved by {project.resolution.resolver.value}")
    determined = remembered.determined(lock, found)
    if project.resolution.frozen and not determined:
        raise ResolveError(problems.frozen(path.name))
    if determined:
        remembered.put(key, lock, tools)
    return lock


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ResolveError(Problem(what=f"cannot read {path.name}: {error}", where=str(path))) from error
