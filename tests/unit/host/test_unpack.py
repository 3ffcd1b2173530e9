"""Trees and artifacts become folders."""

import zipfile
from pathlib import Path

import pytest
from sandboxes import tools_in, tree_with

from slimpack.host.cache import Cache
from slimpack.host.tools import Tools
from slimpack.host.unpack import unpacked, unzipped
from slimpack.model.tree import Bytes, File, Tree


def listing(folder: Path) -> dict[str, bytes]:
    """All files, through links."""
    found = {}
    for path in folder.iterdir():
        if path.is_dir():
            found.update({f"{path.name}/{name}": data for name, data in listing(path).items()})
        else:
            found[path.name] = path.read_bytes()
    return found


def test_own_files_and_those_of_distributions_lie_in_one_folder(tmp_path: Path) -> None:
    tree = tree_with(
        {"app.py": "a", "space/mine/__init__.py": "m", "pkg/sub/x.py": "x"},
        {"lib/__init__.py": "l", "space/theirs/__init__.py": "t", "pkg/sub/y.py": "y", "pkg/z.py": "z", "six.py": "s"},
    )
    with unpacked(tree, bytecode={"lib/__init__.py": Bytes(b"code")}, tools=tools_in(tmp_path)) as folder:
        assert listing(folder.code) == {path: file.content.read() for path, file in tree.files.items()}
        assert listing(folder.bytecode) == {"lib/__init__.pyc": b"code"}
        code = folder.code
    assert not code.exists()


def test_distributions_are_written_once(tmp_path: Path) -> None:
    tools = tools_in(tmp_path)
    with unpacked(tree_with({"app.py": "a"}, {"lib.py": "l"}), bytecode={}, tools=tools) as folder:
        first = folder.stored
    with unpacked(tree_with({"app.py": "b"}, {"lib.py": "l"}), bytecode={}, tools=tools) as folder:
        assert folder.stored == first
    with unpacked(tree_with({"app.py": "b"}, {"lib.py": "L"}), bytecode={}, tools=tools) as folder:
        assert folder.stored != first
        assert (folder.code / "lib.py").read_bytes() == b"L"


def test_modes_are_read_only_and_keep_the_executable_bit(tmp_path: Path) -> None:
    tree = Tree({"bin/tool": File(Bytes(b"#!"), executable=True, owner="lib"), "lib.py": File(Bytes(b""), owner="lib")})
    with unpacked(tree, bytecode={}, tools=tools_in(tmp_path)) as folder:
        assert (folder.code / "bin/tool").stat().st_mode & 0o777 == 0o555
        assert (folder.code / "lib.py").stat().st_mode & 0o777 == 0o444


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    tools = Tools(cache=Cache(blocked / "cache"), environment={})
    tree = tree_with({"app.py": "a"}, {"lib/x.py": "l"})
    with unpacked(tree, bytecode={}, tools=tools) as folder:
        assert listing(folder.code) == {"app.py": b"a", "lib/x.py": b"l"}


def test_an_artifact_is_unzipped_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    files = {"app.py": b"x" * 5000, "empty/__init__.py": b"", "lib/data.bin": bytes(range(256)) * 40}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            stored = zipfile.ZIP_STORED if name.endswith(".bin") else zipfile.ZIP_DEFLATED
            archive.writestr(name, data, compress_type=stored)
    with unzipped(path, tools=tools_in(tmp_path)) as folder:
        assert listing(folder) == files
    assert not folder.exists()


def test_a_damaged_artifact_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.py", b"print('hello')\n" * 500)
    data = bytearray(path.read_bytes())
    data[50] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(Exception, match=r"CRC|decompress|invalid"), unzipped(path, tools=tools_in(tmp_path)):
        pass


def test_a_folder_is_used_in_place(tmp_path: Path) -> None:
    with unzipped(tmp_path, tools=tools_in(tmp_path)) as folder:
        assert folder == tmp_path
    assert tmp_path.exists()
