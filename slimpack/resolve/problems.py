"""What can be wrong with a requirement for the target, each as a Problem that says what to do."""

from collections.abc import Iterable

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from slimpack.errors import Problem, SlimpackError
from slimpack.host import indexes, simple_index
from slimpack.host.tools import Tools
from slimpack.model.project import Project
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
    usable = sorted(set(usable_versions(name, project=project, tools=tools)) - {wanted})
    older = [found for found in usable if wanted is None or found < wanted]
    newer = [found for found in usable if wanted is not None and found > wanted]
    return str(older[-1]) if older else str(newer[0]) if newer else ""


def usable_versions(name: str, *, project: Project, tools: Tools) -> tuple[Version, ...]:
    """The versions on the index that are not yanked and have a wheel for the target; none where it cannot be asked."""
    return tuple(sorted({version for version, good in _versions(name, project=project, tools=tools) if good}))


def unusable_versions(name: str, *, project: Project, tools: Tools) -> tuple[Version, ...]:
    """The versions on the index that have wheels, but none for the target."""
    rows = _versions(name, project=project, tools=tools)
    good = {version for version, fits in rows if fits}
    return tuple(sorted({version for version, _ in rows} - good))


def _versions(name: str, *, project: Project, tools: Tools) -> list[tuple[Version, bool]]:
    if project.resolution.offline:
        return []
    try:
        known = indexes.known(project.resolution, tools, cwd=project.root)
        files = simple_index.files([canonicalize_name(name)], indexes=known, tools=tools)
    except SlimpackError:
        return []  # this is only asked to make a better message or a faster search
    rows = []
    for file in files[canonicalize_name(name)]:
        try:
            version = parse_wheel_filename(file.filename)[1]
        except InvalidWheelFilename:
            continue
        rows.append((version, file.yanked is None and tags.fits(file.filename, project.target)))
    return rows


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


def frozen(source: str) -> Problem:
    """Resolving was forbidden."""
    return Problem(
        what=f"--frozen: {source} is not a lock, and nothing may be resolved",
        do="run `slimpack lock` and commit the pylock.toml that it writes, or build without --frozen",
    )


def not_built(name: str, reason: str) -> Problem:
    """A wheel could be built, but it would not run on the target."""
    return Problem(
        what=f"{name} was built, but its wheel is not portable: {reason}",
        do="build on a host like the target, or use a version with a wheel for it",
    )
