"""Artifact: what was written; same tree, same bytes."""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from slimpack.model.project import Layout

ZIPPED_LIMIT = 52_428_800
"""50 MB of direct upload (API, command line, console); larger zips go through S3."""
UNZIPPED_LIMIT = 262_144_000
"""250 MB on disk, the function and all its layers together."""


def headers_size(paths: Iterable[str]) -> int:
    """Bytes of a zip beside what its members hold: two headers a member, each with its path, and the end."""
    return 22 + sum(30 + 46 + 2 * len(path.encode()) for path in paths)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of the artifact: sizes in bytes, `stored` as compressed. `origin` is its path in the tree."""

    path: str
    size: int
    stored: int
    origin: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """`sha256` is of the zip's bytes; `content_sha256` of names, modes and contents, whatever the compressor."""

    path: Path
    layout: Layout
    size: int
    unpacked: int
    sha256: str
    content_sha256: str
    members: tuple[Member, ...]

    @property
    def code_sha256(self) -> str:
        """Lambda's CodeSha256: base64 of the SHA-256."""
        return b64encode(bytes.fromhex(self.sha256)).decode()
