"""A wheel's index: where each member lies, its digest, and what the wheel says of itself; JSON for the cache.

Reading a central directory, RECORD and metadata costs a few ms for a large wheel, checking every digest a tenth of a
second or two; both are pure functions of the wheel's SHA-256, so they are done once for each wheel ever.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from slimpack.install.content import WheelFile, WheelMember
from slimpack.model.tree import Distribution, File

VERSION = 1
"""Part of the cache's key; raise it when the meaning of an index or what was checked for it changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file of the wheel, at its place in the tree (after the schemes); the rest as in WheelMember."""

    path: str
    offset: int
    stored: int
    size: int
    method: int
    crc32: int
    sha256: str
    executable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Everything of one wheel but its bytes; entries sorted by path."""

    distribution: Distribution
    entries: tuple[Entry, ...]

    def files(self, wheel: WheelFile) -> Mapping[str, File]:
        """The wheel's files as parts of a tree."""
        owner = self.distribution.name
        return {
            entry.path: File(
                WheelMember(
                    wheel=wheel,
                    path=entry.path,
                    offset=entry.offset,
                    stored=entry.stored,
                    size=entry.size,
                    method=entry.method,
                    crc32=entry.crc32,
                    sha256=entry.sha256,
                ),
                executable=entry.executable,
                owner=owner,
            )
            for entry in self.entries
        }


def dump(index: Index) -> bytes:
    """The index as JSON."""
    own = index.distribution
    rows = [[e.path, e.offset, e.stored, e.size, e.method, e.crc32, e.sha256, int(e.executable)] for e in index.entries]
    facts = [own.name, own.version, own.filename, own.sha256, own.info, own.requires, own.entry_points]
    return json.dumps([facts, rows], separators=(",", ":")).encode()


def load(data: bytes) -> Index:
    """The index that was dumped. Raises ValueError where it is none."""
    facts, rows = json.loads(data)
    name, version, filename, sha256, info, requires, entry_points = facts
    return Index(
        distribution=Distribution(
            name=name,
            version=version,
            filename=filename,
            sha256=sha256,
            info=info,
            requires=tuple(requires),
            entry_points=tuple((group, key, value) for group, key, value in entry_points),
        ),
        entries=tuple(
            Entry(
                path=path,
                offset=offset,
                stored=stored,
                size=size,
                method=method,
                crc32=crc32,
                sha256=digest,
                executable=bool(executable),
            )
            for path, offset, stored, size, method, crc32, digest, executable in rows
        ),
    )
