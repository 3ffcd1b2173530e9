"""Source and a choice of its imports -> a code object that does them at first use.

An import leaves the top of the module for a loader that stands in its place. Its names are absent from the module until
a function that reads one runs (a guard in it calls the loader), or until somebody asks the module for one (a module
`__getattr__`). The loader executes the very statement, with the module's globals, binds what nobody has bound
meanwhile, and is done with. What runs is self-contained: nothing of slimpack is imported.

Why so, by experiment on CPython 3.9 to 3.13, with a function of 45 ns and one of 0.8 µs that read one such name:
- A guard costs 1 to 2.5 ns a call from 3.11 on (3 to 5 % of the tiny one, under 1 % of the other; 3 to 5 ns before),
  and the name itself nothing: after first use it is an ordinary global, specialised like any. So all costs stay within
  2 % for whatever takes 100 ns or more. A rewritten module costs 6 to 8 µs and 2 to 3 KB of bytecode.
- `importlib.util.LazyLoader` does nothing for `from x import y`, which is most imports, and still looks for every
  module. On the corpus: pillow -30 %, boto3 +2 %, powertools +11 %, webhook +20 %; jwt and fastapi break.
- A proxy in place of the name costs 1 µs at each use, and is not what it stands for: `isinstance`, `except`, `is`,
  base classes and pickle tell the difference.
- An import statement in each function costs 65 to 85 ns a call (+90 to +200 %, +10 to +17 %), and `mock.patch` of the
  module's name has no effect any more.
- Builtins with `__missing__` find absent globals without a guard, but then no builtin is specialised in the module.
- Swapping `__code__` after first use would save the guard, but functions cannot be found reliably (decorators,
  closures), and debuggers, tracers and numba hold on to the old code.

What a program could still tell: `vars(module)` and the `__globals__` of its functions lack the names (refused where
somebody is seen to look); deleting a name that was never used raises AttributeError; a traceback of a failing import
has the loader's frame more. Annotations are refused even where they are text: allowing those would gain 0.7 ms of 250
on pandas, 0.9 of 500 on fastapi and 6 of 900 on sklearn, and break `typing.get_type_hints`.
"""

from __future__ import annotations

import ast
import sys

from .deferrable import candidates
from .guarded import check
from .guards import add_guards, flag, load
from .names import BOUND, bound_by, uses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import CodeType
    from typing import Any

    Names = Sequence[tuple[int, str]]
    """(line of the statement, name that it binds) of imports that are done together."""

_NOTED = sys.version_info >= (3, 11)

_ONCE = """
from _thread import get_ident as _slimpack_thread
_slimpack_globals, _slimpack_missing, _slimpack_problem = globals(), AttributeError, Exception
_slimpack_pending, _slimpack_loading, _slimpack_theirs = {}, set(), [None, None]
def _slimpack_attribute(name):
    load = _slimpack_pending.get(name)
    if load is not None and name not in _slimpack_globals:
        me = name, _slimpack_thread()
        if me not in _slimpack_loading:
            _slimpack_loading.add(me)
            try:
                load(name)
            finally:
                _slimpack_loading.discard(me)
    if name in _slimpack_globals:
        return _slimpack_globals[name]
    if _slimpack_theirs[0] is not None:
        return _slimpack_theirs[0](name)
    raise _slimpack_missing(f"module {__name__!r} has no attribute {name!r}")
def _slimpack_names():
    if _slimpack_theirs[1] is not None:
        return _slimpack_theirs[1]()
    ours = {"__dir__", "__getattr__" if _slimpack_theirs[0] is None else "__dir__"}
    return [*{name for name in {*_slimpack_globals, *_slimpack_pending} - ours if name[:10] != "_slimpack_"}]
def _slimpack_arm(load, *names):
    for name in names:
        _slimpack_globals.pop(name, None)
        _slimpack_pending[name] = load
__getattr__, __dir__ = _slimpack_attribute, _slimpack_names
"""
"""Stands in front of the first import. A reload executes it again.

Builtins are taken while they surely are what they are called. While a thread loads a name, that name is absent for it:
`from . import part` asks the package for `part` before it imports the submodule.
"""

_NOTE = """
def _slimpack_note(error, text):
    if error.args and error.args[0].__class__ is text.__class__:
        error.args = (f"{error.args[0]} ({text})", *error.args[1:])
    if error.__class__ is ImportError or error.__class__ is ModuleNotFoundError:
        error.msg = f"{error.msg} ({text})"
"""

_LOADER = """
def LOAD(_slimpack_name=None):
    global FLAG
    _slimpack_had = _slimpack_globals.keys() & {NAMES}
    try:
        IMPORTS
    except _slimpack_problem as _slimpack_error:
        NOTE
        raise
    if FLAG is None:
        return
    for _slimpack_name, _slimpack_value in (PAIRS,):
        if _slimpack_name not in _slimpack_had:
            _slimpack_globals[_slimpack_name] = _slimpack_value
    FLAG = None
    for _slimpack_name in (NAMES,):
        _slimpack_pending.pop(_slimpack_name, None)
FLAG = True
_slimpack_arm(LOAD, NAMES)
"""
"""Stands in the place of the imports of a group, which it binds to locals; a name that somebody has set stays.

No lock: the import system has one for each module, and one of ours could wait for a thread that waits for that. Two
threads that come at once import the same thing twice, which gives both the same; the first of them binds it.
"""

_SUBMODULES = """
def _slimpack_submodule(name):
    __import__(f"{__name__}.{name}")
for _slimpack_name in (NAMES,):
    _slimpack_pending[_slimpack_name] = _slimpack_submodule
"""
"""Attributes of a package that an import which is deferred now used to leave there, for whoever came after it."""

_LAST = """
if __getattr__ is not _slimpack_attribute:
    _slimpack_theirs[0], __getattr__ = __getattr__, _slimpack_attribute
if __dir__ is not _slimpack_names:
    _slimpack_theirs[1], __dir__ = __dir__, _slimpack_names
"""
"""Stands at the end of a module that has a `__getattr__` or `__dir__` of its own: it is asked after ours."""


def deferred(
    source: bytes,
    filename: str,
    groups: Sequence[Names],
    *,
    submodules: Sequence[str] = (),
    optimise: int = 0,
) -> CodeType:
    """Compile with each group of imports done when one of its names is first used. Raises ValueError where it may not.

    `submodules` of a package are those that used to be attributes of it because something now deferred imported them.
    """
    tree: Any = compile(source, filename, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    group_of = _chosen(tree, groups, is_package=filename.rpartition("/")[2] == "__init__.py")
    own = {use.name for use in uses(tree, ("__getattr__", "__dir__")) if use.how == BOUND}
    add_guards(tree, group_of)
    tree.body[:] = _with_loaders(tree.body, groups)
    start = _start(tree.body)
    line = tree.body[start].lineno if start < len(tree.body) else 1
    rest = [name for name in submodules if name not in group_of]
    once = _ONCE + ("" if _NOTED else _NOTE) + (_SUBMODULES.replace("NAMES", _texts(rest)) if rest else "")
    tree.body[start:start] = _parsed(once, line)
    if own:
        tree.body += _parsed(_LAST, tree.body[-1].end_lineno)
    code: CodeType = compile(tree, filename, "exec", dont_inherit=True, optimize=optimise)
    check(code, group_of)
    return code


def _chosen(tree: ast.Module, groups: Sequence[Names], *, is_package: bool) -> dict[str, int]:
    """The number of its group by name; every choice is one that the module allows."""
    allowed = {(row[0], row[1]): row[5] for row in candidates(tree, is_package=is_package)}
    group_of: dict[str, int] = {}
    for number, group in enumerate(groups):
        for line, name in group:
            why = allowed.get((line, name), "there is no such import")
            if why or group_of.setdefault(name, number) != number:
                raise ValueError(f"line {line}: {name} cannot be deferred: {why or 'it is in two groups'}")
    chosen = {each for group in groups for each in group}
    if left := sorted(row for row in allowed if row[1] in group_of and row not in chosen):
        raise ValueError(f"line {left[0][0]}: {left[0][1]} must be deferred with its other import")
    return group_of


def _with_loaders(body: list[Any], groups: Sequence[Names]) -> list[Any]:
    """The statements, with a loader where the first import of its group was."""
    number_of = {each: number for number, group in enumerate(groups) for each in group}
    parts: dict[int, list[Any]] = {}
    kept: list[Any] = []
    for node in body:
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            kept.append(node)
            continue
        taken: dict[int, list[ast.alias]] = {}
        for item in node.names:
            plain = isinstance(node, ast.Import)
            name = item.asname or (item.name.partition(".")[0] if plain else item.name)
            taken.setdefault(number_of.get((node.lineno, name), -1), []).append(item)
        if -1 in taken:
            kept.append(_only(node, taken.pop(-1)))
        for number, items in taken.items():
            if number not in parts:
                kept.append(number)
            parts.setdefault(number, []).append(_only(node, items))
    return [each for item in kept for each in (_loader(item, parts[item]) if isinstance(item, int) else [item])]


def _only(node: Any, names: list[ast.alias]) -> Any:
    """An import statement with some of its names."""
    if isinstance(node, ast.Import):
        return ast.copy_location(ast.Import(names=names), node)
    return ast.copy_location(ast.ImportFrom(module=node.module, names=names, level=node.level), node)


def _loader(number: int, imports: list[Any]) -> list[ast.stmt]:
    names = sorted({name for node in imports for name in bound_by(node)})
    line = imports[0].lineno
    said = f'f"deferred from {{__name__}}, line {line}"'
    note = f"_slimpack_error.add_note({said})" if _NOTED else f"_slimpack_note(_slimpack_error, {said})"
    text = _LOADER.replace("FLAG", flag(number)).replace("LOAD", load(number)).replace("NOTE", note)
    text = text.replace("NAMES", _texts(names)).replace("PAIRS", ", ".join(f'("{name}", {name})' for name in names))
    nodes = _parsed(text, line)
    attempt: Any = next(node for node in ast.walk(nodes[0]) if isinstance(node, ast.Try))
    attempt.body[:] = imports
    return nodes


def _texts(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _parsed(text: str, line: int) -> list[ast.stmt]:
    """Statements of ours, all on one line of the module's source."""
    nodes = ast.parse(text).body
    for root in nodes:
        for node in ast.walk(root):
            if hasattr(node, "lineno"):
                node.lineno = node.end_lineno = line  # type: ignore[attr-defined]
                node.col_offset = node.end_col_offset = 0  # type: ignore[attr-defined]
    return nodes


def _start(body: list[Any]) -> int:
    """Behind the docstring and imports from `__future__`."""
    index = 0
    first = body[0].value if body and isinstance(body[0], ast.Expr) else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        index = 1
    while index < len(body) and isinstance(body[index], ast.ImportFrom) and body[index].module == "__future__":
        index += 1
    return index
