"""Project -> Lock: the pinned, hashed wheels of the target, from whatever the project has.

Each reader is imported where it is called: together they cost 60 ms, and a lock that is remembered needs none of them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import assert_never

from slimpack.errors import Problem, ResolveError
from slimpack.host.tools import Tools
from slimpack.model.lock import Lock, Pin
from slimpack.model.project import Project, Resolver, SourceKind

__all__ = ["lock_text", "resolve"]

_Reader = Callable[[Project, Tools, Path], tuple[Pin, ...]]


def lock_text(lock: Lock, project: Project) -> str:
    """The lock as the text of a `pylock.toml`."""
    from slimpack.resolve.text import lock_text as written

    return written(lock, project)


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
            from slimpack.resolve import pylock

            lock = pylock.parse(_read(wanted.path), where=wanted.path.name)
            pins = pylock.pins(lock, base=wanted.path.parent, where=wanted.path.name, project=project, tools=tools)
        case SourceKind.UV_LOCK:
            from slimpack.resolve import uv

            pins = uv.export_pins(project, tools)
        case SourceKind.POETRY_LOCK:
            from slimpack.resolve import poetry

            return _remembered(poetry.pins, "pyproject.toml", project, wanted.path, tools)
        case SourceKind.PDM_LOCK:
            from slimpack.resolve import pdm

            return _remembered(pdm.pins, "pyproject.toml", project, wanted.path, tools)
        case SourceKind.PIPFILE_LOCK:
            from slimpack.resolve import pipfile

            return _remembered(pipfile.pins, "Pipfile", project, wanted.path, tools)
        case SourceKind.REQUIREMENTS | SourceKind.PYPROJECT:
            return _resolved(project, wanted.path, tools)
        case _:
            assert_never(wanted.kind)
    return Lock(pins=pins, source=wanted.path.name)


def _remembered(read: _Reader, declared_in: str, project: Project, path: Path, tools: Tools) -> Lock:
    """Read a lock that has no URLs: the index is asked once, for the hashes make the answer final."""
    from slimpack.resolve import remembered

    beside = path.parent / declared_in
    key = remembered.key(project, [_read(path), _read(beside) if beside.is_file() else ""], tools)
    if (known := remembered.get(key, tools)) is not None:
        return known
    lock = Lock(pins=read(project, tools, path), source=path.name)
    remembered.put(key, lock, tools)
    return lock


def _resolved(project: Project, path: Path, tools: Tools) -> Lock:
    from slimpack.resolve import declared, remembered, requirements_txt

    wanted = project.requirements
    if wanted.kind is SourceKind.PYPROJECT:
        found = declared.requirements(path, wanted)
    else:
        found = requirements_txt.read([path], constraints=wanted.constraints)
    if found.empty:
        return Lock(pins=(), source=path.name)
    if project.resolution.frozen and (found.loose or found.direct or set(found.pinned) - set(found.hashes)):
        raise _not_frozen(path)
    key = remembered.key(project, found.texts, tools)
    if (known := remembered.get(key, tools)) is not None:
        return known
    pins: tuple[Pin, ...]
    if project.resolution.resolver is Resolver.PIP_TOOLS:
        from slimpack.resolve import piptools

        pins = piptools.pins(project, tools, path)
    else:
        from slimpack.resolve import uv

        pins = uv.compile_pins(project, tools, hashes=found.hashes)
    lock = Lock(pins=pins, source=f"{path.name}, resolved by {project.resolution.resolver.value}")
    determined = remembered.determined(lock, found)
    if project.resolution.frozen and not determined:
        raise _not_frozen(path)
    if determined:
        remembered.put(key, lock, tools)
    return lock


def _not_frozen(path: Path) -> ResolveError:
    from slimpack.resolve import problems

    return ResolveError(problems.frozen(path))


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ResolveError(
            Problem(
                what=f"cannot read {path.name}: {error}", where=str(path), do="make it a UTF-8 file that can be read"
            )
        ) from error
