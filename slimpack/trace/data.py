"""Data files: those of reached packages stay, those of packages that nothing reached need code that reads there."""

from collections.abc import Iterator

from slimpack.model.glob import matcher
from slimpack.model.trace import ReasonKind
from slimpack.model.tree import OWN
from slimpack.trace import pickles
from slimpack.trace.reached import Because, Reached, is_code
from slimpack.trace.ruled import service_folders

_INIT = ("__init__.py", "__init__.pyc")


def package_data(state: Reached) -> None:
    """Reach the data of reached distributions.

    A file belongs to the nearest folder above it that holds modules. Where one of those is reached, it stays. Where
    none is, it stays only if reached code reads somewhere above it in a way that was not understood.
    """
    busy = {path.rpartition("/")[0] for path in state.reasons if is_code(path)}
    homes: dict[str, tuple[str, ...] | None] = {}
    infos = tuple(f"{distribution.info}/" for distribution in state.tree.distributions if distribution.info)
    services = service_folders(state)
    for owner, first in list(state.owners.items()):
        if owner == OWN:
            continue
        for path in state.index.by_owner[owner]:
            if path in state.reasons or is_code(path) or path.startswith((*infos, *services)):
                continue
            folder = path.rpartition("/")[0]
            if folder not in homes:
                homes[folder] = _home(state, folder)
            home = homes[folder]
            if home is None or home[0] in busy:
                parent = _inside(state, home[0], first) if home is not None else first
                state.path(path, Because(ReasonKind.DATA, parent))
            elif because := _asked(state, path):
                state.path(path, because)


def _home(state: Reached, folder: str) -> tuple[str, ...] | None:
    """The nearest folder above that holds modules, in a tuple; None where there is none."""
    while folder:
        if any(is_code(name) for name in state.index.children.get(folder, ())):
            return (folder,)
        folder = folder.rpartition("/")[0]
    return None


def _inside(state: Reached, folder: str, first: str) -> str:
    names = state.index.children[folder]
    for name in (*_INIT, *names):
        path = f"{folder}/{name}"
        if path in state.reasons and is_code(name):
            return path
    return first


def _asked(state: Reached, path: str) -> Because | None:
    folder = path.rpartition("/")[0]
    while folder:
        if folder in state.folders:
            return state.folders[folder]
        folder = folder.rpartition("/")[0]
    return None


def own_data(state: Reached, include: tuple[str, ...], root: str) -> None:
    """Reach what `include` names, and the project's own data that its code names or below which it reads."""
    because = Because(ReasonKind.INCLUDED, root)
    matches = matcher(include)
    for path in state.tree.files if include else ():
        if path not in state.reasons and matches(path):
            if module := state.index.module_of(path):
                state.module(module, because)
            state.path(path, because)
    named = _named(state)
    for path in state.index.by_owner.get(OWN, ()):
        if path not in state.reasons and not is_code(path) and not state.index.is_aside(path):
            if (name := next((end for end in _ends(path) if end in named), "")) != "":
                state.path(path, Because(ReasonKind.STRING, named[name], 0, name))
                continue
            found = _asked(state, path) or state.folders.get("")
            if found is not None and (found.parent in state.tree.files and state.tree.files[found.parent].owner == OWN):
                state.path(path, found)


def _named(state: Reached) -> dict[str, str]:
    """The texts in own code that look like file names (`page.html`, `mails/welcome.txt`), and where each stands.

    A loader may look for them anywhere (a template's folder is in its framework's defaults), so any file of that name
    is meant.
    """
    named: dict[str, str] = {}
    for path in state.reached_of(OWN):
        if path in state.facts:
            for text in state.facts[path].strings:
                if "." in text.rpartition("/")[2]:
                    named.setdefault(text.removeprefix("./"), path)
    return named


def _ends(path: str) -> Iterator[str]:
    """The path, and all that it ends with: `a/b/c.txt`, `b/c.txt`, `c.txt`."""
    while path:
        yield path
        path = path.partition("/")[2]


def data_pickles(state: Reached, done: set[str]) -> None:
    """Reach the modules that shipped pickles name; one that cannot be read keeps everything whole."""
    for path in [path for owner in list(state.owners) for path in state.reached_of(owner)]:
        if path in done or not path.endswith(pickles.SUFFIXES):
            continue
        done.add(path)
        names = pickles.scan(state.tree.files[path].content.read())
        if names is None:
            state.give_up(path, 0, "a pickle that cannot be read")
            for distribution in state.tree.distributions:
                state.keep_whole(
                    distribution.name, Because(ReasonKind.UNRESOLVED, path, 0, "a pickle that cannot be read")
                )
            continue
        because = Because(ReasonKind.PICKLE, path)
        state.all_modules((name for name in sorted(names) if state.index.resolve(name)), because)
