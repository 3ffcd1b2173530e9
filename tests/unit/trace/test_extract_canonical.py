"""Canonical bytecode: the same code, whatever flags marshal set; idempotent."""

import marshal
import struct
from types import CodeType
from typing import Any

import pytest

from slimpack.probe.canonical import canonical

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
