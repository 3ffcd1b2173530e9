"""Cold extension modules in real interpreters: unpacked together, where they find what they need."""

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from fallbacks import interpreters, lay, printed, run, target, tree
from sandboxes import tools_in

from slimpack.apply.fallback import fallback_files
from slimpack.model.project import Fallback
from slimpack.model.tree import Tree

COMPILER = shutil.which("cc") or ""
pytestmark = pytest.mark.skipif(not COMPILER, reason="no C compiler")
PYTHONS = [pytest.param(version, id="{}.{}".format(*version)) for version in interpreters()]
each = pytest.mark.parametrize("python", PYTHONS)
Python = tuple[int, int]
MODULE = """
#include <Python.h>
{declared}
static PyObject *answer(PyObject *self, PyObject *args) {{ return PyLong_FromLong({value}); }}
static PyMethodDef methods[] = {{{{"answer", answer, METH_NOARGS, ""}}, {{0}}}};
static struct PyModuleDef definition = {{PyModuleDef_HEAD_INIT, "{name}", 0, -1, methods}};
PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModule_Create(&definition); }}
"""


@cache
def headers(python: Python) -> str:
    ask = "import sysconfig; print(sysconfig.get_path('include'))"
    return subprocess.run(
        [interpreters()[python], "-c", ask], capture_output=True, text=True, check=True
    ).stdout.strip()


def compiled(folder: Path, name: str, source: str, *options: str) -> bytes:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.c").write_text(source)
    subprocess.run([COMPILER, "-shared", "-fPIC", "-o", f"{name}.so", f"{name}.c", *options], cwd=folder, check=True)
    return (folder / f"{name}.so").read_bytes()


def library(folder: Path, name: str, value: int) -> bytes:
    return compiled(folder, f"lib{name}", f"long {name}(void) {{ return {value}; }}")


def extension(folder: Path, python: Python, name: str, *libraries: str, value: str = "42", origin: str = "") -> bytes:
    declared = "".join(f"long {one}(void);\n" for one in libraries)
    source = MODULE.format(declared=declared, name=name, value=value)
    links = [f"-L{folder}", *(f"-l{one}" for one in libraries), f"-Wl,-rpath,$ORIGIN/{origin}"]
    return compiled(folder, name, source, f"-I{headers(python)}", *links)


@each
def test_an_extension_finds_cold_and_kept_libraries(tmp_path: Path, python: Python) -> None:
    made = tmp_path / "made"
    libraries = {name: library(made, name, value) for name, value in (("frost", 40), ("warm", 2))}
    fast = extension(made, python, "fast", "frost", "warm", value="frost() + warm()", origin="../lib.libs")
    cold: dict[str, str | bytes] = {
        "pkg/fast.so": fast,
        "lib.libs/libfrost.so": libraries["frost"],
        "pkg/__init__.py": "",
    }
    eager: dict[str, str | bytes] = {"lib.libs/libwarm.so": libraries["warm"], "pkg/data.txt": "beside"}
    code = lay(tmp_path, cold=cold, eager=eager, version=python)
    script = """import importlib.util, os
spec = importlib.util.find_spec("pkg.fast")
import pkg.fast
print(pkg.fast.answer(), pkg.fast.__file__ == spec.origin == pkg.fast.__loader__.path, pkg.__path__)
print(sorted(os.listdir(os.path.dirname(pkg.fast.__file__))), pkg.fast.__spec__.cached, spec.has_location)
print(oct(os.stat(os.path.dirname(os.path.dirname(pkg.fast.__file__))).st_mode & 0o777))
"""
    for _ in range(2):
        done = run(code, script, version=python)
        assert printed(done) == [f"42 True ['{code}/pkg']", "['data.txt', 'fast.so'] None True", "0o700"]
        assert '"module": "pkg.fast"' in done.stderr
    assert len([path for path in tmp_path.iterdir() if path.name.startswith("_slimpack-")]) == 1


@each
def test_a_package_whose_init_is_native_keeps_its_path(tmp_path: Path, python: Python) -> None:
    init = extension(tmp_path / "made", python, "nat")
    code = lay(
        tmp_path, cold={"nat/__init__.abi3.so": init, "nat/sub.py": ""}, eager={"nat/x.txt": "x"}, version=python
    )
    script = "import nat.sub, pkgutil\nprint(nat.answer(), nat.__path__, pkgutil.get_data('nat', 'x.txt'))"
    script += "\nimport importlib.resources as r\nprint(r.files('nat').joinpath('x.txt').read_text())"
    assert printed(run(code, script, version=python)) == [f"42 ['{code}/nat'] b'x'", "x"]


@each
def test_two_processes_and_threads_at_once(tmp_path: Path, python: Python) -> None:
    made = tmp_path / "made"
    cold = {f"m{number}.so": extension(made, python, f"m{number}") for number in range(4)}
    code = lay(tmp_path, cold=cold, version=python)
    script = """import threading, subprocess, os
if len(sys.argv) == 1:
    children = [subprocess.Popen([sys.executable, "-s", sys.argv[0], "child"]) for _ in range(5)]
def work(number):
    __import__(f"m{number}").answer()
threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
if len(sys.argv) == 1:
    print([child.wait() for child in children])
assert all(f"m{n}" in sys.modules for n in range(4))
"""
    assert printed(run(code, script, version=python)) == ["[0, 0, 0, 0, 0]"]
    assert len([path for path in tmp_path.iterdir() if path.name.startswith("_slimpack-")]) == 1


@each
def test_a_folder_that_is_not_ours_or_was_cleared_is_not_used(tmp_path: Path, python: Python) -> None:
    made = tmp_path / "made"
    cold = {"one.so": extension(made, python, "one"), "two.so": extension(made, python, "two")}
    code = lay(tmp_path, cold=cold, version=python)
    script = """import importlib.util, os, shutil
folder = os.path.dirname(importlib.util.find_spec("one").origin)
shutil.rmtree(folder)
os.mkdir(folder)
os.chmod(folder, 0o777)
open(folder + "/one.so", "w").close()
import one
print(one.answer(), os.path.dirname(one.__file__) != folder)
os.unlink(os.path.dirname(one.__file__) + "/two.so")
import two
print(two.answer(), os.path.dirname(two.__file__) not in (folder, os.path.dirname(one.__file__)))
"""
    assert printed(run(code, script, version=python)) == ["42 True", "42 True"]


@each
def test_without_a_place_to_unpack_only_the_import_fails(tmp_path: Path, python: Python) -> None:
    code = lay(tmp_path, cold={"nat.so": extension(tmp_path / "made", python, "nat"), "p.py": ""}, version=python)
    script = """import importlib.util, tempfile
def gone(*args, **options):
    raise FileNotFoundError(2, "No usable temporary directory")
tempfile.gettempdir = gone
print(importlib.util.find_spec("nat").origin)
import p
try:
    import nat
except ImportError as error:
    print(error, error.name, error.path)
"""
    problem = "slimpack shipped nat.so compressed, and it cannot be unpacked: [Errno 2] No usable temporary directory; "
    do = f'to ship it ready, write keep = ["nat.so"] in [tool.slimpack] nat {code}/nat.so'
    assert printed(run(code, script, version=python)) == [f"{code}/nat.so", problem + do]


def test_natives_of_distributions_that_need_one_another_are_unpacked_together(tmp_path: Path) -> None:
    made, python = tmp_path / "made", next(iter(interpreters()))
    frost = library(made, "frost", 42)
    fast = extension(made, python, "fast", "frost", value="frost()", origin="../other/lib")
    alone = extension(made, python, "alone")
    ours, others = tree({"pkg/fast.so": fast}), tree({"other/lib/libfrost.so": frost}, owner="other")
    rest = tree({"alone.so": alone}, owner="third")
    cold = Tree({**ours.files, **others.files, **rest.files})
    added = fallback_files(cold, kind=Fallback.ARCHIVE, target=target(python), tools=tools_in(tmp_path))
    assert [path for path in added if path.endswith(".xz")] == ["_slimpack/lib.native.xz", "_slimpack/third.native.xz"]
    code = tmp_path / "task"
    for path, file in added.items():
        (code / path).parent.mkdir(parents=True, exist_ok=True)
        (code / path).write_bytes(file.content.read())
    done = run(code, "import pkg.fast, alone\nprint(pkg.fast.answer())", version=python)
    assert printed(done) == ["42"]
    assert '"distribution": "lib"' in done.stderr
    assert [path.name for path in code.iterdir()] == ["_slimpack"]
