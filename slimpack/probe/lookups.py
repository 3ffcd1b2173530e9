"""Source -> the lookups it makes: dynamic imports, listings, data, metadata, entry points, libraries, as plain tuples.

Only files that show one of TRIGGERS come here. Every lookup is (kind, patterns, line, source text); the kinds are those
of `slimpack.model.facts.CallKind`. What is not understood has the pattern `*`.
"""

import ast
import re

from .evaluate import NONE, ROOT, UNKNOWN, Evaluator, Scope, is_method, items, texts

LOADERS = re.compile(
    r"import(?!lib|ant|Error)|lazy|^_?load_?(?:module|class|backend|plugin|driver|object)|require_|_installed$|^client$|^resource$|^create_client$|^Client$"
)
"""Names that sound like loaders or clients: calls of them are recorded by their first argument."""

_RESOURCE = "files path open_text open_binary read_text read_binary contents is_resource".split()
_DISTRIBUTION = "version distribution metadata requires files".split()
_IMPORT = {
    "importlib.import_module",
    "__import__",
    "importlib.__import__",
    "builtins.__import__",
    "pkgutil.resolve_name",
    "runpy.run_module",
    "pydoc.locate",
}
_PROBE = {
    "importlib.util.find_spec",
    "importlib.find_loader",
    "pkgutil.find_loader",
    "imp.find_module",
    "pkgutil.get_loader",
}
_METADATA = {f"{m}.{f}" for m in ("importlib.metadata", "importlib_metadata") for f in _DISTRIBUTION} | {
    "pkg_resources.get_distribution",
    "pkg_resources.require",
    "importlib.metadata.Distribution.from_name",
}
_GROUPS = {
    "importlib.metadata.entry_points",
    "importlib_metadata.entry_points",
    "pkg_resources.iter_entry_points",
    "pkg_resources.get_entry_map",
    "importlib.metadata.distributions",
    "importlib_metadata.distributions",
}
_RESOURCES = (
    {f"{m}.{f}" for m in ("importlib.resources", "importlib_resources") for f in _RESOURCE}
    | {f"pkg_resources.resource_{f}" for f in "filename string stream listdir exists isdir".split()}
    | {"pkgutil.get_data"}
)
_SOURCES = {
    "inspect.getsource",
    "inspect.getsourcelines",
    "inspect.findsource",
    "inspect.getcomments",
    "linecache.getline",
    "linecache.getlines",
}
_NATIVE = {
    "ctypes.CDLL",
    "ctypes.PyDLL",
    "ctypes.cdll.LoadLibrary",
    "ctypes.pydll.LoadLibrary",
    "ctypes.util.find_library",
    "ctypes.WinDLL",
}
_LAZY = {"lazy_loader.attach", "lazy_loader.load"}
_LISTING = {"os.listdir", "os.scandir", "glob.glob", "glob.iglob", "os.walk", "os.path.walk"}
_MODULE_FILES = {
    "importlib.util.spec_from_file_location",
    "importlib.machinery.SourceFileLoader",
    "imp.load_source",
    "runpy.run_path",
}

TRIGGERS = frozenset(
    "import_module __import__ find_spec find_loader get_loader find_module iter_modules walk_packages resolve_name get_data entry_points "
    "iter_entry_points get_entry_map run_module run_path spec_from_file_location SourceFileLoader load_source "
    "getsource getsourcelines findsource getcomments getline getlines CDLL PyDLL LoadLibrary find_library dlopen attach_stub "
    "_LazyModule __file__ __path__ pkg_resources importlib_resources importlib_metadata importlib.resources importlib.metadata "
    "lazy_loader LAMBDA_TASK_ROOT".split()
)
"""Names and module names whose presence makes a file worth parsing."""

_PATH_CALLS = re.compile(r"^(?:open|exists|is_file|isfile|is_dir|isdir|read_text|read_bytes|stat)$")

_CUTS = {
    "split",
    "rsplit",
    "partition",
    "rpartition",
    "strip",
    "rstrip",
    "lstrip",
    "replace",
    "lower",
    "removeprefix",
    "removesuffix",
}
_SEARCH_PATHS = {"sys.path.insert", "sys.path.append", "site.addsitedir"}
_LEAVES = {"__file__", "__path__", "getcwd", "cwd", "LAMBDA_TASK_ROOT"}
_CLIMB = 8
_PATH_NODES = (
    ast.BinOp,
    ast.Attribute,
    ast.Call,
    ast.JoinedStr,
    ast.FormattedValue,
    ast.Subscript,
    ast.List,
    ast.keyword,
    ast.Starred,
)


def _mentions(node, name):
    return any(isinstance(item, ast.Name) and item.id == name for item in ast.walk(node))


def _leaf(node):
    """The name by which a node may bring in a path."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.value if isinstance(node, ast.Constant) and node.value in ("__file__", "LAMBDA_TASK_ROOT") else ""


def lookups(source, path, is_package):
    """Parse and return (calls, named)."""
    tree = ast.parse(source)
    parts = re.sub(r"\.pyi?$", "", path).split("/")
    if is_package:
        parts = parts[:-1]
    module = ".".join(parts)
    package = module if is_package else ".".join(parts[:-1])
    evaluator = Evaluator(path, module, package, {})
    _Collector(evaluator, module, package).visit_module(tree)
    found = _Finder(evaluator, package)
    found.run()
    return found.calls, found.named


class _Collector:
    """Fills the evaluator: scopes, bindings, aliases, functions, call sites, parents."""

    def __init__(self, evaluator, module, package):
        self.ev, self.module, self.package = evaluator, module, package

    def visit_module(self, tree):
        self.ev.root = Scope(tree, None)
        self.ev.scopes[tree] = self.ev.root
        self.ev.order = []
        self._visit(tree, self.ev.root)

    def _visit(self, node, scope):
        for child in ast.iter_child_nodes(node):
            self.ev.parents[child] = node
            inner = scope
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                inner = self._function(child, scope)
            elif isinstance(child, ast.ClassDef):
                scope.bind(child.name, "unknown", child)
                inner = self.ev.scopes[child] = Scope(child, scope)
            elif isinstance(child, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
                inner = self.ev.scopes[child] = Scope(child, scope)
                for part in child.generators:
                    self._bind(part.target, "item", part.iter, inner)
            else:
                self._statement(child, scope)
            if isinstance(child, ast.expr):
                self.ev.order.append((child, scope))
            self._visit(child, inner)

    def _function(self, node, scope):
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

    def _statement(self, node, scope):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._bind(target, "value", node.value, scope)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
            self._bind(node.target, "value", node.value, scope)
        elif isinstance(node, ast.AugAssign):
            if isinstance(node.target, ast.Name):
                scope.bind(node.target.id, "value" if isinstance(node.op, ast.Add) else "unknown", node.value)
                if isinstance(node.op, ast.Add) and not isinstance(node.value, (ast.List, ast.Tuple)):
                    scope.bind(node.target.id, "unknown", node.value)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self._bind(node.target, "item", node.iter, scope)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self._bind(node.optional_vars, "value", node.context_expr, scope)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                self._alias(
                    alias.asname or alias.name.split(".")[0], alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                self._alias(
                    alias.asname or alias.name, ("." if node.level else "") + f"{node.module or ''}.{alias.name}"
                )
        elif isinstance(node, ast.Call):
            self._call(node, scope)
        elif isinstance(node, ast.Return) and node.value is not None:
            self.ev.returns.setdefault(scope.node, []).append(node.value)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            self.ev.loads[node.id] = self.ev.loads.get(node.id, 0) + 1
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            self.ev.loads[node.attr] = self.ev.loads.get(node.attr, 0) + 1

    def _alias(self, name, full):
        known = self.ev.modules.get(name)
        # `try: from importlib.metadata import x / except: from importlib_metadata import x`: the first form will do.
        if known is None or known.startswith("."):
            self.ev.modules[name] = full

    def _call(self, node, scope):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        self.ev.calls.setdefault(name, []).append((node, scope))
        if not (isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.args):
            return
        how = {"append": "append", "add": "append", "extend": "more", "update": "more"}.get(node.func.attr)
        if how is not None and (home := scope.find(node.func.value.id)) is not None:
            home.grown.setdefault(node.func.value.id, []).append((how, node.args[0]))

    def _bind(self, target, how, node, scope, path=()):
        if isinstance(target, ast.Name):
            home = scope
            scope.bind(target.id, how, node, path)
            if isinstance(home.node, ast.ClassDef) and not path:
                self.ev.attributes.setdefault(target.id, []).append((how, node, path, scope))
        elif isinstance(target, (ast.Tuple, ast.List)):
            for index, item in enumerate(target.elts):
                if isinstance(item, ast.Starred):
                    self._bind(item.value, "unknown", node, scope)
                else:
                    self._bind(item, how, node, scope, (*path, index))
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            home = scope.find(target.value.id)
            if home is not None:
                home.grown.setdefault(target.value.id, []).append(("item", node if how == "value" else None))
        elif isinstance(target, ast.Attribute):
            self.ev.attributes.setdefault(target.attr, []).append((how if not path else "unknown", node, path, scope))


class _Finder:
    """Goes over every expression once and records the lookups."""

    def __init__(self, evaluator, package):
        self.ev, self.package = evaluator, package
        self.calls, self.named = [], []
        self._seen = set()
        self._paths = set()
        self._by_name = {}

    def run(self):
        for node, scope in self.ev.order:
            if isinstance(node, ast.Call):
                self._call(node, scope)
        tainted = self._tainted() if any(_leaf(node) in _LEAVES for node, _ in self.ev.order) else ()
        for node, scope in self.ev.order if tainted else ():
            if _leaf(node) in tainted and not isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)):
                self._path(node, scope)
        for name, (literals, opened, line) in sorted(self._by_name.items()):
            self.named.append((name, tuple(sorted(literals)), opened, line))

    def _add(self, kind, patterns, node):
        what = ast.unparse(node)
        what = what if len(what) <= 80 else what[:77] + "..."
        patterns = tuple(sorted(patterns))
        if patterns and (kind, patterns, node.lineno) not in self._seen:
            self._seen.add((kind, patterns, node.lineno))
            self.calls.append((kind, patterns, node.lineno, what))

    def _argument(self, node, scope, index, *names):
        for keyword in node.keywords:
            if keyword.arg in names:
                return self.ev.value(keyword.value, scope)
        if any(isinstance(arg, ast.Starred) for arg in node.args[: index + 1]) or any(
            k.arg is None for k in node.keywords
        ):
            return UNKNOWN
        return self.ev.value(node.args[index], scope) if index < len(node.args) else None

    def _call(self, node, scope):
        full = self.ev.dotted(node.func)
        name = full.rpartition(".")[2]
        if full in _IMPORT:
            self._import(full, node, scope)
        elif full in _PROBE:
            found = texts(self._argument(node, scope, 0, "name", "fullname") or NONE)
            self._add("probe", self._absolute(found, node, scope), node)
        elif name in {"iter_modules", "walk_packages"}:
            self._walk(name, node, scope)
        elif full in _RESOURCES or (name == "resource_filename" and full.startswith("pkg_resources")):
            self._add(
                "resource",
                texts(
                    self._argument(node, scope, 0, "package", "anchor", "package_or_requirement")
                    or frozenset({self.package})
                ),
                node,
            )
        elif full in _METADATA:
            self._add(
                "metadata", texts(self._argument(node, scope, 0, "distribution_name", "dist", "name") or UNKNOWN), node
            )
        elif full in _GROUPS or full.endswith("._importlib_metadata.entry_points"):
            self._groups(name, node, scope)
        elif full in _SOURCES:
            self._source(node, scope)
        elif full in _NATIVE or name == "dlopen":
            self._add("native", texts(self._argument(node, scope, 0, "name") or NONE), node)
        elif name == "attach_stub":
            self._add("stub", {re.sub(r"\.pyi?$", ".pyi", self.ev.path)}, node)
        elif full in _LAZY or (name == "attach" and full.endswith("lazy_loader.attach")):
            self._lazy(name, node, scope)
        elif name == "_LazyModule":
            self._add("walk", {self.package}, node)
            folder = self.ev.path.rpartition("/")[0]
            self._add("source", {f"{folder}/*"}, node)
        elif full in _MODULE_FILES:
            index = 0 if name in {"run_path"} else 1
            self._file(
                texts(self._argument(node, scope, index, "location", "path", "path_name", "pathname") or NONE),
                "import",
                node,
            )
        elif full in _LISTING or name in {"iterdir", "glob", "rglob", "scandir"}:
            self._listing(full, name, node, scope)
        if LOADERS.search(name):
            self._name(name, node, scope)

    def _name(self, name, node, scope):
        value = self._argument(node, scope, 0, "service_name", "name")
        found = texts(value) if value is not None else NONE
        literals, opened, line = self._by_name.get(name, (set(), 0, node.lineno))
        literals |= {text for text in found if "*" not in text and len(text) < 200}
        if any("*" in text for text in found) or (value is None and (node.args or node.keywords)):
            opened = opened or node.lineno
        self._by_name[name] = (literals, opened, line)

    def _absolute(self, names, node, scope, package=None):
        out = set()
        for name in names:
            if not name.startswith("."):
                out.add(name.partition(":")[0])
                continue
            level = len(name) - len(name.lstrip("."))
            for base in package if package is not None else {self.package}:
                head = base.split(".")
                head = head[: len(head) - level + 1] if level > 1 else head
                out.add(".".join([*head, name[level:]]) if name[level:] else ".".join(head))
        return out

    def _import(self, full, node, scope):
        value = self._argument(node, scope, 0, "name", "mod_name")
        found = texts(value) if value is not None else UNKNOWN
        if full.endswith("__import__"):
            patterns = self._builtin(found, node, scope)
        else:
            package = self._argument(node, scope, 1, "package") if full.endswith("import_module") else None
            package = texts(package) if package is not None else frozenset()
            patterns = self._absolute(found, node, scope, package or None)
        wrapper = self._wrapper(node, scope) if any(text.startswith("*") for text in patterns) else ""
        if wrapper:
            patterns = {text for text in patterns if not text.startswith("*")}
            self._add("wrapper", {wrapper}, node)
        self._add("import", patterns, node)

    def _builtin(self, found, node, scope):
        level = self._argument(node, scope, 4, "level")
        level = 0 if level is None else next((int(t) for t in texts(level) if t.isdecimal()), 0)
        if level:
            found = self._absolute({"." * level + text for text in found}, node, scope)
        fromlist = self._argument(node, scope, 3, "fromlist")
        names = texts(fromlist) if isinstance(fromlist, list) else NONE
        return set(found) | {
            f"{text}.{name}" for text in found for name in names if "*" not in name and name.isidentifier()
        }

    def _wrapper(self, node, scope):
        """The name of the function that imports what its first argument names, if that is what happens here."""
        argument = node.args[0] if node.args else None
        home, name = self._origin(argument, scope, 0)
        if home is None or isinstance(home.node, ast.Lambda) or not LOADERS.search(home.node.name):
            return ""
        return home.node.name if home.params[name][0] == (1 if is_method(home) else 0) else ""

    def _origin(self, node, scope, depth):
        """The parameter (its scope, its name) that a text is cut out of, or (None, "")."""
        while depth < 10:
            depth += 1
            if isinstance(node, ast.Subscript):
                node = node.value
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CUTS:
                node = node.func.value
            elif isinstance(node, ast.Name):
                home = scope.find(node.id)
                bound = home.bound.get(node.id, ()) if home is not None else ()
                if (
                    home is not None
                    and node.id in home.params
                    and all(_mentions(item, node.id) for _, item, _ in bound)
                ):
                    return home, node.id
                if len(bound) != 1 or bound[0][0] != "value":
                    return None, ""
                node, scope = bound[0][1], home
            else:
                break
        return None, ""

    def _walk(self, name, node, scope):
        value = self._argument(node, scope, 0, "path")
        kind = "iter" if name == "iter_modules" else "walk"
        if value is None:
            self._add(kind, UNKNOWN, node)
            return
        found = set()
        for text in texts(value):
            inside = text[len(ROOT) + 1 :] if text.startswith(ROOT) else ""
            found.add(inside.replace("/", ".") if inside and "*" not in inside else "*")
        argument = node.args[0] if node.args else node.keywords[0].value
        if found == {"*"} and isinstance(argument, ast.Attribute) and argument.attr == "__path__":
            full = self.ev.dotted(argument.value)
            full = full if full and not full.startswith(".") else self._relative(full)
            if (
                full
                and isinstance(argument.value, (ast.Name, ast.Attribute))
                and full.partition(".")[0]
                and self._is_module(argument.value)
            ):
                found = {full}
        self._add(kind, found, node)

    def _relative(self, full):
        return ".".join(self._absolute({full}, None, None)) if full else ""

    def _is_module(self, node):
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and node.id in self.ev.modules

    def _groups(self, name, node, scope):
        index = 1 if name == "get_entry_map" else 0
        group = self._argument(node, scope, index, "group") if name != "distributions" else None
        found = texts(group) if group is not None else NONE
        if not found:
            for item, inner in self.ev.order:
                found |= self._group_of(item, inner, node)
        self._add("group", found or UNKNOWN, node)
        if name == "distributions" and not found:
            self._add("metadata", UNKNOWN, node)

    def _group_of(self, item, scope, made):
        """The groups that an expression picks out of what `made` (a call of entry_points) returned."""
        if isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute) and item.func.attr in {"select", "get"}:
            picked = [keyword.value for keyword in item.keywords if keyword.arg == "group"]
            if item.func.attr == "get" and item.args and self._is_from(item.func.value, scope, made):
                picked.append(item.args[0])
            return texts([self.ev.value(value, scope) for value in picked])
        if isinstance(item, ast.Compare) and isinstance(item.left, ast.Attribute) and item.left.attr == "group":
            return texts(self.ev.value(item.comparators[0], scope))
        if isinstance(item, ast.Subscript) and self._is_from(item.value, scope, made):
            return self.ev.text(item.slice, scope)
        return NONE

    def _is_from(self, node, scope, made):
        if node is made:
            return True
        home = scope.find(node.id) if isinstance(node, ast.Name) else None
        return home is not None and any(value is made for _, value, _ in home.bound.get(node.id, ()))

    def _source(self, node, scope):
        argument = node.args[0] if node.args else None
        text = ast.unparse(argument) if argument is not None else ""
        own = (
            "__name__" in text
            or "__file__" in text
            or (isinstance(argument, ast.Name) and argument.id in self.ev.functions)
        )
        self._add("source", {self.ev.path if own else "*"}, node)

    def _lazy(self, name, node, scope):
        if name == "load":
            self._add("import", texts(self._argument(node, scope, 0, "fullname") or UNKNOWN), node)
            return
        base = texts(self._argument(node, scope, 0, "package_name") or UNKNOWN)
        submodules = texts(self._argument(node, scope, 1, "submodules") or NONE)
        table = self._argument(node, scope, 2, "submod_attrs")
        keys = [texts(key) for key in items(table)] if table is not None else []
        found = {f"{b}.{s}" for b in base for group in [submodules, *keys] for s in group}
        self._add("lazy", found, node)

    def _file(self, found, kind, node):
        for text in sorted(found):
            if text.startswith(ROOT):
                name = re.sub(r"\.py$", "", text[len(ROOT) + 1 :]).replace("/", ".")
                self._add(kind, {name or "*"}, node)

    def _listing(self, full, name, node, scope):
        if full in _LISTING:
            value = self.ev.text(node.args[0], scope) if node.args else NONE
            folders = {re.sub(r"/[^/]*[*?\[].*$", "", text) if name in {"glob", "iglob"} else text for text in value}
        else:
            folders = self.ev.text(node.func.value, scope) if isinstance(node.func, ast.Attribute) else NONE
        found = {text[len(ROOT) + 1 :] for text in folders if text.startswith(ROOT)}
        if found:
            self._paths.add(node.args[0] if full in _LISTING else node.func.value)
            self._add("list", found, node)

    def _tainted(self):
        """Names (variables, attributes, functions) that may hold a path under the tree."""
        made = {}
        for scope in self.ev.scopes.values():
            for name, bindings in scope.bound.items():
                made.setdefault(name, []).extend(node for _, node, _ in bindings)
        for name, found in self.ev.attributes.items():
            made.setdefault(name, []).extend(node for _, node, _, _ in found)
        for function, returns in self.ev.returns.items():
            made.setdefault(getattr(function, "name", ""), []).extend(returns)
        inside = {name: {_leaf(n) for node in nodes for n in ast.walk(node)} for name, nodes in made.items()}
        tainted, grown = set(_LEAVES), True
        while grown:
            new = {name for name, leaves in inside.items() if name not in tainted and not leaves.isdisjoint(tainted)}
            grown = bool(new)
            tainted |= new
        return tainted

    def _path(self, leaf, scope):
        """Record the largest expression around `leaf` that is a path under the tree, unless it is merely given a name."""
        node = best = leaf
        value = self._rooted(leaf, scope)
        for _ in range(_CLIMB):
            node = self.ev.parents.get(node)
            if not isinstance(node, _PATH_NODES):
                break
            if node in self._paths:
                return
            if isinstance(node, ast.expr) and (found := self._rooted(node, scope)):
                best, value = node, found
        if not value or best in self._paths or self._is_named(best):
            return
        self._paths.add(best)
        own = ROOT + "/" + self.ev.path
        kind = "path" if self._is_search_path(best) else ""
        for text in sorted(value):
            inside = text[len(ROOT) + 1 :]
            if kind:
                self._add(kind, {inside or "."}, best)
            elif text == own:
                if self._reads(best):
                    self._add("source", {self.ev.path}, best)
            elif "*" in inside or "." in inside.rpartition("/")[2]:
                self._add("data", {inside}, best)
            else:
                self._add("file", {inside or "."}, best)

    def _rooted(self, node, scope):
        found = self.ev.value(node, scope)
        return [text for text in found if text.startswith(ROOT)] if isinstance(found, frozenset) else []

    def _is_named(self, node):
        parent = self.ev.parents.get(node)
        if not isinstance(parent, (ast.Assign, ast.AnnAssign)):
            return False
        target = parent.targets[0] if isinstance(parent, ast.Assign) else parent.target
        return isinstance(target, ast.Name) and self.ev.loads.get(target.id, 0) > 0

    def _is_search_path(self, node):
        parent = self.ev.parents.get(node)
        return isinstance(parent, ast.Call) and self.ev.dotted(parent.func) in _SEARCH_PATHS

    def _reads(self, node):
        parent = self.ev.parents.get(node)
        name = ""
        if isinstance(parent, ast.Call):
            name = self.ev.dotted(parent.func).rpartition(".")[2]
        elif isinstance(parent, ast.Attribute):
            name = parent.attr
        return bool(_PATH_CALLS.match(name)) and name not in {"exists", "stat", "is_file", "isfile"}
