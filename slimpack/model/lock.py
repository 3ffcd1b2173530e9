"""Lock: the pinned, hashed wheels of one target; a view of a PEP 751 lock."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One wheel: where it is and which bytes it must have.

    `name` is normalised (PEP 503). `url` is absolute and holds no credential; `path` is set instead for a local
    wheel. `filename` is the wheel's file name. `size` in bytes, 0 where the lock does not say. A wheel that was built
    here names in `built_from` what it was built from: a folder relative to the project, an sdist's URL, or a
    repository's URL with its commit; `built_from_sha256` is of the sdist.
    """

    name: str
    version: str
    filename: str
    sha256: str
    url: str = ""
    path: str = ""
    size: int = 0
    index: str = ""
    built_from: str = ""
    built_from_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Sorted, unique by name, every pin hashed. `source` says which file or resolver it came from."""

    pins: tuple[Pin, ...]
    source: str

    def __post_init__(self) -> None:
        names = [pin.name for pin in self.pins]
        if names != sorted(set(names)):
            raise ValueError("pins must be sorted and unique by name")
        if unhashed := [pin.name for pin in self.pins if len(pin.sha256) != 64]:  # noqa: PLR2004 hex digits of a sha256
            raise ValueError(f"pins without sha256: {', '.join(unhashed)}")
