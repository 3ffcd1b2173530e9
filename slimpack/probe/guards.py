"""Where a function loads what it is going to read: in front of the statement that does, but never inside a loop.

The innermost function that reads a name gets the guard, so that a decorator or factory that is called on import loads
nothing. It stands in front of the first statement of the function's body that reads a name of the group, or in each
branch of an `if` or `match` that does; never within a loop, a `try` or a `with`, where it would cost more or where what
the import raises would be taken for something else. A guard has the line of what the statement evaluates first, so a
tracer or a debugger sees no line that was not there.
"""

from __future__ import annotations

import ast
import sys

from .names import READ, every, uses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_BY_IDENTITY = sys.version_info >= (3, 11)
"""`is not None` is one instruction from 3.11 on; before, plain truth is."""
_FLAG, _LOAD = "_slimpack_deferred_{}", "_slimpack_load_{}"


_FIRST = {
    **dict.fromkeys(("Return", "Expr", "Assign", "AnnAssign", "Attribute", "Subscript", "Starred", "Await"), "value"),
    **dict.fromkeys(("If", "While", "IfExp", "Assert"), "test"),
    **dict.fromkeys(("BinOp", "Compare"), "left"),
    **dict.fromkeys(("Tuple", "List", "Set"), "elts"),
    **dict.fromkeys(("For", "AsyncFor"), "iter"),
    "AugAssign": "target",
    "BoolOp": "values",
    "Call": "func",
    "Match": "subject",
    "Raise": "exc",
    "UnaryOp": "operand",
    "With": "items",
    "withitem": "context_expr",
}
"""What is evaluated first, by the kind of node."""


def flag(group: int) -> str:
    """The global that is None once the group's names are there."""
    return _FLAG.format(group)


def load(group: int) -> str:
    """The function that imports the group's names."""
    return _LOAD.format(group)


def add_guards(tree: ast.Module, group_of: Mapping[str, int]) -> None:
    """Put guards into every function that reads one of the names."""
    readers: dict[int, tuple[Any, dict[int, set[int]]]] = {}
    for use in uses(tree, group_of):
        if use.how == READ and use.owner is not None:
            _, nodes = readers.setdefault(id(use.owner), (use.owner, {}))
            nodes.setdefault(id(use.node), set()).add(group_of[use.name])
    for function, nodes in readers.values():
        for group in sorted(set().union(*nodes.values())):
            reading = frozenset(node for node, groups in nodes.items() if group in groups)
            function.body[:] = _guarded(function.body, group, reading)


def _guarded(body: list[Any], group: int, reading: frozenset[int]) -> list[Any]:
    """The statements with a guard in front of the first that surely reads, and in the branches before it that do."""
    done: list[Any] = []
    for index, statement in enumerate(body):
        if _reads(statement, reading):
            branches = _branches(statement, reading)
            if branches is None:
                return [*done, _guard(group, statement), *body[index:]]
            for holder, field in branches:
                setattr(holder, field, _guarded(getattr(holder, field), group, reading))
        done.append(statement)
    return done


def _branches(statement: Any, reading: frozenset[int]) -> Any:
    """(holder, field) of each list of statements in a branching one whose conditions read nothing; else None."""
    if isinstance(statement, ast.If):
        return None if _reads(statement.test, reading) else [(statement, "body"), (statement, "orelse")]
    if type(statement).__name__ == "Match":
        conditions = [statement.subject]
        for case in statement.cases:
            conditions += [case.pattern] + ([case.guard] if case.guard is not None else [])
        if not any(_reads(each, reading) for each in conditions):
            return [(case, "body") for case in statement.cases]
    return None


def _reads(node: Any, reading: frozenset[int]) -> bool:
    return any(id(item) in reading for item in every(node))


def _guard(group: int, before: Any) -> ast.stmt:
    test: ast.expr = ast.Name(id=flag(group), ctx=ast.Load())
    if _BY_IDENTITY:
        test = ast.Compare(left=test, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)])
    call = ast.Expr(value=ast.Call(func=ast.Name(id=load(group), ctx=ast.Load()), args=[], keywords=[]))
    guard = ast.If(test=test, body=[call], orelse=[])
    line = _line(before)
    for item in every(guard):
        item.lineno = item.end_lineno = line
        item.col_offset = item.end_col_offset = before.col_offset
    return guard


def _line(node: Any) -> int:
    """The line of what a statement evaluates first."""
    line: int = node.lineno
    todo = [*getattr(node, "decorator_list", ()), node][:1]
    while todo:
        node = todo[0]
        line = getattr(node, "lineno", line)
        value = getattr(node, _FIRST.get(type(node).__name__, ""), None)
        todo = value if isinstance(value, list) else [value] if value is not None else []
    return line
