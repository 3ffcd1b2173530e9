"""AST -> the evaluator's tables: one pass over a file, noting scopes, bindings, aliases, functions, calls and names."""

# zip() has no `strict` before Python 3.10:
# ruff: noqa: B905

from __future__ import annotations

import ast

from .evaluate import Evaluator
from .scopes import Scope
from .values import SOURCE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

_GROWS = {"append": "append", "add": "append", "extend": "more", "update": "more"}


def collect(tree: ast.Module, path: str, module: str, package: str) -> Evaluator:
    """Make the evaluator of one file."""
    collector = _Collector(Evaluator(path, module, package))
    root = Scope(tree, None)
    collector.ev.scopes[tree] = root
    collector.visit(tree, root)
    collector.finish()
    return collector.ev


class _Collector:
    def __init__(self, evaluator: Evaluator) -> None:
        self.ev = evaluator
        self._grows: list[tuple[str, str, Optional[ast.AST], Scope]] = []
        self._kinds: dict[type, Any] = {
            ast.AnnAssign: self._annotated,
            ast.Assign: self._assign,
            ast.AsyncFor: self._for,
            ast.AsyncFunctionDef: self._function,
            ast.Attribute: self._load_attribute,
            ast.AugAssign: self._augmented,
            ast.Call: self._call,
            ast.ClassDef: self._class,
            ast.Compare: self._pick,
            ast.Constant: self._constant,
            ast.DictComp: self._comprehension,
            ast.For: self._for,
            ast.FunctionDef: self._function,
            ast.GeneratorExp: self._comprehension,
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.Lambda: self._function,
            ast.ListComp: self._comprehension,
            ast.Name: self._load_name,
            ast.NamedExpr: self._annotated,
            ast.Return: self._return,
            ast.SetComp: self._comprehension,
            ast.Subscript: self._pick,
            ast.withitem: self._with,
        }

    def visit(self, node: ast.AST, scope: Scope) -> None:
        """Note everything below `node`."""
        parents, kinds = self.ev.parents, self._kinds
        todo: list[ast.AST] = []
        for field in node._fields:
            child = getattr(node, field, None)
            if isinstance(child, list):
                todo.extend(item for item in child if isinstance(item, ast.AST))
            elif isinstance(child, ast.AST) and field not in ("ctx", "op"):
                todo.append(child)
        for child in todo:
            parents[child] = node
            kind = kinds.get(type(child))
            inner = kind(child, scope) if kind is not None else None
            if child._fields:
                self.visit(child, scope if inner is None else inner)

    def _function(self, node: Any, scope: Scope) -> Scope:
        inner = self.ev.scopes[node] = Scope(node, scope)
        if not isinstance(node, ast.Lambda):
            scope.bind(node.name, "unknown", node)
            self.ev.functions.setdefault(node.name, node)
        arguments = node.args
        positional = arguments.posonlyargs + arguments.args
        defaults = [None] * (len(positional) - len(arguments.defaults)) + arguments.defaults
        for index, (argument, default) in enumerate(zip(positional, defaults)):
            inner.params[argument.arg] = (index, default)
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults):
            inner.params[argument.arg] = (-1, default)
        for argument in (arguments.vararg, arguments.kwarg):
            if argument is not None:
                inner.bind(argument.arg, "unknown", argument)
        return inner

    def _class(self, node: ast.ClassDef, scope: Scope) -> Scope:
        scope.bind(node.name, "unknown", node)
        inner = self.ev.scopes[node] = Scope(node, scope)
        return inner

    def _comprehension(self, node: Any, scope: Scope) -> Scope:
        inner = self.ev.scopes[node] = Scope(node, scope)
        for part in node.generators:
            self._bind(part.target, "item", part.iter, inner)
        return inner

    def _assign(self, node: ast.Assign, scope: Scope) -> None:
        for target in node.targets:
            self._bind(target, "value", node.value, scope)

    def _annotated(self, node: Any, scope: Scope) -> None:
        if node.value is not None:
            self._bind(node.target, "value", node.value, scope)

    def _augmented(self, node: ast.AugAssign, scope: Scope) -> None:
        if isinstance(node.target, ast.Name):
            more = isinstance(node.op, ast.Add) and isinstance(node.value, (ast.List, ast.Tuple))
            scope.bind(node.target.id, "value" if more else "unknown", node.value)

    def _for(self, node: Any, scope: Scope) -> None:
        self._bind(node.target, "item", node.iter, scope)

    def _with(self, node: ast.withitem, scope: Scope) -> None:
        if node.optional_vars is not None:
            self._bind(node.optional_vars, "value", node.context_expr, scope)

    def _import(self, node: ast.Import, _scope: Scope) -> None:
        for alias in node.names:
            top = alias.name.split(".")[0]
            self._alias(alias.asname or top, alias.name if alias.asname else top)

    def _import_from(self, node: ast.ImportFrom, _scope: Scope) -> None:
        for alias in node.names:
            full = f"{node.module}.{alias.name}" if node.module else alias.name
            self._alias(alias.asname or alias.name, "." * node.level + full)

    def _alias(self, name: str, full: str) -> None:
        # `try: from importlib.metadata import x`, else from its backport: the first form will do.
        known = self.ev.aliases.get(name)
        if known is None or known.startswith("."):
            self.ev.aliases[name] = full

    def _call(self, node: ast.Call, scope: Scope) -> None:
        func = node.func
        name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        self.ev.sites.setdefault(name, []).append((node, scope))
        self.ev.calls.append((node, scope))
        if isinstance(func, ast.Attribute):
            if func.attr in ("select", "get"):
                self.ev.picks.append((node, scope))
            how = _GROWS.get(func.attr)
            if how is not None and isinstance(func.value, ast.Name) and node.args:
                self._grows.append((func.value.id, how, node.args[0], scope))

    def finish(self) -> None:
        """Note what containers gain, now that every name has its scope."""
        for name, how, node, scope in self._grows:
            home = scope.find(name)
            if home is not None:
                home.grown.setdefault(name, []).append((how, node))

    def _return(self, node: ast.Return, scope: Scope) -> None:
        if node.value is not None:
            self.ev.returns.setdefault(scope.node, []).append(node.value)

    def _pick(self, node: Any, scope: Scope) -> None:
        self.ev.picks.append((node, scope))

    def _constant(self, node: ast.Constant, scope: Scope) -> None:
        if node.value in ("__file__", "LAMBDA_TASK_ROOT"):
            self.ev.loads.setdefault(str(node.value), []).append((node, scope))
        elif isinstance(node.value, str) and node.value.endswith(SOURCE):
            self.ev.loads.setdefault(SOURCE, []).append((node, scope))

    def _load_name(self, node: ast.Name, scope: Scope) -> None:
        if isinstance(node.ctx, ast.Load):
            self.ev.loads.setdefault(node.id, []).append((node, scope))

    def _load_attribute(self, node: ast.Attribute, scope: Scope) -> None:
        if isinstance(node.ctx, ast.Load):
            self.ev.loads.setdefault(node.attr, []).append((node, scope))

    def _bind(self, target: Any, how: str, node: ast.AST, scope: Scope, path: tuple[int, ...] = ()) -> None:
        if isinstance(target, ast.Name):
            scope.bind(target.id, how, node, path)
            if isinstance(scope.node, ast.ClassDef) and not path:
                self.ev.attributes.setdefault(target.id, []).append(((how, node, path), scope))
        elif isinstance(target, (ast.Tuple, ast.List)):
            for index, item in enumerate(target.elts):
                if isinstance(item, ast.Starred):
                    self._bind(item.value, "unknown", node, scope)
                else:
                    self._bind(item, how, node, scope, (*path, index))
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            self._grows.append((target.value.id, "item", node if how == "value" else None, scope))
        elif isinstance(target, ast.Attribute):
            self.ev.attributes.setdefault(target.attr, []).append(((how if not path else "unknown", node, path), scope))
