"""Content that is another content, rewritten: its deflate stream is kept in the cache, or it is made again when read.

What a rewrite makes of a file is a pure function of the file's bytes, so size and digest are remembered per wheel, and
the stream by the digest of what it inflates to: a warm build rewrites nothing and reads none of the originals. With
the strongest compression there is no ready-made stream; whoever writes the artifact then compresses as it likes.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import deflate

from slimpack.apply.job import Job
from slimpack.host.cache import Cache
from slimpack.host.learnt import learn
from slimpack.model.project import Optimize
from slimpack.model.tree import Content, Deflated, File

_STREAM = "rewritten-stream-1"
_LEVEL = 7
"""Of libdeflate: as small as zlib -9 on native code within half a percent, for 0.6 of the time of level 9."""
_CRC = 4

Rewrite = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """`original` as `rewrite` makes it; `ready` tells whether a deflate stream is kept at hand."""

    size: int
    sha256: str
    original: Content = field(repr=False)
    rewrite: Rewrite = field(repr=False)
    cache: Cache = field(repr=False)
    ready: bool = True

    def read(self) -> bytes:
        """What the kept stream inflates to; without one, rewrite the original again."""
        packed = self.cache.get(_STREAM, self.sha256) if self.ready else None
        if packed is None:
            return self.rewrite(self.original.read())
        return bytes(deflate.deflate_decompress(packed[_CRC:], self.size))

    def deflated(self) -> Deflated | None:
        """The stream from the cache; where the cache lost it, made again."""
        if not self.ready:
            return None
        packed = self.cache.get(_STREAM, self.sha256)
        if packed is None:
            packed = _pack(self.rewrite(self.original.read()))
            self.cache.put(_STREAM, self.sha256, packed)
        return Deflated(stream=packed[_CRC:], crc32=int.from_bytes(packed[:_CRC], "little"), level=_LEVEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """Why a file stays as it is. `odd` tells a file that should have been rewritten from one with nothing to gain."""

    why: str
    odd: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a rewrite made of a file, and how many bytes worth compressing it saved."""

    data: bytes
    gain: int


def rewritten(
    files: Mapping[str, File],
    attempt: Callable[[bytes], Change | Unchanged],
    *,
    kind: str,
    least: float,
    job: Job,
) -> dict[str, Rewritten | Unchanged]:
    """Answer by path what `attempt` makes of each file; `kind` names it and its version.

    A gain under the share `least` of the file does not pay for giving up the original's own deflate stream.
    """
    cache, ready = job.tools.cache, job.optimize is not Optimize.SIZE

    def study(file: File) -> Any:
        change = attempt(file.content.read())
        if isinstance(change, Unchanged):
            return {"why": change.why, "odd": change.odd}
        digest = sha256(change.data).hexdigest()
        if ready and change.gain >= least * file.content.size:
            cache.put(_STREAM, digest, _pack(change.data))
        return {"size": len(change.data), "sha256": digest, "gain": change.gain}

    def again(data: bytes) -> bytes:
        change = attempt(data)
        if isinstance(change, Unchanged):
            raise TypeError(f"a rewrite that succeeded before is refused now: {change.why}")
        return change.data

    def content(file: File, answer: dict[str, Any]) -> Rewritten | Unchanged:
        if "why" in answer:
            return Unchanged(why=answer["why"], odd=answer["odd"])
        if answer["gain"] < least * file.content.size:
            return Unchanged(why=f"{answer['gain']} bytes less would not pay for compressing it again")
        return Rewritten(answer["size"], answer["sha256"], file.content, again, cache, ready)

    answers = learn(files, study, kind=kind, tree=job.tree, tools=job.tools, stage="apply")
    return {path: content(files[path], answers[path]) for path in files}


def _pack(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(_CRC, "little") + bytes(deflate.deflate_compress(data, _LEVEL))
