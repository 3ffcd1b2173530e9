"""What can be wrong with a requirement for the target, each as a Problem that says what to do."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from slimpack.errors import Problem, SlimpackError
from slimpack.host import indexes, simple_index
from slimpack.host.tools import Tools
from slimpack.model.project import Project, SourceKind
from slimpack.model.target import Target
from slimpack.resolve import tags


def target_name(target: Target) -> str:
    """How a message names the target."""
    glibc = f"{target.glibc[0]}.{target.glibc[1]}"
    return f"{target.runtime} on {target.architecture.value} (glibc up to {glibc})"


def only_sdist(name: str, version: str) -> Problem:
    """The distribution is offered as source alone."""
    return Problem(
        what=f"{name} {version} has no wheel, only a source distribution",
        do=f"allow it to be built with --build-sdist {name}, or choose a version that has a wheel",
    )


def other_platform(
    name: str, version: str, filenames: Iterable[str], *, project: Project, tools: Tools, sdist: bool = False
) -> Problem:
    """There are wheels, but none that the target accepts."""
    target = project.target
    nearest = nearest_version(name, version, project=project, tools=tools)
    do = f"use {name}=={nearest}, which has one" if nearest else f"choose another version of {name}, or another target"
    if sdist:
        do += f"; or build its source distribution with --build-sdist {name} on a host like the target"
    return Problem(
        what=f"{name} {version} has no wheel for {target_name(target)}; it offers {tags.offered(filenames)}",
        where=f"the newest tag accepted is {tags.accepted(target)[0]}",
        do=do,
    )


def nearest_version(name: str, version: str, *, project: Project, tools: Tools) -> str:
    """The nearest version with a wheel that the target accepts, an older one first; "" where that is not known."""
    wanted = Version(version) if version else None
    rows = _versions([name], project=project, tools=tools).get(canonicalize_name(name), [])
    usable = sorted({found for found, good in rows if good} - {wanted})
    older = [found for found in usable if wanted is None or found < wanted]
    newer = [found for found in usable if wanted is not None and found > wanted]
    return str(older[-1]) if older else str(newer[0]) if newer else ""


def unusable_versions(names: Iterable[str], *, project: Project, tools: Tools) -> Mapping[str, frozenset[Version]]:
    """By name, the versions on the index that have wheels, but none for the target."""
    found = _versions(names, project=project, tools=tools)
    return {
        name: frozenset(version for version, _ in rows) - frozenset(version for version, fits in rows if fits)
        for name, rows in found.items()
    }


def _versions(names: Iterable[str], *, project: Project, tools: Tools) -> Mapping[str, list[tuple[Version, bool]]]:
    """By name, each wheel's version and whether the target accepts it; empty where the index cannot be asked."""
    if project.resolution.offline:
        return {}
    try:
        known = indexes.known(project.resolution, tools, cwd=project.root, lines=_lines(project))
        files = simple_index.files(map(canonicalize_name, names), indexes=known, tools=tools)
    except SlimpackError:
        return {}  # this is only asked to make a better message or a faster search
    found: dict[str, list[tuple[Version, bool]]] = {name: [] for name in files}
    for name, rows in files.items():
        for file in rows:
            try:
                version = parse_wheel_filename(file.filename)[1]
            except InvalidWheelFilename:
                continue
            found[name].append((version, file.yanked is None and tags.fits(file.filename, project.target)))
    return found


def _lines(project: Project) -> list[str]:
    """The lines of a requirements file: some name indexes."""
    path = project.requirements.path
    if project.requirements.kind is not SourceKind.REQUIREMENTS or path is None:
        return []
    return path.read_text("utf-8-sig", "replace").splitlines()


def wrong_hash(name: str, version: str, where: str) -> Problem:
    """No file of that version has a hash that the lock allows."""
    return Problem(
        what=f"{name} {version}: no wheel on the index has a sha256 that the lock allows",
        where=where,
        do="lock again if you trust the index; if the hashes were right before, the file was replaced there",
    )


def out_of_date(lock: str, declared: str, command: str) -> Problem:
    """The lock does not answer what the project declares."""
    return Problem(what=f"{lock} is out of date: it does not fit {declared}", do=f"run `{command}`")


def frozen(source: Path) -> Problem:
    """Resolving was forbidden."""
    return Problem(
        what=f"--frozen: {source.name} is not a lock, and nothing may be resolved",
        where=str(source),
        do="run `slimpack lock` and commit the pylock.toml that it writes, or build without --frozen",
    )


def not_built(name: str, reason: str) -> Problem:
    """A wheel could be built, but it would not run on the target."""
    return Problem(
        what=f"{name} was built, but its wheel is not portable: {reason}",
        do="build on a host like the target, or use a version with a wheel for it",
    )
