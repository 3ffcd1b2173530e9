"""Canonical bytecode: the same code, whatever flags marshal set; idempotent."""

import marshal
import struct
import sys
from types import CodeType
from typing import Any

import pytest

from slimpack.probe.canonical import canonical, unshared

SOURCES = [
    "x = 1\n",
    "import os, sys\nfrom a import b as c\n\n\nclass A:\n    '''Doc.'''\n    y: int = 2 ** 80\n\n    def f(self, *a, k=1.5, **kw):\n        return [i for i in a if i in {'p', 'q', b'r', 3}] or (lambda: 1j)\n",
    "async def f():\n    async with a as b:\n        yield b, ('t', ('u', None, ..., True)), {'k': -5}\n",
]


def names(code: CodeType) -> list[str]:
    """Every name, held alive by the list."""
    out = [*code.co_names, *code.co_varnames]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            out += names(constant)
    return out


def equal(first: Any, second: Any) -> bool:
    return bool(first == second)


@pytest.mark.parametrize("source", SOURCES)
def test_it_loads_as_the_same_code(source: str) -> None:
    code = compile(source, "app.py", "exec")
    data = canonical(marshal.dumps(code))
    assert equal(marshal.loads(data), code)  # noqa: S302 just made
    assert canonical(data) == data


@pytest.mark.parametrize("source", SOURCES)
def test_it_does_not_depend_on_who_else_holds_a_name(source: str) -> None:
    filename = "app.py"
    code = compile(source, filename, "exec")
    first = canonical(marshal.dumps(code))
    held = names(code)
    assert canonical(marshal.dumps(code)) == first
    assert held


@pytest.mark.parametrize("data", [b"?", b"N" + b"N", b"\xe3"])
def test_what_is_no_marshalled_code_is_refused(data: bytes) -> None:
    with pytest.raises((ValueError, IndexError, struct.error)):
        canonical(data)


SETS = """
def one(x):
    return x in {"amg", "arpack", "lobpcg"}


class Two:
    kinds = {"amg", "arpack", "lobpcg", "more"}

    def two(self, x):
        return x in {"amg", "arpack", "lobpcg"}
"""


def with_one_object(code: CodeType, shared: dict[frozenset[object], frozenset[object]]) -> CodeType:
    """The code as a compiler leaves it that makes one object of equal sets."""
    constants = [
        shared.setdefault(constant, constant)
        if isinstance(constant, frozenset)
        else with_one_object(constant, shared)
        if isinstance(constant, CodeType)
        else constant
        for constant in code.co_consts
    ]
    return code.replace(co_consts=tuple(constants))


def written(code: CodeType) -> bytes:
    """As the extractor writes it."""
    data = marshal.dumps(code)
    return data if sys.version_info >= (3, 12) else canonical(data)


def test_sets_that_the_compiler_made_one_object_of_change_no_byte() -> None:
    apart = written(unshared(compile(SETS, "m.py", "exec")))
    merged = with_one_object(compile(SETS, "m.py", "exec"), {})
    assert written(merged) != apart
    assert written(unshared(merged)) == apart


def test_code_without_sets_is_left_alone() -> None:
    code = compile("def f(x):\n    return x in (1, 2)\n", "m.py", "exec")
    assert unshared(code) is code
