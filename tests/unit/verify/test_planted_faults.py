"""Twenty faults planted in an artifact: each is found by running it on its events, and each names its culprit."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sandboxes import interpreter, plan_dropping, project_in, tools_in, zip_of

from slimpack.model.project import Event, Project, Trial
from slimpack.model.tree import Bytes, Distribution, File, Tree
from slimpack.model.verdict import Verdict
from slimpack.observe import observe
from slimpack.verify import misses_as_problems, verify

APP = """
import lib

def handler(event, context):
    return {"answer": lib.run(event["do"])}
"""
INFO = "lib-1.0.dist-info"
LIB = {
    "lib/__init__.py": """
import ctypes, importlib, importlib.metadata, importlib.resources, importlib.util, json, os, pkgutil, sqlite3

here = os.path.dirname(__file__)

def run(do):
    if do == "late": from lib import late; return late.X
    if do == "deep": from lib.deep.er import still; return still.X
    if do == "named": return importlib.import_module("lib.plugins." + "one").X
    if do == "optional":
        try: from lib import fast; return "fast"
        except ImportError: return "slow"
    if do == "data": return open(here + "/data/table.json").read()
    if do == "relative":
        with importlib.resources.files("lib").joinpath("data/words.txt").open() as stream: return stream.read()
    if do == "pkgutil": return pkgutil.get_data("lib", "data/raw.bin").decode()
    if do == "exists": return os.path.exists(here + "/data/flag")
    if do == "swallowed":
        try: return open(here + "/data/config.ini").read()
        except OSError: return "default"
    if do == "listed": return sorted(os.listdir(here + "/themes"))
    if do == "walked": return sorted(m.name for m in pkgutil.iter_modules(importlib.import_module("lib.plugins").__path__))
    if do == "spec": return importlib.util.find_spec("lib.extra") is not None
    if do == "version": return importlib.metadata.version("lib")
    if do == "plugins": return [e.name for e in importlib.metadata.entry_points(group="lib.things")]
    if do == "thread":
        import threading; out = []
        t = threading.Thread(target=lambda: out.append(importlib.import_module("lib.threaded").X)); t.start(); t.join()
        return out
    if do == "child":
        import subprocess, sys
        return subprocess.run([sys.executable, "-S", here + "/tool.py"], capture_output=True, text=True, check=True).stdout
    if do == "attribute": import lib.parts; return lib.parts.shown()
    if do == "table": return json.load(open(here + "/data/numbers.json"))["n"]
    if do == "constant": from lib import constant; return constant.X
    if do == "own": import own; return own.X
    if do == "folder": import lib.folder; return lib.folder.X
    return do
""",
    "lib/late.py": "X = 'late'",
    "lib/deep/__init__.py": "",
    "lib/deep/er/__init__.py": "",
    "lib/deep/er/still.py": "X = 'still'",
    "lib/plugins/__init__.py": "",
    "lib/plugins/one.py": "X = 'one'",
    "lib/plugins/two.py": "X = 'two'",
    "lib/fast.py": "",
    "lib/data/table.json": "{}",
    "lib/data/words.txt": "words",
    "lib/data/raw.bin": "raw",
    "lib/data/flag": "",
    "lib/data/config.ini": "[a]",
    "lib/data/numbers.json": '{"n": 1}',
    "lib/themes/dark.css": "",
    "lib/themes/light.css": "",
    "lib/extra.py": "",
    "lib/threaded.py": "X = 'threaded'",
    "lib/tool.py": "print('tool')",
    "lib/parts/__init__.py": "from lib.parts import shown_part\ndef shown(): return shown_part.X\n",
    "lib/parts/shown_part.py": "X = 'shown'",
    "lib/constant.py": "X = 1",
    "lib/folder/__init__.py": "X = 'folder'",
    "lib/folder/other.py": "",
    f"{INFO}/METADATA": "Metadata-Version: 2.1\nName: lib\nVersion: 1.0\n",
    f"{INFO}/entry_points.txt": "[lib.things]\nthing = lib.late\n",
}
OWN = {"app.py": APP, "own.py": "X = 'own'"}

DROPPED = [
    ("late", "lib/late.py"),
    ("deep", "lib/deep/er/still.py"),
    ("named", "lib/plugins/one.py"),
    ("optional", "lib/fast.py"),
    ("data", "lib/data/table.json"),
    ("relative", "lib/data/words.txt"),
    ("pkgutil", "lib/data/raw.bin"),
    ("exists", "lib/data/flag"),
    ("swallowed", "lib/data/config.ini"),
    ("listed", "lib/themes/light.css"),
    ("walked", "lib/plugins/two.py"),
    ("spec", "lib/extra.py"),
    ("version", f"{INFO}/METADATA"),
    ("plugins", f"{INFO}/entry_points.txt"),
    ("thread", "lib/threaded.py"),
    ("child", "lib/tool.py"),
    ("attribute", "lib/parts/shown_part.py"),
    ("own", "own.py"),
    ("folder", "lib/folder/__init__.py"),
]
CHANGED = [
    ("table", "lib/data/numbers.json", '{"n": 2}', "/answer is 1 in the original, 2 in the artifact"),
    ("constant", "lib/constant.py", "X = 2", "/answer is 1 in the original, 2 in the artifact"),
    ("late", "lib/late.py", "X = 1 / 0", "ZeroDivisionError"),
    ("late", "lib/late.py", "import os; os._exit(5)", "ended its process with status 5"),
    ("late", "lib/late.py", "import missing_dependency", "ModuleNotFoundError"),
]


def tree() -> Tree:
    files = {path: File(Bytes(text.encode())) for path, text in OWN.items()}
    files |= {path: File(Bytes(text.encode()), owner="lib") for path, text in LIB.items()}
    distribution = Distribution(
        name="lib",
        version="1.0",
        filename="lib-1.0-py3-none-any.whl",
        sha256="0" * 64,
        info=INFO,
        entry_points=(("lib.things", "thing", "lib.late"),),
    )
    return Tree(files, (distribution,))


def project(folder: Path, *operations: str) -> Project:
    events = tuple(Event(name=f"{one}.json", body=json.dumps({"do": one})) for one in operations)
    return replace(project_in(folder), trial=Trial(events=events, timeout=20))


def verdict(folder: Path, *operations: str, dropped: dict[str, str], changed: dict[str, str] | None = None) -> Verdict:
    tools = tools_in(folder)
    tools = replace(tools, cache=tools_in(folder.parent).cache)  # one runtime client for all
    python = interpreter(tools)
    original, made = tree(), project(folder, *operations)
    seen = observe(original, modules=(), project=made, interpreter=python, bytecode={}, tools=tools)
    ships = original.with_files(
        {path: replace(file, content=Bytes((changed or {})[path].encode())) if path in (changed or {}) else file
         for path, file in original.files.items()}
    )  # fmt: skip
    return verify(
        zip_of(ships, folder, dropped=dropped),
        original=original,
        plan=plan_dropping(original, dropped),
        project=made,
        interpreter=python,
        bytecode={},
        observation=seen,
        tools=tools,
    )


def test_an_artifact_without_a_fault_holds_on_every_event(tmp_path: Path) -> None:
    operations = sorted({one for one, _ in DROPPED} | {one for one, *_ in CHANGED})
    found = verdict(tmp_path, *operations, dropped={})
    assert found.holds, found
    assert {event.original.ending for event in found.events} == {"answered"}


@pytest.mark.parametrize(("operation", "path"), DROPPED, ids=lambda value: value.replace("/", "-"))
def test_a_file_that_is_wanted_and_gone_is_named(tmp_path: Path, operation: str, path: str) -> None:
    found = verdict(tmp_path, "nothing", operation, dropped={path: "unreachable"})
    assert not found.holds
    assert path in {miss.path for miss in found.misses}
    problems = [str(problem) for problem in misses_as_problems(found)]
    assert any(path in problem and "'unreachable'" in problem and "keep = [" in problem for problem in problems)


@pytest.mark.parametrize(("operation", "path", "text", "says"), CHANGED, ids=lambda value: str(value)[:16])
def test_a_file_that_is_changed_is_named_with_what_differs(
    tmp_path: Path, operation: str, path: str, text: str, says: str
) -> None:
    found = verdict(tmp_path, "nothing", operation, dropped={}, changed={path: text})
    assert not found.holds
    assert found.changed == (path,)
    (problem,) = [str(one) for one in misses_as_problems(found) if f"{operation}.json" in str(one)]
    assert says in problem
    assert path in problem


def test_there_are_twenty_of_them() -> None:
    assert len(DROPPED) + len(CHANGED) >= 20


def test_what_the_original_does_not_repeat_is_not_held_against_the_artifact(tmp_path: Path) -> None:
    app = """
import os, time
def handler(event, context):
    if event["do"] == "raise": raise ValueError(f"at {time.time_ns()}")
    return {"body": '{"now": %d, "same": 1}' % time.time_ns(), "id": os.urandom(4).hex(), "same": 2}
"""
    tools = replace(tools_in(tmp_path), cache=tools_in(tmp_path.parent).cache)
    python, made = interpreter(tools), project(tmp_path, "x", "raise")
    original = Tree({"app.py": File(Bytes(app.encode()))})
    seen = observe(original, modules=(), project=made, interpreter=python, bytecode={}, tools=tools)
    found = verify(
        zip_of(original, tmp_path, dropped={}),
        original=original,
        plan=plan_dropping(original, {}),
        project=made,
        interpreter=python,
        bytecode={},
        observation=seen,
        tools=tools,
    )
    assert found.holds
    assert [event.noise for event in found.events] == [("/body/now", "/id"), ("/errorMessage",)]
