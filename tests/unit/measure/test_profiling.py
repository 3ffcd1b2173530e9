"""Small functions measured for real, on every interpreter of this machine: who is used, who is needed, by whom."""

from pathlib import Path

import pytest
from sandboxes import interpreter, tools_in

from slimpack.host.invoked import Stage
from slimpack.host.lambda_client import client
from slimpack.host.python import Interpreter, find
from slimpack.host.sandbox import Sandbox
from slimpack.host.tools import Tools
from slimpack.host.watched import Scene
from slimpack.measure.own_statements import own_sources
from slimpack.measure.owners import own_files, owners
from slimpack.measure.profiling import Subject, profile
from slimpack.model.profile import STANDARD, Profile
from slimpack.model.project import EntryPoint, Event

HANDLER = "\ndef handler(event, context):\n    return event\n"
EVENT = Event(name="a.json", body='{"op": "a"}')
OTHER = Event(name="b.json", body='{"op": "b"}')


def measured(folder: Path, files: dict[str, str], *events: Event, python: Interpreter | None = None) -> Profile:
    tools = tools_in(folder.parent)  # one client for all tests of a run
    found = python or interpreter(tools)
    code = folder / "code"
    for path, text in files.items():
        (code / path).parent.mkdir(parents=True, exist_ok=True)
        (code / path).write_text(text)
    whose = owners(code, entry="app")
    sandbox = Sandbox(interpreter=found, code=code, path=(code,))
    stage = Stage(
        scene=Scene(sandbox=sandbox, roots=(str(code),)),
        client=client(found, tools),
        timeout=20,
        own=own_sources(code, own_files(code, whose, entry="app")),
    )
    subject = Subject(name="app", stage=stage, entry=EntryPoint(module="app", attribute="handler"), owners=whose)
    (made,) = profile([subject], events, cold=False, most=6, python=found.version, tools=tools)
    return made


def needs(made: Profile) -> dict[str, tuple[str, ...] | None]:
    return {f"{one.path}:{one.line}": one.needed for one in made.statements}


RECORD = {"lib-1.0.dist-info/RECORD": "lib/__init__.py,,\nlib/part.py,,\nlib/lazy.py,,\n"}
LIB = {
    "lib/__init__.py": "from lib import part\n\ndef __getattr__(name):\n    import importlib\n    if name != 'lazy':\n"
    "        raise AttributeError(name)\n    return importlib.import_module('lib.lazy')\n",
    "lib/part.py": "class Base:\n    x = 1\ndef decorate(f):\n    return f\ndef unused():\n    pass\n",
    "lib/lazy.py": "def called():\n    return 1\n",
    **RECORD,
}
APP = """from __future__ import annotations
'''A string that is no docstring.'''
import json
import os, os.path
from lib import lazy
import lib
import lib.part
from own import helper

TABLE = os.path.join("a", "b")
used = TABLE + "c"
lib.seen = True


@lib.part.decorate
def handler(event, context):
    if event["op"] == "a":
        return lazy.called()
    return helper.answer(used)
"""
OWN = {
    "own/__init__.py": "",
    "own/helper.py": "import colorsys\n\ndef answer(x):\n    return str(colorsys.rgb_to_hsv(0, 0, 0)) + x\n",
}


def _interpreters() -> list[tuple[int, int]]:
    return [(3, minor) for minor in (10, 11, 12, 13, 14)]


def described(python: tuple[int, int], tools: Tools) -> Interpreter:
    found = find(python, tools)
    if found is None:
        pytest.skip(f"there is no CPython {python[0]}.{python[1]} on this machine")
    return found


@pytest.mark.parametrize("python", _interpreters(), ids=lambda python: f"3.{python[1]}")
def test_who_needs_what_and_whose_it_is(tmp_path: Path, python: tuple[int, int]) -> None:
    made = measured(
        tmp_path, {"app.py": APP, **LIB, **OWN}, EVENT, OTHER, python=described(python, tools_in(tmp_path.parent))
    )
    assert needs(made) == {
        "app.py:1": (),
        "app.py:3": (),
        "app.py:4": ("app.py:10",),
        "app.py:5": ("a.json",),
        "app.py:6": ("app.py:12", "app.py:16"),
        "app.py:7": ("app.py:12", "app.py:16"),
        "app.py:8": ("b.json",),
        "app.py:10": ("app.py:11",),
        "app.py:11": ("b.json",),
        "app.py:12": None,
        "app.py:16": None,
        "own/helper.py:1": ("b.json",),
        "own/helper.py:3": None,
    }
    imports = {one.module: one for one in made.imports}
    assert imports["lib.lazy"].importer == "app.py:5", "who asks a lazy package is who imports"
    assert imports["lib.part"].importer == "lib/__init__.py:1"
    assert (imports["lib.part"].owner, imports["own.helper"].owner, imports["colorsys"].owner) == ("lib", "", STANDARD)
    assert imports["own.helper"].statement == "app.py:8"
    assert imports["colorsys"].statement == "own/helper.py:1"
    if python >= (3, 12):
        assert imports["lib.part"].used == ("init",)
        assert imports["lib.lazy"].used == ("a.json",)
        assert imports["own.helper"].used == ("b.json",)
    else:
        assert {one.used for one in made.imports} == {None}


def test_a_class_body_is_no_call(tmp_path: Path) -> None:
    made = measured(tmp_path, {"app.py": "import lib.part\n" + HANDLER, **LIB}, EVENT)
    (used,) = [one.used for one in made.imports if one.module == "lib.part"]
    assert used in {(), None}


def test_what_looks_into_its_own_dictionary_is_measured_all_the_same(tmp_path: Path) -> None:
    app = "import json\nimport lib\nnames = sorted(globals())\nassert 'lib' in names\n" + HANDLER
    made = measured(tmp_path, {"app.py": app, **LIB}, EVENT)
    assert set(needs(made).values()) == {None}
    assert made.movable == ()


def test_events_that_raise_alike_are_alike(tmp_path: Path) -> None:
    app = "import lib\n\ndef handler(event, context):\n    return lib.part.never_there\n"
    assert needs(measured(tmp_path, {"app.py": app, **LIB}, EVENT))["app.py:1"] == ("a.json",)


def test_names_that_are_bound_again_are_not_confused(tmp_path: Path) -> None:
    app = (
        "import lib\nlib = None\ntry:\n    import absent\nexcept ImportError:\n    absent = None\ncount = 0\ndel lib\n"
        "def handler(event, context):\n    global count\n    count += 1\n    return [count, absent]\n"
    )
    made = measured(tmp_path, {"app.py": app, **LIB}, EVENT, OTHER)
    assert needs(made) == {
        "app.py:1": (), "app.py:2": None, "app.py:3": ("a.json", "b.json"), "app.py:7": None,
        "app.py:8": None, "app.py:9": None,
    }  # fmt: skip


def test_files_and_bytes_are_counted_without_those_of_an_empty_handler(tmp_path: Path) -> None:
    size = 300_000
    read = (
        "import os\nwith open(os.path.join(os.path.dirname(__file__), 'data.bin'), 'rb') as f:\n    data = f.read()\n"
    )
    made = measured(tmp_path, {"app.py": read + HANDLER, "data.bin": "x" * size})
    assert size <= made.read <= size + 20_000
    assert made.opened == 1, "the handler itself takes the place of the empty one"
    none = tmp_path / "none"
    none.mkdir()
    assert measured(none, {"app.py": HANDLER}).opened == 0


def test_a_shared_object_is_a_file_that_is_opened(tmp_path: Path) -> None:
    made = measured(tmp_path, {"app.py": "import _ctypes, sqlite3\n" + HANDLER})
    own = [one for one in made.imports if one.module in {"_ctypes", "_sqlite3"}]
    assert made.opened >= len(own)


def test_threads_do_not_mix_imports(tmp_path: Path) -> None:
    app = (
        "import threading\ndef work():\n    import own.helper\n"
        "thread = threading.Thread(target=work)\nthread.start()\nimport lib\nthread.join()\n" + HANDLER
    )
    imports = {one.module: one for one in measured(tmp_path, {"app.py": app, **LIB, **OWN}).imports}
    assert imports["own.helper"].importer == "app.py:3"
    assert imports["own.helper"].parent in {"", "own"}
    assert imports["lib.part"].parent == "lib"


def test_owners_without_records_are_the_names_at_the_top(tmp_path: Path) -> None:
    for path in ("app.py", "lib/__init__.py", "single.py", "data/x.txt"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("")
    assert owners(tmp_path, entry="app") == {"data": "data", "lib": "lib", "single": "single"}
    assert own_files(tmp_path, owners(tmp_path, entry="app"), entry="app") == ["app.py", "app/__init__.py"]


SHARED = """import time
DATA = []
def burn(ms):
    end = time.process_time_ns() + ms * 1_000_000
    while time.process_time_ns() < end:
        pass
def client(name):
    if not DATA:
        burn(30)
        DATA.append(1)
    burn(20)
    return name
"""
TWO = """import sdk
one = sdk.client("one")
two = sdk.client("two")
def handler(event, context):
    return one if event["op"] == "a" else event
"""


def test_what_waiting_saves_is_tried(tmp_path: Path) -> None:
    made = measured(tmp_path, {"app.py": TWO, "sdk.py": SHARED, **RECORD, "lib/__init__.py": ""}, EVENT, OTHER)
    first, second = made.statements[1:3]
    assert first.itself == pytest.approx(50, rel=0.05)
    assert second.itself == pytest.approx(20, rel=0.05)
    by_first = {one.statements[0]: one for one in made.movable}
    assert by_first["app.py:2"].saved == pytest.approx(20, abs=3), "the other client needs the data as well"
    assert by_first["app.py:2"].paid == pytest.approx(20, abs=3)
    assert by_first["app.py:2"].needed == ("a.json",)
    assert by_first["app.py:3"].saved == pytest.approx(20, abs=3)
    assert (by_first["app.py:3"].needed, by_first["app.py:3"].paid) == ((), 0.0)


def test_what_cannot_wait_after_all_is_not_advised(tmp_path: Path) -> None:
    app = (
        "import sdk, sys\nmade = sdk.client('x')\n"
        "def handler(event, context):\n    return [made, 'made' in vars(sys.modules[__name__])]\n"
    )
    made = measured(tmp_path, {"app.py": app, "sdk.py": SHARED, **RECORD, "lib/__init__.py": ""}, EVENT)
    assert [one.statements for one in made.movable if one.statements == ("app.py:2",)] != []
    raises = app.replace("return [", "assert 'made' in vars(sys.modules[__name__])\n    return [")
    other = tmp_path / "other"
    other.mkdir()
    made = measured(other, {"app.py": raises, "sdk.py": SHARED, **RECORD, "lib/__init__.py": ""}, EVENT)
    assert made.movable == ()
