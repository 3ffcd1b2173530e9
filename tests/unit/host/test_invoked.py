"""Functions in Lambda's own runtime client: every ending told apart, on every interpreter of this machine."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sandboxes import interpreter, tools_in

from slimpack.host.invoked import Invoked, Mode, Stage, invoke
from slimpack.host.lambda_client import Client, client
from slimpack.host.python import Interpreter, find
from slimpack.host.sandbox import Sandbox
from slimpack.host.tools import Tools
from slimpack.host.watched import Scene
from slimpack.model.answer import MARSHAL_ERROR, Ending
from slimpack.model.project import EntryPoint, Event

HANDLER = EntryPoint(module="app", attribute="handler")
APP = """
import json, os, sys, threading, time
print("init")
count = 0

def handler(event, context):
    global count
    count += 1
    match event.get("op"):
        case "raise": raise KeyError("x")
        case "exit": os._exit(3)
        case "leave": sys.exit(4)
        case "kill": os.kill(os.getpid(), 9)
        case "set": return {1, 2}
        case "async":
            async def later(): return 1
            coroutine = later()
            coroutine.close()
            return coroutine
        case "sleep": time.sleep(30)
        case "network":
            import socket
            socket.create_connection(("198.51.100.1", 80), timeout=3)
        case "loopback":
            import socket
            with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
                return "connected"
        case "open": return open(os.path.join(os.path.dirname(__file__), "data.txt")).read()
        case "thread":
            found = []
            thread = threading.Thread(target=lambda: found.append(open(__file__[:-6] + "data.txt").read()))
            thread.start(); thread.join()
            return found
        case "write": open(os.path.join(os.path.dirname(__file__), "new.txt"), "w")
        case "temporary":
            import tempfile
            with tempfile.TemporaryFile() as stream: return stream.write(b"x")
        case "late":
            import late
            return late.NAME
        case "print": print("x" * 2_000_000)
        case "big": return "y" * 5_000_000
        case "variable": return os.environ["MINE"]
    return {"count": count, "id": context.aws_request_id, "time": context.get_remaining_time_in_millis() > 0, "u": "\u00e9"}
"""


def stage(
    folder: Path,
    *,
    app: str = APP,
    python: Interpreter | None = None,
    timeout: float = 20,
    using: Client | None = None,
    variables: dict[str, str] | None = None,
) -> Stage:
    tools = shared_tools(folder)
    found = python or interpreter(tools)
    code = folder / "code"
    code.mkdir()
    (code / "app.py").write_text(app, encoding="utf-8")
    (code / "late.py").write_text("NAME = __name__\n")
    (code / "data.txt").write_text("data")
    sandbox = Sandbox(interpreter=found, code=code, path=(code,), variables=variables or {})
    scene = Scene(sandbox=sandbox, roots=(str(code),))
    return Stage(scene=scene, client=using or client(found, tools), timeout=timeout)


def shared_tools(folder: Path) -> Tools:
    return tools_in(folder.parent)  # one client for all tests of a run


def events(*operations: str) -> list[Event]:
    return [Event(name=f"{number}-{one}.json", body=json.dumps({"op": one})) for number, one in enumerate(operations)]


def endings(invoked: Invoked) -> list[tuple[str, str, int]]:
    return [(str(answer.ending), answer.error, answer.status) for answer in invoked.answers]


def heard(invoked: Invoked, kind: str) -> set[tuple[str, str]]:
    return {(event.during, event.fields[0]) for run in invoked.runs for event in run.of_kind(kind)}


def test_every_ending_is_told_apart_and_the_next_event_is_answered_all_the_same(tmp_path: Path) -> None:
    operations = ["", "raise", "exit", "leave", "kill", "set", "async", "sleep", ""]
    invoked = invoke(stage(tmp_path, timeout=2), HANDLER, events(*operations))
    assert endings(invoked) == [
        (Ending.ANSWERED, "", 0),
        (Ending.RAISED, "KeyError", 0),
        (Ending.EXITED, "", 3),
        (Ending.EXITED, "", 4),
        (Ending.EXITED, "", -9),
        (Ending.RAISED, MARSHAL_ERROR, 0),
        (Ending.RAISED, MARSHAL_ERROR, 0),
        (Ending.TIMED_OUT, "", 0),
        (Ending.ANSWERED, "", 0),
    ]
    first, last = (json.loads(invoked.answers[index].text) for index in (0, -1))
    assert first == {"count": 1, "id": "00000000-0000-4000-8000-000000000000", "time": True, "u": "é"}
    assert last["count"] == 1, "what ended its process, or took too long, leaves a new one behind"
    assert invoked.ready > 0


def test_what_a_phase_touches_is_told_as_it_happens(tmp_path: Path) -> None:
    invoked = invoke(stage(tmp_path), HANDLER, events("open", "late", "exit"))
    assert ("0-open.json", "data.txt") in heard(invoked, "open")
    (run, *_) = invoked.runs
    assert "late" in run.loaded["1-late.json"]
    assert "late" not in run.loaded["app"]
    assert "late" in run.modules


def test_what_a_thread_touches_is_told_too(tmp_path: Path) -> None:
    invoked = invoke(stage(tmp_path), HANDLER, events("thread"))
    assert json.loads(invoked.answers[0].text) == ["data"]
    assert ("0-thread.json", "data.txt") in heard(invoked, "open")


def test_it_cannot_reach_the_network_nor_write_to_its_code(tmp_path: Path) -> None:
    invoked = invoke(stage(tmp_path), HANDLER, events("network", "write", "loopback", "temporary"))
    network, write, loopback, temporary = invoked.answers
    assert (network.ending, network.error) == (Ending.RAISED, "OSError")
    assert "unreachable" in network.text
    assert (write.error, "Read-only" in write.text) == ("OSError", True)
    assert json.loads(loopback.text) == "connected"
    assert json.loads(temporary.text) == 1
    assert not (tmp_path / "code" / "new.txt").exists()


def test_without_a_watch_it_cannot_reach_the_network_either_where_namespaces_are_permitted(tmp_path: Path) -> None:
    invoked = invoke(stage(tmp_path), HANDLER, events("network"), mode=Mode.PLAIN)
    assert invoked.answers[0].ending is Ending.RAISED


def test_large_answers_and_much_output_come_through(tmp_path: Path) -> None:
    invoked = invoke(stage(tmp_path), HANDLER, events("big", "print", ""))
    assert [answer.ending for answer in invoked.answers] == [Ending.ANSWERED] * 3
    assert len(invoked.answers[0].text) == 5_000_002


def test_variables_are_the_functions_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST_SECRET", "never")
    app = "import os\ndef handler(event, context): return sorted(os.environ)\n"
    invoked = invoke(stage(tmp_path, app=app, variables={"MINE": "1"}), HANDLER, events(""))
    names = json.loads(invoked.answers[0].text)
    assert {"MINE", "AWS_LAMBDA_FUNCTION_NAME", "_HANDLER", "TZ"} <= set(names)
    assert "HOST_SECRET" not in names


@pytest.mark.parametrize(
    ("app", "handler", "error", "text"),
    [
        ("import never_there\n", "app.handler", "Runtime.ImportModuleError", "never_there"),
        ("def handler(:\n", "app.handler", "Runtime.UserCodeSyntaxError", "invalid syntax"),
        ("x = 1\n", "app.handler", "Runtime.HandlerNotFound", "handler"),
        ("raise ValueError('at import')\n", "app.handler", "ValueError", "at import"),
        ("x = 1\n", "time.sleep", "Runtime.BuiltInModuleConflict", "time"),
    ],
)
def test_init_that_fails_says_how(tmp_path: Path, app: str, handler: str, error: str, text: str) -> None:
    module, _, attribute = handler.rpartition(".")
    entry = EntryPoint(module=module, attribute=attribute)
    invoked = invoke(stage(tmp_path, app=app), entry, events("", ""))
    assert [answer.ending for answer in invoked.answers] == [Ending.INIT_FAILED] * 2
    assert invoked.answers[0].error == error
    assert text in invoked.answers[0].text


@pytest.mark.parametrize("way", ["os._exit(9)", "os.kill(os.getpid(), 11)"])
def test_a_process_that_dies_while_it_is_initialised(tmp_path: Path, way: str) -> None:
    invoked = invoke(stage(tmp_path, app=f"import os\n{way}\n"), HANDLER, events(""))
    assert invoked.answers[0].ending is Ending.INIT_FAILED
    assert invoked.answers[0].status in {9, -11}


def test_init_alone_is_enough(tmp_path: Path) -> None:
    invoked = invoke(stage(tmp_path), HANDLER, [])
    assert (invoked.answers, invoked.seconds) == ((), ())
    assert invoked.ready > 0


def test_without_the_extension_python_speaks_for_it(tmp_path: Path) -> None:
    found = client(interpreter(shared_tools(tmp_path)), shared_tools(tmp_path))
    shim = Client(folder=found.folder, native=False)
    operations = ["", "raise", "set", "open"]
    invoked = invoke(stage(tmp_path, using=shim), HANDLER, events(*operations))
    assert endings(invoked) == [
        (Ending.ANSWERED, "", 0),
        (Ending.RAISED, "KeyError", 0),
        (Ending.RAISED, MARSHAL_ERROR, 0),
        (Ending.ANSWERED, "", 0),
    ]


def test_an_artifacts_own_simplejson_comes_before_the_clients(tmp_path: Path) -> None:
    app = "import simplejson\ndef handler(event, context): return simplejson.__file__\n"
    place = stage(tmp_path, app=app)
    package = tmp_path / "code" / "simplejson"
    package.mkdir()
    # As the client uses it: what it takes from simplejson, and nothing more.
    source = (place.client.folder / "simplejson" / "__init__.py").read_text(encoding="utf-8")
    package.joinpath("__init__.py").write_text(source, encoding="utf-8")
    for name in ("decoder", "encoder", "errors", "raw_json", "scanner", "compat", "ordered_dict"):
        text = (place.client.folder / "simplejson" / f"{name}.py").read_text(encoding="utf-8")
        package.joinpath(f"{name}.py").write_text(text, encoding="utf-8")
    invoked = invoke(place, HANDLER, events(""))
    assert json.loads(invoked.answers[0].text).startswith(str(tmp_path / "code"))


def test_layers_come_behind_the_code_and_their_pth_files_count(tmp_path: Path) -> None:
    app = "import both, added, layered, sys\ndef handler(event, context): return [both.X, added.X, layered.X]\n"
    place = stage(tmp_path, app=app)
    python = f"python{place.scene.sandbox.interpreter.python[0]}.{place.scene.sandbox.interpreter.python[1]}"
    site, layer = tmp_path / "opt/python/lib" / python / "site-packages", tmp_path / "opt/python"
    (site / "more").mkdir(parents=True)
    (site / "more.pth").write_text("more\n")
    (site / "more" / "added.py").write_text("X = 'through the .pth file'\n")
    (site / "layered.py").write_text("X = 'site directory'\n")
    (layer / "layered.py").write_text("X = 'folder'\n")
    (tmp_path / "code" / "both.py").write_text("X = 'code'\n")
    (site / "both.py").write_text("X = 'layer'\n")
    sandbox = replace(place.scene.sandbox, path=(tmp_path / "code", site, layer))
    place = replace(place, scene=replace(place.scene, sandbox=sandbox), sites=(site,))
    invoked = invoke(place, HANDLER, events(""))
    assert json.loads(invoked.answers[0].text) == ["code", "through the .pth file", "site directory"]


def _others(minors: Sequence[int]) -> list[tuple[int, int]]:
    return [(3, minor) for minor in minors]


@pytest.mark.e2e
@pytest.mark.parametrize("python", _others([10, 11, 12, 13, 14]), ids=lambda python: f"3.{python[1]}")
def test_every_interpreter_of_this_machine_runs_functions(tmp_path: Path, python: tuple[int, int]) -> None:
    tools = shared_tools(tmp_path)
    found = find(python, tools)
    if found is None:
        pytest.skip(f"there is no CPython 3.{python[1]} on this machine")
    place = stage(tmp_path, python=found)
    assert place.client.native
    invoked = invoke(place, HANDLER, events("", "raise", "exit", "open"))
    assert [answer.ending for answer in invoked.answers] == [
        Ending.ANSWERED,
        Ending.RAISED,
        Ending.EXITED,
        Ending.ANSWERED,
    ]
