"""AST -> what an expression may be: a small partial evaluator over strings, paths and literal containers.

A value is a frozenset of texts in which `*` stands for what is not known (empty: no text at all, such as None), a list
of values, or a Table of (key, value) pairs. A path made from `__file__` is a text that starts with ROOT. The evaluator
never narrows: what it cannot follow becomes `*`, and alternatives that grow beyond LIMIT do too.
"""

import ast
import posixpath
import re

ROOT = "\x00tree\x00"
"""Stands for the folder that the tree is unpacked into."""
LIMIT = 4096
_DEPTH, _STEPS = 40, 4000
UNKNOWN = frozenset({"*"})
NONE = frozenset()
_PERCENT = re.compile(r"%(?:\((\w+)\))?([-#0 +]*\d*(?:\.\d+)?[a-zA-Z%])")
_FIELD = re.compile(r"\{(\w*)((?:[.\[][^}:!]*)?)(?:![rsa])?(:[^}]*)?\}")
_IDENTITY = frozenset(
    "abspath realpath normpath fspath expanduser resolve absolute as_posix str Path PurePath PosixPath PurePosixPath "
    "list tuple sorted set frozenset reversed iter copy cast intern dict".split()
)
_CASE = frozenset("lower upper strip lstrip rstrip title capitalize casefold".split())


class Table(list):
    """A dict display: a list of (key, value) pairs."""


class Scope:
    """The names one module, function or class binds: name -> list of (how, node, path into it)."""

    def __init__(self, node, parent, owner=None):
        self.node, self.parent, self.owner = node, parent, owner
        self.bound = {}
        self.grown = {}
        self.params = {}

    def bind(self, name, how, node, path=()):
        """Remember one binding of `name`."""
        self.bound.setdefault(name, []).append((how, node, path))

    def find(self, name):
        """The scope that binds `name`, or None."""
        scope = self
        while scope is not None:
            skip = isinstance(scope.node, ast.ClassDef) and scope is not self
            if not skip and (name in scope.bound or name in scope.params):
                return scope
            scope = scope.parent
        return None


def concat(left, right):
    """Texts of `left` followed by texts of `right`."""
    if len(left) * len(right) > LIMIT:
        prefixes = {a.split("*")[0] for a in left}
        return squeeze({a + "*" for a in prefixes}) if len(prefixes) <= LIMIT else UNKNOWN
    return squeeze({a + b for a in left for b in right})


def squeeze(texts):
    """Texts without runs of `*`."""
    return frozenset(re.sub(r"\*+", "*", text) if "**" in text else text for text in texts)


def texts(value):
    """All texts in a value, at any depth; of a Table, its values."""
    if isinstance(value, Table):
        return union([texts(item) for _, item in value])
    if isinstance(value, list):
        return union([texts(item) for item in value])
    return value


def union(values):
    """Every text of every value."""
    out = frozenset().union(*values) if values else NONE
    return out if len(out) <= LIMIT else UNKNOWN


def items(value):
    """What iterating over a value yields."""
    if isinstance(value, Table):
        return [key for key, _ in value]
    if isinstance(value, list):
        return value
    return [UNKNOWN]


def merge(values):
    """One value that covers all of `values`."""
    values = [value for value in values if value != NONE]
    if len(values) == 1:
        return values[0]
    if values and all(isinstance(value, Table) for value in values):
        return Table(pair for value in values for pair in value)
    if values and all(isinstance(value, list) and not isinstance(value, Table) for value in values):
        if len({len(value) for value in values}) == 1 and len(values[0]) <= 8:  # rows of one shape stay rows
            return [merge(list(column)) for column in zip(*values)]
        return [item for value in values for item in value]
    return union([texts(value) for value in values])


def join(parts):
    """`os.path.join` over texts; an absolute part starts anew."""
    out = parts[0] if parts else UNKNOWN
    for part in parts[1:]:
        out = union([_join(head, tail) for head in sorted(out)[:LIMIT] for tail in sorted(part)])
    return out


def _join(head, tail):
    if tail.startswith(("/", ROOT)):
        return frozenset({tail})
    path = head.rstrip("/") + "/" + tail if head else tail
    if "*" not in path and path.startswith(ROOT):
        path = ROOT + posixpath.normpath("/" + path[len(ROOT) :].lstrip("/")).rstrip("/")
    elif "/../" in path + "/":
        path = _parent_of_star(path)
    return squeeze({path})


def _parent_of_star(path):
    kept = []
    for part in path.split("/"):
        if part == ".." and kept and kept[-1] != "..":
            kept.pop()
        elif part != ".":
            kept.append(part)
    return "/".join(kept)


def dirname(value):
    """The parent folder of each text."""
    return frozenset(_dirname(text) for text in value)


def _dirname(text):
    head, _, _ = text.rpartition("/")
    return head or ("*" if "*" in text else ROOT if text.startswith(ROOT) else "")


class Evaluator:
    """Evaluates expressions of one file; `functions` maps names to their definitions, `calls` to their call sites."""

    def __init__(self, path, module, package, modules):
        self.path, self.module, self.package = path, module, package
        self.modules = modules
        self.functions, self.calls, self.attributes, self.loads = {}, {}, {}, {}
        self.parents, self.scopes, self.returns = {}, {}, {}
        self._busy, self._known = set(), {}
        self._steps = self._cut = 0

    def dotted(self, node):
        """The full dotted name of what `node` names, through the file's import aliases; empty if it is no name."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return "." + ".".join(reversed(parts)) if parts else ""
        parts.append(self.modules.get(node.id, node.id))
        return ".".join(reversed(parts))

    def value(self, node, scope):
        """What `node` may be in `scope`."""
        key = (node, scope)
        known = self._known.get(key)
        if known is not None:
            return known
        self._steps = self._steps + 1 if self._busy else 0
        if key in self._busy or len(self._busy) > _DEPTH or self._steps > _STEPS:
            self._cut += 1
            return UNKNOWN
        method = getattr(self, "_" + type(node).__name__.lower(), None)
        if method is None:
            return UNKNOWN
        self._busy.add(key)
        cut = self._cut
        value = method(node, scope)
        self._busy.discard(key)
        if self._cut == cut or not self._busy:  # what a cycle cut short is right only where it was asked first
            self._known[key] = value
        return value

    def text(self, node, scope):
        """The texts that `node` may be."""
        return texts(self.value(node, scope))

    def _constant(self, node, scope):
        if node.value is None:
            return NONE
        return frozenset({node.value}) if isinstance(node.value, str) else frozenset({str(node.value)})

    def _joinedstr(self, node, scope):
        out = frozenset({""})
        for part in node.values:
            out = concat(out, self.text(part, scope))
        return out

    def _formattedvalue(self, node, scope):
        return UNKNOWN if node.format_spec is not None else self.text(node.value, scope) or UNKNOWN

    def _namedexpr(self, node, scope):
        return self.value(node.value, scope)

    def _starred(self, node, scope):
        return merge(items(self.value(node.value, scope)))

    def _await(self, node, scope):
        return self.value(node.value, scope)

    def _ifexp(self, node, scope):
        return merge([self.value(node.body, scope), self.value(node.orelse, scope)])

    def _boolop(self, node, scope):
        return merge([self.value(item, scope) for item in node.values])

    def _list(self, node, scope):
        out = []
        for item in node.elts:
            if isinstance(item, ast.Starred):
                out.extend(items(self.value(item.value, scope)))
            else:
                out.append(self.value(item, scope))
        return out

    _tuple = _set = _list

    def _dict(self, node, scope):
        out = Table()
        for key, item in zip(node.keys, node.values):
            value = self.value(item, scope)
            if key is None:
                out.extend(value if isinstance(value, Table) else [(UNKNOWN, texts(value))])
            else:
                out.append((self.text(key, scope), value))
        return out

    def _listcomp(self, node, scope):
        return [self.value(node.elt, self.scopes.get(node, scope))]

    _setcomp = _generatorexp = _listcomp

    def _dictcomp(self, node, scope):
        inner = self.scopes.get(node, scope)
        return Table([(self.text(node.key, inner), self.value(node.value, inner))])

    def _binop(self, node, scope):
        left = self.value(node.left, scope)
        if isinstance(node.op, ast.Mod) and not isinstance(left, list):
            return self._percent(left, node.right, scope)
        right = self.value(node.right, scope)
        if isinstance(node.op, (ast.Add, ast.BitOr)) and isinstance(left, list) and isinstance(right, list):
            return Table(left + right) if isinstance(left, Table) else left + right
        if isinstance(node.op, ast.Add):
            return concat(texts(left), texts(right))
        if isinstance(node.op, ast.Div):
            return join([texts(left), texts(right)])
        return UNKNOWN

    def _percent(self, formats, right, scope):
        args = right.elts if isinstance(right, ast.Tuple) else [right]
        table = self.value(right, scope) if isinstance(right, (ast.Dict, ast.Name)) else None
        out = []
        for form in formats:
            made, at, used = frozenset({""}), 0, 0
            for found in _PERCENT.finditer(form):
                made = concat(made, frozenset({form[at : found.start()]}))
                at = found.end()
                if found[2] == "%":
                    made = concat(made, frozenset({"%"}))
                elif found[1]:
                    made = concat(made, lookup(table, frozenset({found[1]})) if isinstance(table, Table) else UNKNOWN)
                else:
                    known = found[2] == "s" and used < len(args)
                    made = concat(made, self.text(args[used], scope) or UNKNOWN if known else UNKNOWN)
                    used += 1
            out.append(concat(made, frozenset({form[at:]})))
        return union(out)

    def _subscript(self, node, scope):
        if self.dotted(node.value) in {"os.environ", "environ"} and _text(node.slice) == "LAMBDA_TASK_ROOT":
            return frozenset({ROOT})
        if isinstance(node.value, ast.Attribute) and node.value.attr == "parents":
            value = self.text(node.value.value, scope)
            depth = node.slice.value if isinstance(node.slice, ast.Constant) else None
            if not isinstance(depth, int):
                return UNKNOWN
            for _ in range(depth + 1):
                value = dirname(value)
            return value
        if isinstance(node.value, ast.Call) and self.dotted(node.value.func) == "globals":
            return {"__file__": self.file(), "__name__": frozenset({self.module})}.get(_text(node.slice), UNKNOWN)
        value = self.value(node.value, scope)
        if isinstance(value, Table):
            return lookup(value, self.text(node.slice, scope))
        if isinstance(value, list):
            return element(value, node.slice)
        return UNKNOWN

    def file(self):
        """`__file__` of this file."""
        return frozenset({ROOT + "/" + self.path})

    def _attribute(self, node, scope):
        if node.attr == "__module__":
            return NONE  # the module of something that exists: it is loaded already
        if node.attr == "parent":
            if isinstance(node.value, ast.Name) and node.value.id == "__spec__":
                return frozenset({self.package})
            return dirname(self.text(node.value, scope))
        if node.attr == "name" and isinstance(node.value, ast.Name) and node.value.id == "__spec__":
            return frozenset({self.module})
        if isinstance(node.value, ast.Name) and node.attr in self.attributes:
            owners = self.attributes[node.attr]
            if all(how == "value" for how, _, _, _ in owners):
                return merge([self.value(item, inner) for _, item, _, inner in owners])
        return UNKNOWN

    def _name(self, node, scope):
        special = {
            "__name__": self.module,
            "__package__": self.package,
            "__file__": ROOT + "/" + self.path,
        }.get(node.id)
        if special is not None:
            return frozenset({special})
        if node.id == "__path__":
            return [dirname(self.file())]
        home = scope.find(node.id)
        if home is None:
            return UNKNOWN
        refined = self.refine(node, home)
        if refined is not None:
            return refined
        values = [self._binding(how, item, path, home) for how, item, path in home.bound.get(node.id, ())]
        if node.id in home.params:
            values.append(self.parameter(home, node.id))
        for how, item in home.grown.get(node.id, ()):
            grown = self.value(item, home) if item is not None else UNKNOWN
            values.append(_grown(how, grown))
        return merge(values)

    def _binding(self, how, node, path, scope):
        if how == "unknown":
            return UNKNOWN
        value = self.value(node, scope)
        if how == "item":
            value = merge(items(value))
        for index in path:
            value = (
                value[index]
                if isinstance(value, list) and not isinstance(value, Table) and index < len(value)
                else UNKNOWN
            )
        return value

    def refine(self, node, scope):
        """Texts to which a membership test around `node` limits it, or None."""
        if node.id not in scope.params:
            return None
        child, found = node, None
        while found is None and child in self.parents:
            parent = self.parents[child]
            if isinstance(parent, (ast.If, ast.IfExp)) and child is not parent.test and child not in _orelse(parent):
                found = self._members(parent.test, node.id, ast.In, scope)
            if isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef)):
                for earlier in parent.body:
                    if earlier is child or found is not None:
                        break
                    if isinstance(earlier, ast.If) and isinstance(earlier.body[-1], (ast.Raise, ast.Return)):
                        found = self._members(earlier.test, node.id, ast.NotIn, scope)
                if found is None and parent.name == "__getattr__" and isinstance(scope.parent.node, ast.Module):
                    found = self._table_keys(parent, node.id, scope)
                break
            child = parent
        return found

    def _members(self, test, name, operator, scope):
        tests = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
        for item in tests if operator is ast.In else [test]:
            if (
                isinstance(item, ast.Compare)
                and isinstance(item.ops[0], operator)
                and isinstance(item.left, ast.Name)
                and item.left.id == name
            ):
                return _closed(self.value(item.comparators[0], scope))
        return None

    def _table_keys(self, function, name, scope):
        # The idiom of lazy modules: `TABLE[name]` or `TABLE.get(name)` decides, so its keys are the names.
        for node in ast.walk(function):
            table, key = None, None
            if isinstance(node, ast.Subscript):
                table, key = node.value, node.slice
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "get"
                and node.args
            ):
                table, key = node.func.value, node.args[0]
            if isinstance(key, ast.Name) and key.id == name and isinstance(table, ast.Name):
                value = self.value(table, scope)
                if isinstance(value, Table) and (found := _closed(value)) is not None:
                    return found
        return None

    def parameter(self, scope, name):
        """What callers in this file pass as `name`, its default, and `*` where others may call."""
        function = scope.node
        index, default = scope.params[name]
        values = [] if default is None else [self.value(default, scope.parent)]
        sites = self.calls.get(getattr(function, "name", ""), ())
        for call, caller in sites:
            values.append(self._argument(call, caller, index, name, is_method(scope)))
        if not self.closed(function):
            values.append(UNKNOWN)
        return merge(values)

    def closed(self, function):
        """Whether every caller of `function` is in this file."""
        name = getattr(function, "name", "")
        private = name.startswith("_") and not name.startswith("__")
        nested = isinstance(self.scopes[function].parent.node, (ast.FunctionDef, ast.AsyncFunctionDef))
        sites = self.calls.get(name, ())
        return bool(sites) and (private or nested) and self.loads.get(name, 0) == len(sites)

    def _argument(self, call, caller, index, name, method):
        for keyword in call.keywords:
            if keyword.arg == name:
                return self.value(keyword.value, caller)
        if any(isinstance(arg, ast.Starred) for arg in call.args) or any(item.arg is None for item in call.keywords):
            return UNKNOWN
        index -= 1 if method else 0
        return self.value(call.args[index], caller) if 0 <= index < len(call.args) else NONE

    def _call(self, node, scope):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        full = self.dotted(node.func)
        args = node.args
        if full in {"os.path.join", "posixpath.join"} or name == "joinpath":
            first = [self.text(node.func.value, scope)] if name == "joinpath" else []
            return join(first + [self.text(arg, scope) for arg in args])
        if name == "dirname" and args:
            return dirname(self.text(args[0], scope))
        if full == "os.path.split" and args:
            return [dirname(self.text(args[0], scope)), UNKNOWN]
        if full in {"os.getcwd", "pathlib.Path.cwd"}:
            return frozenset({ROOT})
        if full in {"os.getenv", "os.environ.get"} and args:
            rest = [self.value(arg, scope) for arg in args[1:]]
            return frozenset({ROOT}) if _text(args[0]) == "LAMBDA_TASK_ROOT" else merge([UNKNOWN, *rest])
        if name in _IDENTITY and (len(args) == 1 or (name == "cast" and len(args) == 2)):
            return self.value(args[-1], scope)
        if name in {"Path", "PurePath"} and args:
            return join([self.text(arg, scope) for arg in args])
        if name == "enumerate" and args:
            return [[UNKNOWN, item] for item in items(self.value(args[0], scope))]
        if isinstance(node.func, ast.Attribute):
            return self._method(node, name, scope)
        return self._inline(name, scope)

    def _method(self, node, name, scope):
        args = node.args
        if name == "format":
            return self._format(self.text(node.func.value, scope), node, scope)
        if name in _IDENTITY and not args:
            return self.value(node.func.value, scope)
        value = self.value(node.func.value, scope)
        if isinstance(value, Table):
            if name == "get" and args:
                rest = [self.value(arg, scope) for arg in args[1:]]
                return merge([lookup(value, self.text(args[0], scope)), *rest])
            if name in {"values", "items", "keys"}:
                return {"values": [v for _, v in value], "keys": [k for k, _ in value]}.get(
                    name, [[k, v] for k, v in value]
                )
        known = frozenset() if isinstance(value, list) else value
        given = [_text(arg) for arg in args]
        if name in {"with_suffix", "with_name"} and args and not isinstance(value, list):
            new = self.text(args[0], scope)
            stem = frozenset(text.rpartition(".")[0] for text in known) if name == "with_suffix" else None
            return concat(stem, new) if stem is not None else join([dirname(known), new])
        if name == "join" and len(args) == 1 and len(known) == 1:
            parts, out = self.value(args[0], scope), frozenset({""})
            if not isinstance(parts, list) or not isinstance(args[0], (ast.List, ast.Tuple)):
                return UNKNOWN
            for index, part in enumerate(parts):
                out = concat(concat(out, known) if index else out, texts(part))
            return out
        if any("*" in text for text in known) or not known or any(item is None for item in given):
            return UNKNOWN
        if name in _CASE or name in {"replace", "removeprefix", "removesuffix"}:
            try:
                return frozenset(getattr(text, name)(*given) for text in known)
            except (AttributeError, TypeError):
                return UNKNOWN
        if name in {"partition", "rpartition"} and len(known) == 1 and given:
            return [frozenset({part}) for part in getattr(next(iter(known)), name)(given[0])]
        if name in {"split", "rsplit"} and len(known) == 1 and len(given) <= 1:
            return [frozenset({part}) for part in next(iter(known)).split(*given)]
        return UNKNOWN

    def _format(self, forms, node, scope):
        named = {item.arg: item.value for item in node.keywords if item.arg}
        out = []
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
                plain = arg is not None and not found[2] and not found[3]
                made = concat(made, self.text(arg, scope) or UNKNOWN if plain else UNKNOWN)
            out.append(concat(made, frozenset({form[at:]})))
        return union(out)

    def _inline(self, name, scope):
        function = self.functions.get(name)
        if function is None or function not in self.scopes or isinstance(function, ast.Lambda):
            return UNKNOWN
        inner = self.scopes[function]
        found = self.returns.get(function)
        return merge([self.value(node, inner) for node in found]) if found else UNKNOWN


def is_method(scope):
    """Whether the function of `scope` takes self or cls first."""
    arguments = scope.node.args.posonlyargs + scope.node.args.args
    in_class = isinstance(scope.parent.node, ast.ClassDef) if scope.parent else False
    return in_class and bool(arguments) and arguments[0].arg in {"self", "cls", "mcs", "mcls"}


def lookup(table, keys):
    """The values that a Table may have for `keys`."""
    if any("*" in key for key in keys) or not keys:
        return merge([value for _, value in table])
    found = [value for key, value in table if key & keys or any("*" in text for text in key)]
    return merge(found) if found else NONE


def element(value, index):
    """One element of a list by a literal index, else all of them merged."""
    if isinstance(index, ast.UnaryOp) and isinstance(index.op, ast.USub) and isinstance(index.operand, ast.Constant):
        number = -index.operand.value if isinstance(index.operand.value, int) else None
    else:
        number = index.value if isinstance(index, ast.Constant) and isinstance(index.value, int) else None
    if number is not None and -len(value) <= number < len(value):
        return value[number]
    return value if isinstance(index, ast.Slice) else merge(value)


def _grown(how, value):
    if how == "item":  # name[key] = value
        return Table([(UNKNOWN, value)])
    return [value] if how == "append" else value


def _closed(value):
    found = union([texts(item) for item in items(value)])
    return found if found and not any("*" in text for text in found) else None


def _text(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _orelse(node):
    return node.orelse if isinstance(node.orelse, list) else [node.orelse]
