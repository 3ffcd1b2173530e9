"""A content-addressed cache on disk: its loss or corruption costs time, never a wrong result.

A blob is zstd-compressed behind the SHA-256 of that, so a truncated or flipped one is noticed, removed and reported as
missing, before it is decompressed: one flipped bit of a frame's header may claim any size. Blobs are written through a
temporary sibling and renamed, so parallel builds may share a cache. A cache that cannot be written is used as far as it
can be read.
"""

import contextlib
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import zstandard

from slimpack.host.disk import FOLDER_PREFIX, remove_folder

_DIGEST = 32
_LEVEL = 3
_DAY = 24 * 3600
_PART, _TIDIED = ".part-", ".tidied"
_PASSING = ("run", "staging")
"""Folders in which a build's temporary folders lie."""
SIZE_LIMIT = 5 * 1024**3
"""Bytes the cache may hold; the oldest entries go first when a build ends over it."""


@dataclass(frozen=True, slots=True)
class Cache:
    """Blobs and files under `root`, each by kind and key (both safe as file names)."""

    root: Path

    def _path(self, kind: str, key: str) -> Path:
        return self.root / kind / key[:2] / key

    def get(self, kind: str, key: str) -> bytes | None:
        """The blob, or None where it is missing or damaged."""
        path = self._path(kind, key)
        try:
            raw = path.read_bytes()
        except OSError:
            return None
        packed = raw[_DIGEST:]
        if sha256(packed).digest() != raw[:_DIGEST]:
            self._discard(path)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return zstandard.ZstdDecompressor().decompress(packed)

    def put(self, kind: str, key: str, data: bytes) -> None:
        """Store a blob; a cache that cannot be written is left as it is."""
        packed = zstandard.ZstdCompressor(level=_LEVEL).compress(data)
        with contextlib.suppress(OSError):
            self._write(self._path(kind, key), lambda part: part.write_bytes(sha256(packed).digest() + packed))

    def file(self, kind: str, key: str) -> Path | None:
        """The path of a stored file whose bytes have the SHA-256 `key`, or None. The caller checks the digest."""
        path = self._path(kind, key)
        if not path.is_file():
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return path

    def store_file(self, kind: str, key: str, fill: Callable[[Path], object]) -> Path:
        """Let `fill` write a temporary file, then put it in place; OSError where the cache cannot be written."""
        path = self._path(kind, key)
        self._write(path, fill)
        return path

    def has_folder(self, kind: str, key: str) -> bool:
        """Tell whether `folder` would find one."""
        return self._path(kind, key).is_dir()

    def folder(self, kind: str, key: str, fill: Callable[[Path], object]) -> Path:
        """The folder of that key; `fill` makes it where it is missing. Complete or not there."""
        path = self._path(kind, key)
        if path.is_dir():
            with contextlib.suppress(OSError):
                os.utime(path)
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=_PART, dir=path.parent))
        try:
            fill(part)
            with contextlib.suppress(OSError):  # another build was faster: its folder has the same content
                part.rename(path)
        finally:
            if part.exists():
                remove_folder(part)
        return path

    def discard(self, kind: str, key: str) -> None:
        """Forget an entry that its user found to be damaged."""
        self._discard(self._path(kind, key))

    @staticmethod
    def _discard(path: Path) -> None:
        with contextlib.suppress(OSError):
            if path.is_dir():
                remove_folder(path)
            else:
                path.unlink()

    @staticmethod
    def _write(path: Path, fill: Callable[[Path], object]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=_PART, dir=path.parent)
        os.close(descriptor)
        part = Path(name)
        try:
            fill(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def prune(self, limit: int = SIZE_LIMIT) -> int:
        """Remove the least recently used entries until the cache holds at most `limit` bytes; return bytes freed."""
        entries: list[tuple[float, int, Path]] = []
        for path in self._entries():
            with contextlib.suppress(OSError):
                status = path.stat()
                size = _folder_size(path) if path.is_dir() else status.st_size
                entries.append((status.st_mtime, size, path))
        excess = sum(size for _, size, _ in entries) - limit
        freed = 0
        for _, size, path in sorted(entries):
            if freed >= excess:
                break
            self._discard(path)
            freed += size
        return freed

    def tidy(self) -> None:
        """Once a day: keep the cache within its limit, and remove what killed builds left behind."""
        marker = self.root / _TIDIED
        with contextlib.suppress(OSError):
            if marker.exists() and time.time() - marker.stat().st_mtime < _DAY:
                return
            marker.touch()
            for folder in _PASSING:
                for left in (self.root / folder).glob("*"):
                    if time.time() - left.stat().st_mtime > _DAY:
                        remove_folder(left)
            self.prune()

    def clear(self) -> None:
        """Remove everything that is ours: a folder given by mistake keeps what is in it."""
        for path in self._entries():
            self._discard(path)
        for name in _PASSING:
            for left in (self.root / name).glob(f"{FOLDER_PREFIX}*"):
                remove_folder(left)
        with contextlib.suppress(OSError):
            (self.root / _TIDIED).unlink()
        shelves = list(self.root.glob("*/[0-9a-f][0-9a-f]"))
        kinds = {shelf.parent for shelf in shelves} | {self.root / name for name in _PASSING}
        for folder in (*shelves, *sorted(kinds), self.root):
            with contextlib.suppress(OSError):
                folder.rmdir()  # where it is empty now

    def _entries(self) -> list[Path]:
        """What a build stored, or began to store: `kind/ab/abcd…`, and nothing else that may lie in such a folder."""
        found = (path for path in self.root.glob("*/??/*") if not path.is_symlink())
        return sorted(path for path in found if path.name.startswith((path.parent.name, _PART)))


def _folder_size(folder: Path) -> int:
    return sum(entry.stat().st_size for entry in folder.rglob("*") if entry.is_file())
