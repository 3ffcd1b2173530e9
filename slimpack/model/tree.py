"""Tree: what could ship; path -> File, and the distributions the files belong to."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from types import MappingProxyType
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Deflated:
    """A raw deflate stream that inflates to the content, and the content's CRC-32.

    `level` is libdeflate's where slimpack made the stream, 0 where somebody else did.
    """

    stream: bytes
    crc32: int
    level: int = 0


class Content(Protocol):
    """The bytes of a file, not read before they are asked for."""

    @property
    def size(self) -> int:
        """Bytes of `read()`."""

    @property
    def sha256(self) -> str:
        """Hex digest of `read()`; from RECORD where that was checked, else computed once."""

    def read(self) -> bytes:
        """All bytes."""

    def deflated(self) -> Deflated | None:
        """A ready-made deflate stream of `read()`, where one is at hand."""


@dataclass(frozen=True, slots=True)
class Bytes:
    """Content that is held in memory."""

    data: bytes

    @property
    def size(self) -> int:
        """Bytes of the data."""
        return len(self.data)

    @property
    def sha256(self) -> str:
        """Hex digest of the data."""
        return sha256(self.data).hexdigest()

    def read(self) -> bytes:
        """Return the data."""
        return self.data

    def deflated(self) -> Deflated | None:
        """Nothing ready-made."""
        return None


@dataclass(frozen=True, slots=True)
class Lazy:
    """Content made on demand; `size` and `sha256` are known beforehand."""

    size: int
    sha256: str
    source: Callable[[], bytes] = field(repr=False)

    def read(self) -> bytes:
        """Make the bytes."""
        return self.source()

    def deflated(self) -> Deflated | None:
        """Nothing ready-made."""
        return None


OWN = ""
"""The owner of the project's own files."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a tree. `owner` is the normalised name of its distribution, or OWN."""

    content: Content
    executable: bool = False
    owner: str = OWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """One installed wheel. `info` is its dist-info folder; `entry_points` are (group, name, value)."""

    name: str
    version: str
    filename: str
    sha256: str
    info: str
    requires: tuple[str, ...] = ()
    entry_points: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """Files by relative POSIX path, iterated sorted; never changed, only replaced."""

    files: Mapping[str, File]
    distributions: tuple[Distribution, ...] = ()

    def __post_init__(self) -> None:
        for path in self.files:
            if not is_safe(path):
                raise ValueError(f"unsafe path in a tree: {path!r}")
        ordered = {path: self.files[path] for path in sorted(self.files)}
        object.__setattr__(self, "files", MappingProxyType(ordered))
        by_name = tuple(sorted(self.distributions, key=lambda distribution: distribution.name))
        object.__setattr__(self, "distributions", by_name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __contains__(self, path: object) -> bool:
        return path in self.files

    def __getitem__(self, path: str) -> File:
        return self.files[path]

    def __len__(self) -> int:
        return len(self.files)

    @property
    def size(self) -> int:
        """Unpacked bytes of all files."""
        return sum(file.content.size for file in self.files.values())

    def with_files(self, files: Mapping[str, File]) -> "Tree":
        """The same distributions over other files."""
        return replace(self, files=files)


def is_safe(path: str) -> bool:
    """Tell whether `path` is relative, POSIX, normalised and stays inside."""
    return (
        bool(path)
        and not path.startswith("/")
        and "\\" not in path
        and "\0" not in path
        and all(part not in {"", ".", ".."} for part in path.split("/"))
    )


def tree_of(files: Mapping[str, str | bytes], *, owner: str = OWN) -> Tree:
    """Make a tree from literal texts: a whole test fixture in a line."""
    return Tree(
        {
            path: File(Bytes(text.encode() if isinstance(text, str) else text), owner=owner)
            for path, text in files.items()
        }
    )
