"""Names in strings -> modules: constants that name a module, patterns of computed names, arguments of wrappers."""

from collections.abc import Iterator

from slimpack.trace.imports import absolute
from slimpack.trace.index import Index

_ATTRIBUTES = 2
"""How many trailing parts of `package.module.Class.method` may be attributes."""


def named(text: str, index: Index, *, package: str, loose: bool) -> str:
    """The module that a string constant names; empty if none.

    A dotted name must be a module as it stands, or with its last parts taken off as attributes if what is left still
    has a dot. `loose` (the project's own code, where strings are configuration, and files that import by name) also
    takes `top.attribute` and, relative to `package`, `.module`.
    """
    text, _, attribute = text.partition(":")
    if text.startswith("."):
        level = len(text) - len(text.lstrip("."))
        text = absolute(level, text[level:], package) if loose else ""
    if not text or "/" in text or "-" in text:
        return ""
    if index.resolve(text) and ("." in text or attribute or loose):
        return text
    for _ in range(_ATTRIBUTES):
        text, dot, _ = text.rpartition(".")
        if not dot or ("." not in text and not loose):
            return ""
        if index.resolve(text):
            return text
    return ""


def is_open(pattern: str) -> bool:
    """Whether a pattern may mean any module; `*.name` does not: it means every module of that name."""
    return pattern.startswith("*") and not (
        pattern.startswith("*.") and "*" not in pattern[1:] and len(pattern) > len("*.")
    )


def modules(pattern: str, index: Index) -> Iterator[str]:
    """The modules a name or pattern means; of a name that is none itself, the nearest parent that is (an attribute)."""
    yield from index.matching(pattern)
    if "*" not in pattern and not index.exists(pattern):
        parent = pattern.rpartition(".")[0]
        if parent and index.exists(parent):
            yield parent
