"""`--lazy` through the real command line: what waits, what does not and why, and that the artifact answers alike."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_projects import BUILD, environment, project, slimpack
from local_index import LocalIndex, serve
from wheels import make_wheel

APP = """
import sys
import shop

def handler(event, context):
    if event.get("count"):
        return len(list(filter(None, map(str, sys.modules))))
    return {"sum": shop.total(event["items"]), "report": shop.report(event["items"]) if event.get("report") else None}
"""
OWN = """
from light import heavy

def handler(event, context):
    if event.get("table"):
        return heavy.table([])
    return "nothing"
"""
HEAVY = (
    "import re\n\nCELL = re.compile(r'(\\w+)-([0-9]{2})')\n\n\ndef table(items):\n    return [CELL.pattern, *items]\n"
)
SHOP = {
    "shop/__init__.py": "from shop import heavy, register, p0, p1, p2, p3, p4, p5, p6, p7, p8\n\n\n"
    "def total(items):\n    return sum(items) + len(register.NAMES)\n\n\n"
    "def report(items):\n    return heavy.table(items)\n",
    "shop/heavy.py": HEAVY + "".join(f"\n\ndef f{n}(x):\n    return [x, {n}, 'text {n}']\n" for n in range(200)),
    "light/__init__.py": "",
    "light/heavy.py": HEAVY + "".join(f"\n\ndef f{n}(x):\n    return [x, {n}, 'text {n}']\n" for n in range(200)),
    "shop/register.py": "import shop.names\n\nshop.names.NAMES.append('register')\nfrom shop.names import NAMES\n",
    "shop/names.py": "NAMES = []\n",
    **{f"shop/p{n}.py": f"X = {n}\n" for n in range(9)},
}
INIT = """
import sys
sys.path[0] = sys.argv[1]
import app
before = "shop.heavy" in sys.modules
import json
print(json.dumps([before, app.handler({"items": [1], "report": True}, None), "shop.heavy" in sys.modules]))
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIndex]:
    shelf = tmp_path_factory.mktemp("shelf")
    make_wheel(shelf, "shop", "1.0", SHOP)
    with serve(shelf) as served:
        yield served


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    events = {
        "sum.json": {"items": [1, 2]},
        "report.json": {"items": [3], "report": True},
        "count.json": {"count": True},
        "table.json": {"table": True},
    }
    files = {f"events/{name}": json.dumps(event) for name, event in events.items()}
    return project(tmp_path / "project", {"app.py": APP, "requirements.txt": "shop\n", **files})


def built(index: LocalIndex, folder: Path, *options: str, code: int = 0) -> dict[str, Any]:
    done = slimpack(folder, environment(index, folder.parent.parent / "cache"), *BUILD, *options)
    assert done.returncode == code, done.stderr
    found: dict[str, Any] = json.loads((folder / "dist" / "app.report.json").read_text())
    return found


def waiting(report: dict[str, Any]) -> set[str]:
    return {item["target"] for item in report["imports"]["deferred"]}


def why(index: LocalIndex, folder: Path, name: str) -> str:
    return slimpack(folder, environment(index, folder.parent.parent / "cache"), "why", "--import", name).stdout


def test_what_only_a_function_uses_waits_and_what_others_rely_on_does_not(index: LocalIndex, folder: Path) -> None:
    report = built(index, folder, "--lazy", "safe", "--event", "events/sum.json")
    assert waiting(report) == {"shop.heavy"}
    assert report["imports"]["started"]
    told = why(index, folder, "shop.heavy")
    assert "shop/__init__.py:1  heavy from shop.heavy, saves about" in told
    assert "waits" in told
    with zipfile.ZipFile(folder / "dist" / "app.zip") as archive:
        archive.extractall(folder / "code")
    done = subprocess.run(
        [sys.executable, "-s", "-c", INIT, str(folder / "code")], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [False, {"sum": 2, "report": [r"(\w+)-([0-9]{2})", 1]}, True]


def test_off_changes_nothing_in_the_artifact(index: LocalIndex, folder: Path) -> None:
    report = built(index, folder)
    assert report["imports"] == {"deferred": [], "kept": [], "started": False}
    with zipfile.ZipFile(folder / "dist" / "app.zip") as archive:
        assert archive.read("app.py").decode() == APP
        assert not [name for name in archive.namelist() if name.startswith("_slimpack")]
    assert "no import waits: built with --lazy off" in why(index, folder, "shop.heavy")


@pytest.mark.parametrize(
    ("options", "waits"),
    [
        (("--event", "events/report.json"), False),
        (("--event", "events/sum.json", "--event", "events/report.json"), True),
        (("--event", "events/sum.json", "--event", "events/report.json", "--memory", "512"), False),
        (("--event", "events/sum.json", "--event", "events/report.json", "--memory", "1024"), True),
        (("--event", "events/sum.json", "--eager", "shop.heavy"), False),
    ],
)
def test_what_too_many_events_use_does_not_wait(
    options: tuple[str, ...], waits: bool, index: LocalIndex, folder: Path
) -> None:
    report = built(index, folder, "--lazy", "profile", *options)
    assert ("shop.heavy" in waiting(report)) == waits


def test_own_imports_wait_on_request(index: LocalIndex, folder: Path) -> None:
    (folder / "app.py").write_text(OWN)
    assert waiting(built(index, folder, "--lazy", "safe")) == set()
    report = built(index, folder, "--lazy", "safe", "--lazy-own", "--event", "events/table.json")
    assert waiting(report) == set()  # every event uses it
    report = built(index, folder, "--lazy", "safe", "--lazy-own", "--event", "events/sum.json")
    assert waiting(report) == {"light.heavy"}
    with zipfile.ZipFile(folder / "dist" / "app.zip") as archive:
        archive.extractall(folder / "code")
    program = (
        "import sys; sys.path[0] = sys.argv[1]; import app; print('light.heavy' in sys.modules, app.handler({}, 0))"
    )
    run = [sys.executable, "-s", "-c", program, str(folder / "code")]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "nothing"]


def test_where_waiting_changes_an_answer_nothing_waits(index: LocalIndex, folder: Path) -> None:
    report = built(index, folder, "--lazy", "safe", "--event", "events/count.json")
    assert waiting(report) == set()
    (finding,) = [finding for finding in report["findings"] if finding["code"] == "SLP043"]
    assert finding["severity"] == "warning"
    assert "in the original" in finding["message"]
    assert report["verdict"]["misses"] == report["verdict"]["differences"] == []


def test_same_bytes_again(index: LocalIndex, folder: Path) -> None:
    first = built(index, folder, "--lazy", "profile", "--event", "events/sum.json")["artifact"]["sha256"]
    cache = folder.parent.parent / "another-cache"
    done = slimpack(
        folder, environment(index, cache), *BUILD, "--lazy", "profile", "--event", "events/sum.json", "-o", "b.zip"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((folder / "b.report.json").read_text())["artifact"]["sha256"] == first


def test_without_running_analysis_decides_alone(index: LocalIndex, folder: Path) -> None:
    report = built(index, folder, "--lazy", "safe", "--no-run", "--no-verify")
    assert waiting(report) == {"shop.heavy"}
    assert not report["imports"]["started"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--lazy", "fast"), "off or safe or profile"),
        (("--lazy", "profil"), "profile"),
        (("--memory", "64"), "a whole number of MB, 128 to 10240"),
        (("--memory", "lots"), "a whole number of MB, 128 to 10240"),
    ],
)
def test_bad_values_get_one_clear_error(options: tuple[str, ...], said: str, index: LocalIndex, folder: Path) -> None:
    done = slimpack(folder, environment(index, folder.parent.parent / "cache"), *BUILD, *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
