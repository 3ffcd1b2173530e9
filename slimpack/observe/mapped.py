"""Observation of the host's own wheels -> Observation in the target's tree: by path, by module, by library name.

Wheels of one version for two machines hold the same Python and data; extension modules differ in their suffix, and
bundled libraries in the hash that the repair tools put into their names.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from slimpack.model.lookup import folders_of, found_from_root, suffixes
from slimpack.model.naming import is_shared_object
from slimpack.model.observation import Observation
from slimpack.model.target import Target
from slimpack.model.tree import Tree

_HASH = re.compile(r"-[0-9a-f]{8}(?=[.-])|(?<=\.so)[.0-9]*$")


def mapped(
    observation: Observation, *, source_target: Target, tree: Tree, target: Target
) -> tuple[Observation, tuple[str, ...]]:
    """The observation in paths of `tree`, and the paths that have no counterpart there."""
    folders, endings = folders_of(tree), suffixes(target)
    libraries = _by_stem(tree)
    lost: set[str] = set()

    def counterpart(path: str) -> str:
        if path in tree or path in folders or not path:
            return path
        if not is_shared_object(path):
            return ""
        module = _module(path, suffixes(source_target))
        return found_from_root(tree.files, module, endings) or libraries.get(_stem(path), "")

    def paths(known: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        return {name: tuple(sorted(_all(values, counterpart, lost))) for name, values in known.items()}

    moved = replace(
        observation,
        opened=paths(observation.opened),
        listed=paths(observation.listed),
        probed=paths(observation.probed),
        failed={},  # what cannot be loaded here may well be there
    )
    return moved, tuple(sorted(lost))


def _all(values: Iterable[str], counterpart: Callable[[str], str], lost: set[str]) -> set[str]:
    found = set()
    for path in values:
        if (there := counterpart(path)) or not path:
            found.add(there)
        else:
            lost.add(path)
    return found


def _module(path: str, endings: tuple[str, ...]) -> str:
    for ending in endings:
        if path.endswith(ending):
            return path.removesuffix(ending).replace("/", ".")
    return ""


def _stem(path: str) -> str:
    """Folder and name of a bundled library without hash and version: `pillow.libs/libjpeg`."""
    return _HASH.sub("", path)


def _by_stem(tree: Tree) -> dict[str, str]:
    """The libraries whose stem is theirs alone."""
    found: dict[str, list[str]] = {}
    for path in tree:
        if is_shared_object(path):
            found.setdefault(_stem(path), []).append(path)
    return {stem: paths[0] for stem, paths in found.items() if len(paths) == 1}
