"""The names that one module, function, class or comprehension binds, and how."""

from __future__ import annotations

import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

    Binding = tuple[str, ast.AST, tuple[int, ...]]
    """How a name is bound (value, item of an iterable, unknown), by which node, and the path into it."""
    Site = tuple[ast.Call, "Scope"]


class Scope:
    """The names that one module, function, class or comprehension binds."""

    def __init__(self, node: Any, parent: Optional[Scope]) -> None:
        self.node, self.parent = node, parent
        self.bound: dict[str, list[Binding]] = {}
        self.grown: dict[str, list[tuple[str, Optional[ast.AST]]]] = {}
        self.params: dict[str, tuple[int, Optional[ast.expr]]] = {}

    def bind(self, name: str, how: str, node: ast.AST, path: tuple[int, ...] = ()) -> None:
        """Remember one binding of `name`."""
        self.bound.setdefault(name, []).append((how, node, path))

    def find(self, name: str) -> Optional[Scope]:
        """The scope that binds `name`, or None."""
        scope: Optional[Scope] = self
        while scope is not None:
            hidden = isinstance(scope.node, ast.ClassDef) and scope is not self
            if not hidden and (name in scope.bound or name in scope.params):
                return scope
            scope = scope.parent
        return None

    @property
    def takes_self(self) -> bool:
        """Whether this is a method whose first parameter is not given by its callers."""
        arguments = self.node.args.posonlyargs + self.node.args.args
        in_class = self.parent is not None and isinstance(self.parent.node, ast.ClassDef)
        return in_class and bool(arguments) and arguments[0].arg in {"self", "cls", "mcs", "mcls"}
