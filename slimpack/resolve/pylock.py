"""PEP 751: select from a `pylock.toml` what the target installs, and write one."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.pylock import (
    Package,
    PackageArchive,
    PackageDirectory,
    PackageSdist,
    PackageVcs,
    PackageWheel,
    Pylock,
    PylockSelectError,
    PylockUnsupportedVersionError,
    PylockValidationError,
)

from slimpack.errors import Problem, ResolveError
from slimpack.host import indexes, simple_index
from slimpack.host.tools import Tools
from slimpack.model.lock import Pin
from slimpack.model.project import Project
from slimpack.resolve import built, declared, problems, tags

_DIGEST = re.compile("[0-9a-f]{64}")
_Source = PackageVcs | PackageDirectory | PackageArchive | PackageWheel | PackageSdist


def parse(text: str, *, where: str) -> Pylock:
    """The lock in `text`. Raises ResolveError where it is not a valid one."""
    try:
        return Pylock.from_dict(tomllib.loads(text))
    except (ValueError, RecursionError, PylockValidationError, PylockUnsupportedVersionError) as error:
        raise ResolveError(Problem(what=f"not a valid pylock.toml: {error}", where=where, do="lock again")) from error


def pins(
    lock: Pylock,
    *,
    base: Path,
    where: str,
    project: Project,
    tools: Tools,
    hashes: Mapping[str, frozenset[str]] | None = None,
) -> tuple[Pin, ...]:
    """What the target installs of `lock`, sorted. Paths in it are relative to `base`.

    `hashes` holds, by name, the only SHA-256 digests that the user allows. Raises ResolveError with every package
    that the target cannot have.
    """
    _check_names(lock, project, where)
    allowed = hashes or {}
    found: list[Pin] = []
    wrong: list[Problem] = []
    try:
        chosen = list(_select(lock, project))
    except UndefinedEnvironmentName as error:
        # packaging evaluates the lock's `environments` without one.
        what = f"{where} has a marker that asks for {error}, which no target has"
        raise ResolveError(Problem(what=what, where=where, do="lock again")) from error
    except UndefinedComparison as error:
        what = f"{where} has a marker that compares what cannot be compared: {error}"
        raise ResolveError(Problem(what=what, where=where, do="lock again")) from error
    except PylockSelectError as error:
        wrong = _unavailable(lock, project, tools)
        fallback = Problem(what=str(error), where=where, do="lock for this target, or choose another target")
        raise ResolveError(*(wrong or [fallback])) from error
    for package, source in chosen:
        try:
            found.append(_pin(package, source, base, project=project, tools=tools, allowed=allowed.get(package.name)))
        except ResolveError as error:
            wrong.extend(error.problems)
    if wrong:
        raise ResolveError(*wrong)
    return tuple(sorted(found, key=lambda pin: pin.name))


def _select(lock: Pylock, project: Project) -> list[tuple[Package, _Source]]:
    wanted = project.requirements
    return list(
        lock.select(
            environment=project.target.marker_environment(),  # type: ignore[arg-type]  # a TypedDict of these keys
            tags=tags.accepted(project.target),
            extras=wanted.extras if lock.extras else (),
            dependency_groups=_groups(lock, project),
        )
    )


def _groups(lock: Pylock, project: Project) -> tuple[str, ...] | None:
    if lock.dependency_groups is None or not project.requirements.groups:
        return None
    return (*(lock.default_groups or ()), *project.requirements.groups)


def _check_names(lock: Pylock, project: Project, where: str) -> None:
    # A lock that was made for one choice of extras and groups names none.
    if lock.extras is not None:
        declared.check_names("extra", project.requirements.extras, lock.extras, where)
    if lock.dependency_groups is not None:
        declared.check_names("dependency group", project.requirements.groups, lock.dependency_groups, where)


def _unavailable(lock: Pylock, project: Project, tools: Tools) -> list[Problem]:
    """Every selected package that has wheels, none of which the target accepts, and no sdist."""
    environment: dict[str, Any] = {
        **project.target.marker_environment(),
        "extras": frozenset(project.requirements.extras),
        "dependency_groups": frozenset(_groups(lock, project) or lock.default_groups or ()),
    }
    found = []
    for package in lock.packages:
        if not _applies(package, environment):
            continue
        names = [wheel.filename for wheel in package.wheels or ()]
        if names and package.sdist is None and not any(tags.fits(name, project.target) for name in names):
            found.append(
                problems.other_platform(package.name, str(package.version or ""), names, project=project, tools=tools)
            )
    return found


def _applies(package: Package, environment: Mapping[str, Any]) -> bool:
    try:
        return package.marker is None or package.marker.evaluate(environment, context="lock_file")
    except (UndefinedComparison, UndefinedEnvironmentName):
        return False  # whoever asks has an error to tell already


def _pin(
    package: Package,
    source: _Source,
    base: Path,
    *,
    project: Project,
    tools: Tools,
    allowed: frozenset[str] | None,
) -> Pin:
    match source:
        case PackageWheel():
            return _wheel(package, source, base, project, allowed)
        case PackageDirectory():
            folder = base / source.path / (source.subdirectory or "")
            return built.from_directory(package.name, Path(os.path.normpath(folder)), project=project, tools=tools)
        case PackageVcs():
            return built.from_repository(package.name, source, project=project, tools=tools)
        case PackageArchive():
            return _archive(package, source, base, project, tools)
        case PackageSdist():
            return _sdist(package, source, base, project, tools)


def _wheel(package: Package, best: PackageWheel, base: Path, project: Project, allowed: frozenset[str] | None) -> Pin:
    offered = [wheel for wheel in package.wheels or () if allowed is None or wheel.hashes.get("sha256") in allowed]
    wheel = tags.best(offered, project.target)
    version = str(package.version or best.filename.split("-")[1])
    digest = _sha256(wheel) if wheel else ""
    if wheel is None or not digest:
        raise ResolveError(problems.wrong_hash(package.name, version, best.filename))
    url, path = _place(wheel, base)
    return Pin(
        name=package.name,
        version=version,
        filename=wheel.filename,
        sha256=digest,
        url=url,
        path=path,
        size=wheel.size or 0,
        index=_checked(package.index or ""),
    )


def _archive(package: Package, archive: PackageArchive, base: Path, project: Project, tools: Tools) -> Pin:
    url, path = _place(archive, base)
    filename = unquote(urlsplit(url).path.rsplit("/", 1)[-1]) if url else Path(path).name
    if not filename.endswith(".whl"):
        return _sdist(package, archive, base, project, tools)
    version = str(package.version or filename.split("-")[1])
    if not tags.fits(filename, project.target):
        raise ResolveError(problems.other_platform(package.name, version, [filename], project=project, tools=tools))
    digest = _sha256(archive) or simple_index.sha256_of(url or Path(path).as_uri(), tools=tools)
    return Pin(
        name=package.name,
        version=version,
        filename=filename,
        sha256=digest,
        url=url,
        path=path,
        size=archive.size or 0,
    )


def _sdist(package: Package, sdist: PackageSdist | PackageArchive, base: Path, project: Project, tools: Tools) -> Pin:
    version = str(package.version or "")
    # A local or direct archive was asked for by its place, which is as good as naming it to be built.
    if not built.allowed(package.name, project) and isinstance(sdist, PackageSdist):
        if names := [wheel.filename for wheel in package.wheels or ()]:
            raise ResolveError(
                problems.other_platform(package.name, version, names, project=project, tools=tools, sdist=True)
            )
        raise ResolveError(problems.only_sdist(package.name, version))
    url, path = _place(sdist, base)
    place = url or Path(path).as_uri()
    digest = _sha256(sdist)
    known = indexes.known(project.resolution, tools, cwd=base) if url else ()
    return built.from_sdist(
        package.name,
        place,
        digest,
        lambda: simple_index.fetch(place, tools=tools, indexes=known),
        project=project,
        tools=tools,
    )


def _sha256(source: PackageWheel | PackageArchive | PackageSdist) -> str:
    """The digest that the lock gives, "" where it gives none of that kind."""
    digest = str(source.hashes.get("sha256", "")).lower()
    if digest and not _DIGEST.fullmatch(digest):
        what = f"the lock gives a sha256 that is none: {digest[:80]}"
        where = indexes.redacted(source.url or source.path or "")
        raise ResolveError(Problem(what=what, where=where, do="lock again"))
    return digest


def _place(source: PackageWheel | PackageArchive | PackageSdist, base: Path) -> tuple[str, str]:
    """(URL, path): one of them; a `file:` URL is a path."""
    url = _checked(source.url or "")
    path = source.path or (unquote(urlsplit(url).path) if url.startswith("file:") else "")
    if "\0" in path:
        raise _no_place(url, "a path with a zero byte")
    if not path and not _is_web(url):
        raise _no_place(source.url or "", "neither a path nor the URL of a file on the web")
    return ("", os.path.abspath(base / path)) if path else (url, "")  # noqa: PTH100 Path.absolute keeps `..`


def _is_web(url: str) -> bool:
    parts = urlsplit(url)
    try:
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        return False


def _checked(url: str) -> str:
    """The URL without credentials. Raises ResolveError for what is none."""
    try:
        return indexes.without_credentials(url)
    except ValueError as error:
        raise _no_place(url, str(error)) from error


def _no_place(url: str, why: str) -> ResolveError:
    where = indexes.redacted(url)
    return ResolveError(Problem(what=f"the lock names a place that is none: {why}", where=where, do="lock again"))
