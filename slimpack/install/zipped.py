"""A zip of any origin -> its files, which stay in it; what a package must not hold is refused in one error."""

import stat
from calendar import timegm
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from posixpath import dirname, join, normpath
from zipfile import ZipInfo

from slimpack.errors import InstallError, Problem
from slimpack.install import safety
from slimpack.install.content import WheelFile, WheelMember
from slimpack.install.members import central_directory, is_link, link_target, offset_of, read_member
from slimpack.model.tree import File

_DO = "do not use this package, or make it again without that"
_TOTAL = 2 * 1024**3


def files_of(path: Path) -> Mapping[str, File]:
    """The files by path. Raises InstallError for all that is unsafe in it, or where it is no whole zip."""
    archive = WheelFile(path, name=path.name)
    entries = central_directory(path, name=path.name)
    safety.check_members(entries, wheel=path.name, do=_DO, portable=False)
    members = {entry.filename: entry for entry in entries if not entry.is_dir()}
    placed = dict(_placed(archive, members))
    if sum(entry.file_size for entry in placed.values()) > _TOTAL:  # links may name a large member many times
        what = f"{path.name} unpacks to more than 2 GB, which no function can hold"
        raise InstallError(Problem(what=what, where=path.name, do=_DO))
    _refuse_files_as_folders(placed, name=path.name)
    known = {entry.filename: _file(archive, entry) for entry in placed.values()}
    return {place: known[entry.filename] for place, entry in placed.items()}


def times_of(path: Path) -> Mapping[str, int]:
    """The time of each member, as if its zone was UTC."""
    entries = central_directory(path, name=path.name)
    return {entry.filename: _seconds(entry.date_time) for entry in entries}


def _seconds(moment: tuple[int, int, int, int, int, int]) -> int:
    try:
        return timegm((*moment, 0, 0, 0))
    except ValueError:  # a month 0, as packers without a clock write
        return 0


def _placed(archive: WheelFile, members: Mapping[str, ZipInfo]) -> Iterator[tuple[str, ZipInfo]]:
    """Each file at its path; a link is what it stands for, a link to a folder the files of that."""
    folders = {parent for path in members for parent in _parents(path)}
    for path, entry in sorted(members.items()):
        if not is_link(entry):
            yield path, entry
            continue
        text = read_member(archive, entry).decode("utf-8", "replace")
        target = normpath(join(dirname(path), text))
        if text.startswith("/") or target not in folders or path.startswith(f"{target}/"):
            yield path, link_target(archive, entry, members, do=_DO)
            continue
        for inside, real in sorted(members.items()):
            if inside.startswith(f"{target}/") and not is_link(real):
                yield f"{path}{inside.removeprefix(target)}", real


def _parents(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def _file(archive: WheelFile, entry: ZipInfo) -> File:
    offset = offset_of(archive, entry)
    data = read_member(archive, entry, offset)
    content = WheelMember(
        wheel=archive,
        path=entry.filename,
        offset=offset,
        stored=entry.compress_size,
        size=entry.file_size,
        method=entry.compress_type,
        crc32=entry.CRC,
        sha256=sha256(data).hexdigest(),
    )
    mode = entry.external_attr >> 16
    return File(content, executable=bool(stat.S_IMODE(mode) & 0o111) or data[:2] == b"#!" or data[:4] == b"\x7fELF")


def _refuse_files_as_folders(files: Mapping[str, ZipInfo], *, name: str) -> None:
    if both := sorted({parent for path in files for parent in _parents(path) if parent in files}):
        what = f"{name} holds an unsafe member: {both[0]!r} is a file and a folder"
        raise InstallError(Problem(what=what, where=name, do=_DO))
