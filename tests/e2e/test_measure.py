"""`slimpack measure` on functions whose cost is known: it finds it, and blames the right line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_projects import BUILD, PYTHON, environment, project, slimpack
from local_index import LocalIndex, serve
from wheels import make_wheel

BURN = """
import time

def burn(milliseconds):
    end = time.process_time() + milliseconds / 1000
    while time.process_time() < end:
        pass
"""
APP = """from burner import burn

import slow

burn(60)


class Client:
    def __init__(self):
        burn(30)


client = Client()


def handler(event, context):
    import late
    return late.VALUE
"""
MEASURE = ("measure", "--json", "--max-runs", "6", "--python", PYTHON)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIndex]:
    shelf = tmp_path_factory.mktemp("shelf")
    make_wheel(shelf, "burner", "1.0", {"burner.py": BURN})
    make_wheel(
        shelf,
        "slow",
        "1.0",
        {"slow/__init__.py": "import slow.inner\n", "slow/inner.py": "from burner import burn\nburn(120)\n"},
    )
    make_wheel(shelf, "late", "1.0", {"late.py": "from burner import burn\nburn(50)\nVALUE = 1\n"})
    with serve(shelf) as served:
        yield served


@pytest.fixture(scope="module")
def folder(index: LocalIndex, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = project(
        tmp_path_factory.mktemp("measured") / "project",
        {"app.py": APP, "requirements.txt": "burner\nslow\nlate\n", "event.json": "{}"},
    )
    done = slimpack(made, environment(index, made.parent / "cache"), *BUILD)
    assert done.returncode == 0, done.stderr
    return made


def profiles(index: LocalIndex, folder: Path, *options: str) -> list[dict[str, Any]]:
    done = slimpack(folder, environment(index, folder.parent / "cache"), *MEASURE, *options)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["profiles"]
    return found


def middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def test_a_known_cost_is_found_and_its_lines_are_blamed(index: LocalIndex, folder: Path) -> None:
    (found,) = profiles(index, folder, "--event", "event.json")
    own = middle(found["init"]["cpu"]) - middle(found["floor"]["cpu"])
    assert own == pytest.approx(210, rel=0.15)
    lines = {one["line"]: one for one in found["statements"] if one["path"] == "app.py"}
    assert lines[3]["text"] == "import slow"
    assert lines[3]["imports"] == pytest.approx(120, rel=0.1)
    assert lines[5]["cpu"] - lines[5]["imports"] == pytest.approx(60, rel=0.1)
    assert lines[13]["cpu"] - lines[13]["imports"] == pytest.approx(30, rel=0.15)
    imports = {one["module"]: one for one in found["imports"]}
    assert imports["slow.inner"]["own"] == pytest.approx(120, rel=0.1)
    assert imports["slow.inner"]["importer"] == "slow/__init__.py:1"
    assert imports["slow.inner"]["owner"] == "slow"
    assert imports["slow"]["saved"] == pytest.approx(120, rel=0.1)
    (request,) = found["requests"]
    assert middle(request["first_cpu"]) == pytest.approx(50, rel=0.25)
    assert middle(request["second_cpu"]) < 10


def test_two_are_measured_side_by_side(index: LocalIndex, folder: Path) -> None:
    plain, built = profiles(index, folder, "app.handler", "--against", "dist/app.zip")
    assert (plain["subject"], built["subject"]) == ("app (plain)", "app.zip")
    assert len(plain["init"]["cpu"]) == len(built["init"]["cpu"]) >= 5


def test_it_exports_what_others_open(index: LocalIndex, folder: Path, tmp_path: Path) -> None:
    trace, text = tmp_path / "trace.json", tmp_path / "importtime.txt"
    profiles(index, folder, "--trace", str(trace), "--importtime", str(text))
    events = {event["name"]: event for event in json.loads(trace.read_text())["traceEvents"]}
    outer, inner = events["slow"], events["slow.inner"]
    assert outer["ts"] <= inner["ts"]
    assert inner["ts"] + inner["dur"] <= outer["ts"] + outer["dur"] + 1
    assert any(line.endswith("    slow.inner") for line in text.read_text().splitlines())


def test_it_reads_well(index: LocalIndex, folder: Path) -> None:
    done = slimpack(
        folder, environment(index, folder.parent / "cache"), "measure", "--python", PYTHON, "--max-runs", "5", "--cold"
    )
    assert done.returncode == 0, done.stderr
    assert "files evicted before each start" in done.stdout
    assert "app.py:5  burn(60)" in done.stdout
    assert "a million starts, 1769 MB" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("never.zip",), "there is no package never.zip"),
        (("app.py",), "which handler app.py has is not known"),
        (("--max-runs", "2"), "max-runs"),
        (("--memory", "1"), "memory"),
        (("nothing.handler",), "nothing"),
    ],
)
def test_mistakes(index: LocalIndex, folder: Path, arguments: tuple[str, ...], says: str) -> None:
    done = slimpack(folder, environment(index, folder.parent / "cache"), "measure", "--python", PYTHON, *arguments)
    assert done.returncode in {2, 5}
    assert says in done.stderr
    assert "Traceback" not in done.stderr
