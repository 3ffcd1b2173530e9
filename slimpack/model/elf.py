"""Elf: what the loader will make of a native file, read from its bytes alone, for any machine.

Only the program headers and what PT_DYNAMIC points to are read: that is what a loader reads, and what is still there
when the section table is gone. Everything malformed is one ElfError with a reason; counts are bounded, so that a
hostile file costs no more than a few passes over a few thousand entries.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

MAGIC = b"\x7fELF"
PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
ET_EXEC, ET_DYN = 2, 3
_DT_NEEDED, _DT_STRTAB, _DT_STRSZ, _DT_SONAME, _DT_RPATH, _DT_RUNPATH = 1, 5, 10, 14, 15, 29
_DT_VERNEED, _DT_VERNEEDNUM = 0x6FFFFFFE, 0x6FFFFFFF
_MACHINES = {3: "i686", 21: "ppc64", 22: "s390x", 40: "armv7l", 62: "x86_64", 183: "aarch64", 243: "riscv64"}
_MAX_SEGMENTS = 512
_MAX_DYNAMIC = 16384
_MAX_VERSIONS = 8192
_MAX_STRING = 4096
_MAX_STRINGS = 1 << 20
"""Characters of all names together: names may overlap, so that a small file could claim very many."""


class ElfError(ValueError):
    """The bytes are not an ELF file that a loader would take; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One program header; `kind` is its PT_ number."""

    kind: int
    flags: int
    offset: int
    vaddr: int
    filesz: int
    memsz: int
    align: int

    @property
    def congruent(self) -> bool:
        """Whether the loader can map it: offset and address agree modulo the alignment, a power of two."""
        if self.align <= 1:
            return True
        return self.align & (self.align - 1) == 0 and self.offset % self.align == self.vaddr % self.align


@dataclass(frozen=True, slots=True, kw_only=True)
class Elf:
    """What a loader reads.

    `machine` is as in wheel tags, `kind` the ET_ number, `phoff` where the program headers are; `verneed` holds
    (library, version) pairs, sorted. `sections` tells whether there is a section table, which no loader needs.
    """

    bits: int
    big_endian: bool
    machine: str
    kind: int
    phoff: int
    segments: tuple[Segment, ...]
    sections: bool
    dynamic: bool = False
    interpreter: str = ""
    soname: str = ""
    needed: tuple[str, ...] = ()
    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    verneed: tuple[tuple[str, str], ...] = ()

    @property
    def glibc(self) -> tuple[int, int]:
        """The newest GLIBC_x.y it asks for; (0, 0) where it asks for none. GLIBC_PRIVATE has no number."""
        numbers = [version.removeprefix("GLIBC_").split(".") for _, version in self.verneed if _numbered(version)]
        return max(((int(major), int(minor)) for major, minor, *_ in numbers), default=(0, 0))

    @property
    def search(self) -> tuple[str, ...]:
        """Where it looks for what it needs: RUNPATH, which hides RPATH (ld.so)."""
        return self.runpath or self.rpath

    def same_to_a_loader(self, other: "Elf") -> bool:
        """Equal but for the section table."""
        return replace(self, sections=False) == replace(other, sections=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """How words lie in this file."""

    order: str
    wide: bool

    def unpack(self, fields: str, data: bytes | memoryview, offset: int) -> tuple[int, ...]:
        layout = self.order + fields
        end = offset + struct.calcsize(layout)
        if offset < 0 or end > len(data):
            raise ElfError(f"truncated: {end} bytes expected, {len(data)} are there")
        return struct.unpack_from(layout, data, offset)


def is_elf(data: bytes) -> bool:
    """Tell by the magic number."""
    return data.startswith(MAGIC)


def parse(data: bytes) -> Elf:
    """Read what a loader reads. Raises ElfError, and nothing else, for what is malformed."""
    if not is_elf(data):
        raise ElfError("not an ELF file")
    if len(data) < 16 or data[4] not in {1, 2} or data[5] not in {1, 2}:  # noqa: PLR2004 e_ident: class and byte order
        raise ElfError("neither a 32- nor a 64-bit ELF file")
    shape = _Shape(order="<" if data[5] == 1 else ">", wide=data[4] == 2)  # noqa: PLR2004 the class of 64 bits
    kind, machine, _, _, phoff, shoff, _, _, phentsize, phnum, _, shnum, _ = shape.unpack(
        "HHIQQQIHHHHHH" if shape.wide else "HHIIIIIHHHHHH", data, 16
    )
    segments = tuple(_segments(data, shape, offset=phoff, size=phentsize, count=phnum))
    elf = Elf(
        bits=64 if shape.wide else 32,
        big_endian=shape.order == ">",
        machine=_MACHINES.get(machine, f"machine {machine}"),
        kind=kind,
        phoff=phoff,
        segments=segments,
        sections=bool(shoff or shnum),
        interpreter=_interpreter(data, segments),
    )
    dynamic = next((segment for segment in segments if segment.kind == PT_DYNAMIC), None)
    return elf if dynamic is None else _with_dynamic(elf, data, shape, dynamic)


def _segments(data: bytes, shape: _Shape, *, offset: int, size: int, count: int) -> Iterator[Segment]:
    if count > _MAX_SEGMENTS:
        raise ElfError(f"{count} program headers")
    if count and size != (56 if shape.wide else 32):
        raise ElfError(f"program headers of {size} bytes")
    for index in range(count):
        at = offset + index * size
        if shape.wide:
            kind, flags, start, vaddr, _, filesz, memsz, align = shape.unpack("IIQQQQQQ", data, at)
        else:
            kind, start, vaddr, _, filesz, memsz, flags, align = shape.unpack("IIIIIIII", data, at)
        segment = Segment(kind=kind, flags=flags, offset=start, vaddr=vaddr, filesz=filesz, memsz=memsz, align=align)
        if filesz and start + filesz > len(data):
            raise ElfError(f"truncated: a segment ends at {start + filesz}, the file at {len(data)}")
        if kind == PT_LOAD and filesz > memsz:
            raise ElfError("a segment is larger in the file than in memory")
        yield segment


def _interpreter(data: bytes, segments: tuple[Segment, ...]) -> str:
    for segment in segments:
        if segment.kind == PT_INTERP:
            if segment.filesz > _MAX_STRING:
                raise ElfError("an interpreter's path of absurd length")
            return _decode(data[segment.offset : segment.offset + segment.filesz].split(b"\0")[0])
    return ""


def _with_dynamic(elf: Elf, data: bytes, shape: _Shape, dynamic: Segment) -> Elf:
    width = 16 if shape.wide else 8
    count = min(dynamic.filesz // width, _MAX_DYNAMIC)
    entries: list[tuple[int, int]] = []
    for index in range(count):
        tag, value = shape.unpack("QQ" if shape.wide else "II", data, dynamic.offset + index * width)
        if tag == 0:
            break
        entries.append((tag, value))
    single = dict(entries)
    names = _Names(data, elf.segments, single)
    return replace(
        elf,
        dynamic=True,
        soname=names.at(single[_DT_SONAME]) if _DT_SONAME in single else "",
        needed=tuple(names.at(value) for tag, value in entries if tag == _DT_NEEDED),
        rpath=_folders(names, single.get(_DT_RPATH)),
        runpath=_folders(names, single.get(_DT_RUNPATH)),
        verneed=tuple(sorted(set(_versions(data, shape, elf.segments, single, names)))),
    )


class _Names:
    """The dynamic string table."""

    def __init__(self, data: bytes, segments: tuple[Segment, ...], single: dict[int, int]) -> None:
        self._data = data
        self._size = single.get(_DT_STRSZ, 0)
        self._start = _file_offset(segments, single[_DT_STRTAB]) if _DT_STRTAB in single else 0
        if self._size and self._start + self._size > len(data):
            raise ElfError("the dynamic string table ends outside the file")
        self._left = _MAX_STRINGS

    def at(self, offset: int) -> str:
        if offset >= self._size:
            raise ElfError("a name outside the dynamic string table")
        start = self._start + offset
        end = self._data.find(b"\0", start, min(start + _MAX_STRING, self._start + self._size))
        self._left -= end - start
        if end < 0 or self._left < 0:
            raise ElfError("a name of absurd length in the dynamic string table")
        return _decode(self._data[start:end])


def _versions(
    data: bytes, shape: _Shape, segments: tuple[Segment, ...], single: dict[int, int], names: _Names
) -> Iterator[tuple[str, str]]:
    if _DT_VERNEED not in single:
        return
    at = _file_offset(segments, single[_DT_VERNEED])
    left = _MAX_VERSIONS
    for _ in range(min(single.get(_DT_VERNEEDNUM, 0), _MAX_VERSIONS)):
        _, count, file, auxiliary, following = shape.unpack("HHIII", data, at)
        library = names.at(file)
        beside = at + auxiliary
        for _ in range(count):
            left -= 1
            if left < 0:
                raise ElfError("an absurd number of needed versions")
            _, _, _, name, step = shape.unpack("IHHII", data, beside)
            yield library, names.at(name)
            if not step:
                break
            beside += step
        if not following:
            break
        at += following


def _folders(names: _Names, offset: int | None) -> tuple[str, ...]:
    return () if offset is None else tuple(part for part in names.at(offset).split(":") if part)


def _file_offset(segments: tuple[Segment, ...], address: int) -> int:
    for segment in segments:
        if segment.kind == PT_LOAD and segment.vaddr <= address < segment.vaddr + segment.filesz:
            return address - segment.vaddr + segment.offset
    raise ElfError(f"address {address:#x} is in no segment of the file")


def _numbered(version: str) -> bool:
    parts = version.removeprefix("GLIBC_").split(".")
    return version.startswith("GLIBC_") and len(parts) > 1 and all(_short_number(part) for part in parts)


def _short_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 4  # noqa: PLR2004 int() of thousands of digits is refused


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
