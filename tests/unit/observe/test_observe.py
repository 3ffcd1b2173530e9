"""What importing shows: loads, reads, listings, existence checks, and how it may go wrong."""

import importlib.util
import marshal
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest
from sandboxes import interpreter, project_in, tools_in, tree_with

from slimpack.errors import TraceError
from slimpack.model.observation import Observation
from slimpack.model.tree import Bytes, Tree
from slimpack.observe import observe

HANDLER = "\ndef handler(event, context):\n    return event\n"
HERE = "import os, lib\nhere = os.path.dirname(lib.__file__)\n"
LIB: dict[str, str | bytes] = {
    "lib/__init__.py": "x = 1\n",
    "lib/a.py": "",
    "lib/data/a.json": "{}",
    "lib/data/b.json": "{}",
}


def seen(folder: Path, app: str, lib: dict[str, str | bytes] | None = None, *, modules: tuple[str, ...] = (),
         tree: Tree | None = None) -> Observation:  # fmt: skip
    tools = tools_in(folder)
    tree = tree or tree_with({"app.py": app + HANDLER}, LIB if lib is None else lib)
    return observe(
        tree, modules=modules, project=project_in(folder), interpreter=interpreter(tools), bytecode={}, tools=tools
    )


def test_loads_are_attributed_to_the_entry_point(tmp_path: Path) -> None:
    found = seen(tmp_path, "import lib.a")
    assert found.loaded["app"] == ("app", "lib", "lib.a")
    assert found.modules == ("app", "lib", "lib.a")
    assert found.failed == {}
    assert not found.opened
    assert not found.listed
    assert not found.probed


@pytest.mark.parametrize(
    ("app", "field", "paths"),
    [
        ("open(here + '/data/a.json').read()", "opened", ("lib/data/a.json",)),
        ("import pathlib\npathlib.Path(here, 'data', 'a.json').read_text()", "opened", ("lib/data/a.json",)),
        ("from importlib import resources\nresources.files('lib').joinpath('data/a.json').read_text()", "opened", ("lib/data/a.json",)),
        ("import pkgutil\npkgutil.get_data('lib', 'data/a.json')", "opened", ("lib/data/a.json",)),
        ("import inspect, lib.a\ninspect.getsource(lib)", "opened", ("lib/__init__.py",)),
        ("os.chdir(here)\nopen('data/b.json')", "opened", ("lib/data/b.json",)),
        ("os.listdir(here + '/data')", "listed", ("lib/data",)),
        ("os.listdir(os.environ['LAMBDA_TASK_ROOT'])", "listed", ("",)),
        ("import pkgutil\nlist(pkgutil.iter_modules(lib.__path__))", "listed", ("lib", "lib/data")),
        ("os.path.exists(here + '/data/b.json')", "probed", ("lib/data/b.json",)),
        ("os.path.exists(here + '/data/never.json')", "probed", ()),
        ("os.path.isdir(here + '/data/')", "probed", ("lib/data",)),
        ("import importlib.util\nimportlib.util.find_spec('lib.a')", "probed", ("lib/a.py",)),
        ("try:\n    open(here + '/never')\nexcept OSError:\n    pass", "opened", ()),
    ],
)  # fmt: skip
def test_accesses_of_the_program_are_evidence(tmp_path: Path, app: str, field: str, paths: tuple[str, ...]) -> None:
    found = getattr(seen(tmp_path, HERE + app), field)
    assert found.get("app", ()) == paths


def test_what_is_told_before_the_process_is_left_is_known(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="ended the process with status 7"):
        seen(tmp_path, "import os\nos._exit(7)")


def test_modules_are_imported_one_by_one_behind_a_crash(tmp_path: Path) -> None:
    lib: dict[str, str | bytes] = {
        "lib/__init__.py": "",
        "lib/one.py": "import csv",
        "lib/two.py": "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)",
        "lib/three.py": "raise ImportError('not without X')",
        "lib/four.py": "import lib.one",
    }
    found = seen(tmp_path, "", lib, modules=("lib.one", "lib.two", "lib.three", "lib.four"))
    assert found.failed == {"lib.three": "ImportError: not without X", "lib.two": "was killed by SIGSEGV"}
    assert {"csv", "lib.one"} <= set(found.loaded["lib.one"])
    assert set(found.loaded["lib.four"]) >= {"lib.four", "lib.one"}
    assert "csv" not in found.modules


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_what_an_extension_imports_is_told_apart(tmp_path: Path) -> None:
    source = tmp_path / "ext.c"
    source.write_text(
        '#include <Python.h>\nstatic struct PyModuleDef m = {PyModuleDef_HEAD_INIT, "ext", NULL, -1, NULL};\n'
        'PyMODINIT_FUNC PyInit_ext(void) { PyObject *o = PyImport_ImportModule("lib.hidden"); if (!o) return NULL;\n'
        "Py_DECREF(o); return PyModule_Create(&m); }\n"
    )
    built = tmp_path / "ext.so"
    include = sysconfig.get_paths()["include"]
    compiler = shutil.which("cc") or "cc"
    subprocess.run([compiler, "-shared", "-fPIC", f"-I{include}", str(source), "-o", str(built)], check=True)
    lib: dict[str, str | bytes] = {
        "lib/__init__.py": "",
        "lib/hidden.py": "import lib.deeper",
        "lib/deeper.py": "",
        "lib/other.py": "",
        "lib/ext.so": built.read_bytes(),
    }
    found = seen(tmp_path, "import lib.other\nimport lib.ext", lib)
    assert found.loaded["lib.ext"] == ("lib.deeper", "lib.hidden")
    assert "lib/ext.so" in found.opened["app"]


@pytest.mark.parametrize(
    ("app", "message"),
    [
        ("import never_there", "ModuleNotFoundError: No module named 'never_there'"),
        ("import os\nos.environ['TABLE']", "KeyError: 'TABLE'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=1)", "there is no network here"),
        ("open('/var/task/x', 'w')", "Read-only file system"),
        ("import os\nos.mkdir(os.path.join(os.environ['LAMBDA_TASK_ROOT'], 'new'))", "Read-only file system"),
        ("import os\nopen(os.path.join(os.path.dirname(__file__), 'x'), 'a')", "Read-only file system"),
    ],
)
def test_an_entry_point_that_does_not_import_says_why(tmp_path: Path, app: str, message: str) -> None:
    with pytest.raises(TraceError, match=message) as caught:
        seen(tmp_path, app)
    text = str(caught.value)
    assert "--no-run" in text
    assert str(tmp_path) not in text
    assert "slimpack-" not in text


def test_a_missing_attribute_names_the_nearest(tmp_path: Path) -> None:
    tree = tree_with({"app.py": "def handle(event, context):\n    pass\n"})
    with pytest.raises(TraceError, match="app has no attribute 'handler'") as caught:
        seen(tmp_path, "", tree=tree)
    assert "write app.handle" in str(caught.value)


def test_a_program_finds_what_lambda_gives_it_and_nothing_of_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "1")
    app = (
        "import os, sys, tempfile\n"
        "assert os.environ['AWS_REGION'] == 'us-east-1' and os.environ['TZ'] == ':UTC'\n"
        "assert 'SECRET_OF_THE_HOST' not in os.environ\n"
        "assert os.getcwd() == os.environ['LAMBDA_TASK_ROOT'] == sys.path[0]\n"
        "assert not any('site-packages' in path for path in sys.path)\n"
        "assert sys.argv == ['']\n"
        "tempfile.NamedTemporaryFile().write(b'x')\n"
        "exit and quit and help\n"
        "print('out', flush=True); os.write(1, b'x' * 1000000)\n"
    )
    assert seen(tmp_path, app).modules


def test_an_observation_is_remembered_until_something_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = seen(tmp_path, HERE + "os.listdir(here)")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("ran again")

    monkeypatch.setattr("slimpack.observe.unpacked", refuse)
    assert seen(tmp_path, HERE + "os.listdir(here)") == first
    with pytest.raises(AssertionError, match="ran again"):
        seen(tmp_path, HERE + "os.listdir(here + '/data')")


def test_bytecode_beside_is_used_and_not_seen(tmp_path: Path) -> None:
    tools = tools_in(tmp_path)
    tree = tree_with({"app.py": "import lib, os\nassert lib.made == 1\nassert os.listdir(lib.__path__[0]) == ['__init__.py']" + HANDLER},
                     {"lib/__init__.py": "made = 0"})  # fmt: skip
    code = compile("made = 1", "/var/task/lib/__init__.py", "exec")
    data = importlib.util.MAGIC_NUMBER + b"\1\0\0\0" + importlib.util.source_hash(b"made = 0") + marshal.dumps(code)
    found = observe(
        tree,
        modules=(),
        project=project_in(tmp_path),
        interpreter=interpreter(tools),
        bytecode={"lib/__init__.py": Bytes(data)},
        tools=tools,
    )
    assert "lib" in found.modules
