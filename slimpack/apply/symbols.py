"""bytes -> bytes: drop from a shared object what no segment loads, without moving a byte of what is loaded.

Re-laying tools (strip) break libraries whose headers were moved before by patchelf, as in wheels' `*.libs` folders:
measured, 4 of 485 files, and with them numpy, scipy, pandas. Here nothing moves: the file ends behind its last loaded
byte, the section table goes, and what lies between loaded ranges is zeroed so that it compresses. Only bytes that a
section of a kind that linkers and debuggers make accounts for may go: a payload appended by hand stays, and so does
a file with one. What a loader reads must be equal before and after.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from slimpack.model.elf import ET_DYN, PT_LOAD, Elf, ElfError, is_elf, parse

_SHT_NULL, _SHT_PROGBITS, _SHT_SYMTAB, _SHT_STRTAB, _SHT_RELA, _SHT_NOTE, _SHT_NOBITS, _SHT_REL = 0, 1, 2, 3, 4, 7, 8, 9
_SHT_GROUP, _SHT_SYMTAB_SHNDX = 17, 18
_SHF_ALLOC = 2
_FOR_TOOLS = {
    _SHT_NULL,
    _SHT_SYMTAB,
    _SHT_STRTAB,
    _SHT_RELA,
    _SHT_NOTE,
    _SHT_NOBITS,
    _SHT_REL,
    _SHT_GROUP,
    _SHT_SYMTAB_SHNDX,
}
_NAMES_FOR_TOOLS = (
    ".debug", ".zdebug", ".comment", ".gnu_debug", ".gnu.build.attributes", ".gdb_index", ".stab", ".line",
    ".GCC.command.line", ".annobin", ".note", ".symtab", ".strtab", ".shstrtab",
)  # fmt: skip
_READ_BY_NAME = {".qtmetadata", ".qtplugin"}
"""Sections that a library looks for in files that it has not loaded: Qt finds its plugins so."""
_MAX_SECTIONS = 4096
_WIDE = 64


class NotCut(Exception):  # noqa: N818 it is an answer, not an error
    """Why a file stays as it is. `odd` tells a file that could not be cut safely from one with nothing to gain."""

    def __init__(self, reason: str, *, odd: bool) -> None:
        self.odd = odd
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class _Section:
    name: str
    kind: int
    flags: int
    offset: int
    size: int

    @property
    def for_tools(self) -> bool:
        """Only linkers and debuggers make and read it."""
        if self.flags & _SHF_ALLOC:
            return False
        return self.kind in _FOR_TOOLS or (self.kind == _SHT_PROGBITS and self.name.startswith(_NAMES_FOR_TOOLS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The file without what no loader reads; `gain` counts the bytes other than zero that went."""

    data: bytes
    gain: int


def cut(data: bytes) -> Cut:
    """Return the file without what no loader reads. Raises NotCut where that cannot be done safely."""
    if not is_elf(data):
        raise NotCut("not an ELF file", odd=False)
    try:
        elf = parse(data)
        sections = _sections(data, elf)
    except ElfError as error:
        raise NotCut(str(error), odd=True) from error
    if elf.kind != ET_DYN or not elf.dynamic or (elf.interpreter and not elf.soname):
        raise NotCut("not a shared object", odd=False)
    if not elf.sections:
        raise NotCut("it has no section table", odd=False)
    if named := sorted(section.name for section in sections if section.name in _READ_BY_NAME):
        raise NotCut(f"its section {named[0]} is read without loading the file", odd=False)
    loaded = _joined(_loaded(elf))
    result = _without(data, loaded, _joined(_for_tools(data, elf, sections)))
    _clear_section_table(result, wide=elf.bits == _WIDE)
    after = _checked(data, bytes(result), before=elf, loaded=loaded)
    return Cut(data=after, gain=_not_zero(data) - _not_zero(after))


def _not_zero(data: bytes) -> int:
    return len(data) - data.count(0)


def _loaded(elf: Elf) -> Iterator[tuple[int, int]]:
    """The ranges of the file that a loader reads: header, program headers, every segment."""
    header, entry = (64, 56) if elf.bits == _WIDE else (52, 32)
    yield 0, header
    yield elf.phoff, elf.phoff + entry * len(elf.segments)
    for segment in elf.segments:
        if segment.filesz:
            yield segment.offset, segment.offset + segment.filesz


def _for_tools(data: bytes, elf: Elf, sections: Iterable[_Section]) -> Iterator[tuple[int, int]]:
    start, size = _section_table(data, elf)
    yield start, start + size
    for section in sections:
        if section.for_tools and section.kind != _SHT_NOBITS:
            yield section.offset, section.offset + section.size


def _without(data: bytes, loaded: list[tuple[int, int]], for_tools: list[tuple[int, int]]) -> bytearray:
    end = loaded[-1][1]
    for start, stop in _gaps(for_tools, end, len(data)):
        if data[start:stop].strip(b"\0"):
            raise NotCut(f"bytes {start} to {stop} belong to no section that only tools read", odd=True)
    result = bytearray(data[:end])
    for start, stop in _gaps(loaded, 0, end):
        for first, last in for_tools:
            low, high = max(start, first), min(stop, last)
            if low < high:
                result[low:high] = bytes(high - low)
    return result


def _checked(data: bytes, result: bytes, *, before: Elf, loaded: list[tuple[int, int]]) -> bytes:
    try:
        after = parse(result)
    except ElfError as error:
        raise NotCut(f"cut, it would not be valid: {error}", odd=True) from error
    if after.sections or not before.same_to_a_loader(after):
        raise NotCut("cut, a loader would read something else", odd=True)
    if not all(segment.congruent for segment in after.segments if segment.kind == PT_LOAD):
        raise NotCut("its segments are not aligned as its header says", odd=True)
    old, new = memoryview(data), memoryview(result)
    table = (40, 48, 58, 64) if before.bits == _WIDE else (32, 36, 46, 52)  # e_shoff; e_shentsize to e_shstrndx
    same = (0, table[0]), (table[1], table[2]), (table[3], loaded[0][1]), *loaded[1:]
    if any(old[start:stop] != new[start:stop] for start, stop in same if start < stop):
        raise NotCut("cut, a loaded byte would differ", odd=True)
    return result


def _clear_section_table(data: bytearray, *, wide: bool) -> None:
    """Set e_shoff, e_shentsize, e_shnum and e_shstrndx to 0, as a file without sections has them."""
    at, size, counts = (40, 8, 58) if wide else (32, 4, 46)
    data[at : at + size] = bytes(size)
    data[counts : counts + 6] = bytes(6)


def _joined(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, stop in sorted(ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(stop, joined[-1][1])
        else:
            joined.append((start, stop))
    return joined


def _gaps(ranges: list[tuple[int, int]], start: int, end: int) -> Iterator[tuple[int, int]]:
    """What of start..end no range covers."""
    for first, last in ranges:
        if first >= end:
            break
        if first > start:
            yield start, first
        start = max(start, last)
    if start < end:
        yield start, end


def _section_table(data: bytes, elf: Elf) -> tuple[int, int]:
    order = ">" if elf.big_endian else "<"
    (offset,) = struct.unpack_from(order + ("Q" if elf.bits == _WIDE else "I"), data, 40 if elf.bits == _WIDE else 32)
    entry, count = struct.unpack_from(order + "HH", data, 58 if elf.bits == _WIDE else 46)
    if count > _MAX_SECTIONS or entry * count + offset > len(data):
        raise ElfError("its section table ends outside the file")
    if offset and not count:
        raise ElfError("more sections than its header can count")
    if count and entry != (64 if elf.bits == _WIDE else 40):
        raise ElfError(f"section headers of {entry} bytes")
    return offset, entry * count


def _sections(data: bytes, elf: Elf) -> tuple[_Section, ...]:
    start, size = _section_table(data, elf)
    if not size:
        return ()
    order, wide = ">" if elf.big_endian else "<", elf.bits == _WIDE
    layout = struct.Struct(order + ("IIQQQQIIQQ" if wide else "IIIIIIIIII"))
    rows = [layout.unpack_from(data, at) for at in range(start, start + size, layout.size)]
    (strings,) = struct.unpack_from(order + "H", data, 62 if wide else 50)
    if strings >= len(rows):
        raise ElfError("the names of its sections are in no section")
    names, names_end = rows[strings][4], rows[strings][4] + rows[strings][5]
    found = []
    for name, kind, flags, _, offset, length, *_ in rows:
        if kind not in {_SHT_NULL, _SHT_NOBITS} and offset + length > len(data):
            raise ElfError("a section ends outside the file")
        low = min(names + name, names_end)
        label = data[low : min(names_end, low + 64)].split(b"\0")[0]
        extent = 0 if kind in {_SHT_NULL, _SHT_NOBITS} else length
        found.append(_Section(label.decode("latin-1"), kind, flags, offset, extent))
    return tuple(found)
