"""The zip: copied streams, modes, layouts, remembered compression, full disks, other programs' opinion."""

import errno
import hashlib
import os
import resource
import shutil
import stat
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from wheels import make_wheel

from slimpack.emit import archive, emit
from slimpack.errors import EmitError
from slimpack.host.cache import Cache
from slimpack.host.tools import Tools
from slimpack.install import install
from slimpack.model.lock import Lock, Pin
from slimpack.model.project import (
    Budget,
    Layout,
    Optimize,
    Output,
    Policy,
    Project,
    Requirements,
    Resolution,
    SourceKind,
)
from slimpack.model.target import Architecture, Target
from slimpack.model.tree import Bytes, Deflated, Distribution, File, Lazy, Tree, tree_of

TEXT = b"import os\nprint(os.getcwd())\n" * 200


def project(root: Path, *, optimize: Optimize = Optimize.SPEED, layout: Layout = Layout.ZIP) -> Project:
    return Project(
        name="app",
        root=root,
        entry_points=(),
        requirements=Requirements(kind=SourceKind.NONE),
        resolution=Resolution(),
        target=Target(python=(3, 11), architecture=Architecture.X86_64, glibc=(2, 34)),
        policy=Policy(optimize=optimize),
        budget=Budget(),
        output=Output(layout=layout, path=root / "dist" / "app.zip", report=root / "dist" / "app.json"),
    )


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(cache=Cache(tmp_path / "cache"), environment={"HOME": str(tmp_path)})


@dataclass(frozen=True, slots=True)
class Ready:
    """Content with a stream of our choice."""

    data: bytes
    stream: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    def read(self) -> bytes:
        return self.data

    def deflated(self) -> Deflated | None:
        return Deflated(stream=self.stream, crc32=zlib.crc32(self.data))


def ready(data: bytes, level: int) -> Ready:
    engine = zlib.compressobj(level, zlib.DEFLATED, -15)
    return Ready(data, engine.compress(data) + engine.flush())


def raw(path: Path, name: str) -> bytes:
    """The bytes of a member as they lie in the zip."""
    with zipfile.ZipFile(path) as opened:
        entry = opened.getinfo(name)
    data = path.read_bytes()
    start = entry.header_offset + 30 + len(name.encode())
    return data[start : start + entry.compress_size]


def test_wheels_streams_are_copied(tmp_path: Path, tools: Tools) -> None:
    wheel = make_wheel(tmp_path, "lib", "1", {"lib.py": TEXT, "lib.so": b"\x7fELF" + TEXT})
    pin = Pin(
        name="lib",
        version="1",
        filename=wheel.name,
        sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        path=str(wheel),
    )
    tree = install(Lock(pins=(pin,), source="test"), project=project(tmp_path), tools=tools)
    artifact = emit(tree, project=project(tmp_path), origins={}, tools=tools)
    for path in ("lib.py", "lib.so"):
        ours = raw(artifact.path, path)
        assert ours in wheel.read_bytes()
        assert len(ours) > 10
    with zipfile.ZipFile(artifact.path) as opened:
        assert opened.read("lib.py") == TEXT
        assert stat.S_IMODE(opened.getinfo("lib.so").external_attr >> 16) == 0o755


def test_speed_copies_and_size_takes_the_smaller(tmp_path: Path, tools: Tools) -> None:
    loose, tight = ready(TEXT, 1), Ready(TEXT, b"x")
    tree = Tree({"loose.py": File(loose)})
    speed = emit(tree, project=project(tmp_path), origins={}, tools=tools)
    assert raw(speed.path, "loose.py") == loose.stream
    size = emit(tree, project=project(tmp_path, optimize=Optimize.SIZE), origins={}, tools=tools)
    assert len(raw(size.path, "loose.py")) < len(loose.stream)
    # A wheel's stream that is smaller than ours stays, even one that we could not have made.
    kept = emit(
        Tree({"tight.py": File(tight)}), project=project(tmp_path, optimize=Optimize.SIZE), origins={}, tools=tools
    )
    assert raw(kept.path, "tight.py") == b"x"


def test_what_does_not_shrink_is_stored(tmp_path: Path, tools: Tools) -> None:
    noise = os.urandom(3000)
    tree = Tree({"noise": File(Bytes(noise)), "swollen": File(ready(noise, 9)), "empty": File(Bytes(b""))})
    artifact = emit(tree, project=project(tmp_path), origins={}, tools=tools)
    with zipfile.ZipFile(artifact.path) as opened:
        assert {entry.compress_type for entry in opened.infolist()} == {zipfile.ZIP_STORED}
        assert opened.read("swollen") == noise
        assert opened.testzip() is None


def test_layer_is_a_site_directory(tmp_path: Path, tools: Tools) -> None:
    tree = tree_of({"lib.py": "1"})
    artifact = emit(tree, project=project(tmp_path, layout=Layout.LAYER), origins={}, tools=tools)
    with zipfile.ZipFile(artifact.path) as opened:
        assert opened.namelist() == ["python/lib/python3.11/site-packages/lib.py"]
    assert artifact.members[0].origin == "lib.py"


def test_members_know_where_they_come_from(tmp_path: Path, tools: Tools) -> None:
    tree = Tree({"lib.pyc": File(Bytes(TEXT), owner="lib"), "app.py": File(Bytes(b"1"))})
    artifact = emit(tree, project=project(tmp_path), origins={"lib.pyc": "lib.py"}, tools=tools)
    assert [(m.path, m.origin, m.owner, m.size) for m in artifact.members] == [
        ("app.py", "app.py", "", 1),
        ("lib.pyc", "lib.py", "lib", len(TEXT)),
    ]
    assert artifact.sha256 == hashlib.sha256(artifact.path.read_bytes()).hexdigest()


@pytest.mark.parametrize("change", [{"a.py": "2"}, {"b.py": "1"}, {"a.py": "1", "b.py": ""}])
def test_content_digest_sees_names_and_contents(change: dict[str, str], tmp_path: Path, tools: Tools) -> None:
    one = emit(tree_of({"a.py": "1"}), project=project(tmp_path), origins={}, tools=tools)
    two = emit(tree_of(change), project=project(tmp_path), origins={}, tools=tools)
    assert one.content_sha256 != two.content_sha256


def test_content_digest_sees_modes(tmp_path: Path, tools: Tools) -> None:
    plain, runs = (
        emit(Tree({"a": File(Bytes(b"1"), executable=flag)}), project=project(tmp_path), origins={}, tools=tools)
        for flag in (False, True)
    )
    assert plain.content_sha256 != runs.content_sha256


def big(tag: bytes = b"") -> bytes:
    return tag + b"".join(b"%d,%d\n" % (n, n * n) for n in range(60_000))


def owned(*contents: Lazy | Bytes, wheel: str = "a" * 64) -> Tree:
    distribution = Distribution(name="lib", version="1", filename="", sha256=wheel, info="lib-1.dist-info")
    return Tree({f"{n}.csv": File(content, owner="lib") for n, content in enumerate(contents)}, (distribution,))


def test_compression_is_remembered(tmp_path: Path, tools: Tools) -> None:
    data = big()
    first = emit(owned(Bytes(data)), project=project(tmp_path), origins={}, tools=tools)
    before = first.path.read_bytes()

    def again() -> bytes:
        pytest.fail("the content was made although its stream is known")

    known = Lazy(size=len(data), sha256=hashlib.sha256(data).hexdigest(), source=again)
    second = emit(owned(known), project=project(tmp_path), origins={}, tools=tools)
    assert second.path.read_bytes() == before
    fresh = big(b"new")
    both = emit(owned(known, Bytes(fresh)), project=project(tmp_path), origins={}, tools=tools)
    with zipfile.ZipFile(both.path) as opened:
        assert opened.read("1.csv") == fresh
        assert opened.testzip() is None


def test_large_distributions_are_remembered_in_parts(
    tmp_path: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slimpack.emit.streams._LARGE", 1_000_000)
    tree = owned(*(Bytes(big(b"%d" % n)) for n in range(6)))
    first = emit(tree, project=project(tmp_path), origins={}, tools=tools).sha256
    assert len(list((tools.cache.root / "deflate").glob("*/*"))) > 1
    monkeypatch.setattr("slimpack.emit.streams._compress", lambda *_: pytest.fail("compressed again"))
    assert emit(tree, project=project(tmp_path), origins={}, tools=tools).sha256 == first


def test_what_a_wheel_stores_is_compressed(tmp_path: Path, tools: Tools) -> None:
    @dataclass(frozen=True, slots=True)
    class Stored:
        data: bytes = TEXT
        size: int = len(TEXT)
        sha256: str = hashlib.sha256(TEXT).hexdigest()

        def read(self) -> bytes:
            return self.data

        def deflated(self) -> Deflated | None:
            return None

    artifact = emit(Tree({"a.py": File(Stored(), owner="lib")}), project=project(tmp_path), origins={}, tools=tools)
    assert artifact.members[0].stored < len(TEXT) // 4
    with zipfile.ZipFile(artifact.path) as opened:
        assert opened.read("a.py") == TEXT


def test_damaged_cache_costs_only_time(tmp_path: Path, tools: Tools) -> None:
    first = emit(owned(Bytes(big())), project=project(tmp_path), origins={}, tools=tools).sha256
    blobs = list((tools.cache.root / "deflate").glob("*/*"))
    assert len(blobs) == 1
    blobs[0].write_bytes(blobs[0].read_bytes()[:-5])
    assert emit(owned(Bytes(big())), project=project(tmp_path), origins={}, tools=tools).sha256 == first


def test_levels_do_not_share_what_they_remember(tmp_path: Path, tools: Tools) -> None:
    speed = emit(owned(Bytes(big())), project=project(tmp_path), origins={}, tools=tools)
    size = emit(owned(Bytes(big())), project=project(tmp_path, optimize=Optimize.SIZE), origins={}, tools=tools)
    assert size.size < speed.size


def test_small_things_are_not_cached(tmp_path: Path, tools: Tools) -> None:
    emit(tree_of({"app.py": TEXT}), project=project(tmp_path), origins={}, tools=tools)
    assert not (tools.cache.root / "deflate").exists()


@pytest.mark.skipif(shutil.which("unzip") is None, reason="Info-ZIP's unzip is not installed")
def test_info_zip_accepts_it(tmp_path: Path, tools: Tools) -> None:
    tree = tree_of({"ä/ö.py": "1", "a.py": TEXT, "empty": "", "x.bin": os.urandom(500)})
    artifact = emit(tree, project=project(tmp_path), origins={}, tools=tools)
    done = subprocess.run(["unzip", "-t", str(artifact.path)], capture_output=True, check=False)
    assert done.returncode == 0
    assert b"No errors detected" in done.stdout


def test_zip64_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # With lower limits the writer must take the wide records, and a reader must follow them.
    monkeypatch.setattr(archive, "_FITS32", 60)
    monkeypatch.setattr(archive, "_FITS16", 2)
    bodies = {f"{n}.txt": bytes([65 + n]) * 50 * (n + 1) for n in range(4)}
    entries = (
        archive.Entry(path=path, mode=0o644, method=0, crc32=zlib.crc32(data), size=len(data), data=data)
        for path, data in bodies.items()
    )
    path = tmp_path / "wide.zip"
    path.write_bytes(b"".join(archive.write(entries)))
    with zipfile.ZipFile(path) as opened:
        assert {name: opened.read(name) for name in opened.namelist()} == bodies
        assert opened.getinfo("3.txt").extract_version == 45
    if shutil.which("unzip"):
        done = subprocess.run(["unzip", "-tq", str(path)], capture_output=True, check=False)
        assert done.returncode == 0, done.stdout


def test_more_members_than_sixteen_bits_count(tmp_path: Path) -> None:
    entries = (archive.Entry(path=f"{n:05}", mode=0o644, method=0, crc32=0, size=0, data=b"") for n in range(65_536))
    path = tmp_path / "many.zip"
    path.write_bytes(b"".join(archive.write(entries)))
    with zipfile.ZipFile(path) as opened:
        assert len(opened.namelist()) == 65_536


def test_failure_leaves_the_old_artifact(tmp_path: Path, tools: Tools) -> None:
    old = emit(tree_of({"a.py": "1"}), project=project(tmp_path), origins={}, tools=tools)

    def fail() -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    broken = Tree({"b.py": File(Lazy(size=5, sha256="0" * 64, source=fail))})
    with pytest.raises((EmitError, OSError)):
        emit(broken, project=project(tmp_path), origins={}, tools=tools)
    assert hashlib.sha256(old.path.read_bytes()).hexdigest() == old.sha256
    assert [path.name for path in old.path.parent.iterdir()] == ["app.zip"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder that takes 64 kB: a real full disk where we may mount one, else a limit on the size of files."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount") or ""
    command = [mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.geteuid() == 0 and mount and subprocess.run(command, capture_output=True, check=False).returncode == 0:
        yield folder
        subprocess.run([shutil.which("umount") or "umount", str(folder)], check=True)
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, hard))
    yield folder
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_full_disk(small_disk: Path, tools: Tools) -> None:
    noise = {f"{n}.bin": os.urandom(50_000) for n in range(4)}
    with pytest.raises(EmitError) as caught:
        emit(tree_of(noise), project=project(small_disk), origins={}, tools=tools)
    assert caught.value.exit_code == 6
    assert "cannot write app.zip: " in str(caught.value)
    assert "No space left on device" in str(caught.value) or "File too large" in str(caught.value)
    assert not any(path.is_file() for path in small_disk.rglob("*"))


def test_full_disk_says_what_to_do(tmp_path: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> tuple[int, str]:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", full)
    with pytest.raises(EmitError, match="No space left on device") as caught:
        emit(tree_of({"a": "1"}), project=project(tmp_path), origins={}, tools=tools)
    assert "free some space" in str(caught.value)


def test_unwritable_output(tmp_path: Path, tools: Tools) -> None:
    (tmp_path / "dist").write_text("a file where the folder should be")
    with pytest.raises(EmitError, match=r"cannot write app\.zip") as caught:
        emit(tree_of({"a": "1"}), project=project(tmp_path), origins={}, tools=tools)
    assert str(tmp_path / "dist" / "app.zip") in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_output(tmp_path: Path, tools: Tools) -> None:
    (tmp_path / "dist").mkdir(mode=0o500)
    with pytest.raises(EmitError, match="Permission denied") as caught:
        emit(tree_of({"a": "1"}), project=project(tmp_path), origins={}, tools=tools)
    assert "make the folder writable" in str(caught.value)


def test_memory_does_not_grow_with_the_zip(tmp_path: Path, tools: Tools) -> None:
    import tracemalloc  # noqa: PLC0415

    @dataclass(frozen=True, slots=True)
    class Made:
        size: int
        sha256: str

        def read(self) -> bytes:
            return bytes(self.size)

        def deflated(self) -> Deflated | None:
            return Deflated(stream=b"\1\4\0\xfb\xffabcd".ljust(self.size - 1, b"\0"), crc32=0)

    tree = Tree({f"{n:03}": File(Made(1_000_000, f"{n:064}")) for n in range(60)})
    tracemalloc.start()
    artifact = emit(tree, project=project(tmp_path), origins={}, tools=tools)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert artifact.size > 59_000_000
    assert peak < 8_000_000


def test_artifact_can_be_replaced(tmp_path: Path, tools: Tools) -> None:
    one = project(tmp_path)
    emit(tree_of({"a": "1"}), project=one, origins={}, tools=tools)
    two = emit(tree_of({"b": "1"}), project=replace(one, name="other"), origins={}, tools=tools)
    with zipfile.ZipFile(two.path) as opened:
        assert opened.namelist() == ["b"]
    assert stat.S_IMODE(two.path.stat().st_mode) == 0o644
