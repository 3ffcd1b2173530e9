"""The directory: whole or not there, empty folders welcome, other people's files never touched."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from slimpack.emit import emit
from slimpack.errors import EmitError
from slimpack.host.cache import Cache
from slimpack.host.tools import Tools
from slimpack.model.artifact import Artifact
from slimpack.model.project import (
    Budget,
    Layout,
    Output,
    Policy,
    Project,
    Requirements,
    Resolution,
    SourceKind,
)
from slimpack.model.target import Architecture, Target
from slimpack.model.tree import Bytes, File, Lazy, Tree, tree_of


def build(tree: Tree, folder: Path) -> Artifact:
    project = Project(
        name="app",
        root=folder.parent,
        entry_points=(),
        requirements=Requirements(kind=SourceKind.NONE),
        resolution=Resolution(),
        target=Target(python=(3, 12), architecture=Architecture.X86_64, glibc=(2, 34)),
        policy=Policy(),
        budget=Budget(),
        output=Output(layout=Layout.DIRECTORY, path=folder, report=folder.parent / "app.json"),
    )
    tools = Tools(cache=Cache(folder.parent / "cache"), environment={})
    return emit(tree, project=project, origins={}, tools=tools)


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_and_modes(tmp_path: Path) -> None:
    tree = Tree(
        {"app.py": File(Bytes(b"1")), "lib/x.so": File(Bytes(b"\x7fELF")), "run": File(Bytes(b"2"), executable=True)}
    )
    artifact = build(tree, tmp_path / "out")
    assert files(tmp_path / "out") == {"app.py": b"1", "lib/x.so": b"\x7fELF", "run": b"2"}
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").rglob("*")}
    assert modes == {"app.py": 0o644, "lib": 0o755, "x.so": 0o755, "run": 0o755}
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o755
    assert artifact.size == artifact.unpacked == 6
    assert [member.stored for member in artifact.members] == [1, 4, 1]


def test_digest_is_that_of_the_zip(tmp_path: Path) -> None:
    tree = tree_of({"app.py": "1"})
    directory = build(tree, tmp_path / "out")
    assert len(directory.sha256) == 64
    assert directory.content_sha256 != build(tree_of({"app.py": "2"}), tmp_path / "out").content_sha256


def test_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    build(tree_of({"app.py": "1"}), tmp_path / "out")
    assert set(files(tmp_path / "out")) == {"app.py"}


def test_second_build_replaces_the_first(tmp_path: Path) -> None:
    build(tree_of({"old.py": "1", "both.py": "1"}), tmp_path / "out")
    cache = tmp_path / "out" / "__pycache__"
    cache.mkdir()
    (cache / "old.cpython-312.pyc").write_bytes(b"left by whoever ran it")
    build(tree_of({"both.py": "2"}), tmp_path / "out")
    assert files(tmp_path / "out") == {"both.py": b"2"}
    assert sorted(path.name for path in tmp_path.iterdir()) == [".out.slimpack", "out"]


def test_foreign_files_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("years of work")
    with pytest.raises(EmitError, match=r"out holds files that slimpack did not write: thesis\.tex") as caught:
        build(tree_of({"app.py": "1"}), tmp_path / "out")
    assert "--output" in str(caught.value)
    assert files(tmp_path / "out") == {"thesis.tex": b"years of work"}


def test_a_file_added_to_our_folder_is_foreign(tmp_path: Path) -> None:
    build(tree_of({"app.py": "1"}), tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(EmitError, match=r"notes\.txt"):
        build(tree_of({"app.py": "2"}), tmp_path / "out")
    assert files(tmp_path / "out")["app.py"] == b"1"


def test_a_file_and_a_link_are_not_folders(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(EmitError, match="out is not a folder"):
        build(tree_of({"app.py": "1"}), tmp_path / "out")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EmitError, match="link is not a folder"):
        build(tree_of({"app.py": "1"}), tmp_path / "link")


def test_failure_leaves_what_was_there(tmp_path: Path) -> None:
    build(tree_of({"app.py": "1"}), tmp_path / "out")

    def fail() -> bytes:
        raise OSError(5, "Input/output error")

    broken = Tree({"a.py": File(Bytes(b"2")), "b.py": File(Lazy(size=1, sha256="0" * 64, source=fail))})
    with pytest.raises(EmitError, match="cannot write the folder out: Input/output error"):
        build(broken, tmp_path / "out")
    assert files(tmp_path / "out") == {"app.py": b"1"}
    assert sorted(path.name for path in tmp_path.iterdir()) == [".out.slimpack", "out"]


def test_folder_that_cannot_be_moved_is_filled_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out"
    target.mkdir()
    rename = Path.rename

    def refuse(self: Path, to: Path) -> Path:
        if target in {self, Path(to)}:
            raise OSError(16, "Device or resource busy")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", refuse)
    build(tree_of({"app.py": "1", "lib/x.py": "2"}), target)
    assert files(target) == {"app.py": b"1", "lib/x.py": b"2"}
    build(tree_of({"app.py": "3"}), target)
    assert files(target) == {"app.py": b"3"}


def test_output_folder_is_made(tmp_path: Path) -> None:
    artifact = build(tree_of({"app.py": "1"}), tmp_path / "deep" / "er" / "out")
    assert replace(artifact).path.is_dir()
