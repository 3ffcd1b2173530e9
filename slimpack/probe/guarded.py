"""Code object -> ValueError if it reads a deferred name where nothing has loaded it: the compiler's word on ours."""

from __future__ import annotations

import dis
import inspect

from .guards import flag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import CodeType

_READS = frozenset({"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"})
_WRITES = frozenset({"STORE_GLOBAL", "DELETE_GLOBAL"})
_AT_TOP = frozenset({"STORE_NAME", "DELETE_NAME"})
_EXPRESSIONS = frozenset({"<lambda>", "<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})


def check(code: CodeType, group_of: Mapping[str, int]) -> None:
    """Hold a module's code and everything nested in it against the names that are absent at first."""
    flags = {flag(group): group for group in group_of.values()}
    todo: list[tuple[CodeType, frozenset[int], bool]] = [(code, frozenset(), True)]
    while todo:
        item, loaded, is_module = todo.pop()
        here = set(loaded)
        for step in dis.get_instructions(item):
            name = step.argval
            if not isinstance(name, str) or (name not in group_of and name not in flags):
                continue
            if step.opname in _READS and name in flags:
                here.add(flags[name])
            elif name in group_of and (step.opname in _WRITES or (is_module and step.opname in _AT_TOP)):
                raise ValueError(f"{item.co_name} binds {name}, which is deferred")
            elif name in group_of and step.opname in _READS and group_of[name] not in here:
                raise ValueError(f"{item.co_name} reads {name} before it is loaded")
        for nested in item.co_consts:
            if hasattr(nested, "co_code"):
                inside = nested.co_name in _EXPRESSIONS or not nested.co_flags & inspect.CO_OPTIMIZED
                todo.append((nested, frozenset(here) if inside and not is_module else frozenset(), False))
