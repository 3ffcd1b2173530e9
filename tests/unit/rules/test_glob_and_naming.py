"""Globs and what names say: both are shared by rules, trace and plan."""

import pytest

from slimpack.model.glob import fault, matcher
from slimpack.model.naming import is_shared_object, looks_like_test, module_name


@pytest.mark.parametrize(
    ("glob", "meant", "not_meant"),
    [
        ("pkg/*.py", ["pkg/a.py"], ["pkg/a/b.py", "xpkg/a.py", "pkg/a.pyi"]),
        ("pkg/**", ["pkg/a", "pkg/a/b.c"], ["pkg", "pkga/b"]),
        ("pkg/**/*.h", ["pkg/a.h", "pkg/x/y/a.h"], ["pkg/a.hpp"]),
        ("**/tests/**", ["tests/a", "x/tests/a/b"], ["x/mytests/a", "tests"]),
        ("pkg", ["pkg", "pkg/a/b"], ["pkg2", "x/pkg"]),
        ("pkg/", ["pkg/a"], ["pkg"]),
        ("a?c.txt", ["abc.txt"], ["a/c.txt", "ac.txt"]),
        ("x[0-9].py", ["x1.py"], ["xa.py"]),
        ("x[!0-9].py", ["xa.py"], ["x1.py"]),
        ("a.b+(c)", ["a.b+(c)"], ["aXb+(c)"]),
        ("*.dist-info/METADATA", ["a-1.dist-info/METADATA"], ["x/a-1.dist-info/METADATA"]),
    ],
)
def test_globs(glob: str, meant: list[str], not_meant: list[str]) -> None:
    assert fault(glob) == ""
    matches = matcher([glob])
    assert [path for path in meant if not matches(path)] == []
    assert [path for path in not_meant if matches(path)] == []


def test_no_globs_mean_nothing_and_several_mean_any() -> None:
    assert not matcher([])("a")
    assert matcher(["a", "b"])("b")


@pytest.mark.parametrize("glob", ["", "/", "/a", "a//b", "a/../b", "./a", "a\\b", "a**", "x/**y/z", "a[1"])
def test_bad_globs_say_why(glob: str) -> None:
    assert fault(glob)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("a/tests/x.txt", True),
        ("test/x.py", True),
        ("a/test_x.py", True),
        ("a/x_test.py", True),
        ("a/conftest.py", True),
        ("a/testing/x.py", False),
        ("a/latest.py", False),
        ("jinja2/tests.py", False),
        ("a/test_data.json", False),
        ("attestation/x.py", False),
    ],
)
def test_tests(path: str, answer: bool) -> None:
    assert looks_like_test(path) is answer


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/b.py", "a.b"),
        ("a/__init__.py", "a"),
        ("a/_c.cpython-312-x86_64-linux-gnu.so", "a._c"),
        ("a/_c.abi3.so", "a._c"),
        ("six.py", "six"),
        ("a-1.dist-info/x.py", ""),
        ("a/b.txt", ""),
        ("24eb__mypyc.so", ""),
    ],
)
def test_module_names(path: str, name: str) -> None:
    assert module_name(path) == name


def test_shared_objects() -> None:
    assert all(map(is_shared_object, ["a/x.so", "x.libs/libz.so.1", "liby.so.1.2.3", "x.cpython-312.so"]))
    assert not any(map(is_shared_object, ["a.sol", "a.so.txt", "so", "x.so.1a", "some.socket.py"]))
