"""Finds the modules that slimpack did not leave in their places. Ships in the artifact, as the package `_slimpack`.

`import _slimpack` puts a hook in front of `sys.path_hooks`. For a folder of the artifact that lacks modules it answers
with a finder around the usual one, and is asked for nothing else: what lies in its place is found as before, for half a
microsecond more. What is missing is found in an archive beside this file, or its import is explained.

Nothing is imported while something is looked for: `find_spec` is called under the interpreter's import lock, so to wait
there for a module that another thread is importing would be a deadlock. Loaders are not called under it.
"""

# pathlib is not loaded by then, and would cost more than all of this:
# ruff: noqa: PTH100, PTH120, PTH123

import marshal
import os
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import FileFinder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import Any, Callable, Optional

    Row = tuple[int, str]
    """The number of a blob, and a file: `a.py`, `b/__init__.py`, or `c/` for a namespace package."""

FORMAT = 1
FROZEN = "<frozen importlib._bootstrap>"
SPAWN = "multiprocessing.spawn"


class Cold:
    """The modules below `root` that are not in their places.

    `blobs` holds (file, distribution, digest); `folders` has, by folder, what it lacks, behind the number of its blob.
    """

    def __init__(self, root: str, archived: bool, blobs: "Any", folders: "Any") -> None:  # noqa: FBT001 as in the index
        self.root, self.blobs, self.folders = root, blobs, folders
        self.load: "Any" = None
        if archived:  # not when it is needed: see above
            from .loaders import spec_of

            self.load = spec_of
        self._inside = root + "/"
        self._parsed: "dict[str, dict[str, Row]]" = {}

    def relative(self, path: str) -> "Optional[str]":
        """The place of `path` below the root, or None."""
        if path[:1] != "/" or "/." in path or "//" in path:
            path = os.path.abspath(path)
        if path.startswith(self._inside):
            return path[len(self._inside) :].rstrip("/")
        return "" if path == self.root else None

    def folder(self, path: str) -> "Optional[str]":
        """The place of a folder that lacks modules, or None."""
        relative = self.relative(path)
        return relative if relative in self.folders else None

    def modules(self, folder: str) -> "dict[str, Row]":
        """What the folder lacks, by module name."""
        parsed = self._parsed.get(folder)
        if parsed is None:
            parsed, blob = {}, 0
            for file in self.folders[folder].split("\0"):
                if file.isdigit():
                    blob = int(file)
                else:
                    parsed[file.partition("/")[0].partition(".")[0]] = (blob, file)
            self._parsed[folder] = parsed
        return parsed

    def spec(self, fullname: str, path: str, folder: str, row: "Row") -> "Any":
        """How to load a module that lay in the folder, which somebody calls `path`; None where it is left out."""
        path = path if path[:1] == "/" else os.path.abspath(path)
        origin = path.rstrip("/") + "/" + row[1]
        if origin[-1] != "/":
            return self.load(self, fullname, origin, folder, row) if self.load is not None else None
        spec = ModuleSpec(fullname, None)
        spec.submodule_search_locations = [origin[:-1]]
        return spec


class Like(type):
    """Puts FileFinder into a class's method resolution order, but not among its bases.

    pkg_resources chooses by the order (and would find no distribution beside an unknown finder), pkgutil by the bases
    (and would list a FileFinder's folder itself, without what is not there).
    """

    def mro(cls) -> "list[type]":
        """The class, then FileFinder."""
        return [*super().mro()[:-1], *FileFinder.__mro__]


class ColdFinder(metaclass=Like):
    """The usual finder of one folder, `real`, and the modules that the folder lacks."""

    def __init__(self, path: str, real: "Any", cold: Cold, folder: str) -> None:
        self.path = real.path if hasattr(real, "path") else os.path.abspath(path)
        self._real, self._cold, self._folder = real, cold, folder
        self._find: "Callable[[str, Any], Any]" = getattr(real, "find_spec", lambda *_: None)

    def find_spec(self, fullname: str, target: "Any" = None) -> "Any":
        """What lies in its place; else what did. A mere folder gives way to the package that it was."""
        spec = self._find(fullname, target)
        if spec is not None and spec.loader is not None:
            return spec
        row = self.lacking().get(fullname.rpartition(".")[2])
        if row is None or (spec is not None and row[1].endswith("/")):
            return spec
        return self._cold.spec(fullname, self.path, self._folder, row)

    def lacking(self) -> "dict[str, Row]":
        """The modules that the folder lacks."""
        return self._cold.modules(self._folder)

    def iter_modules(self, prefix: str = "") -> "Iterator[tuple[str, bool]]":
        """What pkgutil lists."""
        import pkgutil

        listed: "Any" = pkgutil.iter_importer_modules  # type: ignore[attr-defined]
        found = {} if self._real is None else dict(listed(self._real))
        if self._cold.load is not None:
            for name, (_, file) in self.lacking().items():
                if name != "__init__" and not file.endswith("/"):
                    found.setdefault(name, "/" in file)
        for name in sorted(found):
            yield prefix + name, found[name]

    def invalidate_caches(self) -> None:
        """Forget what the folder held."""
        if self._real is not None:
            self._real.invalidate_caches()

    def __getattr__(self, name: str) -> "Any":
        if name == "_real":
            raise AttributeError(name)
        return getattr(self._real, name)


class SpawnFinder(ColdFinder):
    """The usual finder of the folder of multiprocessing: a process that it starts is to find what is not there, too."""

    def find_spec(self, fullname: str, target: "Any" = None) -> "Any":
        """What lies there; `spawn` is mended once it is loaded."""
        spec = self._find(fullname, target)
        if fullname == SPAWN and spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module: "ModuleType") -> None:
                execute(module)
                from . import spawning

                spawning.mend()

            spec.loader.exec_module = exec_module
        return spec

    def lacking(self) -> "dict[str, Row]":
        """None."""
        return {}


class Last:
    """Behind all finders: finds what another hook hid from ours, and explains the import of what was left out."""

    def __init__(self, cold: Cold) -> None:
        self.cold = cold

    def find_spec(self, fullname: str, path: "Any" = None, target: "Any" = None) -> "Any":  # noqa: ARG002 a finder's
        """Load it, or raise for whoever imports it; who only looks is told that it is not there."""
        cold, name = self.cold, fullname.rpartition(".")[2]
        for entry in sys.path if path is None else path:
            folder = cold.folder(entry) if isinstance(entry, str) else None
            row = cold.modules(folder).get(name) if folder is not None else None
            if row is None or folder is None:
                continue
            spec = cold.spec(fullname, entry, folder, row)
            if spec is not None:
                return spec
            problem = explained(fullname, folder + "/" + row[1] if folder else row[1])
            if problem is not None:
                raise problem
        return None


def explained(fullname: str, file: str) -> "Optional[ImportError]":
    """What an import of what was left out raises; None where somebody only looks, as `importlib.util.find_spec` does.

    An import is told by its frames, which are the same from Python 3.9 to 3.15; were they not, the interpreter's own
    ModuleNotFoundError would come. `from package import name` ignores that error where it names what is imported, and
    would say no more than that the name cannot be imported: so that is said here.
    """
    frame: Any = sys._getframe(2)  # noqa: SLF001 only this knows who asks
    names: "list[str]" = []
    while frame is not None and frame.f_code.co_filename == FROZEN and len(names) < 5:  # noqa: PLR2004 see below
        names.append(frame.f_code.co_name)
        frame = frame.f_back
    if names[:2] != ["_find_spec", "_find_and_load_unlocked"]:
        return None
    why = "slimpack left {} out, because no event touched it; to ship it, write {}, or add an event that uses it"
    why = why.format(file, keep(file))
    if names[4:] == ["_handle_fromlist"]:
        package, _, name = fullname.rpartition(".")
        known = getattr(sys.modules.get(package), "__file__", None)
        text = "cannot import name {!r} from {!r} ({}): {}".format(name, package, known or "unknown location", why)
        return ImportError(text, name=package, path=known)
    return ModuleNotFoundError("No module named {!r}: {}".format(fullname, why), name=fullname)


def keep(file: str) -> str:
    """The line of configuration."""
    return 'keep = ["{}"] in [tool.slimpack]'.format(file)


class Hook:
    """On sys.path_hooks, in front: the finders of the folders that lack modules, and of multiprocessing's."""

    def __init__(self, cold: Cold) -> None:
        self.cold, self.slimpack = cold, cold.root
        self.spawning = os.path.dirname(os.__file__) + "/multiprocessing"

    def __call__(self, path: str) -> ColdFinder:
        """Wrap what the other hooks say of the path; without a word of theirs the folder is not there."""
        if not self.concerns(path):
            raise ImportError("slimpack has nothing to do with this path", path=path)
        for other in sys.path_hooks:
            if not hasattr(other, "slimpack"):
                try:
                    return self.finder(path, other(path))
                except ImportError:
                    continue
        return self.finder(path, None)

    def concerns(self, path: "Any") -> bool:
        """Whether there is something to do."""
        return isinstance(path, str) and (path == self.spawning or self.cold.folder(path) is not None)

    def finder(self, path: str, real: "Any") -> ColdFinder:
        """Wrap a finder."""
        if path == self.spawning:
            return SpawnFinder(path, real, self.cold, "")
        return ColdFinder(path, real, self.cold, self.cold.folder(path) or "")


def activate(root: str) -> None:
    """Read the index below `root`, if there is one, and let the import system know."""
    try:
        with open(root + "/_slimpack/index", "rb") as stream:
            index = marshal.loads(stream.read())  # noqa: S302 it ships with this file
    except OSError:
        return
    if index[0] != FORMAT or any(getattr(hook, "slimpack", "") == root for hook in sys.path_hooks):
        return
    cold = Cold(root, *index[1:])
    hook = Hook(cold)
    sys.path_hooks.insert(0, hook)
    sys.meta_path.append(Last(cold))
    for path, real in list(sys.path_importer_cache.items()):
        if hook.concerns(path):
            sys.path_importer_cache[path] = hook.finder(path, real)
    if SPAWN in sys.modules:
        from . import spawning

        spawning.mend()


if __name__ == "_slimpack":
    ROOT = __path__[0].rpartition("/")[0]
    activate(ROOT)
    for folder in sys.path:  # a layer may be slimpack's work, too
        if isinstance(folder, str) and folder != ROOT:
            activate(folder)
