"""`slimpack measure` on functions whose cost is known: it finds it, and blames the right line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_projects import BUILD, PYTHON, environment, project, slimpack
from local_index import LocalIndex, serve
from wheels import make_wheel

from slimpack.measure.importtime import parse

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


def measured(index: LocalIndex, folder: Path, *options: str, exits: int = 0) -> dict[str, Any]:
    done = slimpack(folder, environment(index, folder.parent / "cache"), *MEASURE, *options)
    assert done.returncode == exits, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return {**found, "stderr": done.stderr}


def middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def test_a_known_cost_is_found_and_its_lines_are_blamed(index: LocalIndex, folder: Path) -> None:
    (found,) = measured(index, folder, "--event", "event.json")["profiles"]
    assert middle(found["loading"]) - middle(found["floor_loading"]) == pytest.approx(210, rel=0.05)
    assert middle(found["init"]["cpu"]) - middle(found["floor"]["cpu"]) == pytest.approx(210, rel=0.15)
    lines = {one["line"]: one for one in found["statements"] if one["path"] == "app.py"}
    assert lines[3]["text"] == "import slow"
    assert lines[3]["imports"] == pytest.approx(120, rel=0.05)
    assert lines[5]["cpu"] - lines[5]["imports"] == pytest.approx(60, rel=0.05)
    assert lines[13]["cpu"] - lines[13]["imports"] == pytest.approx(30, rel=0.05)
    imports = {one["module"]: one for one in found["imports"]}
    assert imports["slow.inner"]["own"] == pytest.approx(120, rel=0.05)
    assert imports["slow.inner"]["importer"] == "slow/__init__.py:1"
    assert imports["slow.inner"]["owner"] == "slow"
    assert imports["slow"]["saved"] == pytest.approx(120, rel=0.05)
    (request,) = found["requests"]
    assert middle(request["first_cpu"]) == pytest.approx(50, rel=0.25)
    assert middle(request["second_cpu"]) < 10


def test_every_ms_is_somebodys(index: LocalIndex, folder: Path) -> None:
    (found,) = measured(index, folder)["profiles"]
    whole = middle(found["loading"]) - middle(found["floor_loading"])
    assert sum(one["own"] for one in found["imports"]) == pytest.approx(whole, rel=0.05)
    assert sum(one["own"] for one in found["shares"]) == pytest.approx(whole, rel=0.05)
    shares = {one["owner"]: one for one in found["shares"]}
    assert shares["slow"]["importer"] == "app.py:3"
    assert shares[""]["own"] == pytest.approx(90, rel=0.1)
    assert found["opened"] == 3, "burner, slow and slow.inner; the handler takes the place of the empty one"
    assert found["read"] > 100


def test_two_are_measured_side_by_side(index: LocalIndex, folder: Path) -> None:
    told = measured(index, folder, "dist/app.zip", "--against", "app.handler")
    built, plain = told["profiles"]
    assert (built["subject"], plain["subject"]) == ("app.zip", "app (plain)")
    assert len(plain["init"]["cpu"]) == len(built["init"]["cpu"]) >= 6
    assert told["difference"]["low"] <= told["difference"]["shift"] <= told["difference"]["high"]


SLOWER = APP.replace("burn(60)", "burn(100)")


def test_limits_hold_or_say_why_not(index: LocalIndex, folder: Path) -> None:
    (folder / "slower.py").write_text(SLOWER)
    pair = ("slower.handler", "--against", "app.handler")
    told = measured(index, folder, *pair, "--fail-on", "init +5%", "--fail-on", "peak-rss +50%", exits=1)
    assert told["difference"]["low"] <= 40.3
    assert told["difference"]["high"] >= 39.7
    (reason,) = told["broken"]
    assert reason.startswith("init of slower (plain) is ")
    assert "above app (plain)" in reason
    assert told["stderr"].strip().endswith(f"error: {reason}")
    held = ("--fail-on", "init +30%", "--fail-on", "init 2s", "--fail-on", "peak-rss 500MB", "--fail-on", "init +200ms")
    assert measured(index, folder, *pair, *held)["broken"] == []
    assert (
        measured(index, folder, "app.handler", "--against", "slower.handler", "--fail-on", "init +1%")["broken"] == []
    )
    assert "the limit is 50.0 ms" in measured(index, folder, "--fail-on", "init 50ms", exits=1)["broken"][0]


ADVISED = """import json
import slow
from burner import burn


def made(milliseconds):
    burn(milliseconds)
    return object()


costly = made(40)
needed = made(30)


class Row:
    at = needed


def handler(event, context):
    if event.get("slow"):
        return slow.__name__
    return json.dumps(str(costly))[:1]
"""


def test_advice_is_of_what_was_measured(index: LocalIndex, folder: Path) -> None:
    (folder / "advised.py").write_text(ADVISED)
    (folder / "slow.json").write_text('{"slow": true}')
    told = measured(index, folder, "advised.handler", "--event", "slow.json", "--event", "event.json")
    advice = {(one["code"], one["where"]): one for one in told["advice"]}
    assert sorted(advice) == [
        ("SLP100", "advised.py:2"), ("SLP101", "advised.py:11"), ("SLP101", "advised.py:12"), ("SLP102", "advised.py:2"),
    ]  # fmt: skip
    assert "`import slow` costs 12" in advice["SLP100", "advised.py:2"]["message"]
    assert "only slow.json of 2 events needed it" in advice["SLP100", "advised.py:2"]["message"]
    assert "takes 40 ms" in advice["SLP101", "advised.py:11"]["message"]
    assert "of 2 events only event.json needed it and took " in advice["SLP101", "advised.py:11"]["message"]
    assert "init needs it: advised.py:15 `class Row:`" in advice["SLP101", "advised.py:12"]["message"]
    moved, worked = told["profiles"][0]["movable"]
    assert (moved["statements"], worked["statements"]) == (["advised.py:2"], ["advised.py:11"])
    assert (worked["saved"], worked["paid"]) == (pytest.approx(40, rel=0.1), pytest.approx(40, rel=0.1))
    deferred = ADVISED.replace("import slow\n", "").replace("return slow", "import slow; return slow")
    (folder / "deferred.py").write_text(deferred)
    compared = measured(index, folder, "deferred.handler", "--against", "advised.handler")["difference"]
    assert -compared["shift"] == pytest.approx(moved["saved"], rel=0.05), "done as advised, it saves what was said"


def test_advice_can_be_silenced_and_made_an_error(index: LocalIndex, folder: Path) -> None:
    (folder / "advised.py").write_text(ADVISED)
    configured = folder / "pyproject.toml"
    try:
        configured.write_text('[tool.slimpack]\nignore = ["SLP100", "SLP102"]\nfail-on = ["SLP101"]\n')
        told = measured(index, folder, "advised.handler", exits=1)
    finally:
        configured.unlink()
    assert {one["code"] for one in told["advice"]} == {"SLP101"}
    assert all(reason.startswith("SLP101 advised.py:") for reason in told["broken"])


def test_it_exports_what_others_open(index: LocalIndex, folder: Path, tmp_path: Path) -> None:
    trace, text = tmp_path / "trace.json", tmp_path / "importtime.txt"
    measured(index, folder, "--trace", str(trace), "--importtime", str(text))
    events = {event["name"]: event for event in json.loads(trace.read_text())["traceEvents"]}
    outer, inner, line = events["slow"], events["slow.inner"], events["app.py:3 import slow"]
    for one, other in (
        (outer, inner),
        (line, outer),
        (events["app"], line),
        (events["app"], events["app.py:5 burn(60)"]),
    ):
        assert one["ts"] <= other["ts"]
        assert other["ts"] + other["dur"] <= one["ts"] + one["dur"]
    assert events["app.py:5 burn(60)"]["ts"] >= line["ts"] + line["dur"], "in the order in which they ran"
    assert any(row.endswith("    slow.inner") for row in text.read_text().splitlines())
    assert {one.module: one.parent for one in parse(text.read_text())}["slow.inner"] == "slow"


def test_it_reads_well(index: LocalIndex, folder: Path) -> None:
    done = slimpack(
        folder, environment(index, folder.parent / "cache"), "measure", "--python", PYTHON, "--max-runs", "6", "--cold"
    )
    assert done.returncode == 0, done.stderr
    assert "files evicted before each start" in done.stdout
    assert "app.py:5  burn(60)" in done.stdout
    assert "  not attributed" in done.stdout
    assert "a million starts, 1769 MB" in done.stdout
    assert "SLP101 app.py:5: `burn(60)` takes 60 ms" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("never.zip",), "there is no package never.zip"),
        (("app.py",), "which handler app.py has is not known"),
        (("--max-runs", "2"), "max-runs"),
        (("--memory", "1"), "memory"),
        (("--fail-on", "init +10%"), "there is none"),
        (("--fail-on", "inti 10ms"), "did you mean init?"),
        (("nothing.handler",), "nothing"),
    ],
)
def test_mistakes(index: LocalIndex, folder: Path, arguments: tuple[str, ...], says: str) -> None:
    done = slimpack(folder, environment(index, folder.parent / "cache"), "measure", "--python", PYTHON, *arguments)
    assert done.returncode in {2, 5}
    assert says in done.stderr
    assert "Traceback" not in done.stderr
