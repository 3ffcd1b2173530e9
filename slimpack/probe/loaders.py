"""Code objects -> calls of loaders with literal arguments, without parsing; None where that is not enough."""

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
    r"^_*lazy_?(?:import|call|module|object)|^_*(?:load|resolve)_?(?:module|class|backend|plugin|driver|object)$|"
    r"^_*(?:require|check)_?(?:optional_)?(?:import|module|package|library|dependency)|_installed$|"
    r"^client$|^resource$|^create_client$|^Client$"
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
    lines: list[int] = []
    steps: list[dis.Instruction] = []
    line = code.co_firstlineno
    for step in dis.get_instructions(code):
        line = _line(step) or line
        if step.opname not in _NOISE:
            steps.append(step)
            lines.append(line)
    for index, step in enumerate(steps):
        if not isinstance(step.argval, str) or step.argval not in names:
            continue
        following = steps[index + 1 : index + 2]
        if step.opname == "IMPORT_FROM":
            if not following or following[0].opname not in _STORES or following[0].argval != step.argval:
                return False  # another name for it
        elif step.opname.startswith("LOAD_") and not step.opname.startswith("LOAD_CONST"):
            literal = _literal(steps[index + 1 :])
            if literal is None:
                return False
            if literal:
                found.setdefault(step.argval, (set(), lines[index]))[0].add(literal)
    return True


def _line(step: dis.Instruction) -> int:
    # From 3.13 on, starts_line is a bool and the number is beside it.
    number = step.starts_line if type(step.starts_line) is int else getattr(step, "line_number", 0)
    return number or 0


def _literal(steps: list[dis.Instruction]) -> Optional[str]:
    """The literal that a callable just loaded is called with; empty for a call without arguments; None: cannot tell."""
    if not steps:
        return None
    first = steps[0]
    if first.opname.startswith("LOAD_CONST") and isinstance(first.argval, str) and len(first.argval) < _LONGEST:
        return first.argval if _is_whole(steps[1:]) else None
    return "" if first.opname in ("CALL", "CALL_FUNCTION", "CALL_METHOD", "PRECALL") and first.arg == 0 else None


def _is_whole(steps: list[dis.Instruction]) -> bool:
    """Whether the literal before `steps` is the argument itself: nothing but more arguments up to the call."""
    for step in steps:
        if not step.opname.startswith(_AFTER) or step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            return False
        if step.opname.startswith(("CALL", "PRECALL")):
            return True
    return False
