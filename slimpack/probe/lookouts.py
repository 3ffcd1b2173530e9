"""What a module looks at that tells what else is loaded: sys.modules, subclasses, the dictionaries of other modules."""

from __future__ import annotations

import ast

from .names import every

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Protocol

    class Names(Protocol):
        """What names stand for in a module."""

        imported: dict[str, str]
        classes: dict[str, ast.ClassDef]

        def dotted(self, node: Any) -> str:
            """The absolute name of what an expression names."""


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def lookouts(nodes: list[Any], read: Names) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """(watched, asked, opened), as in `effects.py`."""
    found = _watched(nodes, read), _asked(nodes, read), _opened(nodes, read)
    watched, asked, opened = [tuple(sorted(set(each))) for each in found]
    return watched, asked, opened


def root_of(node: Any) -> str:
    """The name at the root of attributes and items; empty for anything else's."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return str(getattr(node, "id", ""))


def _watched(nodes: list[Any], read: Names) -> Iterator[str]:
    """What is looked for in sys.modules."""
    for node in nodes:
        of: Any
        key: Any = None
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            of, key = node.comparators[0], node.left
        elif isinstance(node, ast.Subscript):
            of, key = node.value, node.slice
        elif isinstance(node, (ast.For, ast.comprehension)):
            of = node.iter
        elif isinstance(node, ast.Call):
            of = node.func.value if isinstance(node.func, ast.Attribute) else next(iter(node.args), None)
            key = node.args[0] if isinstance(node.func, ast.Attribute) and node.args else None
        else:
            continue
        if read.dotted(of) == "sys.modules":
            literal = getattr(key, "value", None)
            if isinstance(literal, str):
                yield literal
            elif key is None:
                inside = {id(item) for item in every(*[node for node in nodes if isinstance(node, _FUNCTIONS)])}
                yield "?" if id(node) in inside else "*"


def _asked(nodes: list[Any], read: Names) -> Iterator[str]:
    """The classes in `X.__subclasses__()`; in a class, `cls` and `self` are it."""
    asking = [node for node in nodes if isinstance(node, ast.Attribute) and node.attr == "__subclasses__"]
    inside = {id(item): node.name for node in read.classes.values() for item in every(node)} if asking else {}
    for node in asking:
        name = read.dotted(node.value)
        yield inside.get(id(node), "*") if name in ("cls", "self", "") else name


def _opened(nodes: list[Any], read: Names) -> Iterator[str]:
    """What is imported and then looked into."""
    for node in nodes:
        inside: Any = None
        if isinstance(node, ast.Attribute) and node.attr == "__dict__":
            inside = node.value
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "vars" and node.args:
            inside = node.args[0]
        if inside is not None and root_of(inside) in read.imported:
            yield read.dotted(inside)
