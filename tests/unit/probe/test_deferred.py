"""Where guards stand, what a tracer sees, what is refused, and that the compiler agrees on whole libraries."""

import ast
import dis
import random
import sys
import threading
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from slimpack.probe.deferrable import candidates
from slimpack.probe.deferred import deferred
from slimpack.probe.guarded import check
from slimpack.probe.guards import add_guards

GUARD = "    if _slimpack_deferred_0 is not None:\n        _slimpack_load_0()\n"
HELPER = "TABLE = [1, 2]\ndef twice(x):\n    return 2 * x\n"


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "lazy_helper.py").write_text(HELPER)
    monkeypatch.syspath_prepend(tmp_path)
    yield "lazy_helper"
    sys.modules.pop("lazy_helper", None)


def guarded(source: str, **groups: int) -> str:
    tree = ast.parse(source)
    add_guards(tree, groups)
    return ast.unparse(tree)


def module(source: str, *groups: Any, name: str = "lazy_example") -> types.ModuleType:
    made = types.ModuleType(name)
    exec(deferred(source.encode(), f"/{name}.py", groups), made.__dict__)  # noqa: S102 that is the point
    return made


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("    return x.a\n", GUARD + "    return x.a"),
        ("    'doc'\n    return x.a\n", "    'doc'\n" + GUARD + "    return x.a"),
        ("    y = 1\n    return x.a\n", "    y = 1\n" + GUARD + "    return x.a"),
        ("    for i in y:\n        x.a\n", GUARD + "    for i in y:\n        x.a"),
        (
            "    try:\n        x.a\n    except E:\n        pass\n",
            GUARD + "    try:\n        x.a\n    except E:\n        pass",
        ),
        ("    with y:\n        x.a\n", GUARD + "    with y:\n        x.a"),
        ("    if x.b:\n        x.a\n", GUARD + "    if x.b:\n        x.a"),
        ("    x = 1\n    return x.a\n", "    x = 1\n    return x.a"),
        ("    return lambda: x.a\n", GUARD + "    return lambda: x.a"),
        ("    return [x.a for i in y]\n", GUARD + "    return [x.a for i in y]"),
        ("    return 1\n", "    return 1"),
    ],
)
def test_a_guard_stands_before_the_first_statement_that_reads(body: str, expected: str) -> None:
    assert guarded("def f(y):\n" + body, x=0) == ast.unparse(ast.parse("def f(y):\n" + expected))


def test_a_branch_has_its_own_guard_and_what_follows_another() -> None:
    source = "def f(y):\n    if y:\n        return x.a\n    elif y is None:\n        return 1\n    return x.b\n"
    inner = "\n".join(f"    {line}" for line in GUARD.splitlines())
    assert guarded(source, x=0) == (
        f"def f(y):\n    if y:\n{inner}\n        return x.a\n    elif y is None:\n        return 1\n{GUARD}    return x.b"
    )


def test_the_innermost_function_has_the_guard() -> None:
    assert "def f():\n\n    def g():\n        if _slimpack" in guarded(
        "def f():\n    def g():\n        return x.a\n    return g\n", x=0
    )


def test_a_default_of_a_nested_function_is_read_by_the_outer_one() -> None:
    assert guarded("def f():\n    def g(y=x.a):\n        pass\n", x=0).startswith("def f():\n    if _slimpack")


def test_each_group_has_a_guard_of_its_own() -> None:
    text = guarded("def f():\n    return x.a, y.a\n", x=0, y=1)
    assert text.count("_slimpack_load_0()") == text.count("_slimpack_load_1()") == 1


def test_a_tracer_sees_the_lines_that_it_always_saw(helper: str) -> None:
    source = f"import {helper}\n\ndef f(y):\n    if y:\n        z = 1\n        return (\n            {helper}.twice(y)\n        )\n    return 0\n"
    plain = types.ModuleType("plain")
    exec(compile(source, "/lazy_example.py", "exec"), plain.__dict__)  # noqa: S102 to compare with
    lazy = module(source, [(1, helper)])
    assert lazy.f(3) == plain.f(3) == 6
    assert traced(lazy.f, 3) == traced(plain.f, 3)
    assert traced(lazy.f, 0) == traced(plain.f, 0)


def traced(function: Callable[[int], object], value: int) -> list[tuple[str, int]]:
    seen: list[tuple[str, int]] = []

    def trace(frame: types.FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_filename == "/lazy_example.py":
            seen.append((event, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function(value)
    finally:
        sys.settrace(before)
    return seen


def test_an_error_has_a_note_and_comes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lazy_broken.py").write_text("raise RuntimeError('broken')\n")
    monkeypatch.syspath_prepend(tmp_path)
    lazy = module("\nimport lazy_broken\ndef f():\n    return lazy_broken\n", [(2, "lazy_broken")])
    for _ in range(2):
        with pytest.raises(RuntimeError, match="broken") as caught:
            lazy.f()
        assert caught.value.__notes__ == ["deferred from lazy_example, line 2"]
    with pytest.raises(RuntimeError, match="broken"):
        _ = lazy.lazy_broken
    assert "lazy_broken" not in vars(lazy)


def test_a_loader_shows_in_the_traceback_with_the_line_of_its_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    lazy = module("x = 1\nimport lazy_missing\n\ndef f():\n    return lazy_missing\n", [(2, "lazy_missing")])
    with pytest.raises(ModuleNotFoundError, match="No module named 'lazy_missing'") as caught:
        lazy.f()
    frames = [(entry.name, entry.lineno) for entry in caught.traceback]
    assert [(name, line + 1) for name, line in frames[-2:]] == [("f", 5), ("_slimpack_load_0", 2)]


def test_one_module_for_all_threads(helper: str) -> None:
    lazy = module(f"from {helper} import TABLE, twice\ndef f():\n    return TABLE\n", [(1, "TABLE"), (1, "twice")])
    gate, seen = threading.Barrier(8), []

    def run() -> None:
        gate.wait()
        seen.append(id(lazy.f()))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seen)) == 1
    assert len(seen) == 8


@pytest.mark.parametrize(
    ("source", "groups", "why"),
    [
        ("import a\na.b()\n", [[(1, "a")]], "used at module level, line 2"),
        ("import a\ndef f():\n    return a\n", [[(2, "a")]], "there is no such import"),
        ("import a.b\nimport a.c\ndef f():\n    return a\n", [[(1, "a")]], "must be deferred with its other import"),
        ("import a.b\nimport a.c\ndef f():\n    return a\n", [[(1, "a")], [(2, "a")]], "in two groups"),
        ("from a import *\n", [[(1, "*")]], "star import"),
    ],
)
def test_what_the_module_does_not_allow_is_refused(source: str, groups: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        deferred(source.encode(), "m.py", groups)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("def f():\n    return x\n", "f reads x"),
        ("x.a\n", "<module> reads x"),
        ("class A:\n    y = x\n", "A reads x"),
        ("def f():\n    global x\n    x = 1\n", "f binds x"),
        ("x = 1\n", "<module> binds x"),
    ],
)
def test_the_compiler_has_the_last_word(source: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check(compile(source, "m.py", "exec"), {"x": 0})


def test_the_compiler_agrees_on_the_standard_library() -> None:
    paths = sorted(Path(ast.__file__).parent.rglob("*.py"))
    paths = [path for path in paths if not {"site-packages", "test", "tests", "lib2to3", "idlelib"} & set(path.parts)]
    count = 0
    for path in random.Random(7).sample(paths, 60):
        source = path.read_bytes()
        rows = candidates(ast.parse(source), is_package=path.stem == "__init__")
        groups: dict[str, list[tuple[int, str]]] = {}
        for row in rows:
            if not row[5]:
                groups.setdefault(row[1], []).append((row[0], row[1]))
        deferred(source, str(path), list(groups.values()))
        count += len(groups)
    assert count > 100


def test_after_first_use_a_function_has_two_instructions_more(helper: str) -> None:
    lazy = module(f"import {helper}\ndef f(x):\n    return {helper}.twice(x)\n", [(1, helper)])
    names = [step.opname for step in dis.get_instructions(lazy.f) if step.opname != "RESUME"]
    assert names[0] == "LOAD_GLOBAL"
    assert "NONE" in names[1]
    assert lazy.f(2) == 4
