"""Paths made from `__file__`, `__path__`, the working directory, LAMBDA_TASK_ROOT -> what is read, listed, searched."""

from __future__ import annotations

import ast
import re

from .values import ROOT, SOURCE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .evaluate import Evaluator
    from .scopes import Scope

    Found = Iterator[tuple[str, str, Any]]
    """(kind, tree path, the node that says so)."""

LEAVES = ("__file__", "__path__", "getcwd", "cwd", "LAMBDA_TASK_ROOT")
"""Names by which a path under the tree comes in."""
_CLIMB = 8
_NODES = (
    ast.Attribute,
    ast.BinOp,
    ast.Call,
    ast.FormattedValue,
    ast.JoinedStr,
    ast.List,
    ast.Starred,
    ast.Subscript,
    ast.keyword,
)
_OPENS = re.compile(r"(?:open|open_code|read_text|read_bytes)")
_SEARCHES = {"sys.path.insert", "sys.path.append", "site.addsitedir"}
_LISTINGS = {"os.listdir", "os.scandir", "glob.glob", "glob.iglob", "os.walk"}
_METHODS = {"iterdir", "glob", "rglob", "scandir"}


def paths(evaluator: Evaluator) -> Found:
    """Every use of a path under the tree, once, as large as it is written."""
    if not any(name in evaluator.loads for name in LEAVES):
        return
    used: set[ast.AST] = set()
    for call, scope in evaluator.calls:
        for kind, path, node, argument in _listed(evaluator, call, scope):
            used.add(argument)
            yield kind, path, node
            if SOURCE in evaluator.loads:
                yield "source", _sources_in(path, ast.unparse(call)), node
    seen: set[ast.AST] = set()
    for name in sorted(_tainted(evaluator)):
        for leaf, scope in evaluator.loads.get(name, ()):
            best, value = _largest(evaluator, leaf, scope, used)
            if best is not None and best not in seen and value and not _is_named(evaluator, best):
                seen.add(best)
                yield from _uses(evaluator, best, value)


def _listed(evaluator: Evaluator, call: ast.Call, scope: Scope) -> Iterator[tuple[str, str, ast.Call, ast.AST]]:
    full = evaluator.dotted(call.func)
    if full in _LISTINGS and call.args:
        folder: ast.AST = call.args[0]
        wild = full.startswith("glob.")
    elif isinstance(call.func, ast.Attribute) and call.func.attr in _METHODS:
        folder, wild = call.func.value, False
    else:
        return
    for text in sorted(evaluator.text(folder, scope)):
        if text.startswith(ROOT):
            path = re.sub(r"/[^/]*[*?\[].*$", "", text) if wild else text
            yield "list", path[len(ROOT) + 1 :] or ".", call, folder


def _sources_in(folder: str, listing: str) -> str:
    """The glob of the sources that a listing shows; at any depth where it goes deep or the folder's name is open."""
    if "*" in folder:
        folder = folder.split("*", 1)[0].rpartition("/")[0] + "/**"
    elif "walk" in listing or "rglob" in listing or "**" in listing:
        folder = f"{folder}/**"
    return f"{folder}/*{SOURCE}".removeprefix("./").removeprefix("/")


def _tainted(evaluator: Evaluator) -> set[str]:
    """Names (of variables, attributes, functions) that may hold a path under the tree."""
    made: dict[str, list[ast.AST]] = {}
    for scope in evaluator.scopes.values():
        for name, bindings in scope.bound.items():
            made.setdefault(name, []).extend(node for _, node, _ in bindings)
    for name, owners in evaluator.attributes.items():
        made.setdefault(name, []).extend(node for (_, node, _), _ in owners)
    for function, returns in evaluator.returns.items():
        made.setdefault(getattr(function, "name", ""), []).extend(returns)
    inside = {name: {_leaf(item) for node in nodes for item in _expressions(node)} for name, nodes in made.items()}
    tainted = set(LEAVES)
    while True:
        new = {name for name, leaves in inside.items() if name not in tainted and not leaves.isdisjoint(tainted)}
        if not new:
            return tainted
        tainted |= new


def _expressions(node: ast.AST) -> Iterator[ast.AST]:
    return ast.walk(node) if isinstance(node, ast.expr) else iter(())


def _leaf(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _largest(evaluator: Evaluator, leaf: Any, scope: Scope, used: set[ast.AST]) -> tuple[Any, list[str]]:
    """The largest expression around `leaf` that is a path under the tree, and the paths; (None, []) if it is used."""
    node = best = leaf
    value = _rooted(evaluator, leaf, scope)
    for _ in range(_CLIMB):
        if node in used:
            return None, []
        node = evaluator.parents.get(node)
        if not isinstance(node, _NODES):
            break
        found = _rooted(evaluator, node, scope) if isinstance(node, ast.expr) else []
        if found:
            best, value = node, found
    return best, value


def _rooted(evaluator: Evaluator, node: Any, scope: Scope) -> list[str]:
    found = evaluator.value(node, scope)
    return sorted(text for text in found if text.startswith(ROOT)) if isinstance(found, frozenset) else []


def _is_named(evaluator: Evaluator, node: Any) -> bool:
    """Whether the path is only given a name, whose uses are looked at by themselves."""
    parent = evaluator.parents.get(node)
    if not isinstance(parent, (ast.Assign, ast.AnnAssign)):
        return False
    target = parent.targets[0] if isinstance(parent, ast.Assign) else parent.target
    return isinstance(target, ast.Name) and target.id in evaluator.loads


def _uses(evaluator: Evaluator, node: Any, value: list[str]) -> Found:
    parent = evaluator.parents.get(node)
    searched = isinstance(parent, ast.Call) and evaluator.dotted(parent.func) in _SEARCHES
    for text in value:
        inside = text[len(ROOT) + 1 :]
        if searched:
            yield "path", inside or ".", node
        elif inside == evaluator.path:
            if _is_opened(evaluator, parent) or _says_source(node):
                yield "source", inside, node
        elif "*" in inside or "." in inside.rpartition("/")[2]:
            yield "data", inside, node
        else:
            yield "file", inside or ".", node


def _is_opened(evaluator: Evaluator, parent: Any) -> bool:
    """Whether `__file__` itself is opened, not merely looked at."""
    name = parent.attr if isinstance(parent, ast.Attribute) else ""
    if isinstance(parent, ast.Call):
        name = evaluator.dotted(parent.func).rpartition(".")[2]
    return bool(_OPENS.fullmatch(name))


def _says_source(node: ast.AST) -> bool:
    """Whether a path is made to end as sources do (`splitext(__file__)[0] + ".py"`); `__file__` may end in `.pyc`."""
    return any(isinstance(item, ast.Constant) and str(item.value).endswith(SOURCE) for item in ast.walk(node))
