"""The bytecode of a wheel in one cache file: what was read from it stays readable, whatever becomes of the file."""

import gc
import os
from pathlib import Path

from slimpack.host import compiled
from slimpack.host.cache import Cache


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


FIRST = {f"m{number}.py": compiled.compiled(f"bytecode {number} ".encode() * 50) for number in range(5)}
KEY = "0" * 64


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    compiled.save(cache, KEY, FIRST)
    loaded = compiled.load(cache, KEY)
    assert {name: one.read() for name, one in loaded.items()} == {name: one.read() for name, one in FIRST.items()}
    assert {name: one.sha256 for name, one in loaded.items()} == {name: one.sha256 for name, one in FIRST.items()}


def test_entries_outlive_the_file_that_they_are_from(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    compiled.save(cache, KEY, FIRST)
    loaded = compiled.load(cache, KEY)
    more = {f"a{number}.py": compiled.compiled(os.urandom(400)) for number in range(5)}
    compiled.save(cache, KEY, {**loaded, **more})  # as when more of a wheel was studied: the offsets are others
    assert loaded["m3.py"].read() == FIRST["m3.py"].read()
    cache.discard(compiled.KIND, KEY)
    assert loaded["m4.py"].read() == FIRST["m4.py"].read()


def test_a_file_is_closed_with_the_last_of_its_entries(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    compiled.save(cache, KEY, FIRST)
    before = open_files()
    loaded = compiled.load(cache, KEY)
    assert open_files() == before + 1
    del loaded
    gc.collect()
    assert open_files() == before


def test_a_damaged_file_is_discarded_and_closed(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    compiled.save(cache, KEY, FIRST)
    place = cache.file(compiled.KIND, KEY)
    assert place is not None
    data = bytearray(place.read_bytes())
    data[-3] ^= 1
    place.chmod(0o644)
    place.write_bytes(bytes(data))
    assert compiled.load(cache, KEY) == {}
    assert cache.file(compiled.KIND, KEY) is None
