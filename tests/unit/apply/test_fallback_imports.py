"""The hook in real interpreters: whatever an import of a cold module may meet."""

import json
import subprocess
from pathlib import Path

import pytest
from fallbacks import interpreters, lay, printed, run

from slimpack.model.project import Fallback

PYTHONS = [pytest.param(version, id="{}.{}".format(*version)) for version in interpreters()]
each = pytest.mark.parametrize("python", PYTHONS)
Python = tuple[int, int]


@each
def test_a_cold_module_and_package_are_as_if_they_lay_in_their_places(tmp_path: Path, python: Python) -> None:
    cold = {"mod.py": "X = __file__", "pkg/__init__.py": "", "pkg/sub/__init__.py": "", "pkg/sub/deep.py": "Y = 2\n"}
    code = lay(tmp_path, cold=cold, version=python)
    script = """import mod, pkg.sub.deep, pkg.sub as s
print(mod.X, mod.__spec__.origin, mod.__cached__ is not None, mod.__loader__.name)
print(s.__path__, s.__file__, s.__package__, pkg.sub.deep.Y, pkg.sub.deep.__package__)
print(repr(mod))
"""
    assert printed(run(code, script, version=python)) == [
        f"{code}/mod.py {code}/mod.py True mod",
        f"['{code}/pkg/sub'] {code}/pkg/sub/__init__.py pkg.sub 2 pkg.sub",
        f"<module 'mod' from '{code}/mod.py'>",
    ]


@each
def test_cold_and_eager_modules_import_each_other(tmp_path: Path, python: Python) -> None:
    eager = {
        "pkg/__init__.py": "from pkg import eager",
        "pkg/eager.py": "def ask():\n    from . import cold\n    return cold.answer()\nN = 7",
    }
    cold = {
        "pkg/cold.py": "from .eager import N\nfrom .other import double\nfrom . import other\ndef answer():\n    return double(N)",
        "pkg/other.py": "from pkg import cold\ndef double(n):\n    return 2 * n",
        "one.py": "import two\ndef a():\n    return two.b()",
        "two.py": "import one\ndef b():\n    return one.__name__",
    }
    code = lay(tmp_path, cold=cold, eager=eager, version=python)
    script = "import pkg, one\nprint(pkg.eager.ask(), one.a())\nimport pkg.__init__ as i\nprint(i.__name__)"
    assert printed(run(code, script, version=python)) == ["14 one", "pkg.__init__"]


@each
def test_namespace_packages(tmp_path: Path, python: Python) -> None:
    eager = {"ns/here.py": "", "data/x.json": "{}"}
    cold = {"ns/there.py": "", "gone/away/mod.py": "", "data/__init__.py": "A = 1"}
    code = lay(tmp_path, cold=cold, eager=eager, version=python)
    other = tmp_path / "other" / "gone"
    other.mkdir(parents=True)
    (other / "else_where.py").write_text("")
    script = f"""sys.path.append({str(tmp_path / "other")!r})
import ns.here, ns.there, gone.away.mod, gone.else_where, data
print(ns.__file__ if hasattr(ns, "__file__") else None, list(ns.__path__), list(gone.__path__))
print(data.A, data.__path__)
"""
    assert printed(run(code, script, version=python)) == [
        f"None ['{code}/ns'] ['{code}/gone', '{tmp_path}/other/gone']",
        f"1 ['{code}/data']",
    ]


@each
def test_what_was_found_before_the_hook_is_found_after_it(tmp_path: Path, python: Python) -> None:
    eager = {"pkg/__init__.py": "", "pkg/first.py": "", "pkg/second.py": ""}
    code = lay(tmp_path, cold={"pkg/third.py": "", "zed.py": ""}, eager=eager, version=python)
    script = "import pkg.second, pkg.third, zed\nprint(*(n for n in sys.modules if n.startswith('pkg')))"
    lines = printed(run(code, script, version=python, before="import pkg.first"))
    assert lines == ["pkg pkg.first pkg.second pkg.third"]


@each
def test_optional_imports_and_missing_modules_are_as_ever(tmp_path: Path, python: Python) -> None:
    code = lay(tmp_path, cold={"a.py": "", "p/__init__.py": "", "p/b.py": ""}, version=python)
    script = """import importlib.util as u
try:
    import missing
except ImportError as error:
    print(type(error).__name__, error, error.name)
try:
    import p.missing
except ImportError as error:
    print(type(error).__name__, error, error.name)
try:
    import a.b
except ImportError as error:
    print(type(error).__name__, error)
print(u.find_spec("missing"), u.find_spec("a").name, u.find_spec("p.b").origin, "a" in sys.modules, "p" in sys.modules)
"""
    assert printed(run(code, script, version=python)) == [
        "ModuleNotFoundError No module named 'missing' missing",
        "ModuleNotFoundError No module named 'p.missing' p.missing",
        "ModuleNotFoundError No module named 'a.b'; 'a' is not a package",
        f"None a {code}/p/b.py True True",
    ]


@each
def test_an_error_in_a_cold_module_leaves_no_trace_of_it(tmp_path: Path, python: Python) -> None:
    cold = {"bad.py": "x = 1\n\n1 / 0  # here\n", "worse.py": "x = (\n"}
    code = lay(tmp_path, cold=cold, version=python)
    script = """import traceback
for name in ("bad", "worse"):
    try:
        __import__(name)
    except Exception as error:
        lines = traceback.format_exception(type(error), error, error.__traceback__)
        print("|".join(l.strip() for l in "".join(lines).splitlines() if "_slimpack" not in l and "frozen" not in l))
    print(name in sys.modules)
"""
    bad, gone, worse, _ = printed(run(code, script, version=python))
    assert f'File "{code}/bad.py", line 3, in <module>|1 / 0  # here|' in bad
    assert gone == "False"
    assert f'File "{code}/worse.py", line 1' in worse


@each
def test_pkgutil_lists_and_walks_what_is_cold_and_what_is_not(tmp_path: Path, python: Python) -> None:
    eager = {"pkg/__init__.py": "", "pkg/b.py": "", "pkg/data.txt": "", "all/__init__.py": ""}
    cold = {
        "pkg/a.py": "",
        "pkg/c/__init__.py": "",
        "pkg/c/d.py": "",
        "all/x.py": "",
        "gone/__init__.py": "",
        "gone/y.py": "",
    }
    code = lay(tmp_path, cold=cold, eager=eager, version=python)
    script = f"""import pkgutil, pkg, all, gone, inspect
print([(m.name, m.ispkg) for m in pkgutil.iter_modules(pkg.__path__)])
print([m.name for m in pkgutil.walk_packages(pkg.__path__, "pkg.")])
print([m.name for m in pkgutil.iter_modules(gone.__path__, "gone.")])
print([m.name for m in pkgutil.iter_modules([{str(code)!r}])])
print(sorted(m.name for m in pkgutil.iter_modules() if m.name in ("pkg", "gone", "json")))
finder = next(pkgutil.iter_modules(pkg.__path__)).module_finder
print(finder.find_spec("pkg.a").origin, finder.path, repr(finder))
import importlib.machinery, importlib, pickle
print(isinstance(finder, importlib.machinery.FileFinder), type(finder).__bases__)
importlib.invalidate_caches()
import pkg.a
"""
    lines = printed(run(code, script, version=python))
    assert lines == [
        "[('a', False), ('b', False), ('c', True)]",
        "['pkg.a', 'pkg.b', 'pkg.c', 'pkg.c.d']",
        "['gone.y']",
        "['_slimpack', 'all', 'gone', 'pkg']",
        "['gone', 'json', 'pkg']",
        f"{code}/pkg/a.py {code}/pkg FileFinder('{code}/pkg')",
        "True (<class 'object'>,)",
    ]


@each
def test_data_beside_a_cold_package_is_read_from_its_place(tmp_path: Path, python: Python) -> None:
    eager = {"pkg/data/x.txt": "hello", "pkg/y.txt": "you"}
    cold = {
        "pkg/__init__.py": "A = 1\n",
        "pkg/mod.py": "B = 2\n",
        "empty/__init__.py": "C = 3\n",
        "pkg/m2.py": "D = 4\n",
    }
    code = lay(tmp_path, cold=cold, eager=eager, version=python)
    script = """import pkg, pkgutil, os, empty
import importlib.resources as r
print(r.files("pkg").joinpath("data", "x.txt").read_text(), r.files(pkg).joinpath("y.txt").read_text())
print(sorted(p.name for p in r.files("pkg").iterdir()), r.files("empty").joinpath("z").is_file())
print(pkgutil.get_data("pkg", "y.txt"), pkgutil.get_data("pkg", "__init__.py"), pkgutil.get_data("pkg", "mod.py"))
print(open(os.path.join(os.path.dirname(pkg.__file__), "y.txt")).read())
loader = pkg.__loader__
print(loader.get_source("pkg"), loader.is_package("pkg"), loader.get_filename("pkg") == pkg.__file__)
print(loader.path_stats(pkg.__file__)["size"])
try:
    loader.get_data(os.path.dirname(pkg.__file__) + "/nothing.py")
except OSError as error:
    print(type(error).__name__)
"""
    assert printed(run(code, script, version=python)) == [
        "hello you",
        "['data', 'y.txt'] False",
        r"b'you' b'A = 1\n' b'B = 2\n'",
        "you",
        "A = 1",
        " True True",
        "6",
        "FileNotFoundError",
    ]


@each
def test_inspect_linecache_and_pickle(tmp_path: Path, python: Python) -> None:
    source = "# -*- coding: latin-1 -*-\n\nclass K:\n    def f(self):\n        return '\xe9'\n\ndef boom():\n    raise ValueError('x')  # here\n"
    code = lay(tmp_path, cold={"pkg/__init__.py": "", "pkg/k.py": source.encode("latin-1")}, version=python)
    script = """import inspect, traceback, pickle
from pkg.k import K, boom
print(ascii(inspect.getsource(K.f).strip()), inspect.getsourcefile(K) == inspect.getfile(K))
print(inspect.getsource(inspect.getmodule(K)).count("here"), inspect.getsourcelines(boom)[1])
try:
    boom()
except ValueError:
    print("    raise ValueError('x')  # here" in traceback.format_exc().splitlines())
print(type(pickle.loads(pickle.dumps(K()))) is K)
"""
    assert printed(run(code, script, version=python)) == [
        r""""def f(self):\n        return '\xe9'" True""",
        "1 7",
        "True",
        "True",
    ]


@each
def test_reload_runpy_and_a_second_import_of_the_hook(tmp_path: Path, python: Python) -> None:
    cold = {
        "m.py": "import sys\nN = getattr(sys, 'n', 0) + 1\nsys.n = N\n",
        "tool/__init__.py": "",
        "tool/__main__.py": "print(__name__, __file__, __package__)",
    }
    code = lay(tmp_path, cold=cold, version=python)
    script = """import importlib, runpy, m
print(importlib.reload(m).N)
hooks, metas = len(sys.path_hooks), len(sys.meta_path)
del sys.modules["_slimpack"], sys.modules["m"]
import _slimpack, m
print(m.N, len(sys.path_hooks) - hooks, len(sys.meta_path) - metas)
runpy.run_module("tool", run_name="__main__", alter_sys=True)
"""
    done = run(code, script, version=python)
    assert printed(done) == ["2", "3 0 0", f"__main__ {code}/tool/__main__.py tool"]
    assert done.stderr.count("loaded_on_demand") >= 3


@each
def test_bytecode_without_source(tmp_path: Path, python: Python) -> None:
    (tmp_path / "b.py").write_text("X = __file__\n")
    subprocess.run(
        [interpreters()[python], "-c", "import py_compile; py_compile.compile('b.py', cfile='b.pyc')"],
        cwd=tmp_path,
        check=True,
    )
    code = lay(tmp_path, cold={"b.pyc": (tmp_path / "b.pyc").read_bytes()}, version=python)
    assert printed(run(code, "import b\nprint(b.X)", version=python)) == [f"{code}/b.pyc"]


@each
def test_threads_that_race_load_each_module_once(tmp_path: Path, python: Python) -> None:
    cold = {f"pkg/m{number}.py": "import sys\nsys.loads.append(__name__)\nfrom . import other" for number in range(12)}
    cold |= {
        "pkg/__init__.py": "import sys\nsys.loads.append(__name__)",
        "pkg/other.py": "import sys, decimal\nsys.loads.append(__name__)",
    }
    code = lay(tmp_path, cold=cold, version=python)
    script = """import threading, importlib
sys.loads = []
sys.setswitchinterval(1e-6)
start = threading.Barrier(8)
failed = []
def work(number):
    start.wait()
    try:
        for step in range(12):
            importlib.import_module(f"pkg.m{(number * 5 + step) % 12}")
            if not step:
                import lzma, tempfile, logging, json
    except BaseException as error:
        failed.append(error)
threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
[t.start() for t in threads]
[t.join(30) for t in threads]
print(failed, len(sys.loads), len(set(sys.loads)), sum(t.is_alive() for t in threads))
"""
    done = run(code, script, version=python)
    assert printed(done) == ["[] 14 14 0"]
    assert done.stderr.count("loaded_on_demand") == 14


@each
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("early", ["", "import multiprocessing.spawn", "import multiprocessing.process"])
def test_processes_of_multiprocessing_find_cold_modules(
    tmp_path: Path, python: Python, method: str, early: str
) -> None:
    code = lay(
        tmp_path,
        cold={"job.py": "def work(pipe):\n    import late\n    pipe.send(late.X)\n", "late.py": "X = 5"},
        version=python,
    )
    # the main module is not imported again by the child: as on Lambda, where it is the runtime's
    script = f"""import multiprocessing, job
sys.modules["__main__"].__file__ = None
context = multiprocessing.get_context({method!r})
ours, theirs = context.Pipe()
process = context.Process(target=job.work, args=(theirs,))
process.start()
print(ours.recv() if ours.poll(30) else None)
process.join()
import pkgutil
print("process" in [m.name for m in pkgutil.iter_modules(multiprocessing.__path__)])
"""
    assert printed(run(code, script, version=python, before=early)) == ["5", "True"]


@each
def test_one_structured_warning_for_each_module(tmp_path: Path, python: Python) -> None:
    cold = {"pkg/__init__.py": "", "pkg/a.py": ""}
    code = lay(tmp_path, cold=cold, version=python)
    done = run(code, "import pkg.a, importlib\nimportlib.reload(pkg.a)", version=python)
    assert printed(done) == []
    first, second = [json.loads(line) for line in done.stderr.splitlines()]
    assert first["module"] == "pkg"
    assert second == {
        "level": "WARNING",
        "message": "pkg.a was loaded on demand: no event touched it, so slimpack shipped it compressed; to ship it "
        'ready, write keep = ["pkg/a.py"] in [tool.slimpack], or add an event that uses it',
        "event": "slimpack.loaded_on_demand",
        "module": "pkg.a",
        "distribution": "lib",
        "file": "pkg/a.py",
        "keep": 'keep = ["pkg/a.py"]',
    }


@each
def test_what_the_program_does_with_its_log_and_its_output_is_left_alone(tmp_path: Path, python: Python) -> None:
    code = lay(tmp_path, cold={"a.py": "", "b.py": ""}, version=python)
    script = """import io, logging, os, sys
class Handler(logging.Handler):
    def emit(self, record):
        print("logged", record.getMessage())
logging.getLogger().addHandler(Handler())
sys.stderr = caught = io.StringIO()
import a
sys.stderr = None
os.close(2)
import b
print(repr(caught.getvalue()), a.__name__, b.__name__)
"""
    done = run(code, script, version=python)
    assert printed(done) == ["'' a b"]
    assert [json.loads(line)["module"] for line in done.stderr.splitlines()] == ["a"]


@each
def test_a_read_only_folder_and_no_temporary_one(tmp_path: Path, python: Python) -> None:
    code = lay(tmp_path, cold={"pkg/__init__.py": "", "pkg/a.py": "X = 1"}, eager={"e.py": ""}, version=python)
    for path in (code, *code.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = "import tempfile\ntempfile.tempdir = '/nowhere'\ntempfile.mkdtemp = tempfile.gettempdir = None"
    try:
        assert printed(run(code, "import pkg.a, e\nprint(pkg.a.X)", version=python, before=before)) == ["1"]
    finally:
        for path in (code, *code.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)


@each
def test_other_ways_to_write_the_path_and_other_hooks(tmp_path: Path, python: Python) -> None:
    eager = {"app/vendor/kept.py": ""}
    cold = {"app/vendor/v.py": "F = __file__", "w.py": "", "x.py": "", "lib/y.py": "F = __file__"}
    code = lay(tmp_path, cold=cold, eager=eager, version=python)
    script = f"""import os
code = {str(code)!r}
sys.path.insert(0, code + "/app/../app/vendor")
import v, kept
print(v.F)
sys.path[:] = [code + "/", *sys.path[3:]]
import w
print(w.__file__)
os.chdir(code + "/lib")
sys.path.insert(0, "")
import y
print(y.F)
import importlib.machinery as m
sys.path_hooks.insert(0, m.FileFinder.path_hook((m.SourceFileLoader, m.SOURCE_SUFFIXES)))
sys.path_importer_cache.clear()
(os.mkdir, open(code + "/lib/z.py", "w").write("import x"))
import z
print(sys.modules["x"].__file__)
"""
    (code / "lib").mkdir(exist_ok=True)
    assert printed(run(code, script, version=python)) == [
        f"{code}/app/../app/vendor/v.py",
        f"{code}/w.py",
        f"{code}/lib/y.py",
        f"{code}/x.py",
    ]


@each
def test_a_layer_with_cold_modules_of_its_own(tmp_path: Path, python: Python) -> None:
    code = lay(tmp_path / "function", cold={"f.py": ""}, version=python)
    layer = lay(tmp_path / "layer", cold={"g.py": ""}, version=python)
    script = "import f, g\nprint(g.__file__)"
    assert printed(run(code, script, version=python, before=f"sys.path.append({str(layer)!r})")) == [f"{layer}/g.py"]


@each
def test_explain_says_what_was_left_out_and_what_to_write(tmp_path: Path, python: Python) -> None:
    eager = {"pkg/__init__.py": "", "pkg/here.py": "import pkg.gone", "half/data.txt": ""}
    cold: dict[str, str | bytes] = {
        "pkg/gone.py": "",
        "half/__init__.py": "",
        "whole.py": "",
        "ns/sub/m.py": "",
        "pkg/lib.so": b"",
    }
    code = lay(tmp_path, cold=cold, eager=eager, kind=Fallback.EXPLAIN, version=python)
    script = """import importlib, importlib.util as u
def say(action):
    try:
        exec(action)
    except ImportError as error:
        print(type(error).__name__, error.name, "|", error)
for action in ("import whole", "import half", "import pkg.here", "from pkg import gone", "import ns.sub.m",
               "importlib.import_module('pkg.gone')", "from pkg.gone import x", "import missing", "import pkg.lib",
               "import pkg.gone.deeper"):
    say(action)
print([u.find_spec(name) for name in ("whole", "half", "pkg.gone", "ns.sub.m", "pkg.lib")])
import pkgutil, pkg
print([m.name for m in pkgutil.iter_modules(pkg.__path__)])
try:
    import whole
except ModuleNotFoundError:
    whole = None
print(whole, sorted(n for n in sys.modules if n.startswith("_slimpack")))
"""
    rest = (
        'because no event touched it; to ship it, write keep = ["{0}"] in [tool.slimpack], or add an event that uses it'
    )
    left = f"slimpack left {{0}} out, {rest}"
    missing = "ModuleNotFoundError {0} | No module named '{0}'"
    assert printed(run(code, script, version=python)) == [
        f"{missing.format('whole')}: {left.format('whole.py')}",
        f"{missing.format('half')}: {left.format('half/__init__.py')}",
        f"{missing.format('pkg.gone')}: {left.format('pkg/gone.py')}",
        f"ImportError pkg | cannot import name 'gone' from 'pkg' ({code}/pkg/__init__.py): {left.format('pkg/gone.py')}",
        f"{missing.format('ns.sub.m')}: {left.format('ns/sub/m.py')}",
        f"{missing.format('pkg.gone')}: {left.format('pkg/gone.py')}",
        f"{missing.format('pkg.gone')}: {left.format('pkg/gone.py')}",
        missing.format("missing"),
        f"{missing.format('pkg.lib')}: {left.format('pkg/lib.so')}",
        f"{missing.format('pkg.gone')}: {left.format('pkg/gone.py')}",
        "[None, None, None, None, None]",
        "['here']",
        "None ['_slimpack']",
    ]


@each
def test_the_hook_loads_nothing_that_is_not_loaded(tmp_path: Path, python: Python) -> None:
    code = lay(tmp_path, cold={"a.py": ""}, version=python)
    script = "print(sorted(set(sys.modules) - before))"
    done = run(code, script, version=python, before="before = set(sys.modules)")
    assert printed(done) == ["['_slimpack', '_slimpack.loaders']"]
