"""Globs over tree paths.

`*` stays inside a folder, `**` crosses folders, a name without wildcards covers all that is below it.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

Matcher = Callable[[str], bool]
"""Tells whether a tree path is meant."""

_WILD = re.compile(r"[*?\[]")


def fault(pattern: str) -> str:
    """What is wrong with `pattern`; empty where nothing is."""
    parts = pattern.removesuffix("/").split("/")
    if not pattern or pattern == "/":
        return "is empty"
    if "\\" in pattern:
        return "has a backslash: paths are written with '/'"
    if pattern.startswith("/") or any(part in {"", ".", ".."} for part in parts):
        return "is not a relative path from the root of the package"
    if any("**" in part and part != "**" for part in parts):
        return "has '**' inside a name: '**' stands between slashes"
    if any(part.count("[") != part.count("]") for part in parts):
        return "has a '[' without its ']'"
    return ""


def matcher(patterns: Iterable[str]) -> Matcher:
    """One function for all `patterns`: one regular expression, so that a path costs the same for one glob or thirty."""
    return _matcher(tuple(patterns))


@lru_cache(maxsize=256)
def _matcher(patterns: tuple[str, ...]) -> Matcher:
    if not patterns:
        return _never
    exact = frozenset(pattern for pattern in patterns if not _WILD.search(pattern) and not pattern.endswith("/"))
    pattern = re.compile("|".join(f"(?:{_regex(pattern)})" for pattern in patterns), re.DOTALL)
    found = pattern.fullmatch
    return lambda path: path in exact or found(path) is not None


def _never(_path: str) -> bool:
    return False


def _regex(pattern: str) -> str:
    """The regular expression of one glob."""
    below = pattern.endswith("/")
    parts = pattern.removesuffix("/").split("/")
    out = ""
    for part in parts[:-1]:
        out += "(?:[^/]+/)*" if part == "**" else f"{_segment(part)}/"
    last = parts[-1]
    if last == "**":
        return out + ".+"
    out += _segment(last)
    if below:
        return out + "/.+"
    return out if _WILD.search(last) else out + "(?:/.+)?"


def _segment(part: str) -> str:
    """The regular expression of one name in a glob."""
    out = ""
    at = 0
    while at < len(part):
        char = part[at]
        if char == "*":
            out += "[^/]*"
        elif char == "?":
            out += "[^/]"
        elif char == "[" and "]" in part[at + 2 :]:
            end = part.index("]", at + 2)
            inside = part[at + 1 : end].replace("\\", "\\\\")
            out += f"[^{inside[1:]}]" if inside.startswith("!") else f"[{inside}]"
            at = end
        else:
            out += re.escape(char)
        at += 1
    return out
