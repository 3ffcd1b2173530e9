"""Locked names, versions and hashes -> PEP 751 packages: the index says where a file with such a hash is.

poetry.lock, pdm.lock and Pipfile.lock hold hashes, and some of them file names, but no URLs. Whatever the index offers
under another hash is not even looked at.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from packaging.pylock import (
    Package,
    PackageArchive,
    PackageDirectory,
    PackageSdist,
    PackageVcs,
    PackageWheel,
    Pylock,
    PylockValidationError,
)
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from slimpack.errors import Problem, ResolveError
from slimpack.host import indexes, simple_index
from slimpack.host.simple_index import IndexFile
from slimpack.host.tools import Tools
from slimpack.model.lock import Pin
from slimpack.model.project import Project
from slimpack.resolve import problems, pylock


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """One package of a lock. `hashes` are SHA-256 digests; `urls` holds (URL, digest) where the lock has URLs.

    `index` is the index the lock names, "" for the user's own. `direct` is set for what comes from no index.
    """

    name: str
    version: str
    hashes: frozenset[str] = frozenset()
    urls: tuple[tuple[str, str], ...] = ()
    index: str = ""
    direct: PackageDirectory | PackageArchive | PackageVcs | None = field(default=None)

    def __post_init__(self) -> None:
        for url in (self.index, *(url for url, _ in self.urls)):
            urlsplit(f"{url}")  # which raises ValueError for what is no URL
        if self.direct is None:
            Version(self.version)


def pins(locked: Iterable[Locked], *, path: Path, project: Project, tools: Tools) -> tuple[Pin, ...]:
    """The pins of what a lock at `path` holds for the target. Raises ResolveError with everything that is missing."""
    wanted = sorted(locked, key=lambda one: one.name)
    files = _files([one for one in wanted if one.direct is None and not one.urls], project, tools)
    packages: list[Package] = []
    wrong: list[Problem] = []
    for one in wanted:
        try:
            packages.append(_package(one, files.get(one.name, ()), path, tools))
        except ResolveError as error:
            wrong.extend(error.problems)
    if wrong:
        raise ResolveError(*wrong)
    lock = Pylock(lock_version=Version("1.0"), created_by="slimpack", packages=packages)
    try:
        lock.validate()
    except PylockValidationError as error:
        raise ResolveError(
            Problem(what=f"{path.name} cannot be used: {error}", where=str(path), do="lock again")
        ) from error
    return pylock.pins(lock, base=path.parent, where=path.name, project=project, tools=tools)


def _files(locked: list[Locked], project: Project, tools: Tools) -> Mapping[str, tuple[IndexFile, ...]]:
    if not locked:
        return {}
    if project.resolution.offline:
        what = "--offline: the lock holds no URLs, and the index may not be asked for them"
        raise ResolveError(Problem(what=what, do="build once without --offline, then again with it"))
    usual = indexes.known(project.resolution, tools, cwd=project.root)
    found: dict[str, tuple[IndexFile, ...]] = {}
    for place in sorted({one.index for one in locked}):
        names = [one.name for one in locked if one.index == place]
        found |= simple_index.files(names, indexes=(place,) if place else usual, tools=tools)
    return found


def _package(one: Locked, files: tuple[IndexFile, ...], path: Path, tools: Tools) -> Package:
    name = canonicalize_name(one.name)
    match one.direct:
        case PackageDirectory():
            return Package(name=name, directory=one.direct)
        case PackageArchive():
            return Package(name=name, archive=one.direct)
        case PackageVcs():
            return Package(name=name, vcs=one.direct)
        case None:
            pass
    if one.urls:
        files = tuple(IndexFile(filename=url.rsplit("/", 1)[-1], url=url, sha256=digest) for url, digest in one.urls)
    elif not files:
        where = indexes.without_credentials(one.index) or str(path)
        do = "check the spelling, or name the index that has it (--index-url)"
        raise ResolveError(Problem(what=f"{one.name} is not on the package index", where=where, do=do))
    version = Version(one.version)
    allowed = one.hashes or frozenset(file.sha256 for file in files)
    same = [file for file in files if _version(file.filename, one.name) == version]
    good = {file.filename: file for file in reversed(same) if file.sha256 in allowed}
    if not good:
        if not same:
            what = f"{one.name} {one.version} is not on the package index any more"
            raise ResolveError(Problem(what=what, where=str(path), do="lock again"))
        raise ResolveError(problems.wrong_hash(one.name, one.version, str(path)))
    for reason in sorted({file.yanked for file in good.values() if file.yanked is not None}):
        tools.listener.noticed(f"{one.name}=={one.version} was yanked: {reason or 'no reason given'}")
    return _offered(name, version, good)


def _offered(name: str, version: Version, files: Mapping[str, IndexFile]) -> Package:
    wheels = [
        PackageWheel(name=file.filename, url=file.url, size=file.size or None, hashes={"sha256": file.sha256})
        for _, file in sorted(files.items())
        if file.filename.endswith(".whl")
    ]
    sdists = [
        PackageSdist(name=file.filename, url=file.url, hashes={"sha256": file.sha256})
        for _, file in sorted(files.items())
        if not file.filename.endswith(".whl")
    ]
    index = next(iter(files.values())).index or None
    return Package(
        name=canonicalize_name(name),
        version=version,
        index=index,
        wheels=wheels or None,
        sdist=sdists[0] if sdists else None,
    )


def _version(filename: str, name: str) -> Version | None:
    try:
        if filename.endswith(".whl"):
            found, version = parse_wheel_filename(filename)[:2]
        else:
            found, version = parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None
    return version if found == canonicalize_name(name) else None


def digests(hashes: Iterable[str]) -> frozenset[str]:
    """The SHA-256 digests among a package's hashes. ValueError where it has hashes, but none of these."""
    if isinstance(hashes, str):
        raise TypeError("one hash where a list of hashes should be")
    given = tuple(hashes)
    found = frozenset(filter(None, map(digest, given)))
    if given and not found:
        raise ValueError("none of its hashes is a sha256")
    return found


def digest(text: str) -> str:
    """The SHA-256 in `sha256:…`, "" for another algorithm."""
    return text.removeprefix("sha256:").lower() if text.startswith("sha256:") else ""
