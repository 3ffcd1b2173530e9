"""Entry-point groups that reachable code asks for -> their providers; and the metadata of reached distributions."""

import re

from slimpack.model.trace import ReasonKind
from slimpack.trace import dynamic
from slimpack.trace.reached import Because, Reached

_COMMANDS = frozenset({"console_scripts", "gui_scripts"})


def plugins(state: Reached) -> None:
    """Reach the modules that provide the groups asked for; of a computed name, those of every group but commands."""
    if not state.groups:
        return
    tests = [
        (re.compile(".*".join(map(re.escape, name.split("*")))), because) for name, because in state.groups.items()
    ]
    for distribution in state.tree.distributions:
        for group, name, value in distribution.entry_points:
            because = next((because for test, because in tests if test.fullmatch(group)), None)
            if because is None or (group in _COMMANDS and group not in state.groups):
                continue
            module = value.partition(":")[0].partition("[")[0].strip()
            reason = Because(ReasonKind.PLUGIN, because.parent, because.line, f"{group}: {name}")
            state.all_modules(dynamic.modules(module, state.index), reason)


def installed(state: Reached) -> None:
    """Reach the dist-info of every reached distribution; which of its files are of use is the plan's business."""
    for distribution in state.tree.distributions:
        first = state.owners.get(distribution.name)
        if first is not None and distribution.info:
            because = Because(ReasonKind.METADATA, first, 0, distribution.name)
            for path in state.index.listed(distribution.info, deep=True):
                state.path(path, because)
