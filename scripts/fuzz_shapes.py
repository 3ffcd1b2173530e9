"""Bytes -> documents and wheels that are nearly right: damage of single values gets further than damage of bytes.

A fuzzer's input that begins with PROGRAM is read as choices: which value of a good document to replace by what, or
which field of a good zip. So it stays a string of bytes that a fuzzer may mutate and that a test may repeat.
"""

import copy
import datetime as dt
import json
import struct
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

PROGRAM = b"\x01"
_NOTHING = object()
_VALUES: tuple[Any, ...] = (
    _NOTHING, None, "", "x", 0, -1, 1.5, float("nan"), True, [], {}, [[]], [{}], ["x"], {"x": "y"}, {"": {}}, {"x": {}},
    "*", "a b", ">=3", "==", "===x", "1!2.post3", "^3.8", "~3.8", "9" * 5000, "x" * 5000, "\0", "é", "\ud800", "..",
    "/", "../../x", "https://[", "https://[::1", "https://x:99999/x.whl", "file:///nowhere/x.whl", "file:", "git",
    "url", "file", "directory", "legacy", "main", "default", "extra == 'x'", "python_version >= '3'",
    "python_version == '3.x'", "a-1-py3-none-any.whl", "a-1.tar.gz", "beta", "beta>=1", "gamma; x",
    "sha256:" + "0" * 64, "sha256:", "md5:0",
    10**40, dt.date(2000, 1, 1), dt.time(1, 2), {"url": 1}, {"sha256": "0"}, {"sha256": ""}, [1], [None], ["sha256:0"],
)  # fmt: skip


class Choices:
    """Reads decisions from bytes; when they are used up, every further one is 0."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def left(self) -> bool:
        """Whether there is more to decide by."""
        return self._at < len(self._data)

    def number(self, below: int) -> int:
        """A number from 0 on."""
        width = 1 if below <= 256 else 2 if below <= 65536 else 8  # noqa: PLR2004 a byte, two, eight
        raw = self._data[self._at : self._at + width]
        self._at += width
        return int.from_bytes(raw, "big") % below

    def text(self) -> bytes:
        """Some bytes."""
        length = self.number(256)
        raw = self._data[self._at : self._at + length]
        self._at += length
        return raw


def edited(document: Any, choices: Choices) -> Any:
    """The document with a few values replaced, removed, or moved to another place."""
    changed = copy.deepcopy(document)
    for _ in range(1 + choices.number(4)):
        places = list(_places(changed))
        if not places:
            break
        container, key = places[choices.number(min(len(places), 65536))]
        kind = choices.number(len(_VALUES) + 3)
        if kind < len(_VALUES):
            _put(container, key, copy.deepcopy(_VALUES[kind]))
        elif kind == len(_VALUES):
            _put(container, key, choices.text().decode("utf-8", "replace"))
        elif kind == len(_VALUES) + 1:
            other, name = places[choices.number(min(len(places), 65536))]
            _put(container, key, copy.deepcopy(other[name]))
        else:
            _rename(container, key, choices.text().decode("utf-8", "replace"))
    return changed


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield node, key
        yield from _places(node[key])


def _put(container: Any, key: Any, value: Any) -> None:
    if value is not _NOTHING:
        container[key] = value
    elif isinstance(container, dict):
        container.pop(key, None)
    elif key < len(container):
        del container[key]


def _rename(container: Any, key: Any, name: str) -> None:
    if isinstance(container, dict) and key in container:
        container[name] = container.pop(key)


def toml(document: Any) -> bytes:
    """A document as TOML, every value in line."""
    lines = [f"{_quoted(key)} = {_inline(value)}" for key, value in document.items() if value is not None]
    return "\n".join([*lines, ""]).encode("utf-8", "surrogatepass")


def _inline(value: Any) -> str:
    match value:
        case dict():
            rows = (f"{_quoted(key)} = {_inline(one)}" for key, one in value.items() if one is not None)
            return "{" + ", ".join(rows) + "}"
        case list():
            return "[" + ", ".join(_inline(one) for one in value if one is not None) + "]"
        case str():
            return _quoted(value)
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


_NAMES = (
    b"lib/a.py", b"lib/__init__.py", b"LIB/a.py", b"../x", b"/etc/passwd", b"C:/x", b"lib\\a.py", b"lib/./a.py",
    b"lib//a", b"lib/", b"", b"CON", b"lib/aux.txt", b"lib/\xff\xfe", b"lib/\xc3\xa9", b"lib/a\0b",
    b"lib-1.0.data/purelib/a.py", b"lib-1.0.data/x/y", b"lib-1.0.data/scripts/run", b"lib-1.0.data/headers/h",
    b"other-1.dist-info/METADATA",
    b"lib/a,b", b'lib/"q"', b"lib/\n", b"lib-1.0.dist-info/RECORD", b"lib-1.0.dist-info/RECORD.jws",
    b"lib/" + b"x" * 300,
)  # fmt: skip
_NUMBERS = (
    0, 1, 8, 9, 12, 46, 100, 0x8, 0x800, 0x801, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0xA1FF0000, 0xC1FF0000, 0x41ED0000,
)  # fmt: skip
_INFO = b"lib-1.0.dist-info"


@dataclass(slots=True)
class _Member:
    name: bytes
    data: bytes
    flags: int = 0
    method: int = 8
    attributes: int = 0o100644 << 16
    extra: bytes = b""
    crc: int | None = None
    stored: int | None = None
    size: int | None = None
    local: bytes | None = None


def zipped(choices: Choices) -> bytes:
    """A wheel `lib 1.0` in which some members and some fields of the archive are not what they should be."""
    members = [_Member(b"lib/__init__.py", b"import os\n"), _Member(b"lib/data.bin", bytes(range(200)), method=0)]
    for _ in range(choices.number(4)):
        name = choices.number(len(_NAMES) + 1)
        members.append(_Member(_NAMES[name] if name < len(_NAMES) else choices.text(), choices.text()))
    metadata = b"Metadata-Version: 2.1\nName: lib\nVersion: 1.0\n"
    members.append(_Member(_INFO + b"/METADATA", metadata + choices.text()))
    members.append(
        _Member(_INFO + b"/WHEEL", (choices.text() if choices.number(4) == 1 else b"") + b"Wheel-Version: 1.0\n")
    )
    members.append(_Member(_INFO + b"/entry_points.txt", b"[console_scripts]\na = b:c\n" + choices.text()))
    rows = b"".join(_row(member) for member in members) if choices.number(3) != 1 else choices.text()
    members.append(_Member(_INFO + b"/RECORD", rows + (choices.text() if choices.number(3) == 1 else b"")))
    while choices.left and len(members) < 100:  # noqa: PLR2004 enough for any
        member = members[choices.number(len(members))]
        _falsify(member, choices)
    return _archive(members, choices)


def _falsify(member: _Member, choices: Choices) -> None:
    number = _NUMBERS[choices.number(len(_NUMBERS))]
    match choices.number(10):
        case 0:
            member.flags = number & 0xFFFF
        case 1:
            member.method = number & 0xFFFF
        case 2:
            member.attributes = number
        case 3:
            member.extra = choices.text()
        case 4:
            member.crc = number
        case 5:
            member.stored = number
        case 6:
            member.size = number
        case 7:
            member.local = choices.text()
        case 8:
            member.attributes, member.data, member.method = 0o120777 << 16, choices.text(), 0
        case _:
            member.name = choices.text()


def _row(member: _Member) -> bytes:
    digest = urlsafe_b64encode(sha256(member.data).digest()).rstrip(b"=")
    name = b'"' + member.name.replace(b'"', b'""') + b'"'
    return name + b",sha256=" + digest + f",{len(member.data)}\n".encode()


def _archive(members: list[_Member], choices: Choices) -> bytes:
    body, directory = b"", b""
    for member in members:
        stream = member.data
        if member.method == 8:  # noqa: PLR2004 deflate
            engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
            stream = engine.compress(member.data) + engine.flush()
        crc = zlib.crc32(member.data) if member.crc is None else member.crc
        stored = len(stream) if member.stored is None else member.stored
        size = len(member.data) if member.size is None else member.size
        name = member.name if member.local is None else member.local
        common = struct.pack("<HHHHHLLL", 20, member.flags, member.method, 0, 33, crc, stored, size)
        central = common + struct.pack(
            "<HHHHHLL", len(member.name), len(member.extra), 0, 0, 0, member.attributes, len(body)
        )
        directory += b"PK\x01\x02" + struct.pack("<H", 20 | 3 << 8) + central + member.name + member.extra
        body += b"PK\x03\x04" + common + struct.pack("<HH", len(name), 0) + name + stream
    count, start = len(members) + choices.number(2), len(body)
    return body + directory + b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, count, count, len(directory), start, 0)
