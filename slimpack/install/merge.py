"""Wheels -> Tree: lay the wheels over one another, and refuse what two of them dispute.

Namespace packages (PEP 420) merge by themselves. A path that two distributions bring with the same bytes belongs to the
first by name. With different bytes it is an error, for pip's answer (the last one wins) depends on the order of
installation; except where no import can reach it: scripts, shared data, and the tests, examples and documents that
publishers put at the top level by mistake. Those keep the first by name.
"""

from collections.abc import Mapping, Sequence

from slimpack.errors import InstallError, Problem
from slimpack.model.tree import Distribution, File, Tree

_ASIDE = frozenset(
    {"bin", "include", "share", "etc", "man", "doc", "docs", "example", "examples", "licenses"}
    | {"test", "tests", "benchmark", "benchmarks"}
)
"""Top-level folders that hold no library: a clash in them is a slip of packaging, not two versions of a module."""

_IMPORTED = (".py", ".pyi", ".pyc", ".so", ".pth", ".pyd", ".zip", ".egg")


def merge(wheels: Sequence[tuple[Distribution, Mapping[str, File]]]) -> Tree:
    """One tree of all wheels. Raises InstallError that names every disputed path and both its owners."""
    merged: dict[str, File] = {}
    folded: dict[str, str] = {}
    problems: list[Problem] = []
    for distribution, files in sorted(wheels, key=lambda wheel: wheel[0].name):
        for path, file in sorted(files.items()):
            other = folded.setdefault(path.casefold(), path)
            if other != path:
                problems.append(_clash(path, other, distribution.name, merged[other].owner))
            elif path not in merged:
                merged[path] = file
            elif merged[path].content.sha256 != file.content.sha256 and not _is_aside(path):
                problems.append(_dispute(path, distribution.name, merged[path].owner))
    problems += _files_as_folders(merged)
    if problems:
        raise InstallError(*problems)
    return Tree(merged, tuple(distribution for distribution, _ in wheels))


def _is_aside(path: str) -> bool:
    top, _, rest = path.partition("/")
    return top.lower() in _ASIDE if rest else not path.endswith(_IMPORTED)


def _files_as_folders(files: Mapping[str, File]) -> list[Problem]:
    folders: dict[str, str] = {}
    for path in files:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders[folder] = path
            folder = folder.rpartition("/")[0]
    return [
        Problem(
            what=f"{path} is a file in {files[path].owner} and a folder in {files[folders[path]].owner}", where=path
        )
        for path in sorted(folders.keys() & files.keys())
    ]


def _dispute(path: str, one: str, other: str) -> Problem:
    first, second = sorted((one, other))
    return Problem(
        what=f"{first} and {second} both install {path}, with different contents",
        where=path,
        do=f"require only one of {first} and {second}; they cannot be installed together",
    )


def _clash(path: str, other: str, owner: str, other_owner: str) -> Problem:
    return Problem(
        what=f"{owner} installs {path} and {other_owner} installs {other}, which differ only in case",
        where=path,
        do=f"require only one of {owner} and {other_owner}",
    )
