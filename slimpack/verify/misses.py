"""Manifest, what the run did -> Misses: every lookup that would have found a file that does not ship.

A program may shrug a miss off (an optional import, an `exists`), so its exit status proves nothing: what counts is that
it looked. Three kinds of looks are none: those of the import system itself (they are its loads and failures that
count), those for source lines of a traceback, and those that the decision to drop had already accounted for:
a rule knows that its package lists and probes what the rule drops, and a listing is of interest only for what a
program may load from it, which is not what goes as junk.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase

from slimpack.host.watched import Event, Watched
from slimpack.model.lookup import found, found_from_root
from slimpack.model.naming import is_shared_object
from slimpack.model.tree import OWN, Tree
from slimpack.model.verdict import Miss
from slimpack.verify.manifest import ARCHIVED, COMPILED, Manifest

_PROBED = frozenset({"rule"})
"""Passes of whose drops the existence may be asked."""
_LISTED = frozenset({"unreachable"})
"""Passes of whose drops a listing must not be short."""
_SCRIPTS = frozenset({"console_scripts", "gui_scripts"})


def misses(run: Watched, manifest: Manifest, original: Tree, endings: tuple[str, ...]) -> tuple[Miss, ...]:
    """Every miss of the run, sorted; the same path once for each way in which it was looked for."""
    known: dict[tuple[str, str], Miss] = {}
    for event in run.events:
        for miss in _of_event(event, manifest, original, endings):
            known.setdefault((miss.path, miss.how), miss)
    for name in run.modules:
        # It was loaded from elsewhere: a source twin, another folder, the standard library.
        path = found_from_root(manifest.original, name, endings)
        if path and manifest.missing.get(path, COMPILED) not in {COMPILED, ARCHIVED}:
            known.setdefault((path, "import"), _miss(path, "import", manifest))
    return tuple(sorted(known.values()))


def not_opened(opened: Iterable[str], manifest: Manifest) -> tuple[Miss, ...]:
    """What the original opened and the artifact lacks, even where a program asks first and then does without.

    (botocore loads no endpoint rules where the file is not there, and says nothing.) Metadata is found by searching
    through all distributions; of that only what was asked for counts, which the run tells.
    """
    return tuple(
        _miss(path, "open", manifest)
        for path in opened
        if path in manifest.missing
        and ".dist-info/" not in path
        and not (manifest.missing[path] == ARCHIVED and is_shared_object(path))  # mapped from where it was unpacked
    )


def _of_event(event: Event, manifest: Manifest, original: Tree, endings: tuple[str, ...]) -> Iterable[Miss]:
    subject, *more = event.fields
    missed: Iterable[Miss] = ()
    match event.kind:
        case "open" if subject in manifest.missing:
            missed = [_miss(subject, "open", manifest)]
        case "stat" | "list" if manifest.is_quiet(subject):
            pass
        case "stat":
            missed = _stat(subject, manifest)
        case "list":
            missed = _listing(subject, more[0], manifest, original)
        case "unfound":
            missed = _unfound(subject, more[0], more[1:], manifest, endings)
        case "distribution":
            missed = _distribution(subject, manifest)
        case "plugins":
            missed = _plugins(subject, manifest)
        case _:
            pass
    return missed


def _miss(path: str, how: str, manifest: Manifest) -> Miss:
    lost = path.removesuffix("/")
    by = manifest.missing.get(path) or min(manifest.below(lost).values(), default="")
    return Miss(path=path, how=how, by=by, keep=manifest.keep(path))


def _stat(path: str, manifest: Manifest) -> Iterator[Miss]:
    if path in manifest.missing:
        if manifest.missing[path] not in _PROBED:
            yield _miss(path, "stat", manifest)
    elif path in manifest.lost_folders and not _PROBED.issuperset(manifest.below(path).values()):
        yield _miss(f"{path}/", "stat", manifest)


def _listing(folder: str, pattern: str, manifest: Manifest, original: Tree) -> Iterator[Miss]:
    """Whatever a listing of the folder does not show any more.

    At the root only the project's own files count: nobody enumerates the installed packages but for their metadata,
    and those lookups are told apart. A source that ships as bytecode is missed only by a glob for sources.
    """
    start = f"{folder}/" if folder else ""
    matches = _matcher(pattern)
    names: dict[str, set[str]] = {}
    for path, by in manifest.missing.items():
        if path.startswith(start) and (folder or original[path].owner == OWN):
            name, below, _ = path[len(start) :].partition("/")
            if not below:
                names.setdefault(name, set()).add(by)
            elif start + name in manifest.lost_folders:
                names.setdefault(f"{name}/", set()).add(by)
    for name, decided in sorted(names.items()):
        sources = COMPILED in decided and not matches("x.txt")
        if matches(name.removesuffix("/")) and (sources or not _LISTED.isdisjoint(decided)):
            yield _miss(start + name, "list", manifest)


def _matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a glob may want a name: its last part alone is known; "" is a plain listing, and wants all."""
    if pattern.startswith("re:"):
        compiled = re.compile(pattern.removeprefix("re:").replace(r"\z", r"\Z"))  # \z is new in Python 3.14
        return lambda name: compiled.match(name) is not None
    last = pattern.rstrip("/").rpartition("/")[2] or "*"
    return lambda name: fnmatchcase(name, last)


def _unfound(name: str, how: str, folders: list[str], manifest: Manifest, endings: tuple[str, ...]) -> Iterator[Miss]:
    path = found(manifest.original, name, folders, endings)
    if path in manifest.missing:
        yield _miss(path, how, manifest)
        return
    tail = name.rpartition(".")[2]
    for folder in folders:
        package = f"{folder}/{tail}" if folder else tail
        if package in manifest.lost_folders:  # a namespace package: a folder is all it was
            yield _miss(f"{package}/", how, manifest)
            return


def _distribution(name: str, manifest: Manifest) -> Iterator[Miss]:
    wanted = re.sub(r"[-_.]+", "-", name).lower()
    for distribution in manifest.distributions:
        path = f"{distribution.info}/METADATA"
        if distribution.name == wanted and path in manifest.missing:
            yield _miss(path, "find_spec", manifest)


def _plugins(group: str, manifest: Manifest) -> Iterator[Miss]:
    """Entry points of a group ("": of any, but for scripts, which no import asks for)."""
    for distribution in manifest.distributions:
        path = f"{distribution.info}/entry_points.txt"
        groups = {entry[0] for entry in distribution.entry_points}
        if path in manifest.missing and (group in groups or (not group and groups - _SCRIPTS)):
            yield _miss(path, "list", manifest)
