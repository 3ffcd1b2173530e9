"""What defeats tracers, on real packages: the artifact answers an event it was never shown as the installation does.

Each folder of fixtures/patterns is a function; its number is that of the pattern. `gone.txt` has globs of what must not
ship. The target is the Python that runs the tests, so that whoever runs them can run the artifact, or the one that
`python.txt` asks for. Requirements are pinned, but where newer releases have no wheel for the older runtimes' glibc.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from cli_projects import PYTHON, command

from slimpack.host.python import find
from slimpack.host.tools import of_this_process
from slimpack.model.glob import matcher

PATTERNS = Path(__file__).parents[2] / "fixtures" / "patterns"
CASES = sorted(path.name for path in PATTERNS.iterdir())
ASK = "import json, sys; sys.path.insert(0, sys.argv[1]); import app; print(json.dumps(app.handler(json.loads(sys.argv[2]), None), sort_keys=True))"

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        sys.platform != "linux" or platform.machine() != "x86_64", reason="the artifact for Linux x86_64 is run here"
    ),
]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def interpreter(version: str, cache: Path) -> str:
    major, minor = map(int, version.split("."))
    found = find((major, minor), of_this_process(cache=cache))
    if found is None:
        pytest.skip(f"no Python {version} on this machine")
    return found.executable


def answer(python: str, folder: Path, event: str) -> str:
    environment = {"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [python, "-S", "-s", "-c", ASK, str(folder), event],
        cwd="/", env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return done.stdout or done.stderr


def plain(python: str, function: Path, to: Path) -> Path:
    """Install as the peers do: everything, into a folder, with the own files beside it."""
    shutil.copytree(function, to)
    uv = Path(sys.executable).with_name("uv")
    arguments = ["pip", "install", "-q", "--python", python, "--only-binary", ":all:", "--target", str(to)]
    subprocess.run([uv, *arguments, "-r", str(function / "requirements.txt")], check=True)
    return to


@pytest.mark.parametrize("name", CASES)
def test_artifact_answers_as_the_installation(name: str, cache: Path, tmp_path: Path) -> None:
    function = shutil.copytree(
        PATTERNS / name, tmp_path / "function", ignore=shutil.ignore_patterns("gone.txt", "python.txt")
    )
    event = (PATTERNS / name / "event.json").read_text()
    asked = PATTERNS / name / "python.txt"
    version = asked.read_text().strip() if asked.exists() else PYTHON
    python = interpreter(version, cache)
    expected = answer(python, plain(python, function, tmp_path / "plain"), event)
    assert json.loads(expected) is not None
    (function / "event.json").unlink()
    settings = {**os.environ, "SLIMPACK_CACHE_DIR": str(cache), "CI": "true"}
    done = subprocess.run(
        command("build", "app.handler", "--python", version, "--no-measure", "--quiet"),
        cwd=function,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(function / "dist" / "app.zip") as artifact:
        artifact.extractall(tmp_path / "artifact")
        names = artifact.namelist()
    assert answer(python, tmp_path / "artifact", event) == expected
    gone = matcher(globs for globs in (PATTERNS / name / "gone.txt").read_text().splitlines() if globs)
    report = json.loads((function / "dist" / "app.report.json").read_text())
    wanted = [row for row in report["files"] if gone(row["path"])]
    assert all(row["decision"]["action"] == "drop" for row in wanted)
    assert not [path for path in names if gone(path)]
