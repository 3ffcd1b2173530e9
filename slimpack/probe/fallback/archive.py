"""Blobs -> sources in memory, and native files in a folder below the temporary one.

A blob is one xz stream: the length of a table (four bytes), the marshalled table of (path, size), and the files one
after another. Nothing is locked: a source that two threads want at once is read twice, and a folder is made under a
name of its own and renamed, so that a thread, another process or a fork never waits and never sees half of one.
"""

# pathlib need not be loaded for this:
# ruff: noqa: PTH103, PTH104, PTH113, PTH118, PTH119, PTH120, PTH123, PTH208, PTH211

import lzma
import marshal
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Cold
    from .loaders import Place

CHUNK = 1 << 20
FORBIDDEN = 0o022
"""Permissions that would let somebody else write into a folder whose files are to be run."""

held: "dict[str, tuple[bytes, dict[str, tuple[int, int]]]]" = {}
"""The blobs of sources that were read, by the file they lie in."""
apart: "dict[str, str]" = {}
"""The folders of this process alone, where the common one is not to be trusted or was cleared."""


def blob_of(cold: "Cold", blob: int) -> str:
    """The file of a blob."""
    file: str = cold.blobs[blob][0]
    return cold.root + "/_slimpack/" + file


def read(place: "Place") -> bytes:
    """One source; its blob is held from then on, for what comes next and for tracebacks."""
    path = blob_of(place.cold, place.blob)
    known = held.get(path)
    if known is None:
        with open(path, "rb") as stream:
            data = lzma.decompress(stream.read())
        start = 4 + int.from_bytes(data[:4], "big")
        places = {}
        for file, size in marshal.loads(data[4:start]):  # noqa: S302 it ships with this file
            places[file] = (start, start + size)
            start += size
        known = held.setdefault(path, (data, places))
    start, end = known[1][place.file]
    return known[0][start:end]


def unpacked(place: "Place") -> str:
    """Where a native file lies, with all others of its distribution; OSError where there is no place for them."""
    path = blob_of(place.cold, place.blob)
    folder = apart.get(path)
    if folder is None:
        folder = common(place)
    found = os.path.join(folder, place.file)
    if trusted(folder) and os.path.isfile(found):
        return found
    return os.path.join(unpack(place, path), place.file)


def common(place: "Place") -> str:
    """The folder that all processes share: named by what is in it, and by where that belongs."""
    import tempfile
    from zlib import crc32

    digest = place.cold.blobs[place.blob][2]
    name = "_slimpack-{}-{:08x}".format(digest, crc32(os.fsencode(place.cold.root)))
    return os.path.join(tempfile.gettempdir(), name)


def trusted(folder: str) -> bool:
    """Tell whether it is a folder that nobody else could have made or can change."""
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & FORBIDDEN


def unpack(place: "Place", path: str) -> str:
    """Unpack a whole blob and return its folder."""
    import shutil
    import tempfile

    target = common(place)
    part = tempfile.mkdtemp(prefix=os.path.basename(target) + "-", dir=os.path.dirname(target))
    try:
        link(extract(path, part), part, place.cold.root)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    try:
        os.rename(part, target)
    except OSError:  # it is there: somebody was faster, or it is not ours, or its files were cleared away
        if not trusted(target) or not os.path.isfile(os.path.join(target, place.file)):
            apart[path] = part
            return part
        shutil.rmtree(part, ignore_errors=True)
    return target


def extract(path: str, folder: str) -> "set[str]":
    """Write the files of a blob into the folder; say which."""
    files = set()
    with lzma.open(path) as stream:
        table: Any = marshal.loads(stream.read(int.from_bytes(stream.read(4), "big")))  # noqa: S302 it ships with this
        for file, size in table:
            files.add(file)
            target = os.path.join(folder, file)
            os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
            with open(target, "wb") as out:
                out.writelines(stream.read(min(size - done, CHUNK)) for done in range(0, size, CHUNK))
    return files


def link(files: "set[str]", folder: str, root: str) -> None:
    """Link what else lies in the folders that were made: `$ORIGIN/../x.libs` and data beside a library are there."""
    made = {""}
    for file in files:
        parts = file.split("/")
        made.update("/".join(parts[:depth]) for depth in range(1, len(parts)))
    for inside in sorted(made):
        there = os.path.join(root, inside)
        try:
            names = os.listdir(there)
        except OSError:  # nothing else of it is left
            continue
        for name in names:
            known = inside + "/" + name if inside else name
            if known not in made and known not in files:
                os.symlink(os.path.join(there, name), os.path.join(folder, known))
