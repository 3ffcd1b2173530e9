"""A module's AST -> what it does on import that somebody may rely on, conservatively.

Answers (effects, functions, classes, watched, asked, opened), as plain tuples:
effects    (line, kind, text): kinds as in `effect_tables.py`; the text of a call, decorator, subclass and metaclass is
           the absolute name of what is called or derived from, which may turn out to be harmless (`plan/relied.py`),
           and that of `changed` what gave the object that is changed: a class, if it is harmless;
functions  (name, names called) of top-level functions and classes that do nothing by themselves but call those;
classes    (name, bases, whether it makes itself heard of subclasses);
watched    the modules that it looks for in sys.modules; `*`: all of them, on import; `?`: all of them, later;
asked      the classes of which it asks for the subclasses; `*`: of any;
opened     what it looks into by `vars(x)` or `x.__dict__`. These three by `lookouts.py`.
"""

from __future__ import annotations

import ast
import builtins

from .effect_tables import (
    BUILTINS,
    CALL,
    CALLS,
    CHANGED,
    DECORATOR,
    DECORATORS,
    FACTORIES,
    HARMLESS,
    IMPORTS,
    METACLASS,
    METACLASSES,
    MUTATORS,
    PATCH,
    PROCESS,
    PURE_METHODS,
    REGISTER,
    REGISTERING,
    STATE,
    SUBCLASS,
)
from .lookouts import lookouts, root_of
from .names import every, is_never

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any, Optional

    Row = tuple[int, str, str]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LITERALS = (
    ast.Constant,
    ast.List,
    ast.Tuple,
    ast.Dict,
    ast.Set,
    ast.JoinedStr,
    ast.ListComp,
    ast.DictComp,
    ast.SetComp,
)
_HEARS = frozenset({"__init_subclass__", "__prepare__", "__instancecheck__", "__mro_entries__"})
_MAKERS = ("__init__", "__new__", "__post_init__", "__init_subclass__")
_PROCESS_ATTRIBUTES = ("sys.", "os.environ", "warnings.", "builtins.", "signal.")


def effects(tree: ast.Module, module: str = "", *, is_package: bool = False) -> tuple[Any, ...]:
    """What importing `module` does."""
    nodes = every(tree)
    read = _Reader(tree, nodes, module, is_package=is_package)
    read.statements(tree.body)
    functions = []
    for name in sorted({*read.functions, *read.classes}):
        rows = read.called(name)
        if all(kind in (CALL, DECORATOR) for _, kind, _ in rows):
            functions.append((name, tuple(sorted({text for _, _, text in rows}))))
    classes = [read.described(name, node) for name, node in sorted(read.classes.items())]
    done = sorted({row for row in read.rows if row[1] != STATE})
    return tuple(done), tuple(functions), tuple(classes), *lookouts(nodes, read)


class _Reader:
    def __init__(self, tree: ast.Module, nodes: list[Any], module: str, *, is_package: bool) -> None:
        self.package = module if is_package else module.rpartition(".")[0]
        self.module = module
        self.imported = dict(_imported(nodes, self.package))
        self.functions: dict[str, Any] = {}
        self.classes: dict[str, ast.ClassDef] = {}
        for node in _at_top(tree.body):
            if isinstance(node, _FUNCTIONS):
                self.functions[node.name] = node
            elif isinstance(node, ast.ClassDef):
                self.classes[node.name] = node
        self.fresh: set[str] = set()
        self.made: set[str] = set()
        self.instances: dict[str, str] = {}
        self.outer: frozenset[str] = frozenset()
        self.rows: list[Row] = []
        self.known: dict[str, list[Row]] = {}

    def statements(self, nodes: Iterable[Any]) -> None:
        for node in nodes:
            self.statement(node)

    def statement(self, node: Any) -> None:
        if isinstance(node, _FUNCTIONS):
            self.decorators(node)
            defaults = [*node.args.defaults, *[item for item in node.args.kw_defaults if item]]
            self.expressions(defaults)
        elif isinstance(node, ast.ClassDef):
            self.decorators(node)
            self.class_(node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            self.assignment(node)
        elif isinstance(node, ast.Global):
            self.note(node, STATE, f"binds {node.names[0]}")
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                self.store(target)
        elif isinstance(node, ast.If) and is_never(node.test):
            self.statements(node.orelse)
        elif not isinstance(node, (ast.Import, ast.ImportFrom)):
            self.block(node)
        elif self.outer:
            self.note(node, CALL, ast.unparse(node)[:80])

    def is_undone(self, node: ast.With) -> bool:
        """Whether the filters of warnings are as before after the block."""
        calls = [item.context_expr for item in node.items]
        return any(isinstance(call, ast.Call) and self.dotted(call.func) == "warnings.catch_warnings" for call in calls)

    def block(self, node: Any) -> None:
        """Any other statement: its expressions, then what is in it."""
        before = len(self.rows)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.expressions([child])
            elif isinstance(child, ast.stmt):
                self.statement(child)
            else:
                self.block(child)
        if isinstance(node, (ast.For, ast.AsyncFor)):
            self.store(node.target)
        elif isinstance(node, ast.With) and self.is_undone(node):
            self.rows[before:] = [row for row in self.rows[before:] if not row[2].startswith("warnings.")]

    def assignment(self, node: Any) -> None:
        if node.value is not None:
            self.expressions([node.value])
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Name) and not isinstance(node, ast.AugAssign):
                (self.fresh.add if self.is_fresh(node.value) else self.fresh.discard)(target.id)
                self.instances.pop(target.id, None)
                if isinstance(node.value, ast.Call):
                    name = self.dotted(node.value.func)
                    if name in FACTORIES:
                        self.made.add(target.id)
                    if "." in name.strip("."):
                        self.instances[target.id] = name
            elif isinstance(target, ast.Name) and target.id in self.imported:
                self.note(node, PATCH, f"changes {target.id}")
            else:
                self.store(target)

    def store(self, target: Any) -> None:
        """Say whose attribute or item is set, unless it was made here."""
        if isinstance(target, (ast.Tuple, ast.List)):
            for item in target.elts:
                self.store(item)
        elif isinstance(target, ast.Starred):
            self.store(target.value)
        elif isinstance(target, (ast.Attribute, ast.Subscript)):
            root = root_of(target)
            if root in self.fresh:
                return
            if root in self.instances:
                self.note(target, CHANGED, self.instances[root])
                return
            if root in self.outer or root in self.functions or root in self.classes:
                self.note(target, STATE, f"sets {ast.unparse(target)}"[:80])
                return
            dotted = self.dotted(target if isinstance(target, ast.Attribute) else target.value)
            kind = PROCESS if dotted.startswith(_PROCESS_ATTRIBUTES) else PATCH
            kind = IMPORTS if dotted.startswith(("sys.modules", "sys.path", "sys.meta_path")) else kind
            self.note(target, kind, f"sets {ast.unparse(target)}"[:80])

    def is_fresh(self, value: Any) -> bool:
        """Whether a value was made here, so that only this module's own things change with it."""
        if isinstance(value, ast.Call):
            name = self.dotted(value.func)
            return name in self.classes or name.endswith("__new__") or self.verdict(name) == HARMLESS
        if isinstance(value, (ast.BoolOp, ast.BinOp, ast.IfExp)):
            return all(self.is_fresh(item) for item in ast.iter_child_nodes(value) if isinstance(item, ast.expr))
        return isinstance(value, _LITERALS) or (isinstance(value, ast.Name) and value.id in self.fresh)

    def expressions(self, nodes: Iterable[Any]) -> None:
        todo = list(nodes)
        while todo:
            node = todo.pop()
            if isinstance(node, ast.Lambda):
                continue
            if isinstance(node, ast.Call):
                self.call(node)
            elif isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom)):
                self.note(node, CALL, "await")
            todo += ast.iter_child_nodes(node)

    def call(self, node: ast.Call) -> None:
        name = self.dotted(node.func)
        last = name.rpartition(".")[2]
        root = root_of(node.func)
        verdict = self.verdict(name)
        if self.changes_own(name, node) or (last == "register" and self.is_abstract(root)):
            return  # whoever asks about an abstract class of this module has loaded it
        if verdict is not None:
            if verdict != HARMLESS:
                self.note(node, verdict, f"{name}()")
        elif name in self.functions or name in self.classes:
            self.rows += [(node.lineno, kind, text) for _, kind, text in self.called(name)]
        elif name in self.made or last == "__new__" or (root in {*self.fresh, ""} and last in MUTATORS | PURE_METHODS):
            return
        elif root in self.outer and last in MUTATORS:
            self.note(node, STATE, f"{name}()")
        elif last.startswith(REGISTERING):
            self.note(node, REGISTER, f"{name}()")
        elif last == "addHandler" and all(
            self.dotted(getattr(arg, "func", arg)).endswith("NullHandler") for arg in node.args
        ):
            return
        elif not (last in PURE_METHODS and "." in name) and not self.told(getattr(node.func, "value", None)):
            self.note(node, CALL, name or ast.unparse(node.func)[:80])

    def changes_own(self, name: str, node: ast.Call) -> bool:
        """Whether `setattr` and its like change what was made here; of what a call gave, that is noted."""
        if name not in ("setattr", "delattr"):
            return False
        root = root_of(node.args[0]) if node.args else ""
        if root in self.instances:
            self.note(node, CHANGED, self.instances[root])
        return root in self.fresh or root in self.instances

    def is_abstract(self, name: str) -> bool:
        """Whether a class of this module registers others as `abc.ABC` does."""
        node = self.classes.get(name)
        if node is None or any(isinstance(item, _FUNCTIONS) and item.name == "register" for item in node.body):
            return False
        metaclasses = [self.dotted(keyword.value) for keyword in node.keywords if keyword.arg == "metaclass"]
        return metaclasses == ["abc.ABCMeta"] or [self.dotted(base) for base in node.bases] == ["abc.ABC"]

    def told(self, node: Any) -> bool:
        """Whether a method is called of what another call gives, and that says something already."""
        return isinstance(node, ast.Call) and bool(self.verdict(self.dotted(node.func)))

    def verdict(self, name: str) -> Optional[str]:
        """What the tables say of calling `name`; None where they are silent."""
        if "." not in name and name not in self.functions and name not in self.classes:
            return BUILTINS.get(name) if hasattr(builtins, name) else None
        return _longest(CALLS, name)

    def called(self, name: str) -> list[Row]:
        """What calling a function of this module, or making an instance of a class, does."""
        if name not in self.known:
            self.known[name] = []
            inner = _Reader.__new__(_Reader)
            outer = self.outer or frozenset(self.fresh)
            inner.__dict__.update(self.__dict__, rows=[], fresh=set(), outer=outer | {"*"})
            node = self.functions.get(name)
            if node is not None:
                inner.body(node, kept=set())
            else:
                inner.making(self.classes[name])
            self.known[name] = sorted(set(inner.rows))
        return self.known[name]

    def making(self, node: ast.ClassDef) -> None:
        for item in node.body:
            if isinstance(item, _FUNCTIONS) and item.name in _MAKERS:
                self.body(item, kept={"self", "cls"})
        for base in node.bases:
            name = self.dotted(base.value if isinstance(base, ast.Subscript) else base)
            if name in self.classes:
                self.rows += self.called(name)
            elif self.verdict(name) != HARMLESS:
                self.note(node, CALL, name)

    def body(self, node: Any, kept: set[str]) -> None:
        self.fresh = set(kept)
        self.statements(node.body)

    def decorators(self, node: Any) -> None:
        for item in node.decorator_list:
            made = item.func if isinstance(item, ast.Call) else item
            name = self.dotted(made)
            last = name.rpartition(".")[2]
            verdict = _longest(DECORATORS, name)
            if isinstance(item, ast.Call):
                self.expressions([*item.args, *[keyword.value for keyword in item.keywords]])
            if verdict == HARMLESS or last in ("setter", "getter", "deleter"):
                continue
            if verdict is not None:
                self.note(item, verdict, f"@{name}")
            elif name in self.functions or name in self.classes:
                self.rows += [(item.lineno, kind, text) for _, kind, text in self.called(name)]
            elif last.startswith(REGISTERING) and root_of(made) not in self.functions:
                self.note(item, REGISTER, f"@{name}")
            elif not (last == "register" and root_of(made) in self.functions):
                self.note(item, DECORATOR, name)

    def class_(self, node: ast.ClassDef) -> None:
        _, bases, _ = self.described(node.name, node)
        for base in bases:
            if not (base in self.classes and not self.described(base, self.classes[base])[2]) and base not in BUILTINS:
                self.note(node, SUBCLASS, base)
        for keyword in node.keywords:
            name = self.dotted(keyword.value)
            if keyword.arg == "metaclass" and name not in METACLASSES:
                self.note(node, METACLASS, name)
            self.expressions([keyword.value])
        self.expressions(node.bases)
        outside = self.fresh
        self.fresh = set(outside)
        self.statements(node.body)
        self.fresh = outside

    def described(self, name: str, node: ast.ClassDef) -> tuple[str, tuple[str, ...], bool]:
        """(name, bases, whether it hears of its subclasses by itself)."""
        own = {item.name for item in node.body if isinstance(item, _FUNCTIONS)}
        meta = [self.dotted(item.value) for item in node.keywords if item.arg == "metaclass"]
        bases = [self.dotted(base.value if isinstance(base, ast.Subscript) else base) for base in node.bases]
        return (
            name,
            tuple(base or "?" for base in bases),
            bool(own & _HEARS) or any(item not in METACLASSES for item in meta),
        )

    def dotted(self, node: Any) -> str:
        """The absolute name of what an expression names, as far as imports tell; empty for a computed object's."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ".".join(["", *reversed(parts)]) if parts else ""
        return ".".join([self.imported.get(node.id, node.id), *reversed(parts)])

    def note(self, node: Any, kind: str, text: str) -> None:
        self.rows.append((node.lineno, kind, text))


def _longest(table: Mapping[str, str], name: str) -> Optional[str]:
    if name in table:
        return table[name]
    ends = [end for end, mark in enumerate(name) if mark in "._"]
    for end in reversed(ends):
        if (found := table.get(name[: end + 1])) is not None:
            return found
    return None


def _imported(nodes: list[Any], package: str) -> Iterator[tuple[str, str]]:
    """(name, absolute dotted name) of everything that the module imports anywhere."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for item in node.names:
                root = item.name.partition(".")[0]
                yield (item.asname, item.name) if item.asname else (root, root)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".") if node.level else []
            base = parts[: len(parts) - node.level + 1] if node.level else []
            prefix = ".".join([*base, *([node.module] if node.module else [])])
            for item in node.names:
                yield item.asname or item.name, f"{prefix}.{item.name}"


def _at_top(nodes: Iterable[Any]) -> Iterator[Any]:
    """The statements at module level, those in blocks too."""
    for node in nodes:
        yield node
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            for child in ast.iter_child_nodes(node):
                yield from (
                    _at_top([child])
                    if isinstance(child, ast.stmt)
                    else _at_top(getattr(child, "body", []) if isinstance(child, ast.ExceptHandler) else [])
                )
