"""Files as an installer left them -> whose they are: each dist-info's RECORD names its files, what none names is own.

What is recorded is believed as to whose a file is, never as to what is in it: files are changed after their
installation, by `strip` or by hand, and lists are cut by tools that make packages smaller.
"""

import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from packaging.utils import canonicalize_name

from slimpack.install.metadata import statement
from slimpack.install.record import Row, rows_of
from slimpack.model.tree import OWN, Distribution, File, Tree

_INFO = re.compile(r"(?P<name>[^/]+?)(?:-(?P<version>[^/]+?))?\.(?:dist|egg)-info")
_INITS = ("/__init__.py", "/__init__.pyc")
_CACHED = re.compile(r"(?P<folder>(?:.*/)?)__pycache__/(?P<stem>[^/]+?)\.[^/]*\.pyc", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """The tree, and what its records say that is not so (see `model.package`)."""

    tree: Tree
    guessed: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    absent: tuple[tuple[str, str], ...] = ()
    doubled: tuple[Distribution, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recorded:
    """One dist-info: what it describes, and the rows of its RECORD by the path they mean here.

    `itself` tells whether the RECORD is of this very folder, `listed` whether there is one.
    """

    distribution: Distribution
    itself: bool = False
    listed: bool = True
    rows: Mapping[str, Row | None] = field(default_factory=dict)


def installed(files: Mapping[str, File], *, known: Callable[[], Mapping[str, str]] = dict) -> Installed:
    """Give each file its owner; `known` says whose a top-level package is that no metadata is left of."""
    found: dict[str, list[_Recorded]] = defaultdict(list)
    for info in sorted({path.partition("/")[0] for path in files if "-info/" in path}):
        if match := _INFO.fullmatch(info):
            one = _recorded(files, info, match["name"], match["version"] or "")
            found[one.distribution.name].append(one)
    chosen, doubled = _chosen(found, files)
    owners = _owners(chosen, files)
    if nameless := {path.partition("/")[0] for path in files if path.endswith(_INITS) and path not in owners}:
        claims = _guessed(files, owners, {top: name for top, name in known().items() if top in nameless})
        owners.update(claims)
        described = {one.distribution.name for one in chosen}
        chosen += [_nameless(name) for name in sorted(set(claims.values()) - described)]
    for other in doubled:
        owners.update({path: other.name for path in files if path.startswith(f"{other.info}/")})
    owned = {path: replace(file, owner=owners.get(path, OWN)) for path, file in files.items()}
    digests = _digests(owned)
    distributions = tuple(replace(one.distribution, sha256=digests[one.distribution.name]) for one in chosen)
    changed, absent = _untrue(chosen, files, owners)
    names = tuple(one.distribution.name for one in chosen if not one.distribution.info)
    return Installed(
        tree=Tree(owned, distributions),
        guessed=names,
        unlisted=_unlisted(chosen, owners),
        changed=changed,
        absent=absent,
        doubled=doubled,
    )


def _recorded(files: Mapping[str, File], info: str, name: str, version: str) -> _Recorded:
    """What one metadata folder says; its name says what the metadata does not."""

    def text(*names: str) -> str:
        path = next((path for one in names if (path := f"{info}/{one}") in files), "")
        return files[path].content.read().decode("utf-8", "replace") if path else ""

    said = statement(text("METADATA", "PKG-INFO"), text("entry_points.txt"))
    distribution = Distribution(
        name=canonicalize_name(said.name or name),
        version=said.version or version,
        filename="",
        sha256="",
        info=info,
        requires=said.requires,
        entry_points=said.entry_points,
    )
    rows: dict[str, Row | None] = {}
    for path, row in rows_of(text("RECORD")):
        rows[_here(path, files)] = row
    itself = f"{info}/METADATA" in rows
    for line in text("installed-files.txt").splitlines():  # setuptools without wheel: relative to the folder
        rows[_here(posixpath.normpath(posixpath.join(info, line.strip())), files)] = None
    listed = bool(rows)
    if not listed:
        rows.update(dict.fromkeys(_claimed(text("top_level.txt").split(), distribution.name, files)))
    rows.update({path: rows.get(path) for path in files if path.startswith(f"{info}/")})
    return _Recorded(distribution=distribution, itself=itself, listed=listed, rows=rows)


def _guessed(files: Mapping[str, File], owners: Mapping[str, str], tops: Mapping[str, str]) -> dict[str, str]:
    """The files of packages of which nothing is known but their names; not of distributions that have files already."""
    found: dict[str, str] = {}
    taken = {owner for path, owner in owners.items() if "-info/" not in path}
    for path in files:
        top = path.partition("/")[0]
        name = tops.get(top, "") or next((name for name in tops.values() if top == f"{name}.libs"), "")
        if name and name not in taken and path not in owners:
            found[path] = name
    return found


def _nameless(name: str) -> _Recorded:
    return _Recorded(distribution=Distribution(name=name, version="", filename="", sha256="", info=""))


def _unlisted(chosen: Sequence[_Recorded], owners: Mapping[str, str]) -> tuple[str, ...]:
    """The metadata of distributions whose files nothing tells: they may be any, so these may be in use."""
    having = {owner for path, owner in owners.items() if "-info/" not in path}
    return tuple(
        one.distribution.info
        for one in chosen
        if one.distribution.info and not one.listed and one.distribution.name not in having
    )


def _here(path: str, files: Mapping[str, File]) -> str:
    """Where a recorded path lies: `pip --target` records `../../bin/x` and puts it at `bin/x`."""
    path = posixpath.normpath(path.replace("\\", "/"))
    bare = path
    while bare.startswith("../"):
        bare = bare[3:]
    return bare if bare in files else path


def _claimed(tops: Sequence[str], name: str, files: Mapping[str, File]) -> Iterator[str]:
    """The files of a distribution without a list: those below the modules it names, or that are called like it."""
    called = name.replace("-", "_")
    wanted = {*(tops or (called, called.removeprefix("python_"), called.removeprefix("py"))), f"{called}.libs"}
    for path in files:
        top, slash, _ = path.partition("/")
        if (top if slash else top.split(".", 1)[0]) in wanted:
            yield path


def _chosen(
    found: Mapping[str, Sequence[_Recorded]], files: Mapping[str, File]
) -> tuple[list[_Recorded], tuple[Distribution, ...]]:
    """Of a distribution that is described more than once, the one whose files these are."""
    chosen: list[_Recorded] = []
    doubled: list[Distribution] = []
    for _, several in sorted(found.items()):
        best = several[0] if len(several) == 1 else max(several, key=lambda one: (_true(one, files), one.itself))
        chosen.append(best)
        doubled += [one.distribution for one in several if one is not best]
    return chosen, tuple(doubled)


def _true(one: _Recorded, files: Mapping[str, File]) -> int:
    return sum(row is not None and path in files and _holds(row, files[path]) for path, row in one.rows.items())


def _holds(row: Row, file: File) -> bool:
    if row.size is not None and row.size != file.content.size:
        return False
    if row.algorithm == "sha256":
        return row.digest.hex() == file.content.sha256
    return row.holds(file.content.read())


def _owners(chosen: Sequence[_Recorded], files: Mapping[str, File]) -> dict[str, str]:
    """Path -> name. What two record belongs to the one whose bytes it has, else to the first by name."""
    claims: dict[str, list[_Recorded]] = defaultdict(list)
    for one in chosen:
        for path in one.rows:
            if path in files:
                claims[path].append(one)
    owners: dict[str, str] = {}
    for path, several in claims.items():
        right = (one for one in several if (row := one.rows[path]) is not None and _holds(row, files[path]))
        best = several[0] if len(several) == 1 else next(right, several[0])
        owners[path] = best.distribution.name
    for path in files:
        if path not in owners and path.endswith(".pyc") and (source := _source(path)) in owners:
            owners[path] = owners[source]
    return owners


def _source(path: str) -> str:
    """The source that bytecode was made of."""
    match = _CACHED.fullmatch(path)
    return f"{match['folder']}{match['stem']}.py" if match else path[:-1]


def _untrue(
    chosen: Sequence[_Recorded], files: Mapping[str, File], owners: Mapping[str, str]
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The files that are not as recorded, and those that are recorded and not there."""
    changed: set[str] = set()
    absent: set[tuple[str, str]] = set()
    for one in chosen:
        for path, row in one.rows.items():
            if path not in files:
                # What lies outside of the site directory (programs, manuals) no package for Lambda takes along.
                if not path.startswith(("../", "/")) and not path.endswith(".pyc"):
                    absent.add((one.distribution.name, path))
            elif row is not None and owners[path] == one.distribution.name and not _holds(row, files[path]):
                changed.add(path)
    return tuple(sorted(changed)), tuple(sorted(absent))


def _digests(files: Mapping[str, File]) -> Mapping[str, str]:
    """One digest over the files of each distribution: what is learnt of them is remembered by it."""
    totals: dict[str, Any] = defaultdict(sha256)
    for path, file in sorted(files.items()):
        line = f"{path}\0{file.content.sha256}\0{file.executable}\n"
        totals[file.owner].update(line.encode("utf-8", "surrogateescape"))
    return {owner: total.hexdigest() for owner, total in totals.items()}
