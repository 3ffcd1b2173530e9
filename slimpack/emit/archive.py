"""Members -> the bytes of a zip that depends on nothing but the members: no clock, no umask, no platform.

The standard library's zipfile cannot take a deflate stream that exists already, and copying those is what makes an
unmodified file cost nothing; so the records are written here, after PKWARE's APPNOTE 6.3.
"""

import stat
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

STORED = 0
DEFLATED = 8
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_UNIX = 3
_VERSION, _VERSION64 = 20, 45
_DATE = 1 << 5 | 1  # 1980-01-01, the first day a zip can name
_UTF8 = 0x800
_MAX32 = 0xFFFFFFFF  # in a field: look in the zip64 record
_MAX16 = 0xFFFF
_FITS32 = _MAX32 - 1
_FITS16 = _MAX16 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One member: `data` are the bytes as they lie in the zip, which give `size` bytes again."""

    path: str
    mode: int
    method: int
    crc32: int
    size: int
    data: bytes = field(repr=False)

    @property
    def stored(self) -> int:
        """Bytes in the zip."""
        return len(self.data)


def write(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The zip's bytes in chunks; entries are taken one at a time, so that no more than one is in memory."""
    offset = 0
    directory: list[bytes] = []
    for entry in entries:
        directory.append(_central(entry, offset))
        header = _local(entry)
        yield header
        yield entry.data
        offset += len(header) + entry.stored
    records = b"".join(directory)
    yield records
    yield _end(len(directory), size=len(records), offset=offset)


def _local(entry: Entry) -> bytes:
    name, flags = _name(entry.path)
    large = max(entry.size, entry.stored) > _FITS32
    extra = struct.pack("<2H2Q", 1, 16, entry.size, entry.stored) if large else b""
    header = _LOCAL.pack(
        b"PK\3\4",
        _VERSION64 if large else _VERSION,
        flags,
        entry.method,
        0,
        _DATE,
        entry.crc32,
        _MAX32 if large else entry.stored,
        _MAX32 if large else entry.size,
        len(name),
        len(extra),
    )
    return header + name + extra


def _central(entry: Entry, offset: int) -> bytes:
    name, flags = _name(entry.path)
    large = max(entry.size, entry.stored) > _FITS32
    wide = [entry.size, entry.stored] if large else []
    wide += [offset] if offset > _FITS32 else []
    extra = struct.pack(f"<2H{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    version = _VERSION64 if wide else _VERSION
    header = _CENTRAL.pack(
        b"PK\1\2",
        _UNIX << 8 | version,
        version,
        flags,
        entry.method,
        0,
        _DATE,
        entry.crc32,
        _MAX32 if large else entry.stored,
        _MAX32 if large else entry.size,
        len(name),
        len(extra),
        0,
        0,
        0,
        (stat.S_IFREG | entry.mode) << 16,
        offset if offset <= _FITS32 else _MAX32,
    )
    return header + name + extra


def _end(count: int, *, size: int, offset: int) -> bytes:
    wide = count > _FITS16 or max(size, offset) > _FITS32
    entries = _MAX16 if wide else count
    tail = _END.pack(b"PK\5\6", 0, 0, entries, entries, _MAX32 if wide else size, _MAX32 if wide else offset, 0)
    if not wide:
        return tail
    record = _END64.pack(
        b"PK\6\6", _END64.size - 12, _UNIX << 8 | _VERSION64, _VERSION64, 0, 0, count, count, size, offset
    )
    return record + _LOCATOR64.pack(b"PK\6\7", 0, offset + size, 1) + tail


def _name(path: str) -> tuple[bytes, int]:
    # The flag only where it says something: ASCII names are the same bytes with and without it.
    name = path.encode()
    return name, 0 if path.isascii() else _UTF8
