"""Source -> the lookups it makes: dynamic imports, listings, data, metadata, entry points, libraries, as plain tuples.

Only files that show one of TRIGGERS, or call something that LOADERS knows, come here. A lookup is (kind, patterns,
line, source text); the kinds are those of `slimpack.model.facts.CallKind`. What is not understood has the pattern `*`.
"""

# Names read better in running text:
# ruff: noqa: SIM905

from __future__ import annotations

import ast
import re

from .collect import collect
from .loaders import LOADERS
from .paths import paths
from .values import NONE, ROOT, UNKNOWN, items, texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Callable, Optional, Union

    from .evaluate import Evaluator
    from .scopes import Scope
    from .values import Text, Value

    Lookup = tuple[str, tuple[str, ...], int, str]
    Named = tuple[str, tuple[str, ...], int, int]

_METADATA = {
    f"{module}.{name}"
    for module in ("importlib.metadata", "importlib_metadata")
    for name in ("version", "distribution", "metadata", "requires", "files", "Distribution.from_name")
} | {"pkg_resources.get_distribution", "pkg_resources.require"}
_GROUPS = {
    f"{module}.{name}"
    for module in ("importlib.metadata", "importlib_metadata")
    for name in ("entry_points", "distributions")
} | {"pkg_resources.iter_entry_points", "pkg_resources.get_entry_map"}
_RESOURCES = (
    {
        f"{module}.{name}"
        for module in ("importlib.resources", "importlib_resources")
        for name in "files path open_text open_binary read_text read_binary contents is_resource".split()
    }
    | {f"pkg_resources.resource_{name}" for name in "filename string stream listdir exists isdir".split()}
    | {"pkgutil.get_data"}
)
_IMPORTS = set(
    "importlib.import_module __import__ importlib.__import__ builtins.__import__ pkgutil.resolve_name runpy.run_module "
    "pydoc.locate".split()
)
_PROBES = set(
    "importlib.util.find_spec importlib.find_loader pkgutil.find_loader pkgutil.get_loader imp.find_module".split()
)
_SOURCES = set(
    "inspect.getsource inspect.getsourcelines inspect.findsource inspect.getcomments linecache.getline "
    "linecache.getlines".split()
)
_NATIVE = set(
    "ctypes.CDLL ctypes.PyDLL ctypes.cdll.LoadLibrary ctypes.pydll.LoadLibrary ctypes.util.find_library".split()
)
_MODULE_FILES = set(
    "importlib.util.spec_from_file_location importlib.machinery.SourceFileLoader imp.load_source runpy.run_path".split()
)
TRIGGERS = frozenset(
    "import_module __import__ find_spec find_loader get_loader find_module iter_modules walk_packages resolve_name "
    "get_data entry_points iter_entry_points get_entry_map run_module run_path spec_from_file_location "
    "SourceFileLoader load_source getsource getsourcelines findsource getcomments getline getlines CDLL PyDLL "
    "LoadLibrary find_library dlopen attach_stub _LazyModule __file__ __path__ pkg_resources importlib_resources "
    "importlib_metadata importlib.resources importlib.metadata lazy_loader LAMBDA_TASK_ROOT".split()
)
"""Names and module names whose presence makes a file worth parsing."""
_CUTS = frozenset(
    "split rsplit partition rpartition strip rstrip lstrip replace lower removeprefix removesuffix".split()
)
_WHAT = 80


def lookups(source: bytes, path: str, *, is_package: bool) -> tuple[list[Lookup], list[Named]]:
    """Parse, and return the lookups and the calls of loaders."""
    tree = ast.parse(source)
    parts = re.sub(r"\.pyi?$", "", path).split("/")
    if is_package:
        parts = parts[:-1]
    module = ".".join(parts)
    package = module if is_package else ".".join(parts[:-1])
    finder = _Finder(collect(tree, path, module, package))
    return finder.run()


class _Finder:
    """Looks at every call once."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.ev, self.package = evaluator, evaluator.package
        self._found: dict[tuple[str, tuple[str, ...], int], str] = {}
        self._named: dict[str, tuple[set[str], int, int]] = {}
        self._kinds: dict[str, Callable[[str, ast.Call, Scope], None]] = {}
        for names, kind in (
            (_IMPORTS, self._import),
            (_PROBES, self._probe),
            (_METADATA, self._metadata),
            (_GROUPS, self._groups),
            (_RESOURCES, self._resource),
            (_SOURCES, self._source),
            (_NATIVE, self._native),
            (_MODULE_FILES, self._module_file),
            ({"lazy_loader.attach", "lazy_loader.load"}, self._lazy),
        ):
            self._kinds.update(dict.fromkeys(names, kind))
        self._last = {
            "attach_stub": self._stub,
            "_LazyModule": self._lazy_module,
            "dlopen": self._native,
            "iter_modules": self._walk,
            "walk_packages": self._walk,
        }

    def run(self) -> tuple[list[Lookup], list[Named]]:
        """Return what was found, in the order of the file."""
        for call, scope in self.ev.calls:
            full = self.ev.dotted(call.func)
            if not full:
                continue
            name = full.rpartition(".")[2]
            kind = self._kinds.get(full) or self._last.get(name)
            if kind is None and full.endswith("._importlib_metadata.entry_points"):
                kind = self._groups
            if kind is not None:
                kind(full, call, scope)
            if LOADERS.search(name) and full not in _IMPORTS:
                self._loader(name, call, scope)
        for what, path, node in paths(self.ev):
            self._add(what, {path}, node)
        found = [(kind, patterns, line, what) for (kind, patterns, line), what in self._found.items()]
        named = [(name, tuple(sorted(known)), opened, line) for name, (known, opened, line) in self._named.items()]
        return sorted(found, key=lambda item: (item[2], item[0], item[1])), sorted(named)

    def _add(self, kind: str, patterns: Iterable[str], node: Any) -> None:
        key = (kind, tuple(sorted(patterns)), node.lineno)
        if key[1] and key not in self._found:
            what = ast.unparse(node)
            self._found[key] = what if len(what) <= _WHAT else what[: _WHAT - 3] + "..."

    def _argument(self, call: ast.Call, scope: Scope, index: int, *names: str) -> Optional[Value]:
        """The value of one argument; None where it is not given."""
        for keyword in call.keywords:
            if keyword.arg in names:
                return self.ev.value(keyword.value, scope)
        if any(isinstance(arg, ast.Starred) for arg in call.args[: index + 1]):
            return UNKNOWN
        if index < len(call.args):
            return self.ev.value(call.args[index], scope)
        return UNKNOWN if any(keyword.arg is None for keyword in call.keywords) else None

    def _texts(self, call: ast.Call, scope: Scope, index: int, *names: str, default: Text = UNKNOWN) -> Text:
        value = self._argument(call, scope, index, *names)
        return texts(value) or default if value is not None else default

    def _loader(self, name: str, call: ast.Call, scope: Scope) -> None:
        value = self._argument(call, scope, 0, "service_name", "name")
        found = texts(value) if value is not None else NONE
        known, opened, line = self._named.get(name, (set(), 0, call.lineno))
        known |= {text for text in found if "*" not in text and len(text) < 200}  # noqa: PLR2004 a name, not a text
        if any("*" in text for text in found) or (value is None and (call.args or call.keywords)):
            opened = opened or call.lineno
        self._named[name] = (known, opened, line)

    def _absolute(self, names: Iterable[str], packages: Iterable[str]) -> set[str]:
        """Absolute module names: relative ones against each of `packages`, and without `:attribute`."""
        out: set[str] = set()
        for name in names:
            if not name.startswith("."):
                out.add(name.partition(":")[0])
                continue
            level = len(name) - len(name.lstrip("."))
            for base in packages:
                head = base.split(".")
                head = head[: len(head) - level + 1] if level > 1 else head
                out.add(".".join([*head, name[level:]] if name[level:] else head))
        return out

    def _import(self, full: str, call: ast.Call, scope: Scope) -> None:
        found = self._texts(call, scope, 0, "name", "mod_name")
        value = self._argument(call, scope, 0, "name", "mod_name")
        if value is not None and not texts(value):
            found = NONE  # such as obj.__module__: loaded already
        if full.endswith("__import__"):
            patterns = self._builtin(found, call, scope)
        else:
            packages = self._texts(call, scope, 1, "package", default=NONE) if full.endswith("import_module") else NONE
            patterns = self._absolute(found, packages or {self.package})
        if any(text.startswith("*") for text in patterns):
            wrapper = self._wrapper(call, scope)
            if wrapper:
                patterns = {text for text in patterns if not text.startswith("*")}
                self._add("wrapper", {wrapper}, call)
        self._add("import", patterns, call)

    def _builtin(self, found: Text, call: ast.Call, scope: Scope) -> set[str]:
        given = self._texts(call, scope, 4, "level", default=frozenset({"0"}))
        level = next((int(text) for text in sorted(given) if text.isdecimal()), 0)
        names = self._absolute({"." * level + text for text in found}, {self.package}) if level else set(found)
        value = self._argument(call, scope, 3, "fromlist")
        parts = texts(value) if isinstance(value, list) else NONE
        return names | {f"{name}.{part}" for name in names for part in parts if part.isidentifier()}

    def _wrapper(self, call: ast.Call, scope: Scope) -> str:
        """The name of the function that imports what its first argument names, if that is what happens here."""
        home, name = self._origin(call.args[0] if call.args else None, scope)
        if home is None or isinstance(home.node, ast.Lambda) or not LOADERS.search(home.node.name):
            return ""
        return str(home.node.name) if home.params[name][0] == int(home.takes_self) else ""

    def _origin(self, node: Any, scope: Scope) -> tuple[Optional[Scope], str]:
        """The parameter (its scope, its name) that a text is cut out of, or (None, "")."""
        for _ in range(10):
            if isinstance(node, ast.Subscript):
                node = node.value
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CUTS:
                node = node.func.value
            elif isinstance(node, ast.Name):
                home = scope.find(node.id)
                bound = home.bound.get(node.id, []) if home is not None else []
                if home is not None and node.id in home.params and all(_mentions(item[1], node.id) for item in bound):
                    return home, node.id
                if home is None or len(bound) != 1 or bound[0][0] != "value":
                    break
                node, scope = bound[0][1], home
            else:
                break
        return None, ""

    def _probe(self, _full: str, call: ast.Call, scope: Scope) -> None:
        self._add("probe", self._absolute(self._texts(call, scope, 0, "name", "fullname"), {self.package}), call)

    def _metadata(self, _full: str, call: ast.Call, scope: Scope) -> None:
        self._add("metadata", self._texts(call, scope, 0, "distribution_name", "dist", "name"), call)

    def _resource(self, _full: str, call: ast.Call, scope: Scope) -> None:
        own = frozenset({self.package})
        found = self._texts(call, scope, 0, "package", "anchor", "package_or_requirement", default=own)
        self._add("resource", found, call)

    def _native(self, _full: str, call: ast.Call, scope: Scope) -> None:
        self._add("native", self._texts(call, scope, 0, "name", default=NONE), call)

    def _stub(self, _full: str, call: ast.Call, _scope: Scope) -> None:
        self._add("stub", {re.sub(r"\.pyi?$", ".pyi", self.ev.path)}, call)

    def _lazy_module(self, _full: str, call: ast.Call, _scope: Scope) -> None:
        self._add("walk", {self.package}, call)
        self._add("source", {self.ev.path.rpartition("/")[0] + "/*"}, call)

    def _lazy(self, full: str, call: ast.Call, scope: Scope) -> None:
        if full.endswith(".load"):
            self._add("import", self._texts(call, scope, 0, "fullname"), call)
            return
        submodules = self._texts(call, scope, 1, "submodules", default=NONE)
        table = self._argument(call, scope, 2, "submod_attrs")
        names = submodules.union(*[texts(key) for key in items(table)]) if table is not None else submodules
        base = self._texts(call, scope, 0, "package_name")
        self._add("lazy", {f"{package}.{name}" for package in base for name in names}, call)

    def _module_file(self, full: str, call: ast.Call, scope: Scope) -> None:
        index = 0 if full.endswith("run_path") else 1
        for text in sorted(self._texts(call, scope, index, "location", "path", "path_name", "pathname", default=NONE)):
            if text.startswith(ROOT):
                name = re.sub(r"\.py$", "", text[len(ROOT) + 1 :]).replace("/", ".")
                self._add("import", {name or "*"}, call)

    def _source(self, _full: str, call: ast.Call, _scope: Scope) -> None:
        argument = call.args[0] if call.args else None
        text = ast.unparse(argument) if argument is not None else ""
        local = isinstance(argument, ast.Name) and argument.id in self.ev.functions
        self._add("source", {self.ev.path if local or "__name__" in text or "__file__" in text else "*"}, call)

    def _walk(self, full: str, call: ast.Call, scope: Scope) -> None:
        kind = "iter" if full.endswith("iter_modules") else "walk"
        found: set[str] = set()
        for text in self._texts(call, scope, 0, "path"):
            inside = text[len(ROOT) + 1 :] if text.startswith(ROOT) else ""
            found.add(inside.replace("/", ".") if inside and "*" not in inside else "*")
        argument = call.args[0] if call.args else call.keywords[0].value if call.keywords else None
        if found == {"*"} and isinstance(argument, ast.Attribute) and argument.attr == "__path__":
            full = self._module(argument.value)
            found = {full} if full else found
        self._add(kind, found, call)

    def _module(self, node: ast.expr) -> str:
        """The absolute name of an imported module, or ""."""
        top: Any = node
        while isinstance(top, ast.Attribute):
            top = top.value
        if not isinstance(top, ast.Name) or top.id not in self.ev.aliases:
            return ""
        return next(iter(self._absolute({self.ev.dotted(node)}, {self.package})))

    def _groups(self, full: str, call: ast.Call, scope: Scope) -> None:
        index = 1 if full.endswith("get_entry_map") else 0
        everything = full.endswith("distributions")
        found = NONE if everything else self._texts(call, scope, index, "group", default=NONE)
        if not found:
            found = found.union(*[self._group_of(node, inner, call) for node, inner in self.ev.picks])
        self._add("group", found or UNKNOWN, call)
        if everything and not found:
            self._add("metadata", UNKNOWN, call)

    def _group_of(self, node: Union[ast.Call, ast.Compare, ast.Subscript], scope: Scope, made: ast.Call) -> Text:
        """The groups that an expression picks out of what `made` (a call of entry_points) returned."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            picked = [keyword.value for keyword in node.keywords if keyword.arg == "group"]
            if node.func.attr == "get" and node.args and self._is_from(node.func.value, scope, made):
                picked.append(node.args[0])
            return NONE.union(*[self.ev.text(value, scope) for value in picked])
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Attribute) and node.left.attr == "group":
            return self.ev.text(node.comparators[0], scope)
        if isinstance(node, ast.Subscript) and self._is_from(node.value, scope, made):
            return self.ev.text(node.slice, scope)
        return NONE

    def _is_from(self, node: ast.expr, scope: Scope, made: ast.Call) -> bool:
        if node is made:
            return True
        home = scope.find(node.id) if isinstance(node, ast.Name) else None
        bound = home.bound.get(node.id, ()) if home is not None and isinstance(node, ast.Name) else ()
        return any(value is made for _, value, _ in bound)


def _mentions(node: ast.AST, name: str) -> bool:
    return any(isinstance(item, ast.Name) and item.id == name for item in ast.walk(node))
