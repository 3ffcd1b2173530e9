"""Every bit of what the cache holds may be wrong: it is noticed, in little memory, and made again."""

import tracemalloc
from pathlib import Path

import pytest
from elves import shared_object
from sandboxes import project_in, tree_with

from slimpack.host import compiled, memory, study
from slimpack.host.cache import Cache
from slimpack.host.compiled import Compiled
from slimpack.model.elf import parse
from slimpack.model.lock import Lock
from slimpack.model.tree import Bytes, File

KEY = "ab" * 32


def test_every_flipped_bit_of_a_blob_is_noticed_before_it_is_unpacked(tmp_path: Path) -> None:
    """A frame's header says how large it unpacks: one bit made it claim exabytes, which was a MemoryError."""
    cache = Cache(tmp_path)
    cache.put("kind", KEY, b"hello world " * 100)
    (path,) = tmp_path.glob("kind/??/*")
    whole = path.read_bytes()
    tracemalloc.start()
    for at in range(len(whole) * 8):
        damaged = bytearray(whole)
        damaged[at // 8] ^= 1 << at % 8
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(damaged)
        assert cache.get("kind", KEY) is None
        assert not path.exists()
    assert tracemalloc.get_traced_memory()[1] < 10 * 1024**2
    tracemalloc.stop()


def damaged_loads(cache: Cache, path: Path, data: bytes) -> dict[str, Compiled]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return compiled.load(cache, KEY)


def test_every_damage_to_stored_bytecode_is_noticed(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    compiled.save(cache, KEY, {"a.pyc": compiled.compiled(b"code " * 20), "b.pyc": compiled.compiled(b"")})
    (path,) = tmp_path.glob("pyc/??/*")
    whole = path.read_bytes()
    assert {name: one.read() for name, one in compiled.load(cache, KEY).items()} == {
        "a.pyc": b"code " * 20,
        "b.pyc": b"",
    }
    tracemalloc.start()
    for at in range(len(whole)):
        for flip in (1, 0x80, 0xFF):
            changed = whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :]
            assert damaged_loads(cache, path, changed) == {}
        assert damaged_loads(cache, path, whole[:at]) == {}
    assert tracemalloc.get_traced_memory()[1] < 10 * 1024**2  # a length of four bytes may claim 4 GB
    tracemalloc.stop()


def test_an_artifact_that_goes_while_it_is_recalled_is_built_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A parallel build prunes the cache just then."""
    project, cache = project_in(tmp_path), Cache(tmp_path / "cache")
    own = tree_with({"app.py": ""})
    place = memory.place(cache, project=project, lock=Lock(pins=(), source=""), own=own, interpreter=None)
    project.output.path.write_bytes(b"PK")
    place.remember("{}", project)
    assert place.recall(project) == "{}"
    found = Cache.file

    def pruned(self: Cache, kind: str, key: str) -> Path | None:
        path = found(self, kind, key)
        if path is not None:
            path.unlink()
        return path

    monkeypatch.setattr(Cache, "file", pruned)
    assert place.recall(project) is None


def test_a_segment_of_no_bytes_may_lie_anywhere() -> None:
    """Its offset is any number of 64 bits, which a regular expression does not take (found by the fuzzer)."""
    whole = bytearray(shared_object(needed=["libc.so.6"], second=b"data"))
    second = 64 + 56  # the header, then one program header: PT_LOAD
    segments = parse(bytes(whole)).segments
    for number, segment in enumerate(segments):
        if segment.kind == 1 and number:
            second = 64 + 56 * number
    whole[second + 4 : second + 8] = (4).to_bytes(4, "little")  # readable, as constants are
    whole[second + 8 : second + 16] = (2**64 - 5).to_bytes(8, "little")
    whole[second + 32 : second + 40] = bytes(8)
    study._native("x.so", File(Bytes(bytes(whole))))
    assert parse(bytes(whole)).segments != segments
