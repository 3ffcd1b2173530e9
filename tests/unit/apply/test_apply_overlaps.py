"""Segments and sections that overlap, lie out of order, or lie about where they are: cut safely, or left alone."""

import struct

import pytest
from elves import shared_object

from slimpack.apply.symbols import NotCut, cut
from slimpack.model.elf import ElfError, Segment, parse

WHOLE = shared_object(
    needed=["libc.so.6"],
    soname="libx.so",
    between=[(".symtab", b"s" * 200)],
    second=b"data" * 64,
    behind=[(".debug_info", b"d" * 500), (".comment", b"GCC")],
)
HEADERS = 64
"""Where the program headers begin; each has 56 bytes."""
TABLE = struct.Struct("<IIQQQQQQ")


def rewritten(number: int, **fields: int) -> bytes:
    """The file with another program header."""
    data = bytearray(WHOLE)
    names = ("kind", "flags", "offset", "vaddr", "paddr", "filesz", "memsz", "align")
    at = HEADERS + TABLE.size * number
    values = dict(zip(names, TABLE.unpack_from(data, at), strict=True)) | fields
    TABLE.pack_into(data, at, *(values[name] for name in names))
    return bytes(data)


def loads(data: bytes) -> list[tuple[int, Segment]]:
    return [(number, one) for number, one in enumerate(parse(data).segments) if one.kind == 1]


def survives(data: bytes) -> bool:
    """Every byte that a loader maps is there after a cut; tells whether there was one."""
    before = parse(data)
    try:
        done = cut(data).data
    except NotCut:
        return False
    assert before.same_to_a_loader(parse(done))
    for segment in before.segments:
        low, high = max(64, segment.offset), segment.offset + segment.filesz
        assert data[low:high] == done[low:high]
    return True


FIRST, SECOND = loads(WHOLE)


def test_the_whole_file_is_cut() -> None:
    assert survives(WHOLE)


@pytest.mark.parametrize(
    ("number", "fields"),
    [
        (SECOND[0], {"offset": 0, "vaddr": 1 << 20, "filesz": 500, "memsz": 500}),  # the same bytes twice
        (SECOND[0], {"offset": FIRST[1].filesz - 100 & ~7, "align": 1}),  # half in the other
        (SECOND[0], {"vaddr": 0, "align": 1}),  # two segments at one address
        (FIRST[0], {"filesz": len(WHOLE), "memsz": len(WHOLE)}),  # all, symbols included
        (SECOND[0], {"offset": SECOND[1].offset - 50, "align": 1}),  # what lies between is loaded
        (FIRST[0], {"align": 3}),
        (FIRST[0], {"align": 2**63}),
        (SECOND[0], {"filesz": 0, "memsz": 2**40}),
        (SECOND[0], {"filesz": 0, "offset": 2**64 - 1, "memsz": 0, "align": 0}),
    ],
)
def test_overlapping_segments(number: int, fields: dict[str, int]) -> None:
    survives(rewritten(number, **fields))


@pytest.mark.parametrize("fields", [{"offset": 2**63}, {"filesz": 2**64 - 1}, {"filesz": 300, "memsz": 10}])
def test_a_segment_outside_the_file(fields: dict[str, int]) -> None:
    data = rewritten(SECOND[0], **fields)
    with pytest.raises(ElfError):
        parse(data)
    with pytest.raises(NotCut):
        cut(data)


@pytest.mark.parametrize("loaded", ["first", "second"])
def test_a_section_for_tools_that_lies_in_what_is_loaded(loaded: str) -> None:
    """A section table that calls loaded bytes symbols: they stay."""
    data = bytearray(WHOLE)
    (table,) = struct.unpack_from("<Q", data, 40)
    (count,) = struct.unpack_from("<H", data, 60)
    segment = (FIRST if loaded == "first" else SECOND)[1]
    for index in range(1, count):
        kind, flags = struct.unpack_from("<IQ", data, table + 64 * index + 4)
        if kind == 1 and not flags:
            struct.pack_into("<QQ", data, table + 64 * index + 24, segment.offset, segment.filesz)
    survives(bytes(data))
