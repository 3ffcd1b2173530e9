"""Values of the partial evaluator: texts with `*` for what is not known, lists of values, and tables.

A frozenset holds alternatives (empty: no text at all, such as None). A path made from `__file__` is a text that starts
with ROOT. Nothing here narrows: too many alternatives become `*`.
"""

# Names read better in running text, and zip() has no `strict` before Python 3.10:
# ruff: noqa: B905, SIM905

from __future__ import annotations

import ast
import posixpath
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Union

    Text = frozenset[str]
    Value = Union[Text, list[Any]]

ROOT = "\x00tree\x00"
"""Stands for the folder that the tree is unpacked into."""
SOURCE = ".py"
"""What the name of a source ends with; code that says so wants sources, not merely the modules."""
LIMIT = 4096
UNKNOWN: Text = frozenset({"*"})
NONE: Text = frozenset()
_EDITS = frozenset(
    "lower upper strip lstrip rstrip title capitalize casefold replace removeprefix removesuffix".split()
)
_PATHS = 256
_ROW = 8
"""Lists of one length up to this are rows of a table, and merge column by column."""


class Table(list):  # type: ignore[type-arg]  # list[Any] cannot be subscripted as a base on Python 3.8's grammar of stubs
    """A dict display: a list of (key, value) pairs."""


def concat(left: Text, right: Text) -> Text:
    """Texts of `left` followed by texts of `right`."""
    if len(left) * len(right) > LIMIT:
        prefixes = {text.split("*")[0] for text in left}
        return squeeze({prefix + "*" for prefix in prefixes}) if len(prefixes) <= LIMIT else UNKNOWN
    return squeeze({first + second for first in left for second in right})


def squeeze(found: Iterable[str]) -> Text:
    """Texts without runs of `*`."""
    return frozenset(re.sub(r"\*+", "*", text) if "**" in text else text for text in found)


def texts(value: Value) -> Text:
    """All texts in a value, at any depth; of a Table, its values."""
    if isinstance(value, Table):
        return union([texts(item) for _, item in value])
    if isinstance(value, list):
        return union([texts(item) for item in value])
    return value


def union(values: list[Text]) -> Text:
    """Every text of every value."""
    out: Text = frozenset().union(*values) if values else NONE
    return out if len(out) <= LIMIT else UNKNOWN


def items(value: Value) -> list[Any]:
    """What iterating over a value yields."""
    if isinstance(value, Table):
        return [key for key, _ in value]
    if isinstance(value, list):
        return value
    return [UNKNOWN]


def merge(values: list[Value]) -> Value:
    """One value that covers all of `values`."""
    values = [value for value in values if value != NONE]
    if len(values) == 1:
        return values[0]
    if values and all(isinstance(value, Table) for value in values):
        return Table(pair for value in values for pair in value)
    if values and all(isinstance(value, list) and not isinstance(value, Table) for value in values):
        if len({len(value) for value in values}) == 1 and len(values[0]) <= _ROW:
            return [merge(list(column)) for column in zip(*values)]
        return [item for value in values for item in value]
    return union([texts(value) for value in values])


def join(parts: list[Text]) -> Text:
    """`os.path.join` over texts; an absolute part starts anew."""
    out = parts[0] if parts else UNKNOWN
    for part in parts[1:]:
        if len(out) > _PATHS:
            out = frozenset({posixpath.commonprefix(sorted(out)) + "*"})
        tails = part if len(out) * len(part) <= _PATHS else UNKNOWN
        out = union([_join(head, tail) for head in sorted(out) for tail in sorted(tails)])
    return out


def _join(head: str, tail: str) -> Text:
    if tail.startswith(("/", ROOT)):
        return frozenset({tail})
    path = head.rstrip("/") + "/" + tail if head else tail
    if "*" not in path and path.startswith(ROOT):
        path = ROOT + posixpath.normpath("/" + path[len(ROOT) :].lstrip("/")).rstrip("/")
    elif "/../" in path + "/":
        path = _without_parents(path)
    return squeeze({path})


def _without_parents(path: str) -> str:
    kept: list[str] = []
    for part in path.split("/"):
        if part == ".." and kept and kept[-1] != "..":
            kept.pop()
        elif part != ".":
            kept.append(part)
    return "/".join(kept)


def dirname(value: Text) -> Text:
    """The parent folder of each text."""
    return frozenset(_dirname(text) for text in value)


def _dirname(text: str) -> str:
    head, _, _ = text.rpartition("/")
    return head or ("*" if "*" in text else ROOT if text.startswith(ROOT) else "")


def stem(value: Text) -> Text:
    """Each text without its extension."""
    return frozenset(posixpath.splitext(text)[0] for text in value)


def lookup(table: Table, keys: Text) -> Value:
    """The values that a Table may have for `keys`."""
    if any("*" in key for key in keys) or not keys:
        return merge([value for _, value in table])
    found = [value for key, value in table if key & keys or any("*" in text for text in key)]
    return merge(found) if found else NONE


def element(value: list[Any], index: ast.expr) -> Value:
    """One element of a list by a literal index, else all of them merged."""
    number: Any = None
    if isinstance(index, ast.UnaryOp) and isinstance(index.op, ast.USub) and isinstance(index.operand, ast.Constant):
        number = -index.operand.value if isinstance(index.operand.value, int) else None
    elif isinstance(index, ast.Constant):
        number = index.value
    if isinstance(number, int) and -len(value) <= number < len(value):
        found: Value = value[number]
        return found
    return value if isinstance(index, ast.Slice) else merge(value)


def grown(how: str, value: Value) -> Value:
    """What a container gains by `name[key] = value` (item), `append` or `extend`."""
    if how == "item":
        return Table([(UNKNOWN, value)])
    return [value] if how == "append" else value


def closed(value: Value) -> Text | None:
    """The texts that iterating yields, if all of them are known."""
    found = union([texts(item) for item in items(value)])
    return found if found and not any("*" in text for text in found) else None


def literal(node: ast.AST | None) -> str | None:
    """The text of a string literal, or None."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def edited(name: str, value: Text, node: ast.Call) -> Value:
    """What a str method with literal arguments makes of known texts."""
    given: list[Any] = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
    named = {item.arg: item.value.value for item in node.keywords if item.arg and isinstance(item.value, ast.Constant)}
    known = bool(value) and not any("*" in text for text in value)
    if not known or len(given) != len(node.args) or len(named) != len(node.keywords):
        return UNKNOWN
    try:
        made: list[Any] = [getattr(text, name)(*given, **named) for text in sorted(value)]
    except (AttributeError, TypeError, ValueError):
        return UNKNOWN
    if name in _EDITS:
        return frozenset(made)
    if name not in {"partition", "rpartition", "split", "rsplit"}:
        return UNKNOWN
    if len({len(row) for row in made}) == 1:
        return [frozenset(column) for column in zip(*made)]
    return [frozenset(part for row in made for part in row)]
