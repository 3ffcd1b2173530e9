"""Material: one distribution that an artifact is made of, for those who must account for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """`files` maps each path in the artifact to the SHA-256 of its bytes there; sizes in bytes.

    `license` is what the distribution says of itself: an SPDX expression, else the name of a licence, else "". `texts`
    are its licence files by path. `wheel` is its file and `sha256` the digest of that, "" where it is not known.
    `removed` are the files that do not ship, `removed_bytes` their bytes and `removed_by` their number by pass; all
    that stays of a file that ships as bytecode, or rewritten, is what ships.
    """

    name: str
    version: str
    license: str = ""
    summary: str = ""
    wheel: str = ""
    sha256: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    removed: int = 0
    removed_bytes: int = 0
    removed_by: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Materials:
    """An artifact by its parts. `own` are the project's own files and slimpack's, by path, with their SHA-256.

    `sha256` is of the artifact, or of its names and contents where it is a folder. `gone` are the distributions of
    which nothing ships.
    """

    name: str
    sha256: str
    slimpack: str
    parts: tuple[Material, ...]
    own: Mapping[str, str] = field(default_factory=dict)
    gone: tuple[tuple[str, str], ...] = ()
