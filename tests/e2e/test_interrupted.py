"""Builds that are interrupted, killed, run side by side, or out of space leave nothing half-written behind."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_projects import BUILD, HANDLER, command, environment, project, slimpack
from local_index import LocalIndex, serve, stock
from wheels import make_wheel

from slimpack.report import from_json


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIndex]:
    shelf = stock(tmp_path_factory.mktemp("shelf"))
    modules = {f"many/m{number}.py": f"VALUE = {number}\n" * 200 for number in range(200)}
    imports = "".join(f"from many import m{number}\n" for number in range(200))
    make_wheel(shelf, "many", "1.0", {**modules, "many/__init__.py": imports})
    with serve(shelf) as served:
        yield served


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return project(tmp_path / "project", {"requirements.txt": "many\n", "app.py": f"import many\n{HANDLER}"})


@pytest.fixture(scope="module")
def right(index: LocalIndex, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of an undisturbed build."""
    root = tmp_path_factory.mktemp("right")
    made = project(root / "project", {"requirements.txt": "many\n", "app.py": f"import many\n{HANDLER}"})
    done = slimpack(made, environment(index, root / "cache"), *BUILD)
    assert done.returncode == 0, done.stderr
    return (made / "dist" / "app.zip").read_bytes()


def started(folder: Path, settings: dict[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command(*BUILD), cwd=folder, env=settings, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


@pytest.mark.parametrize("moment", [0.2, 0.4, 0.6, 0.8, 1.0, 1.3])
def test_an_interrupt_is_exit_130_and_leaves_nothing(
    moment: float, index: LocalIndex, folder: Path, tmp_path: Path, right: bytes
) -> None:
    with started(folder, environment(index, tmp_path / "cache")) as build:
        time.sleep(moment)
        build.send_signal(signal.SIGINT)
        _, said = build.communicate(timeout=30)
    if build.returncode == 0:  # it was done by then
        assert left_in(folder / "dist") == {"app.zip", "app.report.json"}
        return
    assert build.returncode in {130, -signal.SIGINT}, said  # -SIGINT: before Python could listen
    assert "error: this is a bug" not in said
    # Where it came between the last write and the end, the outputs are there, and they are whole.
    assert left_in(folder / "dist") in (set(), {"app.zip"}, {"app.zip", "app.report.json"})
    if (folder / "dist" / "app.zip").exists():
        assert (folder / "dist" / "app.zip").read_bytes() == right
    if (folder / "dist" / "app.report.json").exists():
        assert from_json((folder / "dist" / "app.report.json").read_text()).verdict is not None
    assert left_in(folder) == {"app.py", "requirements.txt"} | ({"dist"} if (folder / "dist").exists() else set())


@pytest.mark.parametrize("moment", [0.3, 0.7, 1.1])
def test_after_a_kill_the_next_build_is_right(
    moment: float, index: LocalIndex, folder: Path, tmp_path: Path, right: bytes
) -> None:
    settings = environment(index, tmp_path / "cache")
    with started(folder, settings) as build:
        time.sleep(moment)
        build.kill()
        build.communicate(timeout=30)
    assert left_in(folder / "dist") <= {"app.zip", "app.report.json"}
    done = slimpack(folder, settings, *BUILD)
    assert done.returncode == 0, done.stderr
    assert (folder / "dist" / "app.zip").read_bytes() == right


def test_two_builds_at_once_on_one_cache(index: LocalIndex, tmp_path: Path, right: bytes) -> None:
    settings = environment(index, tmp_path / "cache")
    files = {"requirements.txt": "many\n", "app.py": f"import many\n{HANDLER}"}
    folders = [project(tmp_path / name, files) for name in ("one", "two")]
    builds = [started(folder, settings) for folder in folders]
    for build in builds:
        _, said = build.communicate(timeout=60)
        assert build.returncode == 0, said
    assert [(folder / "dist" / "app.zip").read_bytes() for folder in folders] == [right, right]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a disk of 64 KB needs the right to mount one (root)")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_one_error_and_nothing_is_left(index: LocalIndex, tmp_path: Path, small_disk: Path) -> None:
    noise = random.Random(0).randbytes(200_000).hex()
    folder = project(tmp_path / "project", {"data.txt": noise})
    arguments = (*BUILD, "--include", "data.txt", "--output", str(small_disk / "app.zip"))
    done = slimpack(folder, environment(index, tmp_path / "cache"), *arguments)
    assert done.returncode == 6, done.stderr
    assert "No space left on device" in done.stderr
    assert "--output" in done.stderr
    assert left_in(small_disk) == set()
