"""A module's AST -> where some of its global names are read and bound, and whether that happens on import.

Python's scoping by hand, because `symtable` does not say which node it speaks of. In doubt a name counts as global.
The compiler's view is held against it: `guarded.py` checks the code objects of whatever is rewritten, and a run over
all files of four versions' standard libraries and of the corpus found no difference.
"""

from __future__ import annotations

import ast
import re
import sys

from .effect_tables import COMPILING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Optional

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (*_FUNCTIONS, ast.ClassDef, ast.Lambda)
_BINDING = frozenset(
    getattr(ast, name, ast.Import)
    for name in ("Import", "ImportFrom", "ExceptHandler", "MatchAs", "MatchStar", "MatchMapping")
)
_LATE_ANNOTATIONS = sys.version_info >= (3, 14)
_STRING_CALLS = frozenset({"eval", "exec", "query", "ForwardRef", "TypeVar", "NewType", "cast", "Optional", "Union"})
"""Where a string may be an expression over the module's names (`df.query("a > @limit")`)."""
UNFIT = ("in __del__", "in a function whose code is compiled")
"""Functions that can load nothing: one may run when the interpreter ends, the other's code is read by numba."""
WORD = re.compile(r"\w+")
READ, BOUND, LATER = "read", "bound", "read later"
"""LATER: an annotation or a string that somebody may evaluate with the module's dictionary."""


class Use:
    """One use of a name. `owner` is the innermost function it happens in, None where it happens on import."""

    __slots__ = ("how", "line", "name", "node", "owner", "where")

    def __init__(self, name: str, how: str, node: Any, where: str, owner: Any) -> None:
        self.name, self.how, self.node, self.where, self.owner = name, how, node, where, owner
        self.line: int = getattr(node, "lineno", 0)


class _Scope:
    def __init__(self, kind: str, parent: Optional[_Scope]) -> None:
        self.kind, self.parent = kind, parent
        self.bound: set[str] = set()
        self.declared: set[str] = set()


def children(node: Any) -> list[Any]:
    """The nodes right below one, in their order."""
    found: list[Any] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if type(value) is list:
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST) and name != "ctx":
            found.append(value)
    return found


def every(*roots: Any) -> list[Any]:
    """Every node below `roots`, in no order; three times as fast as ast.walk."""
    found: list[Any] = list(roots)
    for node in found:  # it grows while it is read
        found += children(node)
    return found


def is_typing_only(test: ast.expr) -> bool:
    """Whether a condition is `TYPE_CHECKING` or `typing.TYPE_CHECKING`."""
    return getattr(test, "id", getattr(test, "attr", "")) == "TYPE_CHECKING"


def is_never(test: ast.expr) -> bool:
    """Whether a condition never holds when a module is imported: for type checkers, programs, and other systems."""
    if is_typing_only(test):
        return True
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq)):
        return False
    value = getattr(test.comparators[0], "value", None)
    return {"__name__": value == "__main__", "os.name": value != "posix", "sys.platform": value != "linux"}.get(
        ast.unparse(test.left), False
    )


def uses(tree: ast.Module, names: Iterable[str]) -> list[Use]:
    """Every use of `names` as globals of the module, in the order of the source, but for imports at its top level."""
    walk = _Walk(tree, frozenset(names))
    walk.body(tree.body, _Scope("module", None), None, "at module level")
    return walk.found


class _Walk:
    def __init__(self, tree: ast.Module, names: frozenset[str]) -> None:
        self.names = names
        self.found: list[Use] = []
        self.late = _LATE_ANNOTATIONS or any(
            isinstance(node, ast.ImportFrom) and node.module == "__future__" and "annotations" in _aliases(node)
            for node in tree.body
        )
        self.compiled = {
            item.id
            for node in every(tree)
            if isinstance(node, ast.Call) and _last(node.func) in COMPILING
            for item in node.args
            if isinstance(item, ast.Name)
        }
        self.top = {id(node) for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))}

    def body(self, nodes: Iterable[Any], scope: _Scope, owner: Any, where: str) -> None:
        for node in nodes:
            self.visit(node, scope, owner, where)

    def visit(self, node: Any, scope: _Scope, owner: Any, where: str) -> None:
        if isinstance(node, ast.Name):
            how = READ if isinstance(node.ctx, ast.Load) else BOUND
            self._use(Use(node.id, how, node, where, owner), scope)
        elif isinstance(node, _FUNCTIONS):
            self._function(node, scope, owner, where)
        elif isinstance(node, ast.ClassDef):
            self._class(node, scope, owner, where)
        elif isinstance(node, ast.Lambda):
            self._lambda(node, scope, owner, where)
        elif isinstance(node, _COMPREHENSIONS):
            self._comprehension(node, scope, owner, where)
        elif isinstance(node, ast.AnnAssign):
            self._annotated(node, scope, owner, where)
        elif type(node).__name__ == "TypeAlias":
            self._use(Use(node.name.id, BOUND, node, where, owner), scope)
            self._later([*node.type_params, node.value], scope, "in a type alias")
        else:
            self._other(node, scope, owner, where)

    def _other(self, node: Any, scope: _Scope, owner: Any, where: str) -> None:
        for name in bound_by(node) if id(node) not in self.top else ():
            self._use(Use(name, BOUND, node, where, owner), scope)
        if isinstance(node, ast.Call) and _last(node.func) in _STRING_CALLS:
            self._strings([*node.args, *[keyword.value for keyword in node.keywords]], scope, any_word=True)
        elif isinstance(node, ast.Subscript) and owner is None:
            self._strings([node.slice], scope, any_word=False)
        self.body(children(node), scope, owner, where)

    def _use(self, use: Use, scope: _Scope) -> None:
        attribute = use.how == BOUND and scope.kind == "class" and use.name not in scope.declared
        if use.name in self.names and not attribute and _is_global(use.name, scope):
            self.found.append(use)

    def _later(self, nodes: Iterable[Any], scope: _Scope, where: str) -> None:
        """Annotations: whoever evaluates them, and the strings in them, does so with the module's dictionary."""
        for root in nodes:
            for node in every(root) if root is not None else ():
                if isinstance(node, ast.Name):
                    self._use(Use(node.id, LATER, node, where, None), scope)
        self._strings(nodes, scope, any_word=False, where=where)

    def _strings(self, nodes: Iterable[Any], scope: _Scope, *, any_word: bool, where: str = "in a string") -> None:
        """Strings that are expressions; with `any_word`, each word of a text that is none."""
        for root in nodes:
            for node in every(root) if root is not None else ():
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    for name in _words(node.value, any_word=any_word) & self.names:
                        self._use(Use(name, LATER, node, where, None), scope)

    def _function(self, node: Any, scope: _Scope, owner: Any, where: str) -> None:
        self._use(Use(node.name, BOUND, node, where, owner), scope)
        arguments = node.args
        self.body(node.decorator_list, scope, owner, where if owner else "in a decorator")
        defaults = [*arguments.defaults, *[item for item in arguments.kw_defaults if item is not None]]
        self.body(defaults, scope, owner, where if owner else "in a default")
        self._annotations([*[item.annotation for item in _parameters(arguments)], node.returns], scope, owner, where)
        inner = _Scope("function", scope)
        inner.bound = {item.arg for item in _parameters(arguments)} | {getattr(one, "name", "") for one in _types(node)}
        if unfit := _unfit(node, self.compiled):
            self._later(node.body, inner, unfit)
        self._later(_types(node), inner, "in a type parameter")
        _collect(node.body, inner)
        self.body(node.body, inner, node, "in a function")

    def _class(self, node: ast.ClassDef, scope: _Scope, owner: Any, where: str) -> None:
        self._use(Use(node.name, BOUND, node, where, owner), scope)
        self.body(node.decorator_list, scope, owner, where if owner else "in a decorator")
        bases = [*node.bases, *[keyword.value for keyword in node.keywords]]
        self.body(bases, scope, owner, where if owner else "as a base class")
        inner = _Scope("class", scope)
        self._later(_types(node), inner, "in a type parameter")
        _collect(node.body, inner)
        self.body(node.body, inner, owner, where if owner else "in a class body")

    def _lambda(self, node: ast.Lambda, scope: _Scope, owner: Any, where: str) -> None:
        arguments = node.args
        self.body([*arguments.defaults, *[item for item in arguments.kw_defaults if item]], scope, owner, where)
        inner = _Scope("function", scope)
        inner.bound = {item.arg for item in _parameters(arguments)}
        _collect([node.body], inner)
        self.visit(node.body, inner, owner, where if owner else "in a lambda at module level")

    def _comprehension(self, node: Any, scope: _Scope, owner: Any, where: str) -> None:
        self.visit(node.generators[0].iter, scope, owner, where)
        inner = _Scope("comprehension", scope)
        for generator in node.generators:
            inner.bound.update(item.id for item in every(generator.target) if isinstance(item, ast.Name))
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for index, generator in enumerate(node.generators):
            self.body(([generator.iter] if index else []) + generator.ifs + [generator.target], inner, owner, where)
        self.body(results, inner, owner, where)

    def _annotated(self, node: ast.AnnAssign, scope: _Scope, owner: Any, where: str) -> None:
        self.body([node.target, *([node.value] if node.value else [])], scope, owner, where)
        if scope.kind != "function":  # in a function it is never evaluated
            self._annotations([node.annotation], scope, owner, where)

    def _annotations(self, nodes: list[Any], scope: _Scope, owner: Any, where: str) -> None:
        if self.late:
            self._later(nodes, scope, "in an annotation")
            return
        self.body([node for node in nodes if node is not None], scope, owner, where if owner else "in an annotation")
        self._strings(nodes, scope, any_word=False, where="in an annotation")


def _unfit(node: Any, compiled: set[str]) -> str:
    """Why a function cannot load anything: its code is read rather than run, or it may run when all is over."""
    if node.name == "__del__":
        return UNFIT[0]
    decorators = [item.func if isinstance(item, ast.Call) else item for item in node.decorator_list]
    if node.name in compiled or any(_last(item) in COMPILING for item in decorators):
        return UNFIT[1]
    return ""


def _is_global(name: str, scope: _Scope) -> bool:
    """Whether `name` in `scope` may be the module's; a class body looks there if it has not bound the name yet."""
    at: Optional[_Scope] = scope
    while at is not None and at.kind != "module":
        if name in at.declared:
            return True
        if name in at.bound and at.kind != "class":
            return False
        at = at.parent
    return True


def _collect(nodes: Iterable[Any], scope: _Scope) -> None:
    """What the statements of one scope bind and declare, without what is nested in them."""
    free: set[str] = set()
    todo = [(node, False) for node in nodes]
    while todo:
        node, nested = todo.pop()
        kind = type(node)
        if kind is ast.Name:
            if not nested and not isinstance(node.ctx, ast.Load):
                scope.bound.add(node.id)
            continue
        if kind is ast.Global:
            scope.declared.update(node.names)
        elif kind is ast.Nonlocal:
            free.update(node.names)  # bound further out
        elif kind is ast.NamedExpr:
            scope.bound.add(node.target.id)
            todo.append((node.value, nested))
        elif kind in _SCOPES:
            scope.bound.update(bound_by(node))
            todo += [(item, nested) for item in [*getattr(node, "decorator_list", ()), *_outside(node)]]
        else:
            if kind in _BINDING:
                scope.bound.update(bound_by(node))
            inside = nested or kind in _COMPREHENSIONS
            todo += [(item, inside) for item in children(node)]
    scope.bound -= free


def _outside(node: Any) -> list[Any]:
    """What a function, lambda or class evaluates where it stands, but for decorators."""
    if isinstance(node, ast.ClassDef):
        return [*node.bases, *[keyword.value for keyword in node.keywords]]
    return [*node.args.defaults, *[item for item in node.args.kw_defaults if item is not None]]


def bound_by(node: Any) -> list[str]:
    """The names that a node binds other than by a Name in it."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return _aliases(node)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, ast.ExceptHandler) and node.name:
        return [node.name]
    kind = type(node).__name__
    if kind in ("MatchAs", "MatchStar") and node.name:
        return [node.name]
    if kind == "MatchMapping" and node.rest:
        return [node.rest]
    return list(node.names) if isinstance(node, ast.Global) else []  # `global n` is there to bind it


def _aliases(node: Any) -> list[str]:
    plain = isinstance(node, ast.Import)
    return [item.asname or (item.name.partition(".")[0] if plain else item.name) for item in node.names]


def _parameters(arguments: ast.arguments) -> list[ast.arg]:
    extra = [item for item in (arguments.vararg, arguments.kwarg) if item is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extra]


def _types(node: Any) -> list[Any]:
    return list(getattr(node, "type_params", ()))


def _last(node: Any) -> str:
    return str(getattr(node, "attr", getattr(node, "id", "")))


def _words(text: str, *, any_word: bool) -> set[str]:
    """The names in a string that is an expression."""
    if any_word:
        return set(WORD.findall(text))
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found = {node.id for node in every(tree) if isinstance(node, ast.Name)}
    inner = [node.value for node in every(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return found.union(*[_words(each, any_word=False) for each in inner if each != text])
