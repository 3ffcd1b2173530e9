"""Content -> its stream in the zip: copied where the wheel has one, else compressed once and remembered.

Levels, measured on this project's corpus with libdeflate, against zlib -9 (2,132 kB of a 5 MB extension module):

    level                    6        7        9       12
    native code, ms/MB    12.2     15.9     25.6    141.0
    native code, size    1.010    1.004    1.000    0.978
    sources, ms/MB         9.2     12.9     29.8    178.3
    sources, size        1.019    1.010    1.000    0.964

So SPEED takes 7: smaller than zlib -9, for half the time of 9 at a cost of 0.4 to 1 %. It also compresses the native
code of wheels, whose builders take zlib -6 or worse, and where that is little code with level 10 (pydantic-core: 7 %
smaller for 340 ms, with level 7 4 % for 80 ms). SIZE takes 12 and compresses all that a wheel brings. Either keeps the
wheel's stream where that is no larger. libdeflate releases the GIL: threads do.
zopfli (5 iterations) is not worth its time: -0.1 % on native code and 0.5 % on sources, for 16 times that of level 12.
"""

import struct
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256

import deflate

from slimpack.emit.archive import DEFLATED, STORED
from slimpack.host.tools import Tools
from slimpack.model.naming import is_shared_object
from slimpack.model.project import Optimize
from slimpack.model.tree import OWN, Bytes, Content, File, Lazy, Tree

_LEVELS = {Optimize.SPEED: 7, Optimize.SIZE: 12}
_LITTLE, _LITTLE_LEVEL = 6 * 1024**2, 10
"""Bytes of native code in a tree up to which SPEED takes a higher level for it: under half a second, once."""
_FORMAT = 1
"""Part of the cache's key; raise it with every change of the levels' meaning or the blob's layout."""
_HEADER = struct.Struct("<32sLL")
_KIND = "deflate"
_LARGE = 16 * 1024**2
_WORTH_CACHING = 7 << 19
"""Bytes times level of one distribution: below half a megabyte at level 7, compressing is as fast as the cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """What lies in the zip for one content."""

    method: int
    crc32: int
    data: bytes = field(repr=False)


def stream_of(content: Content, *, compressed: Mapping[str, Stream], optimize: Optimize) -> Stream:
    """The smallest form of a content at hand: compressed here, copied, or stored where compression does not shrink."""
    best = compressed.get(content.sha256)
    ready = content.deflated()
    if ready is not None and (best is None or len(ready.stream) <= len(best.data)):
        best = Stream(method=DEFLATED, crc32=ready.crc32, data=ready.stream)
    if best is None and content.size:
        best = _compress(content, _LEVELS[optimize])
    if best is None or len(best.data) >= content.size:
        return Stream(method=STORED, crc32=best.crc32 if best else 0, data=content.read())
    return best


def compress(tree: Tree, *, optimize: Optimize, tools: Tools) -> Mapping[str, Stream]:
    """The streams that are worth making together, by the content's SHA-256: of what has none, and for SIZE of all."""
    groups = _groups(tree, optimize=optimize)
    known = {group.key: _load(tools.cache.get(_KIND, group.key)) if group.key else {} for group in groups}
    missing = {
        digest: (content, group.level)
        for group in groups
        for digest, content in group.contents.items()
        if digest not in known[group.key]
    }
    # The largest first, or the last thread compresses it alone.
    ordered = sorted(missing.items(), key=lambda item: (-item[1][0].size, item[0]))
    total = sum(content.size for content, _ in missing.values())
    with ThreadPoolExecutor(max(tools.workers, 1), "compress") as threads:
        streams = threads.map(lambda item: _compress(*item[1]), ordered)
        fresh = dict(_heard(zip(ordered, streams, strict=True), total=total, tools=tools))
    made: dict[str, Stream] = {}
    for group in groups:
        new = {digest: fresh[digest] for digest in group.contents if digest in fresh}
        if group.key and new:
            tools.cache.put(_KIND, group.key, _dump({**known[group.key], **new}))
        made.update(new)
        made.update((digest, one) for digest, one in known[group.key].items() if digest in group.contents)
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """What is remembered together: thousands of small blobs are slow, one of 40 MB is thrice in memory. No key: not."""

    key: str
    level: int
    contents: Mapping[str, Content]


def _groups(tree: Tree, *, optimize: Optimize) -> list[_Group]:
    natives = {path: file.content.size for path, file in tree.files.items() if is_shared_object(path)}
    little = optimize is Optimize.SPEED and sum(natives.values()) <= _LITTLE
    owners: dict[tuple[str, int], dict[str, Content]] = defaultdict(dict)
    for path, file in tree.files.items():
        level = _LITTLE_LEVEL if little and path in natives else _LEVELS[optimize]
        asked = optimize is Optimize.SIZE or not _is_ready(file) or (path in natives and _is_weak(file, level))
        if file.content.size and asked:
            owners[file.owner, level].setdefault(file.content.sha256, file.content)
    wheels = {distribution.name: distribution.sha256 for distribution in tree.distributions}
    return [
        _Group(key=_key(part, shard=shard, wheel=wheels.get(owner, ""), level=level), level=level, contents=part)
        for (owner, level), contents in sorted(owners.items())
        for shard, part in _shards(contents)
    ]


def _shards(contents: Mapping[str, Content]) -> list[tuple[str, Mapping[str, Content]]]:
    """The contents of a large distribution by the first digit of their digests; a small one's in one part."""
    if sum(content.size for content in contents.values()) < _LARGE:
        return [("", contents)]
    parts: dict[str, dict[str, Content]] = defaultdict(dict)
    for digest, content in contents.items():
        parts[digest[0]][digest] = content
    return sorted(parts.items())


def _key(contents: Mapping[str, Content], *, shard: str, wheel: str, level: int) -> str:
    # A wheel's blob grows with the files asked of it; a project's own code changes, so its blob is of one state.
    if sum(content.size for content in contents.values()) * level < _WORTH_CACHING:
        return ""
    named = wheel or "\0".join(sorted(contents))
    return sha256(f"{_FORMAT}\0{level}\0{shard}\0{named}".encode()).hexdigest()


def _is_ready(file: File) -> bool:
    # Asking for a stream reads it. What came from a wheel has one, but for the few members that a wheel stores.
    if file.owner == OWN:
        return file.content.deflated() is not None
    return not isinstance(file.content, Bytes | Lazy)


def _is_weak(file: File, level: int) -> bool:
    """Whether the ready-made stream was made by others, or by a rewrite at a lower level."""
    ready = file.content.deflated()
    return ready is None or ready.level < level


def _compress(content: Content, level: int) -> Stream:
    data = content.read()
    return Stream(method=DEFLATED, crc32=zlib.crc32(data), data=bytes(deflate.deflate_compress(data, level)))


def _heard(
    done: Iterable[tuple[tuple[str, tuple[Content, int]], Stream]], *, total: int, tools: Tools
) -> Iterator[tuple[str, Stream]]:
    count = 0
    for (digest, (content, _)), stream in done:
        count += content.size
        tools.listener.progressed("emit", done=count, total=total, unit="bytes")
        yield digest, stream


def _dump(streams: Mapping[str, Stream]) -> bytes:
    parts: list[bytes] = []
    for digest, stream in sorted(streams.items()):
        parts += (_HEADER.pack(bytes.fromhex(digest), stream.crc32, len(stream.data)), stream.data)
    return b"".join(parts)


def _load(blob: bytes | None) -> dict[str, Stream]:
    streams: dict[str, Stream] = {}
    at = 0
    while blob is not None and at < len(blob):
        digest, crc32, size = _HEADER.unpack_from(blob, at)
        at += _HEADER.size
        streams[digest.hex()] = Stream(method=DEFLATED, crc32=crc32, data=blob[at : at + size])
        at += size
    return streams
