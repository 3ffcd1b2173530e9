"""Tiny shared objects, byte by byte: what a test wants to say of a native file, for any machine, without a compiler."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

Named = Sequence[tuple[str, bytes]]
"""Sections: (name, bytes); names in capitals are allocated."""

_LOAD, _DYNAMIC, _NOTE = 1, 2, 4
_NEEDED, _STRTAB, _STRSZ, _SONAME, _RPATH, _RUNPATH = 1, 5, 10, 14, 15, 29
_VERNEED, _VERNEEDNUM = 0x6FFFFFFE, 0x6FFFFFFF


def shared_object(
    *,
    wide: bool = True,
    order: str = "<",
    machine: int = 62,
    kind: int = 3,
    needed: Sequence[str] = (),
    soname: str = "",
    rpath: str = "",
    runpath: str = "",
    versions: Sequence[tuple[str, Sequence[str]]] = (),
    align: int = 4096,
    skew: int = 0,
    between: Named = (),
    second: bytes = b"",
    behind: Named = (),
    unnamed: bytes = b"",
    sections: bool = True,
    dynamic: bool = True,
) -> bytes:
    """One loaded segment with the dynamic information, and, if asked for, `between` sections and a `second` segment.

    `behind` are sections behind all that is loaded, `unnamed` bytes there that no section names; `skew` breaks the
    first segment's alignment.
    """
    writer = _Writer(order=order, wide=wide)
    texts = [(_NEEDED, text) for text in needed] + [(_SONAME, soname), (_RPATH, rpath), (_RUNPATH, runpath)]
    entries = [(tag, writer.name(text)) for tag, text in texts if text]
    writer.dynamic_information(entries, versions, segments=2 + bool(second), skew=skew, kept=dynamic, align=align)
    writer.sections(between)
    if second:
        writer.segment(second, skew=skew, align=align)
    writer.sections(behind)
    writer.image += unnamed
    if sections:
        writer.section_table()
    return writer.finished(kind=kind, machine=machine)


@dataclass
class _Writer:
    order: str
    wide: bool
    image: bytearray = field(default_factory=bytearray)
    strings: bytearray = field(default_factory=lambda: bytearray(1))
    programs: list[tuple[int, int, int, int, int, int, int]] = field(default_factory=list)
    rows: list[tuple[str, int, int, int, int]] = field(default_factory=lambda: [("", 0, 0, 0, 0)])
    table: tuple[int, int] = (0, 0)

    @property
    def header(self) -> int:
        return 64 if self.wide else 52

    def name(self, text: str) -> int:
        at = len(self.strings)
        self.strings += text.encode() + b"\0"
        return at

    def pack(self, fields: str, *values: int) -> bytes:
        return struct.pack(self.order + fields, *values)

    def place(self, label: str, kind: int, flags: int, data: bytes) -> int:
        self.image += bytes(-len(self.image) % (8 if flags else 1))
        at = len(self.image)
        self.rows.append((label, kind, flags, at, len(data)))
        self.image += data
        return at

    def dynamic_information(
        self,
        entries: list[tuple[int, int]],
        versions: Sequence[tuple[str, Sequence[str]]],
        *,
        segments: int,
        skew: int,
        kept: bool,
        align: int,
    ) -> None:
        verneed = self.verneed(versions)
        self.image += bytes(self.header + (56 if self.wide else 32) * segments)
        entries += [(_STRTAB, skew + self.place(".dynstr", 3, 2, bytes(self.strings))), (_STRSZ, len(self.strings))]
        if versions:
            entries += [(_VERNEED, skew + self.place(".gnu.version_r", 1, 2, verneed)), (_VERNEEDNUM, len(versions))]
        table = b"".join(self.pack("QQ" if self.wide else "II", *pair) for pair in [*entries, (0, 0)])
        at = self.place(".dynamic", 6, 2, table)
        size = len(self.image)
        self.programs.append((_LOAD, 5, 0, skew, size, size, align))
        self.programs.append((_DYNAMIC if kept else _NOTE, 6, at, at + skew, len(table), len(table), 8))

    def verneed(self, versions: Sequence[tuple[str, Sequence[str]]]) -> bytes:
        packed = b""
        for library, wanted in versions:
            following = 0 if library == versions[-1][0] else 16 + 16 * len(wanted)
            packed += self.pack("HHIII", 1, len(wanted), self.name(library), 16, following)
            for number, version in enumerate(wanted):
                step = 0 if number == len(wanted) - 1 else 16
                packed += self.pack("IHHII", 0, 0, number + 2, self.name(version), step)
        return packed

    def sections(self, pairs: Named) -> None:
        for label, data in pairs:
            self.place(label.lower(), 1, 2 if label.isupper() else 0, data)

    def segment(self, data: bytes, *, skew: int, align: int) -> None:
        self.image += bytes(-len(self.image) % align)
        at = len(self.image)
        self.programs.append((_LOAD, 6, at, at + skew, len(data), len(data) + 64, align))
        self.image += data

    def section_table(self) -> None:
        labels = b"\0".join([*(label.encode() for label, *_ in self.rows), b".shstrtab", b""])
        self.place(".shstrtab", 3, 0, labels)
        self.image += bytes(-len(self.image) % 8)
        self.table = len(self.image), len(self.rows)
        at = 0
        for label, kind, flags, start, size in self.rows:
            numbers = (at, kind, flags, start if flags else 0, start, size, 0, 0, 1, 0)
            self.image += self.pack("IIQQQQIIQQ" if self.wide else "IIIIIIIIII", *numbers)
            at += len(label) + 1

    def finished(self, *, kind: int, machine: int) -> bytes:
        shoff, shnum = self.table
        ident = b"\x7fELF" + bytes([2 if self.wide else 1, 1 if self.order == "<" else 2, 1]) + bytes(9)
        sizes = (64, 56, len(self.programs), 64) if self.wide else (52, 32, len(self.programs), 40)
        numbers = (kind, machine, 1, 0, self.header, shoff, 0, *sizes, shnum, max(shnum - 1, 0))
        head = ident + self.pack("HHIQQQIHHHHHH" if self.wide else "HHIIIIIHHHHHH", *numbers)
        for sort, flags, offset, address, filesz, memsz, align in self.programs:
            if self.wide:
                head += self.pack("IIQQQQQQ", sort, flags, offset, address, address, filesz, memsz, align)
            else:
                head += self.pack("IIIIIIII", sort, offset, address, address, filesz, memsz, flags, align)
        self.image[: len(head)] = head
        return bytes(self.image)
