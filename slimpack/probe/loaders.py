"""Code objects -> calls of loaders with literal arguments, without parsing the source; None where that is not enough."""

from __future__ import annotations

import dis
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Optional

    Named = tuple[str, tuple[str, ...], int, int]

LOADERS = re.compile(
    r"^_*(?:(?:try|lazy|safe|maybe|optional|soft|attempt|dynamic)_)?import(?:orskip|er)?(?:_(?!from_c)|$)|_import$|"
    r"^_*lazy_?(?:import|load|call|module|object)|"
    r"^_*(?:load|get|require|check|resolve|find)_?(?:optional_)?(?:import|module|class|backend|plugin|driver|object|package|library|dependency)|"
    r"_installed$|^client$|^resource$|^create_client$|^Client$"
)
"""Names that sound like loaders or clients: calls of them are recorded by their first argument."""

_STORES = ("STORE_NAME", "STORE_FAST", "STORE_GLOBAL", "STORE_DEREF")
_NOISE = ("CACHE", "EXTENDED_ARG", "PUSH_NULL", "NOP", "RESUME", "NOT_TAKEN")
_AFTER = ("LOAD_", "KW_NAMES", "PRECALL", "CALL", "BUILD_TUPLE", "BUILD_MAP", "BUILD_CONST_KEY_MAP", "BUILD_LIST")
_LONGEST = 200


def loader_calls(codes: list[CodeType]) -> Optional[list[Named]]:
    """The calls of loaders in all of `codes`, if every argument is a literal; None where the source must be parsed."""
    found: dict[str, tuple[set[str], int]] = {}
    for code in codes:
        names = {name for name in (*code.co_names, *code.co_varnames) if LOADERS.search(name)}
        names.update(name for name in (*code.co_freevars, *code.co_cellvars) if LOADERS.search(name))
        if names and not _calls(code, names, found):
            return None
    return sorted((name, tuple(sorted(known)), 0, line) for name, (known, line) in found.items())


def _calls(code: CodeType, names: set[str], found: dict[str, tuple[set[str], int]]) -> bool:
    steps = [step for step in dis.get_instructions(code) if step.opname not in _NOISE]
    line = code.co_firstlineno
    for index, step in enumerate(steps):
        line = step.starts_line if type(step.starts_line) is int else getattr(step, "line_number", None) or line
        if step.argval not in names or not isinstance(step.argval, str):
            continue
        name = step.argval
        following = steps[index + 1] if index + 1 < len(steps) else None
        if step.opname == "IMPORT_FROM":
            if following is None or following.opname not in _STORES or following.argval != name:
                return False  # another name for it
            continue
        if not step.opname.startswith("LOAD_") or step.opname.startswith("LOAD_CONST"):
            continue
        if following is None:
            return False
        if following.opname.startswith("LOAD_CONST") and isinstance(following.argval, str):
            if not _is_whole(steps[index + 2 :]):
                return False
            known, first = found.setdefault(name, (set(), line))
            if len(following.argval) < _LONGEST:
                known.add(following.argval)
        elif not (following.opname in ("CALL", "CALL_FUNCTION", "CALL_METHOD", "PRECALL") and following.arg == 0):
            return False
    return True


def _is_whole(steps: list[dis.Instruction]) -> bool:
    """Whether the literal before `steps` is the argument itself: nothing but more arguments up to the call."""
    for step in steps:
        if not step.opname.startswith(_AFTER) or step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            return False
        if step.opname.startswith(("CALL", "PRECALL")):
            return True
    return False
