"""Bad places through the real command line: what cannot be written, is full, is damaged, or is somebody else's."""

import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_projects import BUILD, HANDLER, command, environment, project, slimpack
from disks import made_read_only, mounted
from local_index import LocalIndex, serve, stock
from wheels import make_wheel

FILES = {"requirements.txt": "bulky\n", "app.py": f"import bulky\n{HANDLER}"}
OLDER = b"PK an older artifact, which must survive"
KINDS = ("artifact", "build", "facts", "lock", "observation", "pyc", "tree", "wheel")
DAMAGES: tuple[Callable[[bytes], bytes], ...] = (
    lambda data: data[:-1],
    lambda data: data[:-1] + bytes([data[-1] ^ 1]),
)
WHOLE = ("artifact", "build")
"""What an unchanged build reads; the rest is read after an edit of the handler."""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIndex]:
    shelf = stock(tmp_path_factory.mktemp("shelf"))
    code = "from pathlib import Path\nDATA = Path(__file__).with_name('data.txt').read_text()\n"
    make_wheel(shelf, "bulky", "1.0", {"bulky/__init__.py": code, "bulky/data.txt": "data " * 50_000})
    with serve(shelf) as served:
        yield served


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return project(tmp_path / "project", FILES)


@pytest.fixture(scope="module")
def right(index: LocalIndex, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of an undisturbed build."""
    root = tmp_path_factory.mktemp("right")
    made = project(root / "project", FILES)
    done = slimpack(made, environment(index, root / "cache"), *BUILD)
    assert done.returncode == 0, done.stderr
    return (made / "dist" / "app.zip").read_bytes()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    yield from mounted(tmp_path / "small", "size=64k")


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "read-only"
    for found in mounted(place, "size=1m"):
        project(found, FILES)
        made_read_only(place)
        yield found


def nothing_passing(cache: Path, temporary: Path) -> bool:
    left = [*cache.glob("run/*"), *cache.glob("staging/*"), *cache.glob("*/??/.part*"), *temporary.glob("slimpack-*")]
    return left == []


def test_a_read_only_project_is_built_elsewhere(
    index: LocalIndex, read_only: Path, tmp_path: Path, right: bytes
) -> None:
    settings = environment(index, tmp_path / "cache")
    done = slimpack(read_only, settings, *BUILD)
    assert (done.returncode, done.stdout) == (6, "")
    assert "read-only is not a writable folder" in done.stderr
    assert "another --output" in done.stderr
    done = slimpack(read_only, settings, *BUILD, "-o", str(tmp_path / "out" / "app.zip"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "app.zip").read_bytes() == right
    done = slimpack(read_only, settings, "lock")
    assert done.returncode == 6
    assert "cannot write pylock.toml: Read-only file system" in done.stderr


def test_a_device_or_pipe_at_the_output_stays(index: LocalIndex, folder: Path, tmp_path: Path) -> None:
    os.mkfifo(folder / "pipe")
    done = slimpack(folder, environment(index, tmp_path / "cache"), *BUILD, "--output", "pipe")
    assert (done.returncode, done.stdout) == (6, "")
    assert "cannot write pipe: it is a device, pipe or socket" in done.stderr
    assert "--output" in done.stderr
    assert (folder / "pipe").is_fifo()


def test_a_report_that_cannot_be_written_stops_the_build_before_it_begins(
    index: LocalIndex, folder: Path, tmp_path: Path
) -> None:
    (folder / "dist" / "app.report.json").mkdir(parents=True)
    (folder / "dist" / "app.zip").write_bytes(OLDER)
    done = slimpack(folder, environment(index, tmp_path / "cache"), *BUILD)
    assert (done.returncode, done.stdout) == (6, "")
    assert "cannot write app.report.json: Is a directory" in done.stderr
    assert "remove the folder of that name" in done.stderr
    assert (folder / "dist" / "app.zip").read_bytes() == OLDER


def test_a_lock_is_not_written_over_what_is_no_lock(index: LocalIndex, folder: Path, tmp_path: Path) -> None:
    done = slimpack(folder, environment(index, tmp_path / "cache"), "lock", "-o", "requirements.txt")
    assert (done.returncode, done.stdout) == (2, "")
    assert "requirements.txt is there and is no pylock.toml" in done.stderr
    assert (folder / "requirements.txt").read_text() == FILES["requirements.txt"]


@pytest.mark.parametrize("place", ["a file", "below a file", "nowhere"])
def test_without_a_cache_the_same_is_built(
    place: str, index: LocalIndex, folder: Path, tmp_path: Path, right: bytes
) -> None:
    (tmp_path / "file").touch()
    there = {"a file": tmp_path / "file", "below a file": tmp_path / "file" / "x", "nowhere": Path(os.devnull, "x")}
    settings = environment(index, tmp_path / "cache") | {"SLIMPACK_CACHE_DIR": str(there[place])}
    done = slimpack(folder, settings, *BUILD)
    assert done.returncode == 0, done.stderr
    assert (folder / "dist" / "app.zip").read_bytes() == right


def test_without_a_home_the_same_is_built(index: LocalIndex, folder: Path, tmp_path: Path, right: bytes) -> None:
    settings = environment(index, tmp_path / "cache") | {"HOME": "/dev/null/nobody"}
    del settings["SLIMPACK_CACHE_DIR"], settings["UV_CACHE_DIR"]
    done = slimpack(folder, settings, *BUILD)
    assert done.returncode == 0, done.stderr
    assert (folder / "dist" / "app.zip").read_bytes() == right


def test_a_full_disk_below_the_cache(
    index: LocalIndex, folder: Path, tmp_path: Path, small_disk: Path, right: bytes
) -> None:
    (folder / "dist").mkdir()
    (folder / "dist" / "app.zip").write_bytes(OLDER)
    settings = environment(index, tmp_path / "cache")
    for _ in range(2):
        done = slimpack(folder, settings | {"SLIMPACK_CACHE_DIR": str(small_disk)}, *BUILD)
        assert (done.returncode, done.stdout) == (6, ""), done.stderr
        assert "No space left on device" in done.stderr
        assert str(small_disk) in done.stderr
        assert "free some space" in done.stderr
        assert "Traceback" not in done.stderr
        assert (folder / "dist" / "app.zip").read_bytes() == OLDER
        assert nothing_passing(small_disk, tmp_path)
    assert slimpack(folder, settings, *BUILD).returncode == 0
    assert (folder / "dist" / "app.zip").read_bytes() == right


def test_a_file_that_may_not_grow(index: LocalIndex, tmp_path: Path) -> None:
    """As a full disk, where nothing may be mounted: the system refuses files over 40 KB."""
    folder = project(tmp_path / "project", {"data.txt": "data " * 50_000})
    settings = environment(index, tmp_path / "cache")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    done = subprocess.run(
        command(*BUILD, "--include", "data.txt"),
        cwd=folder, env=settings, capture_output=True, text=True, check=False, preexec_fn=limit,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (6, ""), done.stderr
    assert "the system refused: File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "dist").exists()
    assert nothing_passing(tmp_path / "cache", tmp_path)


@pytest.fixture(scope="module")
def built(index: LocalIndex, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, bytes]:
    """A cache after a build, the artifact, and what a build after an edit gives with no cache at all."""
    root = tmp_path_factory.mktemp("built")
    made = project(root / "project", {**FILES, "requirements.txt": "bulky==1.0\n"})
    assert slimpack(made, environment(index, root / "cache"), *BUILD).returncode == 0
    first = (made / "dist" / "app.zip").read_bytes()
    (made / "app.py").write_text(FILES["app.py"] + "EDITED = 1\n")
    assert slimpack(made, environment(index, root / "other"), *BUILD).returncode == 0
    return root / "cache", first, (made / "dist" / "app.zip").read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_cache_entry_may_be_damaged(
    kind: str, index: LocalIndex, tmp_path: Path, built: tuple[Path, bytes, bytes]
) -> None:
    cache, first, edited = built
    folder = project(tmp_path / "project", {**FILES, "requirements.txt": "bulky==1.0\n"})
    if kind not in WHOLE:
        (folder / "app.py").write_text(FILES["app.py"] + "EDITED = 1\n")
    for damage in DAMAGES:
        shutil.copytree(cache, tmp_path / "cache", symlinks=True)
        found = [path for path in (tmp_path / "cache" / kind).glob("??/**/*") if path.is_file()]
        assert found
        for path in found:
            data = path.read_bytes()
            path.chmod(0o644)
            path.write_bytes(damage(data))
        done = slimpack(folder, environment(index, tmp_path / "cache"), *BUILD)
        assert (done.returncode, done.stderr) == (0, "")
        assert (folder / "dist" / "app.zip").read_bytes() == (first if kind in WHOLE else edited)
        shutil.rmtree(tmp_path / "cache")


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_build_that_is_stopped_takes_its_folders_along(
    sent: signal.Signals, code: int, index: LocalIndex, folder: Path, tmp_path: Path
) -> None:
    """While the handler is being imported, the moment at which most lies about."""
    (folder / "app.py").write_text(f"import time\ntime.sleep(60)\n{HANDLER}")
    (folder / "dist").mkdir()
    (folder / "dist" / "app.zip").write_bytes(OLDER)
    (tmp_path / "tmp").mkdir()
    settings = environment(index, tmp_path / "cache") | {"TMPDIR": str(tmp_path / "tmp")}
    with subprocess.Popen(command(*BUILD), cwd=folder, env=settings, stderr=subprocess.PIPE, text=True) as build:
        end = time.monotonic() + 30
        while not list((tmp_path / "tmp").glob("slimpack-*/request")) and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.2)
        build.send_signal(sent)
        _, said = build.communicate(timeout=30)
    assert build.returncode == code, said
    assert "Traceback" not in said
    assert nothing_passing(tmp_path / "cache", tmp_path / "tmp")
    assert {path.name: path.read_bytes() for path in (folder / "dist").iterdir()} == {"app.zip": OLDER}


def test_an_index_that_went_down_after_the_lock(index: LocalIndex, folder: Path, tmp_path: Path) -> None:
    settings = environment(index, tmp_path / "cache")
    assert slimpack(folder, settings, "lock", "--python", BUILD[3]).returncode == 0
    lock = folder / "pylock.toml"
    lock.write_text(lock.read_text().replace(f"127.0.0.1:{index.port}", "127.0.0.1:9"))
    done = slimpack(folder, settings, *BUILD)
    assert (done.returncode, done.stdout) == (4, "")
    assert "127.0.0.1:9 cannot be reached" in done.stderr
    assert "(4 attempts)" in done.stderr
    assert "--offline" in done.stderr
    done = slimpack(folder, settings, *BUILD, "--offline")
    assert (done.returncode, done.stdout) == (4, "")
    assert "offline, and the cache does not have bulky 1.0" in done.stderr
    assert "without --offline" in done.stderr


def test_a_damaged_wheel_of_a_lock(index: LocalIndex, folder: Path, tmp_path: Path) -> None:
    settings = environment(index, tmp_path / "cache")
    assert slimpack(folder, settings, "lock", "--python", BUILD[3]).returncode == 0
    with serve(shutil.copytree(index.folder, tmp_path / "shelf")) as other:
        lock = folder / "pylock.toml"
        lock.write_text(lock.read_text().replace(f":{index.port}", f":{other.port}"))
        wheel = other.folder / "bulky-1.0-py3-none-any.whl"
        wheel.write_bytes(wheel.read_bytes()[:-100])
        for _ in range(2):
            done = slimpack(folder, settings, *BUILD)
            assert (done.returncode, done.stdout) == (4, "")
            assert "does not have the hash that the lock gives it" in done.stderr
            assert "do not use it" in done.stderr
            assert not (folder / "dist").exists()


def test_what_a_new_user_meets_in_an_empty_folder(index: LocalIndex, tmp_path: Path) -> None:
    settings = environment(index, tmp_path / "cache")
    (tmp_path / "empty").mkdir()
    for arguments, code, said in (
        (("build",), 2, "slimpack build app.handler"),
        (("build", "app.handler"), 5, "there is no Python file"),
        (("lock",), 2, "there are no requirements to lock"),
        (("why", "boto3"), 2, "build first"),
        (("report",), 2, "build first"),
    ):
        done = slimpack(tmp_path / "empty", settings, *arguments)
        assert (done.returncode, done.stdout) == (code, ""), done.stderr
        assert said in done.stderr
    assert list((tmp_path / "empty").iterdir()) == []
