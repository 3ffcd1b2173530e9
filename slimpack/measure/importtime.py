"""`-X importtime` text -> ModuleTime: own and cumulative time of each import, and who imported it.

The interpreter writes a line when an import ends, so what a module imported stands above it, two blanks deeper. What a
program prints may stand before a line, and threads mix theirs: a line that cannot be placed becomes a root.
"""

import re
from collections.abc import Iterator

from slimpack.model.timing import ModuleTime

_LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| ( *)(\S+)\s*$")


def parse(text: str) -> tuple[ModuleTime, ...]:
    """Every import of the text in the order in which they ended."""
    found: list[tuple[str, int, int, str]] = []
    open_imports: list[tuple[int, int]] = []  # (depth, index) of those whose importer has not come yet
    for own, cumulative, depth, module in _lines(text):
        index = len(found)
        while open_imports and open_imports[-1][0] > depth:
            child_depth, child = open_imports.pop()
            if child_depth == depth + 1:
                found[child] = (*found[child][:3], module)
        found.append((module, own, cumulative, ""))
        open_imports.append((depth, index))
    return tuple(
        ModuleTime(module=module, own=own, cumulative=cumulative, parent=parent)
        for module, own, cumulative, parent in found
    )


def _lines(text: str) -> Iterator[tuple[int, int, int, str]]:
    for line in text.splitlines():
        if (match := _LINE.search(line)) and len(match[3]) % 2 == 0:
            yield int(match[1]), int(match[2]), len(match[3]) // 2, match[4]
