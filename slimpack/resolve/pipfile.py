"""Pipfile.lock -> pins: the default category and those asked for, from the indexes that the lock names."""

import json
import os.path
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from packaging.pylock import PackageArchive, PackageDirectory, PackageVcs
from packaging.utils import canonicalize_name

from slimpack.errors import ConfigError, Problem, ResolveError
from slimpack.host.tools import Tools
from slimpack.model.lock import Pin
from slimpack.model.project import Project
from slimpack.resolve import declared, from_index, problems
from slimpack.resolve.closure import holds
from slimpack.resolve.from_index import Locked

_Row = Mapping[str, Any]
_SECTIONS = {"source", "packages", "dev-packages", "requires", "scripts", "pipfile", "pipenv", "default", "develop"}


def pins(project: Project, tools: Tools, path: Path) -> tuple[Pin, ...]:
    """What the lock holds for the target. Raises ResolveError where it does not fit the Pipfile."""
    try:
        lock = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        what = f"{path.name} cannot be read: {error}"
        raise ConfigError(Problem(what=what, where=str(path), do="run `pipenv lock` again")) from error
    with declared.as_written_by("pipenv lock", path):
        locked = _chosen(lock, path, project, tools)
    return from_index.pins(locked, path=path, project=project, tools=tools)


def _chosen(lock: _Row, path: Path, project: Project, tools: Tools) -> list[Locked]:
    _check(lock, path.parent / "Pipfile")
    sources = {source["name"]: _expanded(source["url"], tools) for source in lock["_meta"].get("sources", ())}
    usual = project.resolution.index_url or next(iter(sources.values()), "")
    environment = project.target.marker_environment()
    found: dict[str, Locked] = {}
    asked = ["develop" if name in {"dev", "dev-packages"} else name for name in project.requirements.groups]
    declared.check_names("category", asked, set(lock) - {"_meta"}, str(path))
    for category in ("default", *asked):
        for name, row in lock.get(category, {}).items():
            if holds(row.get("markers", ""), environment):
                index = project.resolution.index_url or sources.get(row.get("index", ""), usual)
                found[canonicalize_name(name)] = _locked(canonicalize_name(name), row, index)
    return list(found.values())


def _check(lock: _Row, pipfile: Path) -> None:
    given = lock.get("_meta", {}).get("hash", {}).get("sha256", "")
    if given and pipfile.is_file() and given != _content_hash(declared.table(pipfile)):
        raise ResolveError(problems.out_of_date("Pipfile.lock", "the Pipfile", "pipenv lock"))


def _content_hash(pipfile: _Row) -> str:
    content = {
        "_meta": {"sources": pipfile.get("source", []), "requires": pipfile.get("requires", {})},
        "default": pipfile.get("packages", {}),
        "develop": pipfile.get("dev-packages", {}),
        **{name: rows for name, rows in pipfile.items() if name not in _SECTIONS},
    }
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _expanded(url: str, tools: Tools) -> str:
    """Pipenv fills in variables of the environment, so that credentials need not stand in the lock."""
    return re.sub(r"\$\{?([A-Za-z_]\w*)\}?", lambda match: tools.environment.get(match[1], match[0]), url)


def _locked(name: str, row: _Row, index: str) -> Locked:
    digests = from_index.digests(row.get("hashes", ()))
    direct: PackageDirectory | PackageArchive | PackageVcs | None = None
    if "git" in row:
        direct = PackageVcs(type="git", url=row["git"], commit_id=row["ref"], subdirectory=row.get("subdirectory"))
    elif place := row.get("path") or row.get("file"):
        if "://" in place:
            direct = PackageArchive(url=place, hashes={"sha256": next(iter(sorted(digests)), "")})
        elif os.path.splitext(place)[1] in {".whl", ".gz"}:  # noqa: PTH122 may be a URL's path
            direct = PackageArchive(path=place, hashes={"sha256": next(iter(sorted(digests)), "")})
        else:
            direct = PackageDirectory(path=place)
    version = row.get("version", "").removeprefix("==").removeprefix("=")
    return Locked(name=name, version=version, hashes=digests, index=index, direct=direct)
