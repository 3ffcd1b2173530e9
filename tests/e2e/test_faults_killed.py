"""kill -9 at every stage: whatever was being written to the disk at that moment, the next build is right."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_projects import BUILD, HANDLER, environment, project, slimpack
from local_index import LocalIndex, serve, stock
from wheels import make_wheel

FILES = {"requirements.txt": "bulky==1.0\n", "app.py": f"import bulky\n{HANDLER}"}
PLACES = {
    "downloading a wheel": "/wheel/",
    "its index": "/wheel-index/",
    "unpacking the wheels": "/tree/??/.part",
    "a folder to run in": "/run/slimpack-",
    "the request to the probe": "/request",
    "what was observed": "/observation/",
    "the artifact, unproven": "/staging/slimpack-*/",
    "bytecode": "/pyc/",
    "facts": "/facts/",
    "the verdict": "/verdict/",
    "the artifact": "/dist/.app.zip.",
    "the artifact's copy": "/artifact/",
    "the report's copy": "/build/",
    "the report": "/dist/.app.report.json.",
}
"""Where slimpack writes, in the order of a build."""
HOOK = """
import fnmatch, os, signal, sys

MOMENT, PLACE, WRITES = os.environ["KILL_MOMENT"], os.environ["KILL_PLACE"], os.O_WRONLY | os.O_RDWR | os.O_CREAT

def hook(event, arguments):
    if event == MOMENT and fnmatch.fnmatch(str(arguments[0]), f"*{PLACE}*"):
        if event != "open" or isinstance(arguments[2], int) and arguments[2] & WRITES:
            os.kill(os.getpid(), signal.SIGKILL)

if MOMENT:
    sys.addaudithook(hook)
"""
MOMENTS = ("open", "os.rename")
"""Before a file is begun, and with all of it written but not yet in its place."""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIndex]:
    shelf = stock(tmp_path_factory.mktemp("shelf"))
    code = "from pathlib import Path\nDATA = Path(__file__).with_name('data.txt').read_text()\n"
    make_wheel(shelf, "bulky", "1.0", {"bulky/__init__.py": code, "bulky/data.txt": "data " * 500})
    with serve(shelf) as served:
        yield served


@pytest.fixture(scope="module")
def right(index: LocalIndex, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of an undisturbed build."""
    root = tmp_path_factory.mktemp("right")
    made = project(root / "project", FILES)
    done = slimpack(made, environment(index, root / "cache"), *BUILD)
    assert done.returncode == 0, done.stderr
    return (made / "dist" / "app.zip").read_bytes()


@pytest.mark.parametrize("place", PLACES)
def test_a_build_after_a_kill_is_right(place: str, index: LocalIndex, tmp_path: Path, right: bytes) -> None:
    folder = project(tmp_path / "project", FILES)
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(HOOK)
    settings = environment(index, tmp_path / "cache")
    killing = settings | {"PYTHONPATH": str(tmp_path / "hook"), "KILL_PLACE": PLACES[place]}
    killed = 0
    for moment in MOMENTS:  # the second build finds what the first left
        done = slimpack(folder, killing | {"KILL_MOMENT": moment}, *BUILD)
        killed += done.returncode == -signal.SIGKILL
        assert done.returncode == -signal.SIGKILL or (moment == "os.rename" and done.returncode == 0), done.stderr
        shown = {path.name for path in (folder / "dist").iterdir()} if (folder / "dist").exists() else set()
        assert {name for name in shown if not name.startswith(".")} <= {"app.zip", "app.report.json"}
        if "app.zip" in shown:
            assert (folder / "dist" / "app.zip").read_bytes() == right
    assert killed
    done = slimpack(folder, settings, *BUILD)
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "dist" / "app.zip").read_bytes() == right
    assert (folder / "dist" / "app.report.json").stat().st_size
