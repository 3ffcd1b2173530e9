"""What of a run in the artifact is a miss, and what is none."""

import importlib.util
import marshal
import sys
from pathlib import Path

import pytest
from sandboxes import interpreter, plan_dropping, project_in, tools_in, tree_with, zip_of

from slimpack.model.observation import Observation
from slimpack.model.project import Layout
from slimpack.model.rule import Rule, Services
from slimpack.model.tree import Distribution, Tree
from slimpack.model.verdict import Verdict
from slimpack.observe import observe
from slimpack.verify import misses_as_problems, verify

HANDLER = "\ndef handler(event, context):\n    return event\n"


def pyc(text: str, path: str) -> bytes:
    code = compile(text, f"/var/task/{path}", "exec", dont_inherit=True)
    return importlib.util.MAGIC_NUMBER + b"\1\0\0\0" + importlib.util.source_hash(text.encode()) + marshal.dumps(code)


def verdict_of(
    folder: Path, app: str, lib: dict[str, str | bytes] | None = None, *, dropped: dict[str, str] | None = None,
    compiled: tuple[str, ...] = (), tree: Tree | None = None, own: dict[str, str] | None = None,
    rules: tuple[Rule, ...] = (),
) -> Verdict:  # fmt: skip
    tools = tools_in(folder)
    python = interpreter(tools)
    project = project_in(folder)
    tree = tree or tree_with({"app.py": app + HANDLER, **(own or {})}, lib)
    seen = observe(tree, modules=(), project=project, interpreter=python, bytecode={}, tools=tools)
    texts = {path: pyc(tree[path].content.read().decode(), path) for path in compiled}
    artifact = zip_of(tree, folder, dropped=dropped or {}, compiled=texts)
    return verify(
        artifact,
        original=tree,
        plan=plan_dropping(tree, dropped or {}),
        project=project,
        interpreter=python,
        bytecode={},
        observation=seen,
        tools=tools,
        rules=rules,
    )


def found(verdict: Verdict) -> list[tuple[str, str, str, str]]:
    return [(miss.path, miss.how, miss.by, miss.keep) for miss in verdict.misses]


LIB: dict[str, str | bytes] = {
    "lib/__init__.py": "",
    "lib/fast.py": "x = 1",
    "lib/data/a.json": "{}",
    "lib/data/b.json": "{}",
    "lib/plugins/__init__.py": "",
    "lib/plugins/one.py": "",
}
GONE = {"lib/fast.py": "unreachable"}
DATA = {"lib/data/a.json": "unreachable", "lib/data/b.json": "unreachable"}
HERE = "import os, lib\nhere = os.path.dirname(lib.__file__)\n"


@pytest.mark.parametrize(
    ("app", "dropped", "expected"),
    [
        ("try:\n    import lib.fast\nexcept ImportError:\n    pass", GONE, [("lib/fast.py", "import", "unreachable", "lib/fast.py")]),
        ("try:\n    from lib import fast\nexcept ImportError:\n    pass", GONE, [("lib/fast.py", "import", "unreachable", "lib/fast.py")]),
        ("import importlib.util\nimportlib.util.find_spec('lib.fast')", GONE, [("lib/fast.py", "find_spec", "unreachable", "lib/fast.py")]),
        (HERE + "try:\n    open(here + '/data/a.json')\nexcept OSError:\n    pass", DATA,
         [("lib/data/a.json", "open", "unreachable", "lib/data/**")]),
        (HERE + "os.path.exists(here + '/data/a.json')", DATA, [("lib/data/a.json", "stat", "unreachable", "lib/data/**")]),
        (HERE + "os.path.isdir(here + '/data')", DATA, [("lib/data/", "stat", "unreachable", "lib/data/**")]),
        (HERE + "from pathlib import Path\nPath(here, 'data', 'a.json').is_file()", DATA,
         [("lib/data/a.json", "stat", "unreachable", "lib/data/**")]),
        ("from importlib import resources\nimport lib\nresources.files(lib).joinpath('data/a.json').is_file()", DATA,
         [("lib/data/a.json", "stat", "unreachable", "lib/data/**")]),
        (HERE + "os.listdir(here + '/data')", {"lib/data/a.json": "unreachable"},
         [("lib/data/a.json", "list", "unreachable", "lib/data/a.json")]),
        (HERE + "import glob\nglob.glob(here + '/data/*.json')", {"lib/data/a.json": "unreachable"},
         [("lib/data/a.json", "list", "unreachable", "lib/data/a.json")]),
        ("import lib.plugins, pkgutil\nlist(pkgutil.iter_modules(lib.plugins.__path__))", {"lib/plugins/one.py": "unreachable"},
         [("lib/plugins/one.py", "list", "unreachable", "lib/plugins/one.py")]),
        (HERE + "try:\n    open(here + '/data/a.json')\nexcept OSError:\n    pass", {"lib/data/a.json": "rule"},
         [("lib/data/a.json", "open", "rule", "lib/data/a.json")]),
    ],
)  # fmt: skip
def test_a_lookup_of_what_was_dropped_is_a_miss(
    tmp_path: Path, app: str, dropped: dict[str, str], expected: list[tuple[str, str, str, str]]
) -> None:
    verdict = verdict_of(tmp_path, app, LIB, dropped=dropped)
    assert set(found(verdict)) >= set(expected)
    assert {miss.path for miss in verdict.misses} == {path for path, *_ in expected}
    assert not verdict.holds
    assert not verdict.error


@pytest.mark.parametrize(
    ("app", "dropped"),
    [
        ("import lib", {**GONE, **DATA}),
        ("try:\n    import lib.never\nexcept ImportError:\n    pass\ntry:\n    import simplejson_never\nexcept ImportError:\n    pass", GONE),
        ("import importlib.util\nimportlib.util.find_spec('lib.never')", GONE),
        (HERE + "os.path.exists(here + '/data/never.json')\nos.path.isdir(here + '/never')", DATA),
        (HERE + "os.listdir(here)", {"lib/plugins/one.py": "unreachable", "lib/data/a.json": "tests"}),
        (HERE + "os.listdir(here + '/data')", {"lib/data/a.json": "docs"}),
        (HERE + "os.listdir(here + '/data')\nos.path.exists(here + '/data/a.json')", {"lib/data/a.json": "rule"}),
        (HERE + "import glob\nglob.glob(here + '/data/*.yaml')", {"lib/data/a.json": "unreachable"}),
        ("import os\nos.listdir(os.environ['LAMBDA_TASK_ROOT'])", GONE),
        ("import os\nos.listdir('.')", dict.fromkeys(LIB, "unreachable")),
        ("import importlib.metadata\ntry:\n    importlib.metadata.version('never')\nexcept ImportError:\n    pass", GONE),
    ],
)  # fmt: skip
def test_what_never_was_or_does_not_matter_is_no_miss(tmp_path: Path, app: str, dropped: dict[str, str]) -> None:
    verdict = verdict_of(tmp_path, app, LIB, dropped=dropped)
    assert found(verdict) == []
    assert verdict.differences == ()
    assert verdict.holds


def test_an_import_that_fails_is_an_error_and_names_its_culprit(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, "import lib.fast", LIB, dropped=GONE)
    assert verdict.error.startswith("app: ModuleNotFoundError: No module named 'lib.fast'")
    assert str(tmp_path) not in verdict.error
    assert "/tmp/" not in verdict.error
    problems = misses_as_problems(verdict)
    assert problems[0].do == 'keep = ["lib/fast.py"] in [tool.slimpack], or --repair'
    assert "dropped by the pass 'unreachable'" in problems[0].what


def test_services_that_a_rule_knows_may_be_listed_and_probed_but_not_opened(tmp_path: Path) -> None:
    lib: dict[str, str | bytes] = {"lib/__init__.py": "", "lib/data/s3/1/m.json": "{}", "lib/data/sqs/1/m.json": "{}"}
    rules = (Rule(distribution="lib", services=(Services(calls=("client",), folder="lib/data", always=(), why=""),)),)
    dropped = {"lib/data/sqs/1/m.json": "unreachable"}
    look = HERE + "data = here + '/data'\nos.listdir(data)\nos.path.isdir(data + '/sqs')\n"
    assert verdict_of(tmp_path, look, lib, dropped=dropped, rules=rules).holds
    assert not verdict_of(tmp_path, look, lib, dropped=dropped).holds
    exists = look + "p = data + '/sqs/1/m.json'\nif os.path.exists(p):\n    open(p)\n"
    shrugged = verdict_of(tmp_path, exists, lib, dropped=dropped, rules=rules)
    assert found(shrugged) == [("lib/data/sqs/1/m.json", "open", "unreachable", "lib/data/sqs/**")]
    load = look + "try:\n    open(data + '/sqs/1/m.json')\nexcept OSError:\n    pass\n"
    missed = verdict_of(tmp_path, load, lib, dropped=dropped, rules=rules)
    assert found(missed) == [("lib/data/sqs/1/m.json", "open", "unreachable", "lib/data/sqs/**")]


def test_several_misses_are_found_in_one_run(tmp_path: Path) -> None:
    app = HERE + "try:\n    import lib.fast\nexcept ImportError:\n    pass\nos.path.exists(here + '/data/b.json')"
    verdict = verdict_of(tmp_path, app, LIB, dropped={**GONE, **DATA})
    assert {miss.path for miss in verdict.misses} == {"lib/fast.py", "lib/data/b.json"}


def test_a_module_that_a_twin_replaces_silently_is_a_miss(tmp_path: Path) -> None:
    suffix = f".cpython-{sys.version_info[0]}{sys.version_info[1]}-x86_64-linux-gnu.so"
    tree = tree_with(
        {"app.py": "import lib.twin" + HANDLER}, {"lib/__init__.py": "", "lib/twin.py": "", f"lib/twin{suffix}": "x"}
    )
    project = project_in(tmp_path)
    tools = tools_in(tmp_path)
    dropped = {f"lib/twin{suffix}": "unreachable"}
    verdict = verify(
        zip_of(tree, tmp_path, dropped=dropped), original=tree, plan=plan_dropping(tree, dropped), project=project,
        interpreter=interpreter(tools), bytecode={}, observation=Observation(), tools=tools,
    )  # fmt: skip
    assert found(verdict) == [(f"lib/twin{suffix}", "import", "unreachable", f"lib/twin{suffix}")]


def test_a_namespace_package_that_is_gone_is_a_miss(tmp_path: Path) -> None:
    lib: dict[str, str | bytes] = {"space/part/m.py": "", "space/other/n.py": ""}
    app = "import space.other.n\ntry:\n    import space.part\nexcept ImportError:\n    pass"
    verdict = verdict_of(tmp_path, app, lib, dropped={"space/part/m.py": "unreachable"})
    assert found(verdict) == [("space/part/", "import", "unreachable", "space/part/**")]


def test_metadata_that_is_asked_for_is_a_miss(tmp_path: Path) -> None:
    info = "lib-1.0.dist-info"
    files: dict[str, str | bytes] = {
        "lib/__init__.py": "",
        f"{info}/METADATA": "Name: lib\nVersion: 1.0\n",
        f"{info}/entry_points.txt": "[my.group]\nx = lib:x\n",
    }
    app = "import importlib.metadata as m\ntry:\n    m.version('LIB')\nexcept m.PackageNotFoundError:\n    pass\nm.entry_points(group='my.group')"
    bare = tree_with({"app.py": app + HANDLER}, files)
    distribution = Distribution(
        name="lib", version="1.0", filename="", sha256="", info=info, entry_points=(("my.group", "x", "lib:x"),)
    )
    tree = Tree(bare.files, (distribution,))
    dropped = dict.fromkeys((f"{info}/METADATA", f"{info}/entry_points.txt"), "unreachable")
    verdict = verdict_of(tmp_path, app, tree=tree, dropped=dropped)
    assert {miss.path for miss in verdict.misses} == set(dropped)
    other = app.replace("my.group", "another.group").replace("LIB", "never")
    tree = Tree({**bare.files, "app.py": tree_with({"app.py": other + HANDLER})["app.py"]}, (distribution,))
    assert verdict_of(tmp_path, other, tree=tree, dropped=dropped).holds


COMPILED: dict[str, str | bytes] = {"lib/__init__.py": "", "lib/code.py": "def f():\n    return 1\n"}


@pytest.mark.parametrize(
    ("app", "missed"),
    [
        ("import lib.code", False),
        ("import lib.code, traceback\ntry:\n    lib.code.f(1)\nexcept TypeError:\n    traceback.format_exc()", False),
        ("import lib.code, warnings\nwarnings.warn_explicit('x', UserWarning, lib.code.__file__[:-1], 1)", False),
        ("import inspect, lib.code\ninspect.stack()", False),
        ("import inspect, lib.code\ninspect.getmodule(lib.code.f)", False),
        ("import lib.code, os\nos.listdir(os.path.dirname(lib.code.__file__))", False),
        ("import pkgutil, lib\nassert [m.name for m in pkgutil.iter_modules(lib.__path__)] == ['code']", False),
        ("import inspect, lib.code\ntry:\n    inspect.getsource(lib.code.f)\nexcept OSError:\n    pass", True),
        ("import lib.code\ntry:\n    open(lib.code.__file__.removesuffix('c'))\nexcept OSError:\n    pass", True),
        ("import lib.code, glob, os\nglob.glob(os.path.dirname(lib.code.__file__) + '/*.py')", True),
        ("import lib.code, pathlib\nlist(pathlib.Path(lib.code.__file__).parent.glob('*.py'))", True),
    ],
)  # fmt: skip
def test_a_source_that_ships_as_bytecode_is_missed_only_by_its_readers(tmp_path: Path, app: str, missed: bool) -> None:
    verdict = verdict_of(tmp_path, app, COMPILED, compiled=("lib/code.py",))
    assert verdict.error == ""
    assert {(miss.path, miss.by) for miss in verdict.misses} == ({("lib/code.py", "bytecode")} if missed else set())


def test_a_difference_of_loaded_modules_is_named(tmp_path: Path) -> None:
    lib: dict[str, str | bytes] = {"lib/__init__.py": "import sys\nif __file__.endswith('.py'):\n    import csv\n"}
    verdict = verdict_of(tmp_path, "import lib", lib, compiled=("lib/__init__.py",))
    (difference,) = verdict.differences
    assert difference.startswith("loaded by the original only: ")
    assert ", csv," in difference
    assert not verdict.holds


def test_what_the_runtime_provides_comes_after_the_artifact(tmp_path: Path) -> None:
    dropped = {"lib/__init__.py": "runtime_provided", "lib/fast.py": "runtime_provided"}
    lib = {path: LIB[path] for path in dropped}
    assert verdict_of(tmp_path, "import lib.fast", lib, dropped=dropped).holds


def test_a_handler_that_is_not_there_any_more_is_an_error(tmp_path: Path) -> None:
    own = {"app.py": "try:\n    from lib.fast import x as handler\nexcept ImportError:\n    pass\n"}
    lib = {**LIB, "lib/fast.py": "def x(event, context): ..."}
    verdict = verdict_of(tmp_path, "", tree=tree_with(own, lib), dropped=GONE)
    assert verdict.error == "app has no attribute 'handler'"


def test_nothing_runs_where_the_host_is_not_the_target(tmp_path: Path) -> None:
    tools = tools_in(tmp_path)
    tree = tree_with({"app.py": HANDLER})
    artifact = zip_of(tree, tmp_path, dropped={})
    verdict = verify(
        artifact, original=tree, plan=plan_dropping(tree, {}), project=project_in(tmp_path), interpreter=None,
        bytecode={}, observation=Observation(), tools=tools,
    )  # fmt: skip
    assert not verdict.ran
    assert verdict.holds


def test_a_layer_is_run_below_its_prefix(tmp_path: Path) -> None:
    tools = tools_in(tmp_path)
    tree = tree_with({}, LIB)
    project = project_in(tmp_path, module="lib.plugins", attribute="", layout=Layout.LAYER)
    artifact = zip_of(tree, tmp_path, dropped=GONE, prefix="python/", layout=Layout.LAYER)
    verdict = verify(
        artifact, original=tree, plan=plan_dropping(tree, GONE), project=project, interpreter=interpreter(tools),
        bytecode={}, observation=Observation(), tools=tools,
    )  # fmt: skip
    assert verdict.ran
    assert verdict.holds
    assert verdict.modules == 2
