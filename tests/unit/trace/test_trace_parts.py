"""The parts of the tracer: the index of modules, names in strings, relative imports, pickles."""

import bz2
import gzip
import lzma
import pickle
import zlib
from collections import OrderedDict
from fractions import Fraction

import pytest

from slimpack.model.facts import Import
from slimpack.model.target import Architecture, Target
from slimpack.model.tree import tree_of
from slimpack.trace import dynamic, imports, pickles
from slimpack.trace.index import Index

TARGET = Target(python=(3, 12), architecture=Architecture.X86_64, glibc=(2, 34))


def index(*paths: str) -> Index:
    return Index(tree_of(dict.fromkeys(paths, "")), TARGET)


def test_a_package_wins_over_a_module_and_an_extension_over_its_source() -> None:
    found = index("a.py", "a/__init__.py", "b.py", "b.abi3.so", "b.cpython-312-x86_64-linux-gnu.so", "c.pyc")
    assert found.resolve("a") == ("a/__init__.py",)
    assert found.resolve("b") == ("b.cpython-312-x86_64-linux-gnu.so", "b.abi3.so", "b.py")
    assert found.resolve("c") == ("c.pyc",)
    assert found.resolve("json") == ()


def test_extensions_of_other_interpreters_are_no_modules() -> None:
    found = index("a.cpython-311-x86_64-linux-gnu.so", "b.cpython-312-aarch64-linux-gnu.so", "c.so")
    assert found.resolve("a") == ()
    assert found.resolve("b") == ()
    assert found.resolve("c") == ("c.so",)


def test_namespaces_exist_without_files() -> None:
    found = index("google/api/http.py", "google/data/x.json")
    assert found.exists("google")
    assert found.resolve("google") == ()
    assert list(found.submodules("google")) == ["google.api", "google.data"]
    assert found.below("google") == ("google.api", "google.api.http", "google.data")


def test_names_of_paths() -> None:
    found = index("a/b.py")
    assert found.module_of("a/b.py") == "a.b"
    assert found.module_of("a/__init__.py") == "a"
    assert found.module_of("24e__mypyc.cpython-312-x86_64-linux-gnu.so") == "24e__mypyc"
    assert found.module_of("a.libs/libx.so") == ""
    assert found.module_of("a/__pycache__/b.pyc") == ""
    assert found.module_of("a/b.json") == ""


def test_patterns_leave_tests_aside() -> None:
    found = index("a/__init__.py", "a/one.py", "a/tests/__init__.py", "a/tests/t.py", "b/one/base.py")
    assert list(found.matching("a.*")) == ["a.one"]
    assert list(found.matching("*.base")) == ["b.one.base"]
    assert list(found.matching("a.o*")) == ["a.one"]
    assert list(found.matching("a.two")) == []


@pytest.mark.parametrize(
    ("text", "loose", "expected"),
    [
        ("lib.sub", False, "lib.sub"),
        ("lib.sub.Class", False, "lib.sub"),
        ("lib.sub.Class.method", False, "lib.sub"),
        ("lib:run", False, "lib"),
        ("lib.Class", False, ""),
        ("lib.Class", True, "lib"),
        ("lib", False, ""),
        (".sub", True, "lib.sub"),
        (".sub", False, ""),
        ("other.sub", True, ""),
        ("lib/sub.py", True, ""),
    ],
)
def test_names_in_strings(text: str, loose: bool, expected: str) -> None:
    assert dynamic.named(text, index("lib/__init__.py", "lib/sub.py"), package="lib", loose=loose) == expected


@pytest.mark.parametrize(
    ("level", "module", "package", "expected"),
    [
        (0, "a.b", "p.q", "a.b"),
        (1, "", "p.q", "p.q"),
        (1, "m", "p.q", "p.q.m"),
        (2, "m", "p.q", "p.m"),
        (4, "m", "p.q", ""),
    ],
)
def test_relative_imports(level: int, module: str, package: str, expected: str) -> None:
    assert imports.absolute(level, module, package) == expected


def test_names_of_a_from_import_may_be_submodules() -> None:
    found = index("p/__init__.py", "p/sub.py", "p/other.py")
    assert list(imports.targets(Import(1, "", ("sub", "attribute"), 1), "p", found)) == ["p", "p.sub"]
    assert imports.star(Import(0, "p", ("*",), 1), "") == "p"


@pytest.mark.parametrize("protocol", range(6))
def test_pickles_name_their_modules(protocol: int) -> None:
    data = pickle.dumps([OrderedDict(a=1), Fraction(1, 2), Fraction(2, 3)], protocol=protocol)
    found = pickles.scan(data)
    assert found is not None
    assert {"collections", "fractions"} <= found


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress, bz2.compress, lzma.compress])
def test_compressed_pickles_are_read(pack: object) -> None:
    assert callable(pack)
    assert pickles.scan(pack(pickle.dumps(Fraction(1, 2)))) == frozenset({"fractions"})


@pytest.mark.parametrize(
    "data", [b"", b"no pickle", b"x\x9cbroken", b"\x1f\x8bbroken", pickle.dumps(Fraction(1, 2))[:-4]]
)
def test_what_is_no_pickle_is_not_understood(data: bytes) -> None:
    assert pickles.scan(data) is None
