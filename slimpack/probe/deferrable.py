"""A module's AST -> the imports at its top level, one row for each name, and why it would not let one be deferred.

A row is (line, bound name, level, module, attribute, refusal, sure); `attribute` is empty for `import module`, `sure`
says that nothing decides whether the import is done, and the refusal is empty for what may be deferred as far as this
module alone can tell: the name is read only inside functions, nobody
binds it again, no annotation or string that may be evaluated speaks of it, and nothing in the module looks at its own
dictionary. What the imported module does on import is another question (`effects.py`), and who else relies on the
order a third (`slimpack/plan/lazy.py`).
"""

from __future__ import annotations

import ast

from .names import BOUND, LATER, UNFIT, WORD, every, is_typing_only, uses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .names import Use

    Row = tuple[int, str, int, str, str, str, bool]

_DICTIONARY_CALLS = frozenset({"globals", "exec", "eval", "locals", "vars"})
"""Calls that see the module's dictionary; the last three only in some places."""
_BLOCKS = {"If": "under a condition", "Try": "in a try", "TryStar": "in a try", "With": "in a with", "For": "in a loop"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DOCUMENTED = (*_FUNCTIONS, ast.ClassDef, ast.Module)


def candidates(tree: ast.Module, *, is_package: bool = False) -> tuple[Row, ...]:
    """Every import at the top level of a module, in the order of the source."""
    found = list(_imports(tree.body, ""))
    names = {name for _, name, *_ in found}
    nodes = every(tree)
    whole = _whole(tree, nodes)
    used: dict[str, list[Use]] = {}
    for use in uses(tree, names):
        used.setdefault(use.name, []).append(use)
    shown = _doctests(nodes)
    refused: dict[str, str] = {}
    for name in sorted(names):
        same = [row for row in found if row[1] == name]
        refused[name] = (
            whole
            or _own(same, is_package=is_package)
            or _used(used.get(name, ()))
            or ("in a doctest" if name in shown else "")
        )
    return tuple((*row[:5], row[5] or refused[row[1]], row[6]) for row in found)


def _imports(nodes: Any, why: str) -> Iterator[Row]:
    for node in nodes:
        kind = type(node).__name__
        if isinstance(node, ast.Import):
            for item in node.names:
                yield node.lineno, item.asname or item.name.partition(".")[0], 0, item.name, "", why, not why
        elif isinstance(node, ast.ImportFrom):
            for item in node.names:
                name = item.asname or item.name
                reason = "star import" if name == "*" else "not an import" if node.module == "__future__" else why
                yield node.lineno, name, node.level, node.module or "", item.name, reason, not why
        elif isinstance(node, ast.If) and is_typing_only(node.test):
            yield from _imports(node.orelse, why or _BLOCKS["If"])
        elif kind in _BLOCKS or kind in ("While", "AsyncWith"):
            reason = why or _try(node) or _BLOCKS.get(kind, "in a block")
            for part in ("body", "orelse", "finalbody"):
                yield from _imports(getattr(node, part, ()), reason)
            for handler in getattr(node, "handlers", ()):
                yield from _imports(handler.body, reason)


def _try(node: Any) -> str:
    """Whether the block is there to see the import fail."""
    for handler in getattr(node, "handlers", ()):
        kind = handler.type
        caught = kind.elts if isinstance(kind, ast.Tuple) else [kind]
        for each in caught:
            name = getattr(each, "attr", getattr(each, "id", ""))
            if each is None or name in ("ImportError", "ModuleNotFoundError", "Exception", "BaseException"):
                return f"try/except {name}".rstrip()
    return ""


def _whole(tree: ast.Module, nodes: list[Any]) -> str:
    """Why nothing of the module may be deferred."""
    for each in tree.body:
        if isinstance(each, ast.ImportFrom) and each.names[0].name == "*":
            return f"a star import may bind it too, line {each.lineno}"
    inside: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _DICTIONARY_CALLS:
            name = getattr(node.func, "id", "")
            apart = name in ("exec", "eval") and len(node.args) > 1 and _last(node.args[1]) != "__dict__"
            if name in ("locals", "vars") and not inside:
                inside = {id(item) for item in every(*[node for node in nodes if isinstance(node, _FUNCTIONS)])}
            if not apart and (name in ("globals", "exec", "eval") or (not node.args and id(node) not in inside)):
                return f"the module calls {name}(), line {node.lineno}"
        elif _is_own_module(node):
            return f"the module looks itself up in sys.modules, line {node.lineno}"
    return ""


def _last(node: Any) -> str:
    return str(getattr(node, "attr", ""))


def _is_own_module(node: Any) -> bool:
    """`sys.modules[__name__]` and `sys.modules.get(__name__)`: it may be replaced, or its dictionary read."""
    if isinstance(node, ast.Subscript):
        of, key = node.value, node.slice
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        of, key = node.func.value, node.args[0]
    else:
        return False
    key = getattr(key, "value", key) if type(key).__name__ == "Index" else key
    return getattr(of, "attr", getattr(of, "id", "")) == "modules" and getattr(key, "id", "") == "__name__"


def _own(rows: list[Row], *, is_package: bool) -> str:
    """What speaks against it in the imports that bind this name."""
    name = rows[0][1]
    if name.startswith(("__", "_slimpack")):
        return "a name with a meaning of its own"
    for row in rows:
        if row[5]:
            return f"{row[5]}, line {row[0]}" if len(rows) > 1 else row[5]
    level, module, attribute = rows[0][2:5]
    if is_package and level == 1 and attribute and name == module:
        return "its name is also that of the submodule it comes from"
    plain = all(not row[4] and row[3].partition(".")[0] == name for row in rows)
    if len(rows) > 1 and not plain:
        return f"bound again, line {rows[1][0]}"
    return ""


def _used(found: Any) -> str:
    for use in found:
        if use.how == BOUND:
            return f"bound again, line {use.line}"
    for use in found:
        if use.how == LATER:
            what = "" if use.where in UNFIT else " that may be evaluated"
            return f"{use.where}{what}, line {use.line}"
        if use.owner is None:
            return f"used {use.where}, line {use.line}"
    return ""


def _doctests(nodes: list[Any]) -> set[str]:
    """The words of all docstrings with an example."""
    texts = [ast.get_docstring(node, clean=False) or "" for node in nodes if isinstance(node, _DOCUMENTED)]
    return {word for text in texts if ">>>" in text for word in WORD.findall(text)}
