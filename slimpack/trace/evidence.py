"""Observation -> reasons: what imports loaded, opened, listed and asked for; and extension modules without evidence."""

import re
from collections.abc import Collection, Iterable, Mapping

from slimpack.model.observation import Observation
from slimpack.model.trace import ReasonKind, Trace, Unresolved
from slimpack.model.tree import Tree
from slimpack.trace.reached import Because, Reached
from slimpack.trace.ruled import service_folders

_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SEPARATORS = re.compile(r"[-_.]+")


def observed(state: Reached, observation: Observation, root: str) -> None:
    """Reach what the import of a reached module brought in, opened, listed or asked for.

    What events touched has its route over `root`, the first entry point. Not below service folders: their loader lists
    and asks for all of them, to find the one that it was asked for.
    """
    services = service_folders(state)
    for event in observation.events:
        because = Because(ReasonKind.OBSERVED, root, 0, f"in {event}")
        _loaded(state, observation, event, because)
        _touched(state, observation, event, dict.fromkeys(("opened", "listed", "probed"), because), services)
    for module in _evidenced(observation):
        path = next((path for path in state.index.resolve(module) if path in state.reasons), None)
        if path is None:
            continue
        _loaded(state, observation, module, Because(ReasonKind.LOADED, path, 0, module))
        whys = {
            "opened": Because(ReasonKind.OPENED, path, 0, module),
            "listed": Because(ReasonKind.LISTED, path, 0, module),
            "probed": Because(ReasonKind.OPENED, path, 0, f"{module} asks whether it is there"),
        }
        _touched(state, observation, module, whys, services)
        if module in observation.failed and state.index.is_extension(path) and state.covered(path) is None:
            state.give_up(path, 0, f"could not be imported: {observation.failed[module]}")


def touched(state: Reached, observation: Observation, entries: Collection[str]) -> frozenset[str]:
    """The files behind what the entry points and the events loaded, opened, listed and asked for.

    Not what extension modules brought when each was imported by itself: no event may ever load those.
    """
    services = service_folders(state)
    paths: set[str] = set()
    names: set[str] = set()
    for during in (*entries, *observation.events):
        names.update(observation.loaded.get(during, ()))
        paths.update(observation.opened.get(during, ()))
        for folder in _outside(services, observation.listed.get(during, ())):
            paths.update(state.index.listed(folder))
        for found in _outside(services, observation.probed.get(during, ())):
            paths.update([found] if found in state.tree.files else state.index.listed(found))
    for name in (*entries, *names):
        paths.update(state.index.resolve(name))
    return frozenset(paths & state.tree.files.keys())


def _outside(folders: tuple[str, ...], paths: Iterable[str]) -> Iterable[str]:
    return (path for path in paths if not f"{path}/".startswith(folders))


def _loaded(state: Reached, observation: Observation, during: str, because: Because) -> None:
    for name in observation.loaded.get(during, ()):
        if name not in state.modules and state.index.exists(name):
            state.module(name, because)


def _touched(
    state: Reached, observation: Observation, during: str, whys: Mapping[str, Because], services: tuple[str, ...]
) -> None:
    for found in observation.opened.get(during, ()):
        if found in state.tree.files:
            _opened(state, found, whys["opened"])
    for folder in _outside(services, observation.listed.get(during, ())):
        _contents(state, folder, whys["listed"])
    for found in _outside(services, observation.probed.get(during, ())):
        if found in state.tree.files:
            _reach(state, found, whys["probed"])
        elif not any(known.startswith(f"{found}/") for known in state.reasons):
            _contents(state, found, whys["probed"])


def _evidenced(observation: Observation) -> list[str]:
    kinds: tuple[Iterable[str], ...] = (
        observation.loaded, observation.opened, observation.listed, observation.probed, observation.failed,
    )  # fmt: skip
    return sorted({module for kind in kinds for module in kind})


def _opened(state: Reached, path: str, because: Because) -> None:
    if path.endswith(".py"):
        state.sources.setdefault(path, because.reason())
    _reach(state, path, because)


def _reach(state: Reached, path: str, because: Because) -> None:
    name = state.index.module_of(path)
    if name:
        state.module(name, because)
    state.path(path, because)


def _contents(state: Reached, folder: str, because: Because) -> None:
    for path in state.index.listed(folder):
        if not state.index.is_aside(path):
            _reach(state, path, because)


def unproven(state: Reached, observation: Observation) -> None:
    """Nothing ran: keep whole what extension modules may import, their distribution and what it requires."""
    for owner in list(state.owners):
        found = [
            path
            for path in state.reached_of(owner)
            if state.index.is_extension(path)
            and state.index.module_of(path) not in observation.loaded
            and state.covered(path) is None
        ]
        if not found or owner in state.whole:
            continue
        what = f"{len(found)} extension module{'s' * (len(found) > 1)} not imported: what they import is unknown"
        state.unresolved.add(Unresolved(path=found[0], line=0, what=what, kept=owner or "the project's own code"))
        because = Because(ReasonKind.UNRESOLVED, found[0], 0, what)
        state.keep_whole(owner, because)
        for required in _requirements(state.tree, owner):
            state.keep_whole(required, because)


def _requirements(tree: Tree, owner: str) -> list[str]:
    """The installed distributions that one requires (whatever the extra)."""
    names = {distribution.name for distribution in tree.distributions}
    out: set[str] = set()
    for distribution in tree.distributions:
        if distribution.name == owner:
            for text in distribution.requires:
                if match := _REQUIREMENT.match(text.strip()):
                    out.add(_SEPARATORS.sub("-", match[0]).lower())
    return sorted(out & names)


def extensions(trace: Trace, tree: Tree) -> tuple[str, ...]:
    """The extension modules that were reached, sorted; not libraries that merely lie beside one."""
    out = set()
    for path, reason in trace.reasons.items():
        if not path.endswith(".so") or path not in tree.files:
            continue
        folder, _, name = path.rpartition("/")
        tagged = ".cpython-" in name or name.endswith(".abi3.so")
        named = reason.kind not in {ReasonKind.NATIVE, ReasonKind.DATA, ReasonKind.UNRESOLVED}
        stem = name.split(".", 1)[0]
        if "." not in folder and stem and (tagged or (named and name == f"{stem}.so")):
            module = f"{folder}/{stem}".removesuffix("/__init__") if folder else stem
            out.add(module.replace("/", "."))
    return tuple(sorted(out))
