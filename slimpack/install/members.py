"""A zip archive -> its members: the central directory, each member's stream, and where a link in it leads."""

import posixpath
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipInfo

from slimpack.errors import InstallError, Problem
from slimpack.install.content import WheelFile, damaged, inflate

_LOCAL = struct.Struct("<4s22xHH")
_LOCAL_MAGIC = b"PK\x03\x04"


def central_directory(path: Path, *, name: str) -> list[ZipInfo]:
    """The members in the archive's order. Raises InstallError where the file is no zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, struct.error, EOFError, NotImplementedError, UnicodeDecodeError) as error:
        raise damaged(name, f"it is not a whole zip archive ({error})") from error


def offset_of(archive: WheelFile, entry: ZipInfo) -> int:
    """Where the member's stream begins. The local header must name the same member, or two readers see two archives."""
    start = _LOCAL.size
    magic, name_length, extra_length = _LOCAL.unpack(archive.read_at(entry.header_offset, start))
    raw = archive.read_at(entry.header_offset + start, name_length)
    encoding = "utf-8" if entry.flag_bits & 0x800 else "cp437"
    if magic != _LOCAL_MAGIC or raw.decode(encoding, "replace") != entry.orig_filename:
        raise damaged(archive.name, f"the header of {entry.filename} is not where the directory says")
    return entry.header_offset + start + int(name_length) + int(extra_length)


def read_member(archive: WheelFile, entry: ZipInfo, offset: int | None = None) -> bytes | bytearray:
    """The member's bytes, which are as many as the directory says and have its checksum."""
    stream = archive.read_at(offset_of(archive, entry) if offset is None else offset, entry.compress_size)
    data = inflate(stream, size=entry.file_size, method=entry.compress_type)
    if data is None or zlib.crc32(data) != entry.CRC:
        raise damaged(archive.name, f"{entry.filename} does not inflate to what the directory promises")
    return data


def is_link(entry: ZipInfo) -> bool:
    """Tell whether the member is a symbolic link."""
    return stat.S_ISLNK(entry.external_attr >> 16)


def link_target(archive: WheelFile, entry: ZipInfo, members: Mapping[str, ZipInfo], *, do: str) -> ZipInfo:
    """The file that a symbolic link stands for; `do` is what to do about one that does not end at a member."""
    text = read_member(archive, entry).decode("utf-8", "replace")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(entry.filename), text))
    found = members.get(target)
    if text.startswith("/") or found is None or is_link(found):
        kind = "the wheel" if archive.name.endswith(".whl") else "the package"
        raise InstallError(
            Problem(
                what=f"{archive.name} holds an unsafe member: the link {entry.filename} -> {text} "
                f"does not end at a file of {kind}",
                where=archive.name,
                do=do,
            )
        )
    return found
