"""cut: what goes, what must stay, and when a file is left as it is."""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from elves import shared_object as tiny

from slimpack.apply.symbols import NotCut, cut
from slimpack.model.elf import parse

COMPILER = shutil.which("cc") or ""
FOR_TOOLS = [
    ".debug_info",
    ".debug_str",
    ".zdebug_line",
    ".comment",
    ".symtab",
    ".strtab",
    ".gnu_debuglink",
    ".note.stapsdt",
]
SHAPES = [(True, "<"), (True, ">"), (False, "<"), (False, ">")]


@pytest.mark.parametrize("name", FOR_TOOLS)
def test_sections_that_only_tools_read_go(name: str) -> None:
    whole = tiny(needed=["libc.so.6"], behind=[(name, b"x" * 5000)])
    done = cut(whole)
    assert len(whole) - len(done.data) > 5000
    assert done.gain >= 5000
    assert b"xxxx" not in done.data


@pytest.mark.parametrize(("wide", "order"), SHAPES)
def test_what_a_loader_reads_is_the_same(wide: bool, order: str) -> None:
    whole = tiny(
        wide=wide,
        order=order,
        needed=["libz.so.1"],
        soname="libt.so",
        runpath="$ORIGIN",
        versions=[("libc.so.6", ["GLIBC_2.17"])],
        between=[(".symtab", b"s" * 3000)],
        second=b"data" * 100,
        behind=[(".debug_info", b"d" * 3000)],
    )
    before, after = parse(whole), parse(cut(whole).data)
    assert before.same_to_a_loader(after)
    assert before.sections
    assert not after.sections


def test_what_lies_between_loaded_ranges_becomes_zero_and_nothing_moves() -> None:
    whole = tiny(between=[(".symtab", b"s" * 3000)], second=b"data" * 100)
    done = cut(whole).data
    assert done.index(b"data" * 100) == whole.index(b"data" * 100)
    assert done.endswith(b"data" * 100)
    assert b"ss" not in done


def test_unnamed_bytes_between_loaded_ranges_stay() -> None:
    whole = tiny(between=[(".MINE", b"m" * 300)], second=b"data")
    assert b"m" * 300 in cut(whole).data


@pytest.mark.parametrize(
    ("name", "why"),
    [(".payload", "belong to no section"), (".pydata", "belong to no section"), (".llvmbc", "belong to no section")],
)
def test_sections_of_an_unknown_kind_stay(name: str, why: str) -> None:
    with pytest.raises(NotCut, match=why) as caught:
        cut(tiny(behind=[(".debug_info", b"d" * 300), (name, b"p" * 300)]))
    assert caught.value.odd


def test_a_payload_behind_the_sections_stays() -> None:
    with pytest.raises(NotCut, match="belong to no section") as caught:
        cut(tiny(behind=[(".debug_info", b"d" * 300)], unnamed=b"PK\x03\x04 an archive"))
    assert caught.value.odd
    with pytest.raises(NotCut, match="belong to no section"):
        cut(tiny(behind=[(".debug_info", b"d" * 300)]) + b"PK\x03\x04 an archive")


def test_sections_found_by_name_without_loading_keep_the_file() -> None:
    with pytest.raises(NotCut, match=r"\.qtmetadata") as caught:
        cut(tiny(between=[(".QTMETADATA", b"q" * 100)]))
    assert not caught.value.odd


@pytest.mark.parametrize(
    ("whole", "why"),
    [
        (tiny(kind=2), "not a shared object"),
        (tiny(kind=1), "not a shared object"),
        (tiny(dynamic=False), "not a shared object"),
        (tiny(sections=False), "no section table"),
    ],
)
def test_what_is_not_for_cutting_stays_without_a_word(whole: bytes, why: str) -> None:
    with pytest.raises(NotCut, match=why) as caught:
        cut(whole)
    assert not caught.value.odd


def test_cutting_twice_changes_nothing_more() -> None:
    done = cut(tiny(behind=[(".debug_info", b"d" * 300)])).data
    with pytest.raises(NotCut, match="no section table"):
        cut(done)


def test_a_file_that_is_misaligned_already_is_left_alone() -> None:
    with pytest.raises(NotCut, match="not aligned") as caught:
        cut(tiny(skew=8, behind=[(".debug_info", b"d" * 300)]))
    assert caught.value.odd


def test_a_broken_file_is_left_alone() -> None:
    with pytest.raises(NotCut, match="truncated") as caught:
        cut(tiny(behind=[(".debug_info", b"d" * 300)])[:200])
    assert caught.value.odd


@pytest.mark.skipif(sys.platform != "linux", reason="loads what it cut")
@pytest.mark.parametrize("package", ["zstandard", "deflate"])
def test_extension_modules_of_real_wheels_load_when_cut(package: str, tmp_path: Path) -> None:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).parent
    copy = tmp_path / package
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    done = 0
    for path in sorted(copy.rglob("*.so")):
        whole = path.read_bytes()
        path.write_bytes(cut(whole).data)
        assert path.stat().st_size < len(whole)
        done += 1
    assert done
    code = {
        "zstandard": "import zstandard as z; assert z.backend == 'cext'; d = b'ab' * 999; assert z.decompress(z.compress(d)) == d",
        "deflate": "import deflate as z; d = b'ab' * 999; assert bytes(z.deflate_decompress(z.deflate_compress(d, 9), len(d))) == d",
    }[package]
    check = f"{code}; assert z.__file__.startswith({str(tmp_path)!r}), z.__file__"
    subprocess.run([sys.executable, "-c", check], env={"PYTHONPATH": str(tmp_path)}, check=True)


@pytest.mark.skipif(not COMPILER or sys.platform != "linux", reason="needs a C compiler")
@pytest.mark.parametrize(
    "flags",
    [
        ["-g"],
        ["-g3", "-O2", "-Wl,-z,separate-code"],
        ["-g", "-Wl,--emit-relocs"],
        ["-g", "-Wl,-z,relro,-z,now", "-Wl,--hash-style=sysv"],
    ],
)
def test_what_a_compiler_makes_loads_when_cut(flags: list[str], tmp_path: Path) -> None:
    source = tmp_path / "lib.c"
    source.write_text(
        "static int table[4096]; __thread int mine = 5; int set = 7;\n"
        "static void __attribute__((constructor)) start(void) { table[7] = 35; }\n"
        "int answer(void) { return table[set] + set; } int *where(void) { return &mine; }\n"
    )
    library = tmp_path / "lib.so"
    subprocess.run([COMPILER, "-shared", "-fPIC", *flags, "-o", str(library), str(source)], check=True)
    whole = library.read_bytes()
    library.write_bytes(cut(whole).data)
    assert library.stat().st_size < len(whole)
    code = (
        f"import ctypes; lib = ctypes.CDLL({str(library)!r}); assert lib.answer() == 42;"
        "lib.where.restype = ctypes.POINTER(ctypes.c_int); assert lib.where()[0] == 5"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True)
