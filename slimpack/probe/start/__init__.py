"""Makes a function's init cheaper while it lasts. Ships in the artifact, as the package `_slimpack_start`.

The entry point imports it first and calls `done()` last. In between, and measured on the corpus as a share of init CPU:
garbage is not collected (4 to 12 %: nearly everything that init makes stays), regular expressions come compiled (2 to
13 %), modules that init is known to load are found by name, without listing or asking for anything (4 to 6 %), and
native code finds variables that keep its threads from spinning (OpenBLAS: 20 to 30 %). Afterwards all is as it was.

Whatever does not fit (another Python, a changed path, a file that is not there) is left to the interpreter.
"""

# pathlib is not loaded by then, and would cost more than all of this:
# ruff: noqa: PTH100, PTH120, SLF001

import gc
import marshal
import os
import sys
from _frozen_importlib import ModuleSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

external: "Any" = sys.modules["_frozen_importlib_external"]
FORMAT = 1
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HEADER, UNCHECKED = 16, b"\1\0\0\0"


def read(file: str) -> bytes:
    """All bytes of a file."""
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        wanted = os.fstat(descriptor).st_size
        data = os.read(descriptor, wanted)
        while len(data) < wanted:
            more = os.read(descriptor, wanted - len(data))
            if not more:
                break
            data += more
        return data
    finally:
        os.close(descriptor)


def code_of(name: str, compiled: str, source: "Optional[str]") -> "Any":
    """The code of a `.pyc` that says it need not be checked; None for any other."""
    try:
        data = read(compiled)
    except OSError:
        return None
    if data[:4] != external.MAGIC_NUMBER or data[4:8] != UNCHECKED:
        return None
    return external._compile_bytecode(memoryview(data)[HEADER:], name=name, bytecode_path=compiled, source_path=source)


class Source(external.SourceFileLoader):  # type: ignore[misc]
    """The usual loader, that need not look whether there is bytecode."""

    def get_code(self, fullname: str) -> "Any":
        """The module's code."""
        compiled = known.compiled(fullname)
        found = code_of(fullname, compiled, self.path) if compiled else None
        return external.SourceFileLoader.get_code(self, fullname) if found is None else found


class Sourceless(external.SourcelessFileLoader):  # type: ignore[misc]
    """The usual loader, that reads faster."""

    def get_code(self, fullname: str) -> "Any":
        """The module's code."""
        found = code_of(fullname, self.path, None)
        return external.SourcelessFileLoader.get_code(self, fullname) if found is None else found


LOADERS = (Source, Sourceless, external.ExtensionFileLoader)


class Known:
    """The modules that init loads: name -> (file, bytecode beside it or "", number of its loader, is a package)."""

    def __init__(self) -> None:
        self.modules: "dict[str, tuple[str, str, int, bool]]" = {}

    def compiled(self, name: str) -> str:
        """The file of a module's bytecode beside its source; empty where there is none."""
        beside = self.modules[name][1] if name in self.modules else ""
        return ROOT + "/" + beside if beside else ""

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Optional[ModuleSpec]":  # noqa: ARG002 a finder's signature
        """The spec, where nothing else can come before it: the package or the path is what it was."""
        entry = self.modules.get(name)
        if entry is None:
            return None
        file, _, loader, is_package = entry
        file = ROOT + "/" + file
        folder = file.rpartition("/")[0]
        inside = folder.rpartition("/")[0] if is_package else folder
        if path is None:
            if not sys.path or sys.path[0] != ROOT:
                return None
        elif len(path) != 1 or path[0] != inside:
            return None
        spec = ModuleSpec(name, LOADERS[loader](name, file), origin=file, is_package=is_package)
        spec._set_fileattr = True  # type: ignore[attr-defined]
        if is_package:
            spec.submodule_search_locations = [folder]
        if compiled := self.compiled(name):
            spec.cached = compiled
        return spec


class Patterns:
    """Stands for the compiler of regular expressions."""

    def __init__(self) -> None:
        self.there: "Any" = None
        self.rows: "dict[Any, Any]" = {}

    def use(self, magic: int, rows: "Any") -> None:
        """Answer for `compile` from now on."""
        import _sre  # type: ignore[import-not-found]  # typeshed does not know it
        import re  # noqa: F401 the runtime client has loaded it

        if magic == _sre.MAGIC and rows:
            self.there = sys.modules.get("re._compiler") or sys.modules["sre_compile"]
            self.original = self.there.compile
            self.rows = {(row[0], row[1]): row[2:] for row in rows}
            self.make = _sre.compile
            self.there.compile = self.ours = self.compile

    def compile(self, pattern: "Any", flags: int = 0) -> "Any":
        """The pattern from what was compiled before."""
        try:
            row = self.rows[pattern, flags]
        except (KeyError, TypeError):  # unknown, or parsed already
            return self.original(pattern, flags)
        return self.make(pattern, *row)

    def stop(self) -> None:
        """Give the name back."""
        if self.there is not None and self.there.compile is self.ours:
            self.there.compile = self.original


class Garbage:
    """Keeps the collector from looking at what init makes."""

    def __init__(self) -> None:
        self.before, self.frozen = gc.get_threshold(), gc.get_freeze_count()  # 3.12 begins with some
        gc.set_threshold(0)
        self.during = gc.get_threshold()

    def stop(self) -> None:
        """Let it collect as before; what is there counts as old, as it would after so many rounds."""
        if gc.get_freeze_count() == self.frozen:
            gc.freeze()
            gc.unfreeze()
        if gc.get_threshold() == self.during:  # not before: it would look at all of it once, 8 ms of dna's 125
            gc.set_threshold(*self.before)


class Late:
    """Packages that cannot be rewritten, and their submodules that an import which waits used to leave there."""

    def __init__(self) -> None:
        self.parts: "dict[str, tuple[str, ...]]" = {}

    def answer(self) -> None:
        """Let them answer for what is not there: whoever reads `logging.handlers` may have relied on that import."""
        for package, parts in self.parts.items():
            module: "Any" = sys.modules.get(package)
            missing = {part for part in parts if part not in getattr(module, "__dict__", parts)}
            if missing:
                module.__getattr__ = attribute(package, missing, vars(module).get("__getattr__"))


def attribute(package: str, missing: "set[str]", theirs: "Any") -> "Any":
    """A module's `__getattr__` that imports what is missing; the module's own is asked for the rest."""

    def __getattr__(name: str) -> "Any":  # noqa: N807 what a module calls it
        if name in missing:
            __import__(package + "." + name)
            missing.discard(name)
            return sys.modules[package + "." + name]
        if theirs is not None:
            return theirs(name)
        problem = "module {!r} has no attribute {!r}".format(package, name)
        raise AttributeError(problem)

    return __getattr__


known, patterns, garbage, late = Known(), Patterns(), Garbage(), Late()


def begin() -> None:
    """Read the table beside this file, and use what fits."""
    try:
        table = marshal.loads(read(ROOT + "/_slimpack_start/table"))  # noqa: S302 it ships beside this file
    except (OSError, ValueError, EOFError, TypeError):
        return
    if table[:2] != (FORMAT, tuple(sys.version_info[:2])):
        return
    _, _, variables, modules, magic, rows, late.parts = table
    for name, value in variables:
        if name not in os.environ:
            os.putenv(name, value)  # for native code: the function's own environment does not show it
    patterns.use(magic, rows)
    finders = sys.meta_path
    if modules and external.PathFinder in finders:
        known.modules = modules
        finders.insert(finders.index(external.PathFinder), known)


def done() -> None:
    """Init is over."""
    garbage.stop()
    patterns.stop()
    late.answer()
    if known in sys.meta_path:
        sys.meta_path.remove(known)


begin()
