"""TOML -> Rule: parsed whole or rejected whole, with every problem listed."""

import tomllib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from slimpack.errors import ConfigError, Problem
from slimpack.model.glob import fault
from slimpack.model.rule import Eager, Imports, Paths, Quiet, Rule, Services, Start, Understood

T = TypeVar("T")

REWRITES = ("botocore-docs",)
"""The transforms of `apply` that a rule may ask for."""

_TABLES = ("imports", "keep", "drop", "source", "understood", "services", "rewrite", "eager", "quiet", "start")
_KEYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # table -> keys it must have, keys it may have; every item also has `why` and may have `evidence`
    "imports": (("targets",), ("module",)),
    "keep": (("globs",), ("when", "of")),
    "drop": (("globs",), ("when",)),
    "source": (("globs",), ("when",)),
    "understood": (("path",), ("imports", "only")),
    "services": (("calls", "folder"), ("always",)),
    "rewrite": (("transform", "globs"), ("when",)),
    "eager": (("modules",), ()),
    "quiet": (("classes",), ()),
    "start": (("variable", "value"), ()),
}
_LISTS = frozenset({"targets", "globs", "imports", "calls", "always", "modules", "classes"})
_GLOBS = frozenset({"globs", "path", "folder"})


def parse(text: str, *, where: str) -> Rule:
    """Make the Rule that `text` says; `where` names the file in what is raised."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(Problem(what=f"not valid TOML: {error}", where=where)) from None
    problems = [Problem(what=what, where=f"{where}: {key}" if key else where, do=do) for key, what, do in _faults(raw)]
    if problems:
        raise ConfigError(*problems)
    return Rule(
        distribution=raw["distribution"],
        imports=_items(raw, "imports", _imports),
        keep=_items(raw, "keep", _paths),
        drop=_items(raw, "drop", _paths),
        source=_items(raw, "source", _paths),
        understood=_items(raw, "understood", _understood),
        services=_items(raw, "services", _services),
        rewrite=_items(raw, "rewrite", lambda item: (str(item["transform"]), _paths(item))),
        eager=_items(raw, "eager", lambda item: Eager(modules=tuple(item["modules"]), why=item["why"])),
        quiet=_items(raw, "quiet", lambda item: Quiet(classes=tuple(item["classes"]), why=item["why"])),
        start=_items(raw, "start", lambda item: Start(variable=item["variable"], value=item["value"], why=item["why"])),
    )


def _items(raw: Mapping[str, Any], table: str, make: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
    return tuple(make(item) for item in raw.get(table, ()))


def _imports(item: Mapping[str, Any]) -> Imports:
    return Imports(module=item.get("module", ""), targets=tuple(item["targets"]), why=item["why"])


def _paths(item: Mapping[str, Any]) -> Paths:
    return Paths(globs=tuple(item["globs"]), why=item["why"], when=item.get("when", ""), of=item.get("of", ""))


def _understood(item: Mapping[str, Any]) -> Understood:
    return Understood(
        path=item["path"], why=item["why"], imports=tuple(item.get("imports", ())), only=item.get("only", False)
    )


def _services(item: Mapping[str, Any]) -> Services:
    return Services(
        calls=tuple(item["calls"]), folder=item["folder"], always=tuple(item.get("always", ())), why=item["why"]
    )


_Fault = tuple[str, str, str]
"""Key, what is wrong, what to do."""


def _faults(raw: Mapping[str, Any]) -> list[_Fault]:
    faults: list[_Fault] = []
    name = raw.get("distribution")
    if not isinstance(name, str) or not name:
        faults.append(("distribution", "is missing", 'name the distribution, normalised: distribution = "certifi"'))
    elif name != name.lower() or "_" in name or "." in name:
        faults.append(("distribution", f"{name!r} is not normalised", "lower case, '-' for '_' and '.'"))
    faults += [_unknown(key, key, ("distribution", *_TABLES)) for key in raw if key not in ("distribution", *_TABLES)]
    for table in _TABLES:
        items = raw.get(table, [])
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            faults.append((table, "is not an array of tables", f"write [[{table}]]"))
            continue
        for index, item in enumerate(items):
            faults += _item_faults(table, f"{table}[{index}]", item)
    if not faults and not any(raw.get(table) for table in _TABLES):
        faults.append(("", "says nothing", f"give one of {', '.join(_TABLES)}"))
    return faults


def _item_faults(table: str, where: str, item: Mapping[str, Any]) -> list[_Fault]:
    required, optional = _KEYS[table]
    allowed = (*required, *optional, "why", "evidence")
    faults = [_unknown(f"{where}.{key}", key, allowed) for key in item if key not in allowed]
    faults += [(f"{where}.{key}", "is missing", "") for key in (*required, "why") if key not in item]
    for key, value in item.items():
        if key not in allowed:
            continue
        if wrong := _value_fault(key, value):
            faults.append((f"{where}.{key}", wrong, ""))
    if table == "rewrite" and item.get("transform") not in REWRITES:
        faults.append((f"{where}.transform", f"{item.get('transform')!r} is none", f"one of {', '.join(REWRITES)}"))
    return faults


def _value_fault(key: str, value: object) -> str:
    """What is wrong with the value of `key`; empty where nothing is."""
    if key == "only":
        return "" if isinstance(value, bool) else "is neither true nor false"
    if key == "of":
        return "" if value == "own" else "is not `own`"
    if key in _LISTS:
        if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
            return "is not a list of names"
        values = value
    else:
        if not isinstance(value, str) or not (value.strip() or key in {"module", "when"}):
            return "is not a text"
        values = [value]
    if key in _GLOBS:
        bad = [f"{one!r} {wrong}" for one in values if (wrong := fault(one))]
        return "; ".join(bad)
    return ""


def _unknown(where: str, key: str, allowed: tuple[str, ...]) -> _Fault:
    near = get_close_matches(key, allowed, n=1)
    return where, "is not a key here", f"did you mean {near[0]!r}?" if near else f"allowed: {', '.join(allowed)}"
