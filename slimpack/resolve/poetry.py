"""poetry.lock -> pins, for every lock format from 1.0 to 2.1.

Since 2.1 each package names its groups and markers; before, what is wanted is found by following the dependencies from
pyproject.toml.
"""

import json
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from packaging.pylock import PackageArchive, PackageDirectory, PackageVcs
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from slimpack.errors import Problem, ResolveError
from slimpack.host.tools import Tools
from slimpack.model.lock import Pin
from slimpack.model.project import Project
from slimpack.resolve import declared, from_index, problems
from slimpack.resolve.closure import Edge, Node, holds, reach
from slimpack.resolve.from_index import Locked

_Row = Mapping[str, Any]
_LEGACY = ("dependencies", "source", "extras", "dev-dependencies")
_PROJECT = ("requires-python", "dependencies", "optional-dependencies")


def pins(project: Project, tools: Tools, path: Path) -> tuple[Pin, ...]:
    """What the lock holds for the target. Raises ResolveError where it does not fit pyproject.toml."""
    lock = declared.table(path)
    pyproject = declared.table(path.parent / "pyproject.toml")
    declared.check(pyproject, project.requirements, str(path.parent / "pyproject.toml"))
    with declared.as_written_by("poetry lock", path):
        _check(lock, pyproject)
        rows = lock.get("package", [])
        if any("groups" in row for row in rows):
            chosen = [row for row in rows if _wanted(row, project)]
        else:
            chosen = _followed(rows, lock, pyproject, project)
        locked = [_locked(row, lock) for row in chosen]
    return from_index.pins(locked, path=path, project=project, tools=tools)


def _check(lock: _Row, pyproject: _Row) -> None:
    given = lock.get("metadata", {}).get("content-hash", "")
    # Up to 2.2, poetry did not hash [dependency-groups].
    if given not in {_content_hash(pyproject, groups=True), _content_hash(pyproject, groups=False)}:
        raise ResolveError(problems.out_of_date("poetry.lock", "pyproject.toml", "poetry lock"))


def _content_hash(pyproject: _Row, *, groups: bool) -> str:
    project, tool = pyproject.get("project", {}), pyproject.get("tool", {}).get("poetry", {})
    ours = {key: project[key] for key in _PROJECT if key in project}
    grouped = pyproject.get("dependency-groups", {}) if groups else {}
    legacy = not ours and not grouped
    theirs = {key: tool.get(key) for key in _LEGACY if key in tool or legacy}
    theirs |= {"group": tool["group"]} if "group" in tool else {}
    whole: dict[str, Any] = {"project": ours} if ours else {}
    whole |= {"dependency-groups": grouped} if grouped else {}
    content = whole | {"tool": {"poetry": theirs}} if whole else theirs
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _wanted(row: _Row, project: Project) -> bool:
    environment, extras = project.target.marker_environment(), project.requirements.extras
    markers = row.get("markers", "")
    for group in ("main", *project.requirements.groups):
        if group in row["groups"]:
            marker = markers if isinstance(markers, str) else markers.get(group, "")
            if holds(marker, environment, extras) and (marker or not row.get("optional") or group != "main"):
                return True
    return False


def _followed(rows: list[_Row], lock: _Row, pyproject: _Row, project: Project) -> list[_Row]:
    nodes: dict[str, list[Node]] = {}
    for row in rows:
        nodes.setdefault(canonicalize_name(row["name"]), []).append(_node(row))
    try:
        reached = reach(_roots(lock, pyproject, project), nodes, project.target.marker_environment())
    except KeyError as error:
        what = f"poetry.lock does not hold {error.args[0]}, which pyproject.toml requires"
        raise ResolveError(Problem(what=what, do="run `poetry lock`")) from error
    kept = {(node.name, node.version) for node in reached}
    return [row for row in rows if (canonicalize_name(row["name"]), row["version"]) in kept]


def _roots(lock: _Row, pyproject: _Row, project: Project) -> Iterator[Edge]:
    tool = pyproject.get("tool", {}).get("poetry", {})
    extras = {canonicalize_name(name): names for name, names in lock.get("extras", {}).items()}
    optional = {
        canonicalize_name(re.split(r"[\s\[(<>=!~]", name)[0])
        for extra in project.requirements.extras
        for name in extras.get(canonicalize_name(extra), ())
    }
    for edge, is_optional in _edges(tool.get("dependencies", {})):
        if edge.name != "python" and (not is_optional or edge.name in optional):
            yield edge
    for text in pyproject.get("project", {}).get("dependencies", ()):
        yield _from_text(text)
    for name in optional:
        yield Edge(name=name)
    for group in project.requirements.groups:
        for edge, _ in _edges(tool.get("group", {}).get(group, {}).get("dependencies", {})):
            yield edge


def _node(row: _Row) -> Node:
    edges = list(_edges(row.get("dependencies", {})))
    added: dict[str, tuple[Edge, ...]] = {}
    for extra, texts in row.get("extras", {}).items():
        named = {canonicalize_name(re.split(r"[\s\[(<>=!~;]", text)[0]) for text in texts}
        added[canonicalize_name(extra)] = tuple(edge for edge, optional in edges if optional and edge.name in named)
    return Node(
        name=canonicalize_name(row["name"]),
        version=row["version"],
        python="" if row.get("python-versions", "*") == "*" else row["python-versions"],
        edges=tuple(edge for edge, optional in edges if not optional),
        extras=added,
    )


def _edges(table: _Row) -> Iterator[tuple[Edge, bool]]:
    for name, given in table.items():
        for one in given if isinstance(given, list) else [given]:
            row = {"version": one} if isinstance(one, str) else one
            edge = Edge(
                name=canonicalize_name(name),
                marker=_marker(row),
                spec="" if row.get("version", "*") == "*" else row["version"],
                extras=tuple(map(canonicalize_name, row.get("extras", ()))),
            )
            yield edge, bool(row.get("optional"))


def _marker(row: _Row) -> str:
    parts = [row["markers"]] if row.get("markers") else []
    if python := row.get("python", ""):
        parts += [f"python_version {op} '{version}'" for op, version in _python(python)]
    if platform := row.get("platform", ""):
        parts.append(f"sys_platform == '{platform}'")
    return " and ".join(f"({part})" for part in parts)


def _python(spec: str) -> Iterator[tuple[str, str]]:
    """Poetry's own notation for a range of Pythons, as markers over `python_version`."""
    for part in spec.split(","):
        text = part.strip()
        if caret := re.fullmatch(r"\^(\d+)(?:\.(\d+).*)?", text):
            yield ">=", f"{caret[1]}.{caret[2] or 0}"
            yield "<", f"{int(caret[1]) + 1}.0"
        elif tilde := re.fullmatch(r"~(\d+)\.(\d+).*", text):
            yield "==", f"{tilde[1]}.{tilde[2]}"
        elif plain := re.fullmatch(r"(>=|<=|<|>|==|!=)\s*(\d+(?:\.\d+)?).*", text):
            yield plain[1], plain[2]


def _from_text(text: str) -> Edge:
    try:
        found = Requirement(text)
    except InvalidRequirement as error:
        what = f"pyproject.toml requires something that is not a requirement: {text}"
        raise ResolveError(Problem(what=what, do=str(error))) from error
    marker = str(found.marker or "")
    name = canonicalize_name(found.name)
    return Edge(
        name=name, marker=marker, spec=str(found.specifier), extras=tuple(map(canonicalize_name, sorted(found.extras)))
    )


def _locked(row: _Row, lock: _Row) -> Locked:
    name, source = canonicalize_name(row["name"]), row.get("source", {})
    digests = from_index.digests(_hashes(row, lock))
    direct: PackageDirectory | PackageArchive | PackageVcs | None = None
    match source.get("type"):
        case "directory":
            direct = PackageDirectory(path=source["url"], subdirectory=source.get("subdirectory"))
        case "file":
            direct = PackageArchive(path=source["url"], hashes={"sha256": next(iter(sorted(digests)), "")})
        case "url":
            direct = PackageArchive(url=source["url"], hashes={"sha256": next(iter(sorted(digests)), "")})
        case "git":
            direct = PackageVcs(
                type="git",
                url=source["url"],
                commit_id=source["resolved_reference"],
                subdirectory=source.get("subdirectory"),
            )
    index = source.get("url", "") if source.get("type") == "legacy" else ""
    return Locked(name=name, version=row["version"], hashes=digests, index=index, direct=direct)


def _hashes(row: _Row, lock: _Row) -> list[str]:
    """The package's hashes; before format 2.0 they stand in the metadata."""
    old = lock.get("metadata", {}).get("files", {}).get(row["name"], [])
    return [file["hash"] for file in row.get("files", old)]
