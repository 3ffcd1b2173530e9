"""Files are written whole or not at all, and temporary folders go."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from slimpack.errors import EmitError
from slimpack.host.disk import remove_folder, temporary_folder, write_atomically


def test_writes_and_sets_the_mode_whatever_the_umask(tmp_path: Path) -> None:
    umask = os.umask(0o077)
    try:
        write_atomically(tmp_path / "deep" / "f", [b"a", b"", b"b"])
    finally:
        os.umask(umask)
    assert (tmp_path / "deep" / "f").read_bytes() == b"ab"
    assert stat.S_IMODE((tmp_path / "deep" / "f").stat().st_mode) == 0o644


@pytest.mark.parametrize("kind", [OSError(28, "No space left on device"), KeyboardInterrupt(), ValueError("x")])
def test_failure_leaves_the_old_file_and_no_part(tmp_path: Path, kind: BaseException) -> None:
    (tmp_path / "f").write_bytes(b"old")

    def chunks() -> Iterator[bytes]:
        yield b"new"
        raise kind

    with pytest.raises(EmitError if isinstance(kind, OSError) else type(kind)) as caught:
        write_atomically(tmp_path / "f", chunks())
    assert (tmp_path / "f").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
    if isinstance(kind, OSError):
        assert "free some space" in str(caught.value)


def test_unwritable_folder_says_so(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(EmitError, match=r"cannot write x\.zip: (Not a directory|File exists)") as caught:
        write_atomically(tmp_path / "f" / "x.zip", [b""])
    assert "make the folder writable" in str(caught.value)


def test_directory_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "x.zip").mkdir()
    with pytest.raises(EmitError, match=r"cannot write x\.zip: Is a directory"):
        write_atomically(tmp_path / "x.zip", [b"1"])
    assert [path.name for path in tmp_path.iterdir()] == ["x.zip"]


def test_a_device_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(EmitError, match="it is a device, pipe or socket") as caught:
        write_atomically(tmp_path / "pipe", [b"1"], option="--markdown")
    assert "choose a file with --markdown" in str(caught.value)
    assert (tmp_path / "pipe").is_fifo()


def test_temporary_folder_goes_with_read_only_members(tmp_path: Path) -> None:
    with temporary_folder(tmp_path / "new") as folder:
        (folder / "a" / "b").mkdir(parents=True)
        (folder / "a" / "b" / "f").write_text("x")
        (folder / "a" / "b").chmod(0o500)
        (folder / "a").chmod(0o000)
    assert not folder.exists()


def test_temporary_folder_goes_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), temporary_folder(tmp_path) as folder:
        _ = 1 // 0
    assert not folder.exists()


def test_links_are_removed_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "f").write_text("mine")
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone" / "link").symlink_to(tmp_path / "outside")
    remove_folder(tmp_path / "gone")
    remove_folder(tmp_path / "never-there")
    assert (tmp_path / "outside" / "f").read_text() == "mine"
    assert not (tmp_path / "gone").exists()
