"""fallback_files: what ships for cold files; that it is found by the interpreter is tested beside this."""

import lzma
import marshal
from pathlib import Path
from typing import Any

import pytest
from fallbacks import target, tree
from sandboxes import tools_in

from slimpack.apply.fallback import FORMAT, fallback_files, hook_files
from slimpack.events import Listener
from slimpack.host.cache import Cache
from slimpack.host.tools import Tools
from slimpack.model.project import Fallback
from slimpack.model.tree import Bytes, File, Tree
from slimpack.probe import fallback as hook

HOOK = {f"_slimpack/{name}.py" for name in ("__init__", "archive", "loaders", "notice", "spawning")}
COLD: dict[str, str | bytes] = {
    "pkg/__init__.py": "",
    "pkg/a.py": "A = 1\n",
    "pkg/b/c.py": "",
    "pkg.libs/libx.so.1": b"\0",
    "top.py": "",
}


def made(cold: Tree, tools: Tools, kind: Fallback = Fallback.ARCHIVE) -> dict[str, bytes]:
    files = fallback_files(cold, kind=kind, target=target((3, 13)), tools=tools)
    assert list(files) == sorted(files)
    return {path: file.content.read() for path, file in files.items()}


def index_of(files: dict[str, bytes]) -> Any:
    return marshal.loads(files["_slimpack/index"])  # noqa: S302 made by the test


def blob(data: bytes) -> dict[str, bytes]:
    data = lzma.decompress(data)
    at = 4 + int.from_bytes(data[:4], "big")
    files = {}
    for path, size in marshal.loads(data[4:at]):  # noqa: S302 made by the test
        files[path] = data[at : at + size]
        at += size
    return files


def test_the_hook_an_index_and_a_blob_of_sources_and_of_natives(tmp_path: Path) -> None:
    files = made(tree(COLD), tools_in(tmp_path))
    assert files.keys() == {*HOOK, "_slimpack/index", "_slimpack/lib.0.xz", "_slimpack/lib.native.xz"}
    sources = {path: text.encode() for path, text in COLD.items() if isinstance(text, str)}
    assert blob(files["_slimpack/lib.0.xz"]) == sources
    assert blob(files["_slimpack/lib.native.xz"]) == {"pkg.libs/libx.so.1": b"\0"}
    version, archived, blobs, folders = index_of(files)
    assert (version, archived) == (FORMAT, True) == (hook.FORMAT, True)
    assert [row[:2] for row in blobs] == [("lib.0.xz", "lib"), ("lib.native.xz", "lib")]
    assert folders == {
        "": "0\0pkg/__init__.py\0top.py",
        "pkg": "0\0__init__.py\0a.py\0b/",
        "pkg/b": "0\0c.py",
    }


def test_explain_ships_the_names_only(tmp_path: Path) -> None:
    files = made(tree(COLD), tools_in(tmp_path), Fallback.EXPLAIN)
    assert files.keys() == {*HOOK, "_slimpack/index"}
    assert index_of(files)[1] is False
    assert index_of(files)[3] == index_of(made(tree(COLD), tools_in(tmp_path)))[3]


@pytest.mark.parametrize("kind", Fallback)
def test_without_cold_files_nothing_ships(tmp_path: Path, kind: Fallback) -> None:
    assert made(Tree({}), tools_in(tmp_path), kind) == {}


def test_none_ships_nothing(tmp_path: Path) -> None:
    assert made(tree(COLD), tools_in(tmp_path), Fallback.NONE) == {}


@pytest.mark.parametrize("path", ["a.txt", "a.pyi", "a.so.txt", "_slimpack/x.py", "data/x.json"])
@pytest.mark.parametrize("kind", Fallback)
def test_what_cannot_be_loaded_on_demand_is_refused(tmp_path: Path, path: str, kind: Fallback) -> None:
    with pytest.raises(ValueError, match=path):
        made(tree({path: ""}), tools_in(tmp_path), kind)


def test_the_same_files_make_the_same_bytes(tmp_path: Path) -> None:
    first = made(tree(COLD), tools_in(tmp_path / "a"))
    again = made(tree(dict(reversed(COLD.items()))), tools_in(tmp_path / "a"))
    elsewhere = made(tree(COLD), tools_in(tmp_path / "b"))
    assert first == again == elsewhere


def test_what_is_cached_is_not_read_again(tmp_path: Path) -> None:
    first = made(tree(COLD), tools_in(tmp_path))

    class Unread(Bytes):
        def read(self) -> bytes:
            raise AssertionError("read again")

    def unread(file: File) -> File:
        assert isinstance(file.content, Bytes)
        return File(Unread(file.content.data), owner=file.owner)

    whole = tree(COLD)
    again = whole.with_files({path: unread(file) for path, file in whole.files.items() if ".so" not in path})
    assert made(again, tools_in(tmp_path))["_slimpack/lib.0.xz"] == first["_slimpack/lib.0.xz"]


def test_a_lost_or_unwritable_cache_costs_time_only(tmp_path: Path) -> None:
    expected = made(tree(COLD), tools_in(tmp_path / "a"))
    tools = tools_in(tmp_path / "b")
    files = fallback_files(tree(COLD), kind=Fallback.ARCHIVE, target=target((3, 13)), tools=tools)
    tools.cache.clear()
    assert {path: file.content.read() for path, file in files.items()} == expected
    nowhere = Tools(cache=Cache(Path("/dev/null/x")), environment={})
    assert made(tree(COLD), nowhere) == expected


def test_contents_know_their_size_and_digest(tmp_path: Path) -> None:
    files = fallback_files(tree(COLD), kind=Fallback.ARCHIVE, target=target((3, 13)), tools=tools_in(tmp_path))
    for file in files.values():
        assert file.content.size == len(file.content.read())
        assert file.content.sha256 == Bytes(file.content.read()).sha256


def test_bytecode_ships_in_place_of_the_hooks_sources(tmp_path: Path) -> None:
    bytecode = {path: Bytes(b"code of " + path.encode()) for path in hook_files()}
    files = fallback_files(
        tree(COLD), kind=Fallback.EXPLAIN, target=target((3, 13)), tools=tools_in(tmp_path), bytecode=bytecode
    )
    assert files.keys() == {*(f"{path}c" for path in HOOK), "_slimpack/index"}


def test_each_distribution_has_blobs_of_its_own(tmp_path: Path) -> None:
    cold = Tree({**tree({"a.py": ""}, owner="").files, **tree({"b.py": "", "ns/b.py": ""}, owner="b").files})
    files = made(cold, tools_in(tmp_path))
    assert {path for path in files if path.endswith(".xz")} == {"_slimpack/_own.0.xz", "_slimpack/b.0.xz"}
    assert index_of(files)[3][""] == "0\0a.py\0001\0b.py\0ns/"


def test_sources_are_cut_into_blobs(tmp_path: Path) -> None:
    large = {f"m{number}.py": "#" * (1 << 20) for number in range(6)}
    files = made(tree(large), tools_in(tmp_path))
    parts = [blob(data) for path, data in sorted(files.items()) if path.endswith(".xz")]
    assert [len(part) for part in parts] == [4, 2]
    assert index_of(files)[3][""] == "0\0m0.py\0m1.py\0m2.py\0m3.py\0001\0m4.py\0m5.py"


@pytest.mark.parametrize(
    ("files", "listed"),
    [
        (["x.py", "x.pyc"], "0\0x.py"),
        (["x.py", "x/__init__.py"], "0\0x/__init__.py"),
        (["x.py", "x/y.py"], "0\0x.py"),
        (["x.abi3.so", "x.so", "x.py"], "1\0x.abi3.so"),
        (["x/__init__.so", "x/__init__.py"], "1\0x/__init__.so"),
        (["x.cpython-312-x86_64-linux-gnu.so"], None),
        (["x.pyc", "__pycache__/x.cpython-313.pyc"], "0\0x.pyc"),
        (["__pycache__/x.cpython-313.pyc"], None),
        (["libx.so.1"], None),
        (["a.b/c.py"], None),
    ],
)
def test_of_two_files_for_one_name_the_one_that_is_imported_is_listed(
    tmp_path: Path, files: list[str], listed: str | None
) -> None:
    cold = tree(dict.fromkeys(files, b"\0"))
    assert index_of(made(cold, tools_in(tmp_path), Fallback.EXPLAIN))[3].get("") == listed


def test_progress_is_told(tmp_path: Path) -> None:
    heard = []

    class Hearing(Listener):
        def progressed(self, stage: str, *, done: int, total: int, unit: str = "") -> None:
            heard.append((stage, done, total, unit))

    tools = Tools(cache=Cache(tmp_path), environment={}, listener=Hearing())
    fallback_files(tree(COLD), kind=Fallback.ARCHIVE, target=target(), tools=tools)
    assert heard[-1] == ("apply", 7, 7, "bytes")


def test_importing_the_hook_here_does_nothing() -> None:
    assert hook.__name__ != "_slimpack"
    assert not hasattr(hook, "ROOT")
