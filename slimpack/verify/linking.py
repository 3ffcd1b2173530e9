"""Which file of a tree ld.so would take for a needed library, or where else it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from posixpath import dirname, join, normpath

from slimpack.model.elf import Elf

_GLIBC = frozenset({
    "ld-linux-aarch64.so.1", "ld-linux-x86-64.so.2", "libBrokenLocale.so.1", "libanl.so.1", "libc.so.6", "libdl.so.2",
    "libm.so.6", "libmvec.so.1", "libnsl.so.1", "libnss_files.so.2", "libpthread.so.0", "libresolv.so.2",
    "librt.so.1", "libthread_db.so.1", "libutil.so.1",
})  # fmt: skip
"""Parts of glibc: what has glibc has them."""
_SEARCHED = ("", "lib")
"""Lambda's LD_LIBRARY_PATH holds /var/task and /var/task/lib."""


class Where(Enum):
    """Where a needed library is."""

    PATH = auto()
    """Where ld.so looks."""
    ELSEWHERE = auto()
    """In the tree, where ld.so finds it only if something loaded it before."""
    SYSTEM = auto()
    NOWHERE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """One needed library: `path` is its file in the tree, if there is one."""

    name: str
    where: Where
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linker:
    """The native files of one artifact and the sonames of its runtime."""

    natives: Mapping[str, Elf]
    system: frozenset[str]
    by_name: Mapping[str, tuple[str, ...]]

    def libraries(self, path: str) -> tuple[Library, ...]:
        """What the file needs, in its order."""
        return tuple(self._find(name, path) for name in self.natives[path].needed)

    def closure(self, roots: frozenset[str]) -> frozenset[str]:
        """The files that loading `roots` loads."""
        reached = set(roots)
        waiting = sorted(roots)
        while waiting:
            found = {library.path for library in self.libraries(waiting.pop()) if library.path} - reached
            reached |= found
            waiting.extend(sorted(found))
        return frozenset(reached)

    def _find(self, name: str, path: str) -> Library:
        elf = self.natives[path]
        folders = [folder for entry in elf.search if (folder := _inside(entry, dirname(path))) is not None]
        for folder in (*folders, *_SEARCHED):
            candidate = join(folder, name)
            if candidate in self.natives and self.natives[candidate].machine == elf.machine:
                return Library(name=name, where=Where.PATH, path=candidate)
        if name in self.system or name in _GLIBC:
            return Library(name=name, where=Where.SYSTEM)
        for candidate in self.by_name.get(name, ()):
            if self.natives[candidate].machine == elf.machine:
                return Library(name=name, where=Where.ELSEWHERE, path=candidate)
        return Library(name=name, where=Where.NOWHERE)


def linker(natives: Mapping[str, Elf], *, system: frozenset[str]) -> Linker:
    """Index the native files by file name and soname."""
    by_name: dict[str, list[str]] = {}
    for path in sorted(natives):
        for name in sorted({path.rpartition("/")[2], natives[path].soname} - {""}):
            by_name.setdefault(name, []).append(path)
    return Linker(natives=natives, system=system, by_name={name: tuple(paths) for name, paths in by_name.items()})


def _inside(entry: str, origin: str) -> str | None:
    """The folder of the tree that a RUNPATH entry means; None where it leads out of it (a build machine's folder)."""
    entry = entry.replace("${ORIGIN}", "$ORIGIN")
    if not entry.startswith("$ORIGIN"):
        return None
    folder = normpath(join(origin, "." + entry.removeprefix("$ORIGIN")))
    if folder == ".." or folder.startswith("../"):
        return None
    return "" if folder == "." else folder
