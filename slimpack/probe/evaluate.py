"""AST -> what an expression may be: a small partial evaluator over strings, paths and literal containers."""

# Names read better in running text, zip() has no `strict` before Python 3.10, and one branch a form is what this is:
# ruff: noqa: B905, C901, PLR0911, SIM905

from __future__ import annotations

import ast
import re

from .narrow import refined
from .scopes import Scope
from .values import (
    NONE,
    ROOT,
    UNKNOWN,
    Table,
    concat,
    dirname,
    edited,
    element,
    grown,
    items,
    join,
    literal,
    lookup,
    merge,
    stem,
    texts,
    union,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from .scopes import Binding, Site
    from .values import Text, Value

_DEPTH, _STEPS, _SITES, _CALLERS = 40, 4000, 40, 3
"""Bounds of one evaluation; past them a value is `*`."""
_PERCENT = re.compile(r"%(?:\((\w+)\))?([-#0 +]*\d*(?:\.\d+)?[a-zA-Z%])")
_FIELD = re.compile(r"\{(\w*)((?:[.\[][^}:!]*)?)(?:![rsa])?(:[^}]*)?\}")
_SAME = frozenset(
    "abspath realpath normpath fspath expanduser resolve absolute as_posix str Path PurePath PosixPath PurePosixPath "
    "list tuple sorted set frozenset reversed iter copy cast intern dict".split()
)
"""Calls that give back what they are given, as far as texts go."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Evaluator:
    """Evaluates expressions of one file. The collector fills it: scopes, bindings, functions, call sites, parents."""

    def __init__(self, path: str, module: str, package: str) -> None:
        self.path, self.module, self.package = path, module, package
        self.aliases: dict[str, str] = {}
        self.functions: dict[str, ast.AST] = {}
        self.returns: dict[ast.AST, list[ast.expr]] = {}
        self.sites: dict[str, list[Site]] = {}
        self.calls: list[Site] = []
        self.loads: dict[str, list[tuple[ast.expr, Scope]]] = {}
        self.picks: list[tuple[Any, Scope]] = []
        self.attributes: dict[str, list[tuple[Binding, Scope]]] = {}
        self.parents: dict[ast.AST, ast.AST] = {}
        self.scopes: dict[ast.AST, Scope] = {}
        self.file: Text = frozenset({ROOT + "/" + path})
        self._busy: set[tuple[ast.AST, Scope]] = set()
        self._known: dict[tuple[ast.AST, Scope], Value] = {}
        self._steps = self._cuts = self._callers = 0
        self._kinds: dict[type, Callable[[Any, Scope], Value]] = {
            ast.Attribute: self._attribute,
            ast.Await: lambda node, scope: self.value(node.value, scope),
            ast.BinOp: self._binop,
            ast.BoolOp: lambda node, scope: merge([self.value(item, scope) for item in node.values]),
            ast.Call: self._call,
            ast.Constant: _constant,
            ast.Dict: self._dict,
            ast.DictComp: self._dictcomp,
            ast.FormattedValue: self._formatted,
            ast.GeneratorExp: self._comprehension,
            ast.IfExp: lambda node, scope: merge([self.value(node.body, scope), self.value(node.orelse, scope)]),
            ast.JoinedStr: self._joined,
            ast.List: self._list,
            ast.ListComp: self._comprehension,
            ast.Name: self._name,
            ast.NamedExpr: lambda node, scope: self.value(node.value, scope),
            ast.Set: self._list,
            ast.SetComp: self._comprehension,
            ast.Starred: lambda node, scope: merge(items(self.value(node.value, scope))),
            ast.Subscript: self._subscript,
            ast.Tuple: self._list,
        }

    def dotted(self, node: ast.AST) -> str:
        """The full dotted name of what `node` names, through import aliases; cut from an expression: from a dot on."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return "." + ".".join(reversed(parts)) if parts else ""
        parts.append(self.aliases.get(node.id, node.id))
        return ".".join(reversed(parts))

    def value(self, node: ast.AST, scope: Scope) -> Value:
        """What `node` may be in `scope`."""
        key = (node, scope)
        known = self._known.get(key)
        if known is not None:
            return known
        self._steps = self._steps + 1 if self._busy else 0
        if key in self._busy or len(self._busy) > _DEPTH or self._steps > _STEPS:
            self._cuts += 1
            return UNKNOWN
        kind = self._kinds.get(type(node))
        if kind is None:
            return UNKNOWN
        self._busy.add(key)
        cuts = self._cuts
        value = kind(node, scope)
        self._busy.discard(key)
        if self._cuts == cuts or not self._busy:  # what a cycle cut short holds only where it was asked first
            self._known[key] = value
        return value

    def text(self, node: ast.AST, scope: Scope) -> Text:
        """The texts that `node` may be."""
        return texts(self.value(node, scope))

    def _joined(self, node: ast.JoinedStr, scope: Scope) -> Value:
        out = frozenset({""})
        for part in node.values:
            out = concat(out, self.text(part, scope))
        return out

    def _formatted(self, node: ast.FormattedValue, scope: Scope) -> Value:
        return UNKNOWN if node.format_spec is not None else self.text(node.value, scope) or UNKNOWN

    def _list(self, node: Any, scope: Scope) -> Value:
        out: list[Value] = []
        for item in node.elts:
            if isinstance(item, ast.Starred):
                out.extend(items(self.value(item.value, scope)))
            else:
                out.append(self.value(item, scope))
        return out

    def _dict(self, node: ast.Dict, scope: Scope) -> Value:
        out = Table()
        for key, item in zip(node.keys, node.values):
            value = self.value(item, scope)
            if key is None:
                out.extend(value if isinstance(value, Table) else [(UNKNOWN, texts(value))])
            else:
                out.append((self.text(key, scope), value))
        return out

    def _comprehension(self, node: Any, scope: Scope) -> Value:
        return [self.value(node.elt, self.scopes.get(node, scope))]

    def _dictcomp(self, node: ast.DictComp, scope: Scope) -> Value:
        inner = self.scopes.get(node, scope)
        return Table([(self.text(node.key, inner), self.value(node.value, inner))])

    def _binop(self, node: ast.BinOp, scope: Scope) -> Value:
        left = self.value(node.left, scope)
        if isinstance(node.op, ast.Mod) and not isinstance(left, list):
            return self._percent(left, node.right, scope)
        right = self.value(node.right, scope)
        if isinstance(node.op, (ast.Add, ast.BitOr)) and isinstance(left, list) and isinstance(right, list):
            return Table(left + right) if isinstance(left, Table) else left + right
        if isinstance(node.op, ast.Add):
            return concat(texts(left), texts(right))
        return join([texts(left), texts(right)]) if isinstance(node.op, ast.Div) else UNKNOWN

    def _percent(self, forms: Text, right: ast.expr, scope: Scope) -> Value:
        args = right.elts if isinstance(right, ast.Tuple) else [right]
        table = self.value(right, scope) if isinstance(right, (ast.Dict, ast.Name)) else None
        out: list[Text] = []
        for form in forms:
            made, at, used = frozenset({""}), 0, 0
            for found in _PERCENT.finditer(form):
                made = concat(made, frozenset({form[at : found.start()]}))
                at = found.end()
                if found[2] == "%":
                    part: Text = frozenset({"%"})
                elif found[1]:
                    part = texts(lookup(table, frozenset({found[1]}))) if isinstance(table, Table) else UNKNOWN
                else:
                    known = found[2] == "s" and used < len(args)
                    part = self.text(args[used], scope) or UNKNOWN if known else UNKNOWN
                    used += 1
                made = concat(made, part)
            out.append(concat(made, frozenset({form[at:]})))
        return union(out)

    def _format(self, forms: Text, node: ast.Call, scope: Scope) -> Value:
        named = {item.arg: item.value for item in node.keywords if item.arg}
        out: list[Text] = []
        for form in forms:
            made, at, auto = frozenset({""}), 0, 0
            for found in _FIELD.finditer(form):
                made = concat(made, frozenset({form[at : found.start()]}))
                at = found.end()
                key = found[1]
                if not key:
                    key, auto = str(auto), auto + 1
                arg = named.get(key)
                if arg is None and key.isdecimal() and int(key) < len(node.args):
                    arg = node.args[int(key)]
                plain = not found[2] and not found[3]
                made = concat(made, self.text(arg, scope) or UNKNOWN if arg is not None and plain else UNKNOWN)
            out.append(concat(made, frozenset({form[at:]})))
        return union(out)

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Value:
        if self.dotted(node.value) in {"os.environ", "environ"}:
            return frozenset({ROOT}) if literal(node.slice) == "LAMBDA_TASK_ROOT" else UNKNOWN
        if isinstance(node.value, ast.Attribute) and node.value.attr == "parents":
            value = self.text(node.value.value, scope)
            depth = node.slice.value if isinstance(node.slice, ast.Constant) else None
            for _ in range(depth + 1 if isinstance(depth, int) else 0):
                value = dirname(value)
            return value if isinstance(depth, int) else UNKNOWN
        if isinstance(node.value, ast.Call) and self.dotted(node.value.func) == "globals":
            return {"__file__": self.file, "__name__": frozenset({self.module})}.get(literal(node.slice) or "", UNKNOWN)
        found = self.value(node.value, scope)
        if isinstance(found, Table):
            return lookup(found, self.text(node.slice, scope))
        return element(found, node.slice) if isinstance(found, list) else UNKNOWN

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Value:
        spec = isinstance(node.value, ast.Name) and node.value.id == "__spec__"
        if node.attr == "__module__":
            return NONE  # the module of something that exists: it is loaded already
        if node.attr == "parent":
            return frozenset({self.package}) if spec else dirname(self.text(node.value, scope))
        if node.attr == "name":
            if spec:
                return frozenset({self.module})
            value = self.value(node.value, scope)
            if isinstance(value, list) and len(value) == len(("finder", "name", "ispkg")):  # a ModuleInfo of pkgutil
                found: Value = value[1]
                return found
        if isinstance(node.value, ast.Name) and node.attr in self.attributes:
            owners = self.attributes[node.attr]
            if all(how == "value" for (how, _, _), _ in owners):
                return merge([self.value(item, inner) for (_, item, _), inner in owners])
        return UNKNOWN

    def _name(self, node: ast.Name, scope: Scope) -> Value:
        special = {"__name__": self.module, "__package__": self.package}.get(node.id)
        if special is not None:
            return frozenset({special})
        if node.id == "__file__":
            return self.file
        if node.id == "__path__":
            return [dirname(self.file)]
        home = scope.find(node.id)
        if home is None:
            return UNKNOWN
        limited = refined(self, node, home)
        if limited is not None:
            return limited
        values = [self._binding(binding, home) for binding in home.bound.get(node.id, ())]
        if node.id in home.params:
            values.append(self._parameter(home, node.id))
        for how, item in home.grown.get(node.id, ()):
            values.append(grown(how, self.value(item, home) if item is not None else UNKNOWN))
        return merge(values)

    def _binding(self, binding: Binding, scope: Scope) -> Value:
        how, node, path = binding
        if how == "unknown":
            return UNKNOWN
        value = self.value(node, scope)
        if how == "item":
            value = merge(items(value))
        for index in path:
            rows = isinstance(value, list) and not isinstance(value, Table) and index < len(value)
            value = value[index] if rows and isinstance(value, list) else UNKNOWN
        return value

    def _parameter(self, scope: Scope, name: str) -> Value:
        """What callers in this file pass as `name`, its default, and `*` where others may call."""
        index, default = scope.params[name]
        values: list[Value] = []
        if default is not None and scope.parent is not None:
            values.append(self.value(default, scope.parent))
        sites = self.sites.get(getattr(scope.node, "name", ""), ())
        open_ended = not self._is_closed(scope)
        if self._callers >= _CALLERS or (open_ended and len(sites) > _SITES):
            self._cuts += 1
            return UNKNOWN
        self._callers += 1
        for call, caller in sites:
            values.append(self._argument(call, caller, index - int(scope.takes_self), name))
        self._callers -= 1
        return merge([*values, UNKNOWN] if open_ended else values)

    def _is_closed(self, scope: Scope) -> bool:
        """Whether every caller of a function is in this file."""
        name = getattr(scope.node, "name", "")
        private = name.startswith("_") and not name.startswith("__")
        nested = scope.parent is not None and isinstance(scope.parent.node, _FUNCTIONS)
        sites = self.sites.get(name, ())
        return bool(sites) and (private or nested) and len(self.loads.get(name, ())) == len(sites)

    def _argument(self, call: ast.Call, caller: Scope, index: int, name: str) -> Value:
        for keyword in call.keywords:
            if keyword.arg == name:
                return self.value(keyword.value, caller)
        if any(isinstance(arg, ast.Starred) for arg in call.args) or any(item.arg is None for item in call.keywords):
            return UNKNOWN
        return self.value(call.args[index], caller) if 0 <= index < len(call.args) else NONE

    def _call(self, node: ast.Call, scope: Scope) -> Value:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        full = self.dotted(node.func)
        args = node.args
        if full in {"os.path.join", "posixpath.join"}:
            return join([self.text(arg, scope) for arg in args])
        if name == "joinpath" and isinstance(node.func, ast.Attribute):
            return join([self.text(node.func.value, scope), *[self.text(arg, scope) for arg in args]])
        if name == "dirname" and args:
            return dirname(self.text(args[0], scope))
        if full == "os.path.split" and args:
            return [dirname(self.text(args[0], scope)), UNKNOWN]
        if name == "splitext" and args:
            return [stem(self.text(args[0], scope)), UNKNOWN]
        if full in {"os.getcwd", "pathlib.Path.cwd"}:
            return frozenset({ROOT})
        if full in {"os.getenv", "os.environ.get"} and args:
            rest = [self.value(arg, scope) for arg in args[1:]]
            return frozenset({ROOT}) if literal(args[0]) == "LAMBDA_TASK_ROOT" else merge([UNKNOWN, *rest])
        if name in _SAME and (len(args) == 1 or (name == "cast" and len(args) > 1)):
            return self.value(args[-1], scope)
        if name in {"Path", "PurePath"} and args:
            return join([self.text(arg, scope) for arg in args])
        if name in {"iter_modules", "walk_packages"}:
            given = [item.value for item in node.keywords if item.arg == "prefix"] + args[1:2]
            prefix = self.text(given[0], scope) if given else frozenset({""})
            return [[UNKNOWN, concat(prefix, UNKNOWN), UNKNOWN]]
        if name == "enumerate" and args:
            return [[UNKNOWN, item] for item in items(self.value(args[0], scope))]
        return self._method(node, node.func, scope) if isinstance(node.func, ast.Attribute) else self._inlined(name)

    def _method(self, node: ast.Call, func: ast.Attribute, scope: Scope) -> Value:
        name, args = func.attr, node.args
        value = self.value(func.value, scope)
        if name == "format":
            return self._format(texts(value), node, scope)
        if name in _SAME and not args:
            return value
        if isinstance(value, Table):
            return self._of_table(value, name, args, scope)
        if isinstance(value, list):
            return UNKNOWN
        if name == "with_suffix" and args:
            return concat(stem(value), self.text(args[0], scope))
        if name == "with_name" and args:
            return join([dirname(value), self.text(args[0], scope)])
        if name == "join" and len(args) == 1:
            return self._joined_by(value, args[0], scope)
        return edited(name, value, node)

    def _of_table(self, table: Table, name: str, args: list[ast.expr], scope: Scope) -> Value:
        if name == "get" and args:
            rest = [self.value(arg, scope) for arg in args[1:]]
            return merge([lookup(table, self.text(args[0], scope)), *rest])
        if name == "values":
            return [value for _, value in table]
        if name == "keys":
            return [key for key, _ in table]
        return [[key, value] for key, value in table] if name == "items" else UNKNOWN

    def _joined_by(self, glue: Text, argument: ast.expr, scope: Scope) -> Value:
        parts = self.value(argument, scope)
        if not isinstance(parts, list) or not isinstance(argument, (ast.List, ast.Tuple)):
            return UNKNOWN
        out = frozenset({""})
        for index, part in enumerate(parts):
            out = concat(concat(out, glue) if index else out, texts(part))
        return out

    def _inlined(self, name: str) -> Value:
        function = self.functions.get(name)
        if function is None or function not in self.returns:
            return UNKNOWN
        return merge([self.value(node, self.scopes[function]) for node in self.returns[function]])


def _constant(node: ast.Constant, _scope: Scope) -> Value:
    if node.value is None:
        return NONE
    return frozenset({node.value}) if isinstance(node.value, str) else frozenset({str(node.value)})
