"""A wheel file -> its Index: every member checked against RECORD and mapped to its place in the tree.

All digests are checked, once for each wheel ever (measured, two cores: scipy's 112 MB in 0.19 s). The lock's hash of
the whole wheel would bind the bytes as well, but the SHA-256 of a member is what later stages key their caches by: a
RECORD that lied could make slimpack take another file's bytecode for this one's.
"""

import posixpath
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from zipfile import ZipInfo

from slimpack.errors import InstallError, Problem
from slimpack.install import metadata, record, safety
from slimpack.install.content import WheelFile, damaged, inflate
from slimpack.install.index import Entry, Index
from slimpack.model.lock import Pin
from slimpack.model.tree import Distribution

_LOCAL = struct.Struct("<4s22xHH")
_LOCAL_MAGIC = b"PK\x03\x04"
_SCHEMES = {"purelib": "", "platlib": "", "data": "", "scripts": "bin/", "headers": "include/"}
"""`*.data/<scheme>/` -> folder at the root, as `pip install --target` lays them out."""


def read(path: Path, *, pin: Pin) -> tuple[WheelFile, Index]:
    """Open and check a wheel whose own digest is right. Raises InstallError for all that a wheel must not be."""
    metadata.check_filename(pin)
    wheel = WheelFile(path, name=pin.filename)
    entries = _central_directory(path, pin=pin)
    safety.check_members(entries, wheel=pin.filename)
    members = {entry.filename: entry for entry in entries if not entry.is_dir()}
    info = metadata.info_folder(members, pin=pin)
    texts = _Texts(wheel, members)
    rows = record.parse(texts.read(f"{info}/RECORD"), info=info, members=members, wheel=pin.filename)
    about = texts.read(f"{info}/METADATA")
    metadata.check_statements(about, texts.read(f"{info}/WHEEL"), pin=pin)
    said = metadata.statement(about, texts.read(f"{info}/entry_points.txt"))
    located = sorted(_entries(wheel, members, rows, info=info, name=pin.name), key=lambda entry: entry.path)
    if twice := [one.path for one, two in pairwise(located) if one.path == two.path]:
        raise damaged(pin.filename, f"two members would be installed as {twice[0]}")
    distribution = Distribution(
        name=pin.name,
        version=pin.version,
        filename=pin.filename,
        sha256=pin.sha256,
        info=info,
        requires=said.requires,
        entry_points=said.entry_points,
    )
    return wheel, Index(distribution=distribution, entries=tuple(located))


def _central_directory(path: Path, *, pin: Pin) -> list[ZipInfo]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, struct.error, EOFError, NotImplementedError, UnicodeDecodeError) as error:
        raise damaged(pin.filename, f"it is not a whole zip archive ({error})") from error


class _Texts:
    """The few members that are read as text while a wheel is opened."""

    def __init__(self, wheel: WheelFile, members: Mapping[str, ZipInfo]) -> None:
        self._wheel = wheel
        self._members = members

    def read(self, path: str) -> str:
        if (entry := self._members.get(path)) is None:
            return ""
        try:
            return _read(self._wheel, entry, _offset(self._wheel, entry)).decode()
        except UnicodeDecodeError as error:
            raise damaged(self._wheel.name, f"{path} is not UTF-8") from error


def _entries(
    wheel: WheelFile, members: Mapping[str, ZipInfo], rows: Mapping[str, record.Row], *, info: str, name: str
) -> Iterator[Entry]:
    wrong: list[str] = []
    for path, entry in sorted(members.items()):
        link = stat.S_ISLNK(entry.external_attr >> 16)
        real = _link_target(wheel, entry, members) if link else entry
        offset = _offset(wheel, real)
        data = _read(wheel, real, offset)
        digest = sha256(data)
        row = rows.get(path)
        if row is not None and not link and row.size is not None and row.size != entry.file_size:
            wrong.append(f"{path} has {entry.file_size} bytes, RECORD says {row.size}")
        elif (
            row is not None
            and not row.holds(data, sha256=digest.digest())
            and not (link and row.holds(_read(wheel, entry)))
        ):
            wrong.append(f"{path} does not have the digest that RECORD gives it")
        mode = real.external_attr >> 16
        yield Entry(
            path=_place(path, info=info, name=name, wheel=wheel.name),
            offset=offset,
            stored=real.compress_size,
            size=real.file_size,
            method=real.compress_type,
            crc32=real.CRC,
            sha256=digest.hexdigest(),
            executable=bool(mode & 0o111) or data[:2] == b"#!" or data[:4] == b"\x7fELF",
        )
    if wrong:
        raise record.disagrees(wheel.name, wrong)


def _offset(wheel: WheelFile, entry: ZipInfo) -> int:
    """Where the member's stream begins. The local header must name the same member, or two readers see two wheels."""
    start = _LOCAL.size
    magic, name_length, extra_length = _LOCAL.unpack(wheel.read_at(entry.header_offset, start))
    raw = wheel.read_at(entry.header_offset + start, name_length)
    encoding = "utf-8" if entry.flag_bits & 0x800 else "cp437"
    if magic != _LOCAL_MAGIC or raw.decode(encoding, "replace") != entry.orig_filename:
        raise damaged(wheel.name, f"the header of {entry.filename} is not where the directory says")
    return entry.header_offset + start + int(name_length) + int(extra_length)


def _read(wheel: WheelFile, entry: ZipInfo, offset: int | None = None) -> bytes | bytearray:
    stream = wheel.read_at(_offset(wheel, entry) if offset is None else offset, entry.compress_size)
    data = inflate(stream, size=entry.file_size, method=entry.compress_type)
    if data is None or zlib.crc32(data) != entry.CRC:
        raise damaged(wheel.name, f"{entry.filename} does not inflate to what the directory promises")
    return data


def _link_target(wheel: WheelFile, entry: ZipInfo, members: Mapping[str, ZipInfo]) -> ZipInfo:
    """The file that a symbolic link in the wheel stands for; wheels may not hold links, some do."""
    text = _read(wheel, entry).decode("utf-8", "replace")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(entry.filename), text))
    found = members.get(target)
    if text.startswith("/") or found is None or stat.S_ISLNK(found.external_attr >> 16):
        raise InstallError(
            Problem(
                what=f"{wheel.name} holds an unsafe member: the link {entry.filename} -> {text} "
                "does not end at a file of the wheel",
                where=wheel.name,
                do="do not use this wheel; report it to its publisher, or pin another version",
            )
        )
    return found


def _place(path: str, *, info: str, name: str, wheel: str) -> str:
    """The path in the tree: `*.data/<scheme>/` is mapped, all else stays."""
    data = info.removesuffix(".dist-info") + ".data/"
    if not path.startswith(data):
        return path
    scheme, _, rest = path.removeprefix(data).partition("/")
    if scheme not in _SCHEMES or not rest:
        raise damaged(wheel, f"{path} belongs to no known scheme ({', '.join(sorted(_SCHEMES))})")
    return f"{_SCHEMES[scheme]}{name}/{rest}" if scheme == "headers" else _SCHEMES[scheme] + rest
