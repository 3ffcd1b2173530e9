"""Marshalled code -> the same without unused FLAG_REFs, which depend on what else the process has alive.

Until Python 3.11, `marshal` flags an object for later reference if its reference count is above one, and names are
shared with whatever else holds them: so the bytes differ with what was compiled before. A flag that nothing refers to
means nothing, so it is cleared, and the references are numbered anew. From 3.12 on interned names are immortal and the
bytes are stable as they are.
"""

from __future__ import annotations

import struct
import sys

_FLAG = 0x80
_INT = struct.Struct("<i")
_NOTHING = frozenset(b"NFTS.0")
_FIXED = {ord("i"): 4, ord("I"): 8, ord("g"): 8, ord("y"): 16}
_LONG_TEXT = frozenset(b"sutaA")
_SHORT_TEXT = frozenset(b"zZ")
_MANY = frozenset(b"([<>")
_CODE = (5, 8, 2) if sys.version_info >= (3, 11) else (6, 8, 1)
"""Ints, objects, then behind the first line's number, objects again, of a code object."""


class _Scan:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.flagged: list[int] = []
        self.references: list[int] = []

    def object(self, at: int) -> int:
        """Pass over one object; return where the next begins."""
        data = self.data
        kind = data[at]
        if kind & _FLAG:
            self.flagged.append(at)
            kind &= ~_FLAG
        at += 1
        if kind in _SHORT_TEXT:
            return at + 1 + data[at]
        if kind == ord("r"):
            self.references.append(at)
            return at + 4
        if kind in _NOTHING:
            return at
        if kind in _FIXED:
            return at + _FIXED[kind]
        if kind == ord(")"):
            return self.objects(at + 1, data[at])
        if kind == ord("c"):
            ints, first, last = _CODE
            return self.objects(self.objects(at + 4 * ints, first) + 4, last)
        count = int(_INT.unpack_from(data, at)[0])
        if kind in _LONG_TEXT:
            return at + 4 + count
        if kind in _MANY:
            return self.objects(at + 4, count)
        if kind == ord("l"):
            return at + 4 + 2 * abs(count)
        raise ValueError(f"marshal type {kind:#x}")

    def objects(self, at: int, count: int) -> int:
        """Pass over several objects."""
        for _ in range(count):
            at = self.object(at)
        return at


def canonical(data: bytes) -> bytes:
    """Return `data` with the flags that nothing refers to cleared."""
    scan = _Scan(data)
    if scan.object(0) != len(data):
        raise ValueError("marshalled data of an unknown form")
    used = {int(_INT.unpack_from(data, at)[0]) for at in scan.references}
    out = bytearray(data)
    number: dict[int, int] = {}
    for index, at in enumerate(scan.flagged):
        if index in used:
            number[index] = len(number)
        else:
            out[at] &= ~_FLAG
    for at in scan.references:
        _INT.pack_into(out, at, number[int(_INT.unpack_from(data, at)[0])])
    return bytes(out)
