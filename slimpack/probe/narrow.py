"""Membership tests around a parameter -> the texts that it may be: `in KNOWN`, guards, the tables of lazy modules."""

from __future__ import annotations

import ast

from .values import Table, closed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

    from .evaluate import Evaluator
    from .scopes import Scope
    from .values import Text

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def refined(evaluator: Evaluator, node: ast.Name, scope: Scope) -> Optional[Text]:
    """Texts to which a membership test around `node` limits a parameter, or None."""
    if node.id not in scope.params:
        return None
    child: ast.AST = node
    while child in evaluator.parents:
        parent = evaluator.parents[child]
        if isinstance(parent, (ast.If, ast.IfExp)) and child is not parent.test and not _in_else(parent, child):
            found = _members(evaluator, parent.test, node.id, ast.In, scope)
            if found is not None:
                return found
        if isinstance(parent, _FUNCTIONS):
            return _guarded(evaluator, parent, child, node.id, scope)
        child = parent
    return None


def _guarded(evaluator: Evaluator, function: Any, statement: ast.AST, name: str, scope: Scope) -> Optional[Text]:
    for earlier in function.body:
        if earlier is statement:
            break
        if isinstance(earlier, ast.If) and isinstance(earlier.body[-1], (ast.Raise, ast.Return)):
            found = _members(evaluator, earlier.test, name, ast.NotIn, scope)
            if found is not None:
                return found
    lazy = function.name == "__getattr__" and scope.parent is not None and isinstance(scope.parent.node, ast.Module)
    return _table_keys(evaluator, function, name, scope) if lazy else None


def _members(evaluator: Evaluator, test: ast.expr, name: str, operator: type, scope: Scope) -> Optional[Text]:
    both = isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) and operator is ast.In
    for item in test.values if both and isinstance(test, ast.BoolOp) else [test]:
        if not isinstance(item, ast.Compare) or not isinstance(item.ops[0], operator):
            continue
        if isinstance(item.left, ast.Name) and item.left.id == name:
            return closed(evaluator.value(item.comparators[0], scope))
    return None


def _table_keys(evaluator: Evaluator, function: ast.AST, name: str, scope: Scope) -> Optional[Text]:
    # The idiom of lazy modules: `TABLE[name]` or `TABLE.get(name)` decides, so its keys are the names.
    for node in ast.walk(function):
        table: Any = None
        key: Any = None
        if isinstance(node, ast.Subscript):
            table, key = node.value, node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            table, key = node.func.value, node.args[0] if node.args else None
        if isinstance(key, ast.Name) and key.id == name and isinstance(table, ast.Name):
            value = evaluator.value(table, scope)
            found = closed(value) if isinstance(value, Table) else None
            if found is not None:
                return found
    return None


def _in_else(node: Any, child: ast.AST) -> bool:
    return child in node.orelse if isinstance(node.orelse, list) else child is node.orelse
