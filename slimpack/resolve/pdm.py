"""pdm.lock -> pins: packages name their groups and markers, or are followed from pyproject.toml where they do not."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from packaging.pylock import PackageArchive, PackageDirectory, PackageVcs
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from slimpack.errors import Problem, ResolveError
from slimpack.host.tools import Tools
from slimpack.model.lock import Pin
from slimpack.model.project import Project
from slimpack.resolve import declared, from_index, problems
from slimpack.resolve.closure import Edge, Node, holds, reach
from slimpack.resolve.from_index import Locked

_Row = Mapping[str, Any]


def pins(project: Project, tools: Tools, path: Path) -> tuple[Pin, ...]:
    """What the lock holds for the target. Raises ResolveError where it does not fit pyproject.toml."""
    lock = declared.table(path)
    pyproject = declared.table(path.parent / "pyproject.toml")
    declared.check(pyproject, project.requirements, str(path.parent / "pyproject.toml"))
    with declared.as_written_by("pdm lock", path):
        _check(lock, pyproject)
        # What has extras is listed once for each set of them, with the same files.
        unique = {canonicalize_name(row["name"]): row for row in _chosen(lock, pyproject, project)}
        locked = [_locked(row) for row in unique.values()]
    return from_index.pins(locked, path=path, project=project, tools=tools)


def _chosen(lock: _Row, pyproject: _Row, project: Project) -> list[_Row]:
    rows: list[_Row] = lock.get("package", [])
    if not any("groups" in row for row in rows):
        return _followed(rows, pyproject, project)
    environment = project.target.marker_environment()
    wanted = {"default", *project.requirements.groups, *project.requirements.extras}
    return [row for row in rows if wanted & set(row.get("groups", ())) and holds(row.get("marker", ""), environment)]


def _check(lock: _Row, pyproject: _Row) -> None:
    kind, _, given = lock.get("metadata", {}).get("content_hash", "").partition(":")
    if kind == "sha256" and given != _content_hash(pyproject):
        raise ResolveError(problems.out_of_date("pdm.lock", "pyproject.toml", "pdm lock"))


def _content_hash(pyproject: _Row) -> str:
    project, tool = pyproject.get("project", {}), pyproject.get("tool", {}).get("pdm", {})
    content = {
        "sources": tool.get("source", []),
        "dependencies": project.get("dependencies", []),
        "dev-dependencies": {**pyproject.get("dependency-groups", {}), **tool.get("dev-dependencies", {})},
        "optional-dependencies": project.get("optional-dependencies", {}),
        "requires-python": project.get("requires-python", ""),
        "resolution": tool.get("resolution", {}),
    }
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _followed(rows: list[_Row], pyproject: _Row, project: Project) -> list[_Row]:
    nodes: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        name: str = canonicalize_name(row["name"])
        node = nodes.setdefault((name, row["version"]), {"python": row.get("requires_python", ""), "extras": {}})
        edges = tuple(_edge(text) for text in row.get("dependencies", ()))
        if row.get("extras"):
            node["extras"] |= dict.fromkeys(map(canonicalize_name, row["extras"]), edges)
        else:
            node["edges"] = edges
    by_name: dict[str, list[Node]] = {}
    for (name, version), parts in nodes.items():
        by_name.setdefault(name, []).append(Node(name=name, version=version, **parts))
    wanted = declared.texts(pyproject, project.requirements)
    try:
        reached = reach(map(_edge, wanted), by_name, project.target.marker_environment())
    except KeyError as error:
        what = f"pdm.lock does not hold {error.args[0]}, which is required"
        raise ResolveError(Problem(what=what, do="run `pdm lock`")) from error
    kept = {(node.name, node.version) for node in reached}
    return [row for row in rows if (canonicalize_name(row["name"]), row["version"]) in kept]


def _edge(text: str) -> Edge:
    found = Requirement(text)
    return Edge(
        name=canonicalize_name(found.name),
        marker=str(found.marker or ""),
        spec=str(found.specifier),
        extras=tuple(map(canonicalize_name, sorted(found.extras))),
    )


def _locked(row: _Row) -> Locked:
    files = row.get("files", ())
    hashes = from_index.digests([file["hash"] for file in files])
    found = ((file.get("url", file.get("file", "")), from_index.digest(file["hash"])) for file in files)
    digests = {place: digest for place, digest in found if digest}
    direct: PackageDirectory | PackageArchive | PackageVcs | None = None
    if "git" in row:
        direct = PackageVcs(type="git", url=row["git"], commit_id=row["revision"], subdirectory=row.get("subdirectory"))
    elif "path" in row:
        path = row["path"]
        if path.endswith((".whl", ".gz")):
            direct = PackageArchive(path=path, hashes={"sha256": next(iter(digests.values()), "")})
        else:
            direct = PackageDirectory(path=path)
    elif "url" in row:
        direct = PackageArchive(url=row["url"], hashes={"sha256": next(iter(digests.values()), "")})
    return Locked(
        name=canonicalize_name(row["name"]),
        version=row["version"],
        hashes=hashes,
        urls=tuple((url, digest) for url, digest in digests.items() if "://" in url),
        direct=direct,
    )
