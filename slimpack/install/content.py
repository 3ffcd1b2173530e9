"""Content that stays inside its wheel: a member's bytes, and the deflate stream the wheel already holds."""

import os
import weakref
import zlib
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import deflate

from slimpack.errors import InstallError, Problem
from slimpack.model.tree import Deflated

STORED = 0
DEFLATED = 8
_LARGE = 32 * 1024**2


class WheelFile:
    """A wheel opened once; reads at an offset are safe from any thread, and the file is closed with the last reference.

    The open descriptor also keeps the bytes readable when a parallel build prunes the wheel from the cache meanwhile.
    """

    __slots__ = ("__weakref__", "_descriptor", "_size", "name")

    def __init__(self, path: Path, *, name: str) -> None:
        self.name = name
        self._descriptor = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._descriptor)
        self._size = os.fstat(self._descriptor).st_size

    def read_at(self, offset: int, size: int) -> bytes:
        """Exactly `size` bytes from `offset`."""
        if not 0 <= offset <= offset + size <= self._size:  # before memory is taken for what a directory claims
            raise damaged(self.name, "it ends in the middle of a member")
        data = os.pread(self._descriptor, size, offset)
        if len(data) == size:
            return data
        # pread stops at 2 GiB and may be interrupted; a file that ends early is the error.
        parts = [data]
        while (missing := size - sum(map(len, parts))) > 0:
            part = os.pread(self._descriptor, missing, offset + size - missing)
            if not part:
                raise damaged(self.name, "it ends in the middle of a member")
            parts.append(part)
        return b"".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelMember:
    """One member of a wheel: `offset` and `stored` locate its stream, `method` is STORED or DEFLATED."""

    wheel: WheelFile = field(repr=False, compare=False)
    path: str
    offset: int
    stored: int
    size: int
    method: int
    crc32: int
    sha256: str

    def read(self) -> bytes:
        """The bytes. Raises InstallError where they are not those of RECORD."""
        data = inflate(self.wheel.read_at(self.offset, self.stored), size=self.size, method=self.method)
        if data is None or sha256(data).hexdigest() != self.sha256:
            raise damaged(self.wheel.name, f"{self.path} does not have the digest that RECORD gives it")
        return bytes(data)

    def deflated(self) -> Deflated | None:
        """The stream as the wheel holds it; the wheel's own digest was checked, and the stream's once (see check)."""
        if self.method != DEFLATED:
            return None
        return Deflated(stream=self.wheel.read_at(self.offset, self.stored), crc32=self.crc32)


def inflate(stream: bytes, *, size: int, method: int) -> bytes | bytearray | None:
    """The bytes of a stream that must have `size` of them; None where it has not."""
    if method == STORED:
        return stream if len(stream) == size else None
    if size == 0 or size > _LARGE:
        # libdeflate wants the whole output at once; zlib stops at the size that was promised.
        return _inflate_zlib(stream, size)
    try:
        data: bytearray = deflate.deflate_decompress(stream, size)
    except deflate.DeflateError:
        return None
    return data if len(data) == size else None


def _inflate_zlib(stream: bytes, size: int) -> bytes | None:
    engine = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        data = engine.decompress(stream, size + 1)
    except zlib.error:
        return None
    return data if len(data) == size and (engine.eof or size == 0) else None


def damaged(name: str, what: str) -> InstallError:
    """The error for a wheel, or another package, whose bytes cannot be what its publisher made."""
    again = "fetch or build the wheel again; if the index serves it like this, pin another version"
    do = again if name.endswith(".whl") else "make or download the package again"
    return InstallError(Problem(what=f"{name} is damaged: {what}", where=name, do=do))
