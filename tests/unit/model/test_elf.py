"""Elf: what a loader reads of a native file."""

import struct

import pytest
from elves import shared_object as tiny

from slimpack.model.elf import ElfError, Segment, is_elf, parse

SHAPES = [(True, "<"), (True, ">"), (False, "<"), (False, ">")]


@pytest.mark.parametrize(("wide", "order"), SHAPES)
def test_the_same_is_read_in_every_class_and_byte_order(wide: bool, order: str) -> None:
    elf = parse(
        tiny(
            wide=wide,
            order=order,
            needed=["libz.so.1", "libc.so.6"],
            soname="libtiny.so.1",
            runpath="$ORIGIN/../tiny.libs:/opt/lib",
            versions=[("libc.so.6", ["GLIBC_2.9", "GLIBC_2.17"]), ("libz.so.1", ["ZLIB_1.2"])],
        )
    )
    assert (elf.bits, elf.big_endian) == (64 if wide else 32, order == ">")
    assert elf.machine == "x86_64"
    assert elf.needed == ("libz.so.1", "libc.so.6")
    assert elf.soname == "libtiny.so.1"
    assert elf.runpath == ("$ORIGIN/../tiny.libs", "/opt/lib")
    assert elf.verneed == (("libc.so.6", "GLIBC_2.17"), ("libc.so.6", "GLIBC_2.9"), ("libz.so.1", "ZLIB_1.2"))
    assert elf.glibc == (2, 17)
    assert elf.sections


def test_glibc_is_compared_as_numbers_and_private_symbols_have_none() -> None:
    versions = [("libc.so.6", ["GLIBC_2.4", "GLIBC_2.34", "GLIBC_2.3.4", "GLIBC_PRIVATE", "GLIBC_ABI_DT_RELR"])]
    assert parse(tiny(versions=versions)).glibc == (2, 34)
    assert parse(tiny(versions=[("libm.so.6", ["OTHER_9.9"])])).glibc == (0, 0)


def test_runpath_hides_rpath() -> None:
    assert parse(tiny(rpath="$ORIGIN/a", runpath="$ORIGIN/b")).search == ("$ORIGIN/b",)
    assert parse(tiny(rpath="$ORIGIN/a")).search == ("$ORIGIN/a",)


def test_machines_have_the_names_of_wheel_tags() -> None:
    assert parse(tiny(machine=183)).machine == "aarch64"
    assert parse(tiny(machine=9999)).machine == "machine 9999"


def test_without_dynamic_information_nothing_is_needed() -> None:
    elf = parse(tiny(dynamic=False, needed=["libz.so.1"]))
    assert not elf.dynamic
    assert elf.needed == ()


def test_without_a_section_table_all_else_is_the_same() -> None:
    with_table, without = parse(tiny(needed=["libz.so.1"])), parse(tiny(needed=["libz.so.1"], sections=False))
    assert not without.sections
    assert with_table.same_to_a_loader(without)
    assert not with_table.same_to_a_loader(parse(tiny(needed=["libx.so.1"])))


@pytest.mark.parametrize(
    ("offset", "vaddr", "align", "congruent"),
    [(0, 0, 4096, True), (0x1234, 0x5234, 4096, True), (0x10, 0x18, 4096, False), (8, 4, 1, True), (0, 0, 48, False)],
)
def test_congruence(offset: int, vaddr: int, align: int, congruent: bool) -> None:
    segment = Segment(kind=1, flags=5, offset=offset, vaddr=vaddr, filesz=1, memsz=1, align=align)
    assert segment.congruent is congruent


def test_what_is_no_elf_is_refused_with_a_reason() -> None:
    assert not is_elf(b"MZ\x90")
    with pytest.raises(ElfError, match="not an ELF file"):
        parse(b"MZ\x90")
    with pytest.raises(ElfError, match="neither a 32- nor a 64-bit"):
        parse(b"\x7fELF\x07\x01" + bytes(60))
    with pytest.raises(ElfError, match="truncated"):
        parse(tiny()[:40])


def test_a_segment_outside_the_file_is_refused() -> None:
    data = bytearray(tiny())
    struct.pack_into("<Q", data, 64 + 32, 1 << 40)
    with pytest.raises(ElfError, match="a segment ends at"):
        parse(bytes(data))


def test_absurd_counts_are_refused() -> None:
    data = bytearray(tiny())
    struct.pack_into("<H", data, 56, 0xFFFF)
    with pytest.raises(ElfError, match="65535 program headers"):
        parse(bytes(data))


def test_a_ring_of_versions_ends() -> None:
    data = bytearray(tiny(versions=[("libc.so.6", ["GLIBC_2.17", "GLIBC_2.18"])]))
    at = data.index(struct.pack("<HH", 1, 2), 64)
    struct.pack_into("<H", data, at + 2, 0xFFFF)
    struct.pack_into("<I", data, at + 16 + 12, 0xFFFFFFF0)
    with pytest.raises(ElfError):
        parse(bytes(data))
