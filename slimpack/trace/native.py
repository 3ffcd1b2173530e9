"""Shared objects: what a reached one needs (DT_NEEDED, $ORIGIN), and those that lie beside it."""

import posixpath

from slimpack.model.naming import is_shared_object
from slimpack.model.trace import ReasonKind
from slimpack.trace.reached import Because, Reached


def libraries(state: Reached, done: set[str]) -> None:
    """Reach what the reached shared objects need; `done` remembers those that were looked at."""
    for path in [path for path in state.reasons if path not in done and is_shared_object(path)]:
        facts = state.facts.get(path)
        if facts is None:
            continue
        done.add(path)
        folder = path.rpartition("/")[0]
        for name in facts.needed:
            because = Because(ReasonKind.NATIVE, path, 0, name)
            for found in _find(state, folder, name, facts.runpath):
                state.path(found, because)
        if folder:
            _beside(state, path, folder)


def _find(state: Reached, folder: str, name: str, search: tuple[str, ...]) -> list[str]:
    for entry in search:
        origin = entry.replace("${ORIGIN}", "$ORIGIN")
        if origin.startswith("$ORIGIN"):
            where = posixpath.normpath(f"{folder}/{origin.removeprefix('$ORIGIN').lstrip('/')}/{name}")
            if where in state.tree.files:
                return [where]
    return state.index.shared(name)  # the loader takes one that is loaded already by its soname, wherever it lies


def _beside(state: Reached, path: str, folder: str) -> None:
    # Opened by ctypes or cffi by a computed path, as pycryptodome does: keeping all of a folder fixed every case.
    because = Because(ReasonKind.NATIVE, path, 0, "beside it")
    if folder.endswith(".libs") or state.covered(path) is not None:
        return  # a rule knows that it opens none of them
    for found in state.index.listed(folder):
        if is_shared_object(found) and found not in state.reasons:
            state.path(found, because)
