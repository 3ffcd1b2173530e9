"""Wheels whose archive lies about itself: each is one InstallError, in little time and memory."""

import hashlib
import struct
import time
import tracemalloc
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from wheels import make_wheel

from slimpack.errors import InstallError
from slimpack.install import wheel as wheels
from slimpack.install.index import Index, dump, load
from slimpack.model.lock import Pin
from slimpack.model.tree import Tree

NAME = "lib-1.0-py3-none-any.whl"
INFO = "lib-1.0.dist-info"


@dataclass(frozen=True, kw_only=True)
class Member:
    """One member; what is None or empty is as it should be."""

    name: bytes
    data: bytes
    flags: int = 0
    method: int = zipfile.ZIP_DEFLATED
    size: int | None = None
    stored: int | None = None
    offset: int | None = None
    local: bytes | None = None
    extra: bytes = field(default=b"")


def archive(*members: Member, count: int | None = None, prefix: bytes = b"") -> bytes:
    """A zip, written by hand."""
    body, directory = prefix, b""
    for member in members:
        stream = member.data
        if member.method == zipfile.ZIP_DEFLATED:
            engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
            stream = engine.compress(member.data) + engine.flush()
        stored = len(stream) if member.stored is None else member.stored
        size = len(member.data) if member.size is None else member.size
        name = member.name if member.local is None else member.local
        common = struct.pack("<HHHHHLLL", 20, member.flags, member.method, 0, 33, zlib.crc32(member.data), stored, size)
        offset = len(body) - len(prefix) if member.offset is None else member.offset
        tail = struct.pack("<HHHHHLL", len(member.name), len(member.extra), 0, 0, 0, 0o100644 << 16, offset)
        directory += b"PK\1\2" + struct.pack("<H", 20 | 3 << 8) + common + tail + member.name + member.extra
        body += b"PK\3\4" + common + struct.pack("<HH", len(name), 0) + name + stream
    start, total = len(body) - len(prefix), len(members) if count is None else count
    return body + directory + b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, total, total, len(directory), start, 0)


def whole(*members: Member, record: bytes | None = None) -> list[Member]:
    """The members, and the metadata of a wheel around them."""
    metadata = Member(name=f"{INFO}/METADATA".encode(), data=b"Metadata-Version: 2.1\nName: lib\nVersion: 1.0\n")
    layout = Member(name=f"{INFO}/WHEEL".encode(), data=b"Wheel-Version: 1.0\n")
    everything = [*members, metadata, layout]
    from wheels import _digest  # noqa: PLC0415 the one way RECORD is written

    rows = "".join(f'"{_text(one)}",{_digest(one.data)},{len(one.data)}\n' for one in everything)
    given = rows.encode() if record is None else record
    return [*everything, Member(name=f"{INFO}/RECORD".encode(), data=given)]


def _text(member: Member) -> str:
    return member.name.decode("utf-8" if member.flags & 0x800 else "cp437", "replace")


def read(folder: Path, data: bytes) -> Index:
    path = folder / NAME
    path.write_bytes(data)
    pin = Pin(name="lib", version="1.0", filename=NAME, sha256=hashlib.sha256(data).hexdigest(), path=str(path))
    file, index = wheels.read(path, pin=pin)
    assert load(dump(index)) == index
    Tree(index.files(file))
    return index


def refused(folder: Path, data: bytes, match: str) -> None:
    with pytest.raises(InstallError, match=match):
        read(folder, data)


PLAIN = Member(name=b"lib.py", data=b"A = 1\n" * 100)


def test_the_plain_one_is_fine(tmp_path: Path) -> None:
    assert [entry.path for entry in read(tmp_path, archive(*whole(PLAIN))).entries][-1] == "lib.py"


def test_one_behind_a_program_is_fine(tmp_path: Path) -> None:
    """As self-extracting archives are."""
    assert read(tmp_path, archive(*whole(PLAIN), prefix=b"#!/bin/sh\n")).entries


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"size": 99}, "does not inflate to what the directory promises"),
        ({"size": 2**31}, "a bomb"),
        ({"stored": 2**32 - 2}, "ends in the middle of a member"),
        ({"offset": 2**31}, "ends in the middle of a member"),
        ({"offset": 5}, "is damaged"),
        ({"local": b"other.py"}, "is not where the directory says"),
        ({"flags": 1}, "is encrypted"),
        ({"method": 14}, "compression method 14"),
        ({"extra": b"\1\0\4\0abcd", "size": 2**32 - 1}, "not a whole zip archive"),
        ({"extra": b"\1\0\x10\0" + struct.pack("<QQ", 2**63, 600), "size": 2**32 - 1}, "a bomb"),
    ],
    ids=lambda change: str(change)[:40],
)
def test_a_member_that_is_described_wrongly(change: dict[str, int], match: str, tmp_path: Path) -> None:
    refused(tmp_path, archive(*whole(replace(PLAIN, **change))), match)  # type: ignore[arg-type]  # fields by name


def test_a_directory_in_front_of_the_file(tmp_path: Path) -> None:
    """Offsets before the first byte, as when bytes are cut from the front."""
    refused(tmp_path, archive(*whole(PLAIN))[20:], "damaged")


def test_a_small_member_that_inflates_without_end(tmp_path: Path) -> None:
    tracemalloc.start()
    for claimed in (10, 40 * 1024**2):  # through libdeflate, and through zlib
        bomb = Member(name=b"zeros", data=bytes(100 * 1024**2), size=claimed)
        data = archive(*whole(PLAIN))  # made before memory is counted
        whole_bomb = archive(*whole(bomb))
        tracemalloc.reset_peak()
        refused(tmp_path, whole_bomb, "does not inflate to what the directory promises")
        assert tracemalloc.get_traced_memory()[1] < 300 * 1024**2
        assert data
    tracemalloc.stop()


def test_members_that_share_one_stream(tmp_path: Path) -> None:
    """The overlapping bomb: a thousand names for the same bytes."""
    first = Member(name=b"a0", data=bytes(1024**2))
    others = [Member(name=f"a{number}".encode(), data=first.data, offset=0) for number in range(1, 20)]
    refused(tmp_path, archive(*whole(first, *others)), "is not where the directory says")
    many = [Member(name=f"a{number}".encode(), data=b"", size=2**31 - 1) for number in range(9)]
    refused(tmp_path, archive(*whole(*many)), "more than 2 GB")


def test_a_hundred_thousand_members(tmp_path: Path) -> None:
    modules = {f"lib/m{number}.py": b"" for number in range(100_000)}
    path = make_wheel(tmp_path, "lib", "1.0", modules, stored=True)
    begun = time.process_time()
    index = read(tmp_path, path.read_bytes())
    assert len(index.entries) == 100_003
    assert time.process_time() - begun < 20


def test_more_members_than_it_counts(tmp_path: Path) -> None:
    """Readers go by the directory's size; whoever goes by the count sees fewer files."""
    assert read(tmp_path, archive(*whole(PLAIN), count=1)).entries


NAMES = [
    (b"lib/\xff\xfe.py", 0x800, "not a whole zip archive"),  # says that it is UTF-8
    (b"lib/\xc3\x28.py", 0x800, "not a whole zip archive"),
    (b"lib/a\0b.py", 0, "is not a normal relative path|not a whole zip archive|is not where"),
    (b"", 0, "is not a normal relative path"),
    (b"lib/CON.py", 0, "the name of a device"),
]


@pytest.mark.parametrize(("name", "flags", "match"), NAMES)
def test_names_that_no_wheel_has(name: bytes, flags: int, match: str, tmp_path: Path) -> None:
    refused(tmp_path, archive(*whole(replace(PLAIN, name=name, flags=flags))), match)


@pytest.mark.parametrize(
    ("name", "flags", "path"),
    [
        (b"lib/\xff\xfe.py", 0, "lib/\xa0■.py"),  # no UTF-8: cp437, as pip reads it
        ("lib/é.py".encode(), 0x800, "lib/é.py"),
        (b"lib/new\nline.py", 0, "lib/new\nline.py"),
        (b"lib/" + b"x" * 250 + b".py", 0, f"lib/{'x' * 250}.py"),
    ],
)
def test_names_that_are_only_odd(name: bytes, flags: int, path: str, tmp_path: Path) -> None:
    data = archive(*whole(replace(PLAIN, name=name, flags=flags)))
    if "\n" in path:  # RECORD is read by lines
        refused(tmp_path, data, "does not agree with its RECORD")
    else:
        assert path in [entry.path for entry in read(tmp_path, data).entries]


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"\0" * 100,
        b'"' * 1001,
        b"lib.py,sha256=" + b"A" * 200_000 + b",1\n",
        b"lib.py,sha256=*,600\n",
        b"lib.py,md5=abc,600\n",
        b"lib.py,sha256=\xc3\xa9,600\n",
        b"lib.py\n" * 50_000,
        b"\xff\xfe",
        b"lib.py,sha256=" + b"A" * 43 + b"," + b"9" * 5000 + b"\n",
        "lib.py,sha256=x,²\n".encode(),
    ],
    ids=lambda record: repr(record[:30]),
)
def test_a_record_that_is_none(record: bytes, tmp_path: Path) -> None:
    refused(tmp_path, archive(*whole(PLAIN, record=record)), "RECORD")
