"""Marshalled code -> the same in one form, whatever else the process has alive.

Until Python 3.11, `marshal` flags an object for later reference if its reference count is above one, and names are
shared with whatever else holds them; and until 3.10 it writes the members of a set constant as they lie in memory. So
the bytes differ with what was compiled before. Here a flag that nothing refers to is cleared, the members of a set are
sorted, and the references are numbered anew. From 3.12 on the bytes are stable as they are, but for set constants: the
compiler makes one object of two equal ones in different functions only now and then (once in a few builds of
scikit-learn), so each gets an object of its own before the code is marshalled.
"""

# zip() has no `strict`, and itertools no pairwise(), before Python 3.10:
# ruff: noqa: B905, RUF007

from __future__ import annotations

import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

_FLAG = 0x80
_INT = struct.Struct("<i")
_NOTHING = frozenset(b"NFTS.0")
_FIXED = {ord("i"): 4, ord("I"): 8, ord("g"): 8, ord("y"): 16, ord("r"): 4}
_LONG_TEXT = frozenset(b"sutaA")
_SHORT_TEXT = frozenset(b"zZ")
_MANY = frozenset(b"([<>")
_SETS = frozenset(b"<>")
_SORTED = sys.version_info >= (3, 11)
_CODE = (5, 8, 2) if sys.version_info >= (3, 11) else (6, 8, 1)
"""Ints, objects, then behind the first line's number, objects again, of a code object."""


def unshared(code: CodeType) -> CodeType:
    """The same code, in which every set constant is an object of its own; the very same where there is none."""
    constants = tuple([_own(constant) for constant in code.co_consts])
    if all(new is old for new, old in zip(constants, code.co_consts)):
        return code
    return code.replace(co_consts=constants)


def _own(constant: Any) -> Any:
    if type(constant) is frozenset:
        return frozenset(list(constant))
    return unshared(constant) if hasattr(constant, "co_consts") else constant


class _Scan:
    """Where the flagged objects, the references and the members of sets lie."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.flagged: list[int] = []
        self.references: list[int] = []
        self.sets: list[list[int]] = []
        self.members: dict[int, list[int]] = {}
        if self.object(0) != len(data):
            raise ValueError("marshalled data of an unknown form")

    def object(self, at: int) -> int:
        """Pass over one object; return where the next begins."""
        kind = self.data[at]
        if kind & _FLAG:
            self.flagged.append(at)
            kind &= ~_FLAG
        if kind == ord("r"):
            self.references.append(at + 1)
        return self._body(at + 1, kind)

    def _body(self, at: int, kind: int) -> int:
        if kind in _SHORT_TEXT:
            end = at + 1 + self.data[at]
        elif kind in _NOTHING:
            end = at
        elif kind in _FIXED:
            end = at + _FIXED[kind]
        elif kind == ord(")"):
            end = self._objects(at + 1, self.data[at], container=at - 1)
        elif kind == ord("c"):
            ints, first, last = _CODE
            end = self._objects(self._objects(at + 4 * ints, first) + 4, last)
        else:
            end = self._counted(at, kind)
        return end

    def _counted(self, at: int, kind: int) -> int:
        count = int(_INT.unpack_from(self.data, at)[0])
        if kind in _LONG_TEXT:
            return at + 4 + count
        if kind == ord("l"):
            return at + 4 + 2 * abs(count)
        if kind not in _MANY:
            raise ValueError(f"marshal type {kind:#x}")
        return self._objects(at + 4, count, container=at - 1, members=kind in _SETS)

    def _objects(self, at: int, count: int, *, container: int = -1, members: bool = False) -> int:
        starts = []
        for _ in range(count):
            starts.append(at)
            at = self.object(at)
        if not _SORTED and container >= 0:
            self.members[container] = starts
        if members:
            self.sets.append([*starts, at])
        return at

    def shares(self, start: int, end: int) -> bool:
        """Whether something between two offsets refers to what is defined between them: its order cannot change."""
        inside = [at for at in self.references if start <= at < end]
        return any(start <= self.flagged[int(_INT.unpack_from(self.data, at)[0])] < end for at in inside)

    def value(self, at: int) -> bytes:
        """What a member of a set says, whether flagged, referred to or neither."""
        if self.data[at] & ~_FLAG == ord("r"):
            at = self.flagged[int(_INT.unpack_from(self.data, at + 1)[0])]
        kind = self.data[at] & ~_FLAG
        if at in self.members:
            inside = [self.value(member) for member in self.members[at]]
            return b"(" + b"".join(sorted(inside) if kind in _SETS else inside) + b")"
        return bytes([kind]) + self.data[at + 1 : self._body(at + 1, kind)]


def canonical(data: bytes) -> bytes:
    """Return `data` with unused flags cleared and set members sorted; what it loads as is the same."""
    scan = _Scan(data)
    moved = _sorted_sets(scan)
    used = {int(_INT.unpack_from(data, at)[0]) for at in scan.references}
    # `moved` gives the old offset of each new one; flags and references are found through it.
    place = {old: new for new, old in enumerate(moved)} if moved is not None else None
    out = bytearray(data if moved is None else bytes(data[old] for old in moved))
    kept: list[tuple[int, int]] = []
    for index, at in enumerate(scan.flagged):
        new = at if place is None else place[at]
        if index in used:
            kept.append((new, index))
        else:
            out[new] &= ~_FLAG
    number = {index: order for order, (_, index) in enumerate(sorted(kept))}
    for at in scan.references:
        new = at if place is None else place[at]
        _INT.pack_into(out, new, number[int(_INT.unpack_from(data, at)[0])])
    return bytes(out)


def _sorted_sets(scan: _Scan) -> list[int] | None:
    """The old offset of every byte once the members of all sets are sorted; None where they are."""
    moved: list[int] | None = None
    for marks in [] if _SORTED else scan.sets:
        spans = list(zip(marks, marks[1:]))
        order = sorted(spans, key=lambda span: scan.value(span[0]))
        if order != spans and not scan.shares(marks[0], marks[-1]):
            was = moved if moved is not None else list(range(len(scan.data)))
            moved = list(was)
            moved[marks[0] : marks[-1]] = [was[offset] for first, last in order for offset in range(first, last)]
    return moved
