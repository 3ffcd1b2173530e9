"""Tree -> Index: which paths a dotted module name means on the target, and which name a path has.

The order is CPython's own (`FileFinder`): a folder with an `__init__` before a file, extension modules before sources
before bytecode, and a folder without `__init__` last, as a namespace. Names of the standard library need no table: a
name that the tree does not have is not ours, and one that it has wins, because the function's folder comes first.
"""

import re
from collections.abc import Iterable, Iterator

from slimpack.model.target import Target
from slimpack.model.tree import Tree

ASIDE = frozenset({"test", "tests", "doc", "docs", "example", "examples", "benchmarks", "__pycache__"})
"""Folders that are kept only if something refers to them."""


class Index:
    """Lookups over one tree, computed once; every answer is in a stable order."""

    def __init__(self, tree: Tree, target: Target) -> None:
        self.tree = tree
        self.extension_suffixes = (f".{target.cache_tag}-{target.architecture.machine}-linux-gnu.so", ".abi3.so", ".so")
        self.suffixes = (*self.extension_suffixes, ".py", ".pyc")
        self.children: dict[str, list[str]] = {"": []}
        self.folders: dict[str, list[str]] = {"": []}
        self.by_owner: dict[str, list[str]] = {}
        for path, file in tree.files.items():
            folder, _, name = path.rpartition("/")
            if folder not in self.children:
                self._add_folder(folder)
            self.children[folder].append(name)
            self.by_owner.setdefault(file.owner, []).append(path)
        self._resolved: dict[str, tuple[str, ...]] = {}
        self._below: dict[str, tuple[str, ...]] = {}
        self._aside: dict[str, bool] = {}
        self._shared: dict[str, list[str]] | None = None
        self._roots: list[str] = []

    def _add_folder(self, folder: str) -> None:
        while folder not in self.children:
            self.children[folder] = []
            self.folders.setdefault(folder, [])
            parent, _, name = folder.rpartition("/")
            self.folders.setdefault(parent, []).append(name)
            folder = parent

    def resolve(self, module: str) -> tuple[str, ...]:
        """The files of a module: the one that is imported first, then its twins; empty for namespaces and strangers."""
        found = self._resolved.get(module)
        if found is None:
            found = self._find(module.replace(".", "/")) if module else ()
            for root in self._roots:
                found = found or self._find(f"{root}/{module.replace('.', '/')}")
            self._resolved[module] = found
        return found

    def add_root(self, folder: str) -> bool:
        """Look for modules in `folder` too (it is put on `sys.path`); tell whether that is news."""
        if folder not in self.children or folder in self._roots or not folder:
            return False
        self._roots.append(folder)
        self._resolved.clear()
        return True

    def _find(self, stem: str) -> tuple[str, ...]:
        files = self.tree.files
        if stem in self.children:
            inside = tuple(path for suffix in self.suffixes if (path := f"{stem}/__init__{suffix}") in files)
            if inside:
                return inside
        return tuple(path for suffix in self.suffixes if (path := stem + suffix) in files)

    def exists(self, module: str) -> bool:
        """Whether the tree has that module or namespace."""
        return bool(self.resolve(module)) or self.is_package(module)

    def is_package(self, module: str) -> bool:
        """Whether submodules of it can be in the tree."""
        return bool(module) and module.replace(".", "/") in self.children

    def module_of(self, path: str) -> str:
        """The dotted name of a path; empty where it is no module."""
        folder, _, name = path.rpartition("/")
        suffix = next((suffix for suffix in self.suffixes if name.endswith(suffix)), "")
        stem = name[: -len(suffix)] if suffix else ""
        if not stem or "." in stem or "." in folder or "__pycache__" in folder:
            return ""
        if stem == "__init__":
            return folder.replace("/", ".")
        return f"{folder}/{stem}".replace("/", ".") if folder else stem

    def is_extension(self, path: str) -> bool:
        """Whether the target would import this shared object as a module."""
        return path.endswith(".so") and bool(self.module_of(path))

    def submodules(self, package: str) -> Iterator[str]:
        """The direct submodules of a package, namespaces among them, sorted."""
        folder = package.replace(".", "/")
        prefix = f"{package}." if package else ""
        names = {name.split(".", 1)[0] for name in self.children.get(folder, ()) if name.endswith(self.suffixes)}
        names |= {name for name in self.folders.get(folder, ()) if "." not in name and name != "__pycache__"}
        names.discard("__init__")
        for name in sorted(names):
            yield prefix + name

    def below(self, package: str) -> tuple[str, ...]:
        """Every module below a package at any depth, sorted."""
        found = self._below.get(package)
        if found is None:
            out: list[str] = []
            for module in self.submodules(package):
                out.append(module)
                if self.is_package(module):
                    out.extend(self.below(module))
            found = self._below[package] = tuple(out)
        return found

    def matching(self, pattern: str) -> Iterable[str]:
        """The modules that a dotted pattern means; `*` is any text."""
        if "*" not in pattern:
            return (pattern,) if self.exists(pattern) else ()
        if pattern.startswith("*."):
            return [name for name in self.below("") if name.endswith(pattern[1:]) and not self.is_aside(_path(name))]
        head = pattern.split("*", 1)[0]
        package = head.rpartition(".")[0]
        if package and not self.is_package(package):
            return ()
        test = re.compile("".join(".*" if part == "*" else re.escape(part) for part in re.split(r"(\*)", pattern)))
        return [
            name for name in self.below(package) if test.fullmatch(name) and not self.is_aside(name.replace(".", "/"))
        ]

    def is_aside(self, path: str) -> bool:
        """Whether the path lies in a folder of tests, docs or examples."""
        folder = path.rpartition("/")[0]
        known = self._aside.get(folder)
        if known is None:
            known = self._aside[folder] = not ASIDE.isdisjoint(folder.split("/"))
        return known or path.endswith("conftest.py") or path.rpartition("/")[2] in ASIDE

    def listed(self, folder: str, *, deep: bool = False) -> Iterator[str]:
        """The files in a folder, sorted; with those below it if `deep`."""
        prefix = f"{folder}/" if folder else ""
        for name in self.children.get(folder, ()):
            yield prefix + name
        if deep:
            for name in self.folders.get(folder, ()):
                yield from self.listed(prefix + name, deep=True)

    def shared(self, name: str) -> list[str]:
        """The shared objects with that file name, anywhere in the tree."""
        if self._shared is None:
            self._shared = {}
            for path in self.tree.files:
                if ".so" in path:
                    self._shared.setdefault(path.rpartition("/")[2], []).append(path)
        return self._shared.get(name, [])


def _path(module: str) -> str:
    return module.replace(".", "/")
