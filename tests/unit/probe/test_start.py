"""What ships to make init cheaper: it is used while init lasts, then all is as it was; what does not fit is left alone."""

import _sre  # type: ignore[import-not-found]
import importlib.util
import json
import marshal
import re
import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fallbacks import interpreters

from slimpack.probe.patterns import tables

START = Path(__file__).parents[3] / "slimpack" / "probe" / "start" / "__init__.py"
PROBE = START.parents[1]
PATTERN = r"(?P<word>[a-z]+)-(\d+)"
EVERYWHERE = pytest.mark.parametrize("version", sorted(interpreters()), ids=str)
MAKE = """
import sys, types, json, marshal, importlib.util, struct
probe = types.ModuleType("probe"); probe.__path__ = [sys.argv[1]]; sys.modules["probe"] = probe
from probe.patterns import tables
root, modules, pattern = sys.argv[2], json.loads(sys.argv[3]), sys.argv[4]
for file, beside, _, _ in modules.values():
    place = root + "/" + (beside or file)
    if place.endswith(".pyc"):
        source = open(root + "/" + file.replace(".pyc", ".py"), "rb").read()
        import os
        os.makedirs(os.path.dirname(place), exist_ok=True)
        code = compile(source, "/var/task/" + file.replace(".pyc", ".py"), "exec")
        with open(place, "wb") as stream:
            stream.write(importlib.util.MAGIC_NUMBER + struct.pack("<I", 1) + bytes(8) + marshal.dumps(code))
        if not beside:
            os.remove(root + "/" + file.replace(".pyc", ".py"))
magic, rows = tables([(pattern, 0), (pattern.encode(), 2)])
marshal.dump((1, sys.version_info[:2], (("SPIN", "4"),), {k: tuple(v) for k, v in modules.items()}, magic, rows, {"xml": ("dom", "sax"), "pkg": ("nowhere",)}),
             open(root + "/_slimpack_start/table", "wb"), 2)
"""
HEAD = """
import sys, os, gc, json
sys.path[0] = sys.argv[1]
sys.dont_write_bytecode = True
before = gc.get_threshold(), len(sys.meta_path)
import re
there = sys.modules.get("re._compiler") or sys.modules["sre_compile"]
compiler, compiled = there.compile, []
there.compile = lambda pattern, flags=0: compiled.append(pattern) or compiler(pattern, flags)
theirs = there.compile
"""
TELL = """
def about(name):
    module = sys.modules[name]
    spec = module.__spec__
    return [module.__file__, getattr(module, "__cached__", None), spec.origin, spec.cached, list(getattr(module, "__path__", ())),
            spec.parent, spec.has_location, type(spec.loader).__mro__[-5:].__len__() > 0, module.where.__code__.co_filename,
            [c.__name__ for c in type(spec.loader).__mro__]]
"""
FILES = {
    "pkg/__init__.py": "def where(): pass\n",
    "pkg/part.py": "def where(): pass\n",
    "both.py": "def where(): pass\n",
    "plain.py": "def where(): pass\n",
}
FLAGS = (0, re.IGNORECASE, re.DOTALL | re.MULTILINE, re.ASCII)
MODULES = {
    "pkg": ("pkg/__init__.pyc", "", 1, True),
    "pkg.part": ("pkg/part.pyc", "", 1, False),
    "both": ("both.py", "__pycache__/both.{tag}.pyc", 0, False),
    "plain": ("plain.py", "", 0, False),
}


def _made(root: Path, python: str, version: tuple[int, int], modules: Mapping[str, Any] = MODULES) -> Path:
    for path, text in {**FILES, "_slimpack_start/__init__.py": START.read_text()}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    tag = f"cpython-{version[0]}{version[1]}"
    rows = {
        name: (file, beside.format(tag=tag), kind, package) for name, (file, beside, kind, package) in modules.items()
    }
    subprocess.run([python, "-I", "-c", MAKE, str(PROBE), str(root), json.dumps(rows), PATTERN], check=True)
    return root


def _run(python: str, root: Path, program: str, **variables: str) -> Any:
    done = subprocess.run(
        [python, "-s", "-c", HEAD + TELL + program, str(root)],
        capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin", **variables},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


INIT = """
import _slimpack_start
known = _slimpack_start.known in sys.meta_path
during = gc.get_threshold()[0]
import pkg.part, both, plain
match = re.compile(PATTERN).match("ab-12")
found = re.compile(PATTERN.encode(), re.I).match(b"AB-1").group("word").decode()
loaders = [type(sys.modules[name].__spec__.loader).__module__ for name in ("pkg", "both")]
_slimpack_start.done()
after = gc.get_threshold(), len(sys.meta_path)
print(json.dumps([known, during, match.groupdict(), found, list(map(str, compiled)), there.compile is theirs, before == after,
                  len(gc.get_objects(generation=0)) < 50, loaders]))
""".replace("PATTERN", repr(PATTERN))


@EVERYWHERE
def test_init_finds_what_it_needs_and_all_is_as_before(version: tuple[int, int], tmp_path: Path) -> None:
    python = interpreters()[version]
    root = _made(tmp_path / "task", python, version)
    known, during, groups, found, compiled, given_back, same, aged, loaders = _run(python, root, INIT)
    assert known
    assert during == 0
    assert groups == {"word": "ab"}
    assert found == "AB"
    assert not [pattern for pattern in compiled if "word" in pattern]
    assert given_back
    assert same
    assert aged
    assert loaders == ["_slimpack_start", "_slimpack_start"]


ABOUT = """
import pkg.part, both, plain
print(json.dumps([about(name) for name in ("pkg", "pkg.part", "both", "plain")]))
"""


@EVERYWHERE
def test_a_module_is_what_the_interpreter_would_make_of_it(version: tuple[int, int], tmp_path: Path) -> None:
    python = interpreters()[version]
    root = _made(tmp_path / "task", python, version)
    plain = _run(python, root, ABOUT)
    known = _run(python, root, f"import _slimpack_start\n{ABOUT}")
    assert [row[:-1] for row in known] == [row[:-1] for row in plain]
    assert [row[-1][-len(other[-1]) :] for row, other in zip(known, plain, strict=True)] == [row[-1] for row in plain]


LEFT = """
import _slimpack_start
SHAKE
import pkg.part, both
print(json.dumps([type(sys.modules[name].__spec__.loader).__module__ for name in ("pkg", "pkg.part", "both")]))
"""


@pytest.mark.parametrize(
    ("shake", "ours"),
    [
        ("", [True, True, True]),
        ("sys.path.insert(0, sys.argv[1] + '/elsewhere')", [False, True, False]),
        ("import pkg; pkg.__path__.append('/nowhere')", [True, False, True]),
        ("_slimpack_start.done()", [False, False, False]),
    ],
)
def test_a_changed_path_is_the_interpreters_business(shake: str, ours: list[bool], tmp_path: Path) -> None:
    root = _made(tmp_path / "task", sys.executable, sys.version_info[:2])
    loaders = _run(sys.executable, root, LEFT.replace("SHAKE", shake))
    assert [loader == "_slimpack_start" for loader in loaders] == ours


def test_another_python_uses_nothing_of_the_table(tmp_path: Path) -> None:
    root = _made(tmp_path / "task", sys.executable, sys.version_info[:2])
    table = root / "_slimpack_start" / "table"
    held = marshal.loads(table.read_bytes())  # noqa: S302 it was made above
    table.write_bytes(marshal.dumps((held[0], (3, 8), *held[2:]), 2))
    known, _, groups, _, compiled, given_back, same, *_ = _run(sys.executable, root, INIT)
    assert not known
    assert groups == {"word": "ab"}
    assert PATTERN in compiled
    assert given_back
    assert same


@pytest.mark.parametrize("harm", ["missing", "cut", "empty"])
def test_a_table_that_cannot_be_read_is_none(harm: str, tmp_path: Path) -> None:
    root = _made(tmp_path / "task", sys.executable, sys.version_info[:2])
    table = root / "_slimpack_start" / "table"
    data = table.read_bytes()
    table.unlink() if harm == "missing" else table.write_bytes(data[:40] if harm == "cut" else b"")
    known, _, groups, *_ = _run(sys.executable, root, INIT)
    assert not known
    assert groups == {"word": "ab"}


def test_bytecode_of_another_python_is_not_run(tmp_path: Path) -> None:
    root = _made(tmp_path / "task", sys.executable, sys.version_info[:2])
    beside = next((root / "__pycache__").glob("both.*"))
    beside.write_bytes(b"\0\0\r\n" + beside.read_bytes()[4:])
    assert _run(sys.executable, root, LEFT.replace("SHAKE", ""))[2] == "_slimpack_start"  # from its source


def test_bytecode_that_is_to_be_checked_is_checked(tmp_path: Path) -> None:
    root = _made(tmp_path / "task", sys.executable, sys.version_info[:2])
    beside = next((root / "__pycache__").glob("both.*"))
    stale = compile("def where(): return 'stale'", "both.py", "exec")
    checked = importlib.util.MAGIC_NUMBER + struct.pack("<I", 3) + bytes(8) + marshal.dumps(stale)
    beside.write_bytes(checked)
    program = "import _slimpack_start, both\nprint(json.dumps(both.where()))"
    assert _run(sys.executable, root, program) is None


def test_what_the_program_sets_itself_stays(tmp_path: Path) -> None:
    root = _made(tmp_path / "task", sys.executable, sys.version_info[:2])
    program = """
import _slimpack_start
gc.set_threshold(5, 6, 7)
gc.freeze()
mine = lambda pattern, flags=0: compiler(pattern, flags)
there.compile = mine
_slimpack_start.done()
print(json.dumps([gc.get_threshold(), gc.get_freeze_count() > 400, there.compile is mine]))
"""
    assert _run(sys.executable, root, program) == [[5, 6, 7], True, True]


def test_a_variable_is_for_native_code_alone_and_the_users_wins(tmp_path: Path) -> None:
    root = _made(tmp_path / "task", sys.executable, sys.version_info[:2])
    program = """
import _slimpack_start, ctypes
getenv = ctypes.CDLL(None).getenv
getenv.restype = ctypes.c_char_p
print(json.dumps([os.environ.get("SPIN"), getenv(b"SPIN").decode()]))
"""
    assert _run(sys.executable, root, program) == [None, "4"]
    assert _run(sys.executable, root, program, SPIN="9") == ["9", "9"]


def test_patterns_mean_the_same_as_when_they_are_compiled() -> None:
    texts = [
        PATTERN,
        r"(?i)straße|[à-ü]{2,3}?",
        r"(?<=a)(?!b)\b\w+\s*$",
        r"(a)(?(1)b|c)",
        r"[^\W\d_]+",
        "(?P<a>.)(?P=a)",
    ]
    magic, rows = tables([(text, int(flags)) for text in texts for flags in FLAGS])
    assert magic == _sre.MAGIC
    assert len(rows) == 4 * len(texts)
    for pattern, flags, *row in rows:
        made, compiled = _sre.compile(pattern, *row), re.compile(pattern, flags)
        assert made == compiled
        assert made.groupindex == compiled.groupindex
        assert (made.pattern, made.flags, made.groups) == (compiled.pattern, compiled.flags, compiled.groups)


def test_patterns_that_depend_on_the_place_or_do_not_compile_are_left_out() -> None:
    assert tables([(b"a", int(re.LOCALE)), ("(", 0), ("a", int(re.DEBUG))])[1] == []


def test_a_package_answers_for_what_somebody_elses_import_left_there(tmp_path: Path) -> None:
    root = _made(tmp_path / "task", sys.executable, sys.version_info[:2])
    program = """
import xml, pkg, _slimpack_start
_slimpack_start.done()
found = [hasattr(xml, "dom"), xml.dom.__name__, hasattr(xml, "etree"), "xml.sax" in sys.modules]
from xml import sax
try:
    pkg.nowhere
except ImportError as error:
    found.append(str(error))
try:
    pkg.other
except AttributeError as error:
    found.append(str(error))
print(json.dumps([*found, sax.__name__]))
"""
    no_module, no_attribute = "No module named 'pkg.nowhere'", "module 'pkg' has no attribute 'other'"
    assert _run(sys.executable, root, program) == [True, "xml.dom", False, False, no_module, no_attribute, "xml.sax"]
