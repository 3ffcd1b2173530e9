"""A cache that is read-only, full at any moment, cleared under a running build, or shared by builds that die."""

import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_projects import BUILD, HANDLER, command, environment, project, slimpack
from disks import made_read_only, mounted
from local_index import LocalIndex, serve, stock
from wheels import make_wheel

APP = f"import bulky\n{HANDLER}"
FILES = {"requirements.txt": "bulky==1.0\n", "app.py": APP}
EDITED = APP + "EDITED = 1\n"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIndex]:
    shelf = stock(tmp_path_factory.mktemp("shelf"))
    code = "from pathlib import Path\nDATA = Path(__file__).with_name('data.txt').read_text()\n"
    make_wheel(shelf, "bulky", "1.0", {"bulky/__init__.py": code, "bulky/data.txt": "data " * 50_000})
    with serve(shelf) as served:
        yield served


@pytest.fixture(scope="module")
def right(index: LocalIndex, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """The bytes of an undisturbed build, and of one after an edit."""
    root = tmp_path_factory.mktemp("right")
    made = project(root / "project", FILES)
    found = []
    for app in (APP, EDITED):
        (made / "app.py").write_text(app)
        done = slimpack(made, environment(index, root / "cache"), *BUILD)
        assert done.returncode == 0, done.stderr
        found.append((made / "dist" / "app.zip").read_bytes())
    return found[0], found[1]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    yield from mounted(tmp_path / "disk", "size=16m")


@pytest.mark.parametrize("filled", [True, False])
def test_a_read_only_cache(
    filled: bool, index: LocalIndex, tmp_path: Path, disk: Path, right: tuple[bytes, bytes]
) -> None:
    folder = project(tmp_path / "project", FILES)
    settings = environment(index, tmp_path / "cache") | {"SLIMPACK_CACHE_DIR": str(disk)}
    if filled:
        assert slimpack(folder, settings, *BUILD).returncode == 0
    made_read_only(disk)
    for app, expected in zip((APP, EDITED), right, strict=True):
        (folder / "app.py").write_text(app)
        done = slimpack(folder, settings, *BUILD)
        assert done.returncode == 0, done.stderr
        assert (folder / "dist" / "app.zip").read_bytes() == expected
    assert ("the cache cannot be written" in done.stderr) is not filled


@pytest.mark.parametrize("size", ["280k", "400k", "640k", "900k"])
def test_a_disk_that_is_full_at_some_moment(
    size: str, index: LocalIndex, tmp_path: Path, right: tuple[bytes, bytes]
) -> None:
    """Room for the wheel; then none for what is unpacked, for what was learnt, or for the artifact."""
    folder = project(tmp_path / "project", FILES)
    for small in mounted(tmp_path / "small", f"size={size}"):
        settings = environment(index, tmp_path / "cache") | {"SLIMPACK_CACHE_DIR": str(small)}
        done = slimpack(folder, settings, *BUILD)
        assert done.returncode in {0, 6}, done.stderr
        assert "Traceback" not in done.stderr
        assert not [*small.glob("run/*"), *small.glob("staging/*"), *small.glob("*/??/.part*")]
        if done.returncode:
            assert "No space left on device" in done.stderr
            assert not (folder / "dist" / "app.zip").exists()
        else:
            assert (folder / "dist" / "app.zip").read_bytes() == right[0]


def test_a_cache_that_is_cleared_meanwhile(index: LocalIndex, tmp_path: Path, right: tuple[bytes, bytes]) -> None:
    """What was stored may go at any moment; what a build runs from stays."""
    folder = project(tmp_path / "project", FILES)
    settings = environment(index, tmp_path / "cache")
    stopped = threading.Event()

    def clear() -> None:
        while not stopped.wait(0.01):
            for kind in ("wheel", "wheel-index", "facts", "pyc", "observation", "verdict", "artifact", "build"):
                shutil.rmtree(tmp_path / "cache" / kind, ignore_errors=True)

    thread = threading.Thread(target=clear)
    thread.start()
    try:
        done = slimpack(folder, settings, *BUILD)
    finally:
        stopped.set()
        thread.join()
    assert done.returncode == 0, done.stderr
    assert (folder / "dist" / "app.zip").read_bytes() == right[0]


def test_a_build_beside_builds_that_die(index: LocalIndex, tmp_path: Path, right: tuple[bytes, bytes]) -> None:
    settings = environment(index, tmp_path / "cache")
    folders = [project(tmp_path / name, FILES) for name in ("one", "two", "three")]
    builds = [subprocess.Popen(command(*BUILD), cwd=folder, env=settings, stderr=subprocess.PIPE, text=True) for folder in folders]  # fmt: skip
    time.sleep(0.7)
    builds[0].kill()
    builds[1].send_signal(signal.SIGTERM)
    said = [build.communicate(timeout=60)[1] for build in builds]
    assert builds[2].returncode == 0, said[2]
    assert (folders[2] / "dist" / "app.zip").read_bytes() == right[0]
