"""Whatever the bytes, a parser answers or raises ElfError; a cut answers or says why not, and never changes what loads."""

import struct

from elves import shared_object as tiny
from fuzz_targets import ElfReader
from hypothesis import given
from hypothesis import strategies as st

from slimpack.apply.symbols import cut
from slimpack.model.elf import parse

WHOLE = [
    tiny(
        wide=wide,
        order=order,
        needed=["libz.so.1", "libc.so.6"],
        soname="libtiny.so",
        runpath="$ORIGIN",
        versions=[("libc.so.6", ["GLIBC_2.17", "GLIBC_2.28"])],
        between=[(".symtab", b"s" * 64)],
        second=b"data" * 16,
        behind=[(".debug_info", b"d" * 64), (".comment", b"GCC")],
    )
    for wide in (True, False)
    for order in "<>"
]


answers = ElfReader().run


def some_sections(*names: str) -> st.SearchStrategy[list[tuple[str, bytes]]]:
    return st.lists(
        st.tuples(st.sampled_from(names), st.binary(max_size=300)), max_size=4, unique_by=lambda pair: pair[0]
    )


@given(
    between=some_sections(".symtab", ".strtab", ".MINE", ".payload"),
    behind=some_sections(".debug_info", ".comment", ".symtab_shndx", ".note.x"),
    second=st.binary(max_size=200),
    align=st.sampled_from([4096, 65536]),
    wide=st.booleans(),
    order=st.sampled_from("<>"),
)
def test_any_shape_of_a_good_file_is_cut_once(
    *,
    between: list[tuple[str, bytes]],
    behind: list[tuple[str, bytes]],
    second: bytes,
    align: int,
    wide: bool,
    order: str,
) -> None:
    whole = tiny(wide=wide, order=order, between=between if second else [], second=second, behind=behind, align=align)
    answers(whole)
    done = cut(whole).data
    assert not parse(done).sections
    for name, data in between if second else []:
        if name in {".MINE", ".payload"} and data:
            assert data in done


@given(st.binary(max_size=512))
def test_any_bytes_behind_the_magic(data: bytes) -> None:
    answers(b"\x7fELF" + data)


@given(
    whole=st.sampled_from(WHOLE),
    changes=st.lists(
        st.tuples(st.integers(4, 5000), st.sampled_from([1, 2, 4, 8]), st.integers(0, 2**64 - 1)), max_size=6
    ),
    keep=st.none() | st.integers(0, 6000),
)
def test_any_damage_to_a_good_file(whole: bytes, changes: list[tuple[int, int, int]], keep: int | None) -> None:
    data = bytearray(whole)
    for place, width, value in changes:
        at = place % (len(data) - 8)
        data[at : at + width] = struct.pack("<Q", value)[:width]
    answers(bytes(data[:keep]))


@given(whole=st.sampled_from(WHOLE), at=st.integers(4, 600), value=st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]))
def test_any_one_byte_of_the_headers(whole: bytes, at: int, value: int) -> None:
    data = bytearray(whole)
    data[at] = value
    answers(bytes(data))
