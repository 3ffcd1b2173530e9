"""The project's files and settings -> where its requirements come from."""

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from slimpack.errors import Problem
from slimpack.model.project import Requirements, SourceKind
from slimpack.project.kinds import nearest
from slimpack.project.settings import Chosen

_REQUIRES: Final = re.compile(r"""^requires-python\s*=\s*["']([^"']*)["']""", re.MULTILINE)
_HEAD: Final = 4096
"""Characters at the start of a lock in which its own keys stand: uv.lock files of 100,000 lines are not parsed here."""
_ORDER: Final = tuple(kind for kind in SourceKind if kind is not SourceKind.NONE)
_NAMES: Final = {kind.value: kind for kind in _ORDER}


def find(
    chosen: Chosen, *, root: Path, base: Path, pyproject: Mapping[str, Any], locking: bool, problems: list[Problem]
) -> Requirements:
    """The chosen file, or the first of the known ones in `root`, in the order of SourceKind."""
    groups, extras = chosen["groups"], chosen["extras"]
    wanted: str | None = chosen["requirements"]
    if wanted is not None:
        path = base / wanted
        kind = _kind_of(path, chosen.where["requirements"], problems)
    else:
        kind, path = _discover(root, pyproject, parts=bool(groups or extras), locking=locking)
        if kind is SourceKind.NONE:
            _check_unlocked(root, pyproject, problems)
    if kind is SourceKind.PYPROJECT:
        data = pyproject if path.resolve() == (root / "pyproject.toml").resolve() else _toml(path)
        _check_parts(chosen, data, problems)
    elif kind in {SourceKind.REQUIREMENTS, SourceKind.NONE} and (groups or extras):
        name = "groups" if groups else "extras"
        who = "a requirements file" if kind is SourceKind.REQUIREMENTS else "a project without a lock or pyproject.toml"
        do = "leave them out, or choose a lock or a pyproject.toml with --requirements"
        problems.append(Problem(what=f"{who} has no {name}", where=chosen.where[name], do=do))
    return Requirements(kind=kind, path=None if kind is SourceKind.NONE else path, groups=groups, extras=extras)


def _discover(root: Path, pyproject: Mapping[str, Any], *, parts: bool, locking: bool) -> tuple[SourceKind, Path]:
    # The pylock.toml that is to be written again comes last: it is the source only of a project that has no other.
    order = (*_ORDER[1:], _ORDER[0]) if locking else _ORDER
    for kind in order:
        path = root / kind.value
        if not path.is_file() or (kind is SourceKind.REQUIREMENTS and parts):
            continue
        if kind is SourceKind.PYPROJECT and not (
            _project(pyproject).get("dependencies") or parts or _dynamic(pyproject)
        ):
            continue
        return kind, path
    return SourceKind.NONE, root


def _project(pyproject: Mapping[str, Any]) -> Mapping[str, Any]:
    project = pyproject.get("project")
    return project if isinstance(project, dict) else {}


def _dynamic(pyproject: Mapping[str, Any]) -> bool:
    dynamic = _project(pyproject).get("dynamic")
    return isinstance(dynamic, list) and "dependencies" in dynamic


def required_pythons(requirements: Requirements, pyproject: Mapping[str, Any]) -> tuple[str, ...]:
    """What the project and its lock say of the Python versions that they are for."""
    found = [_project(pyproject).get("requires-python")]
    if requirements.path and requirements.kind in {SourceKind.PYLOCK, SourceKind.UV_LOCK}:
        try:
            with requirements.path.open(encoding="utf-8") as file:
                match = _REQUIRES.search(file.read(_HEAD))
        except (OSError, UnicodeDecodeError):
            match = None  # resolve says what is wrong with it
        found.append(match[1] if match else None)
    return tuple(text for text in found if isinstance(text, str))


def _check_unlocked(root: Path, pyproject: Mapping[str, Any], problems: list[Problem]) -> None:
    """Dependencies that only another tool can read, without its lock: better an error than a package without them."""
    tool = pyproject.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    declared = poetry.get("dependencies") if isinstance(poetry, dict) else None
    if isinstance(declared, dict) and set(declared) - {"python"}:
        what = "there are Poetry dependencies but no poetry.lock"
        problems.append(Problem(what=what, where="pyproject.toml, [tool.poetry.dependencies]", do="run poetry lock"))
    if (root / "Pipfile").is_file():
        problems.append(Problem(what="there is a Pipfile but no Pipfile.lock", where="Pipfile", do="run pipenv lock"))


def _check_parts(chosen: Chosen, data: Mapping[str, Any], problems: list[Problem]) -> None:
    """Groups and extras that the pyproject.toml does not define."""
    known_groups = data.get("dependency-groups")
    known_extras = _project(data).get("optional-dependencies")
    for key, single, known in (("groups", "group", known_groups), ("extras", "extra", known_extras)):
        names = tuple(known) if isinstance(known, dict) else ()
        folded = {_normal(name) for name in names}
        for name in chosen[key]:
            if _normal(name) not in folded:
                meant = nearest(name, names)
                there = f"it has {', '.join(sorted(names))}" if names else f"it has no {key}"
                do = f"did you mean {meant}?" if meant else there
                problems.append(Problem(what=f"pyproject.toml has no {single} {name}", where=chosen.where[key], do=do))


def _normal(name: str) -> str:
    return name.replace("_", "-").replace(".", "-").casefold()


def _kind_of(path: Path, where: str, problems: list[Problem]) -> SourceKind:
    """What a chosen file is: by its name, else by what is in it."""
    if not path.is_file():
        what = f"{path.name} is a folder" if path.is_dir() else f"there is no file {path.name}"
        siblings = tuple(entry.name for entry in path.parent.iterdir()) if path.parent.is_dir() else ()
        meant = nearest(path.name, siblings)
        do = f"did you mean {meant}?" if meant else f"name a file such as {', '.join(_NAMES)}"
        problems.append(Problem(what=what, where=where, do=do))
        return SourceKind.NONE
    if (kind := _NAMES.get(path.name)) is not None:
        return kind
    if path.name.startswith("pylock.") and path.suffix == ".toml":
        return SourceKind.PYLOCK
    if path.suffix in {".txt", ".in"}:
        return SourceKind.REQUIREMENTS
    return _kind_by_content(path)


def _kind_by_content(path: Path) -> SourceKind:
    try:
        meta = json.loads(path.read_bytes()).get("_meta")
    except (ValueError, AttributeError):
        meta = None
    if isinstance(meta, dict):
        return SourceKind.PIPFILE_LOCK
    data = _toml(path)
    return next((kind for kind, fits in _SIGNS if fits(data)), SourceKind.REQUIREMENTS)


def _metadata(data: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = data.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


_SIGNS: Final[tuple[tuple[SourceKind, Callable[[Mapping[str, Any]], bool]], ...]] = (
    (SourceKind.PYLOCK, lambda data: "lock-version" in data),
    (SourceKind.POETRY_LOCK, lambda data: "lock-version" in _metadata(data)),
    (SourceKind.PDM_LOCK, lambda data: "lock_version" in _metadata(data)),
    (SourceKind.UV_LOCK, lambda data: "version" in data and "package" in data),
    (SourceKind.PYPROJECT, lambda data: "project" in data or "dependency-groups" in data),
)


def _toml(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
