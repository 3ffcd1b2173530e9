"""The cache: what is damaged is missing, what is shared is safe, what is too much goes oldest first."""

import os
import threading
import time
from pathlib import Path

import pytest

from slimpack.host.cache import Cache
from slimpack.host.tools import cache_folder


def blob(cache: Cache) -> Path:
    (path,) = (path for path in cache.root.rglob("*") if path.is_file())
    return path


def test_round_trip(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert cache.get("kind", "abcd") is None
    cache.put("kind", "abcd", b"data" * 1000)
    assert cache.get("kind", "abcd") == b"data" * 1000
    assert cache.get("other", "abcd") is None
    cache.put("kind", "abcd", b"")
    assert cache.get("kind", "abcd") == b""


@pytest.mark.parametrize("keep", [0, 10, 40, -1])
def test_truncated_blob_is_missing_and_goes(tmp_path: Path, keep: int) -> None:
    cache = Cache(tmp_path)
    cache.put("kind", "abcd", os.urandom(100))
    path = blob(cache)
    path.write_bytes(path.read_bytes()[:keep])
    assert cache.get("kind", "abcd") is None
    assert not path.exists()


@pytest.mark.parametrize("at", [0, 31, 50, -3])
def test_flipped_blob_is_missing(tmp_path: Path, at: int) -> None:
    cache = Cache(tmp_path)
    cache.put("kind", "abcd", os.urandom(100))
    data = bytearray(blob(cache).read_bytes())
    data[at] ^= 0x55
    blob(cache).write_bytes(data)
    assert cache.get("kind", "abcd") is None


def test_file_is_put_in_place_whole(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    path = cache.store_file("wheel", "abcd", lambda part: part.write_bytes(b"x"))
    assert cache.file("wheel", "abcd") == path
    assert path.read_bytes() == b"x"

    def fail(part: Path) -> None:
        part.write_bytes(b"half")
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 our own, whatever it says
        cache.store_file("wheel", "ef01", fail)
    assert cache.file("wheel", "ef01") is None
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["abcd"]


def test_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    made: list[Path] = []

    def fill(part: Path) -> None:
        made.append(part)
        (part / "f").write_text("x")

    first = cache.folder("tree", "abcd", fill)
    assert cache.folder("tree", "abcd", fill) == first
    assert len(made) == 1
    with pytest.raises(ZeroDivisionError):
        cache.folder("tree", "ef01", lambda part: 1 // 0)
    assert not list(tmp_path.rglob(".part-*"))


def test_discard(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put("kind", "abcd", b"1")
    cache.discard("kind", "abcd")
    cache.discard("kind", "abcd")
    assert cache.get("kind", "abcd") is None


def test_unwritable_cache_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file")
    cache.put("kind", "abcd", b"1")
    assert cache.get("kind", "abcd") is None
    with pytest.raises(OSError, match=r".+"):
        cache.store_file("kind", "abcd", lambda part: part.write_bytes(b""))


def test_parallel_writers_leave_one_whole_blob(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    values = [bytes([n]) * 100_000 for n in range(8)]
    threads = [threading.Thread(target=cache.put, args=("kind", "abcd", value)) for value in values]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.get("kind", "abcd") in values
    assert not list(tmp_path.rglob(".part-*"))


def test_prune_takes_the_longest_unused_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    for age, key in enumerate(("new1", "mid1", "old1")):
        path = cache.store_file("wheel", key, lambda part: part.write_bytes(b"x" * 100))
        os.utime(path, (1_000_000 - age, 1_000_000 - age))
    assert cache.file("wheel", "old1") is not None  # used now, so no longer the oldest
    assert cache.prune(250) == 100
    assert cache.file("wheel", "mid1") is None
    assert cache.file("wheel", "old1") is not None
    assert cache.prune(250) == 0


def test_prune_takes_folders_whole(tmp_path: Path) -> None:
    cache = Cache(tmp_path)

    def fill(part: Path) -> None:
        (part / "deep").mkdir()
        (part / "deep" / "f").write_bytes(b"x" * 500)
        (part / "deep").chmod(0o500)

    folder = cache.folder("tree", "abcd", fill)
    assert cache.prune(100) == 500
    assert not folder.exists()


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    """A folder given by mistake, as in `slimpack cache clear --cache-dir .`."""
    theirs = [tmp_path / "src" / "ab" / "x.py", tmp_path / ".git" / "objects" / "ab" / "cdef", tmp_path / "run" / "me"]
    for path in theirs:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x" * 1000)
    cache = Cache(tmp_path)
    cache.put("kind", "abcd", b"ours")
    cache.prune(0)
    assert cache.get("kind", "abcd") is None
    cache.put("kind", "abcd", b"ours")
    cache.clear()
    assert not (tmp_path / "kind").exists()
    assert all(path.exists() for path in theirs)


def test_clear(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    cache.put("kind", "abcd", b"1")
    cache.clear()
    cache.clear()
    assert not cache.root.exists()


def test_tidying_removes_what_killed_builds_left_but_not_what_is_in_use(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    old, fresh = tmp_path / "run" / "old", tmp_path / "staging" / "fresh"
    for folder in (old, fresh):
        folder.mkdir(parents=True)
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (two_days_ago, two_days_ago))
    cache.tidy()
    assert not old.exists()
    assert fresh.exists()


def test_tidying_is_once_a_day(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.tidy()
    old = tmp_path / "run" / "old"
    old.mkdir(parents=True)
    os.utime(old, (1, 1))
    cache.tidy()
    assert old.exists()
    os.utime(tmp_path / ".tidied", (1, 1))
    cache.tidy()
    assert not old.exists()


def test_a_user_without_a_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    cache = Cache(cache_folder({}))
    cache.put("kind", "abcd", b"data")
    assert cache.get("kind", "abcd") is None
    assert cache_folder({"XDG_CACHE_HOME": "/x"}) == Path("/x/slimpack")
