"""Package: a zip or folder of any origin, opened; its tree, and what its own records say that is not so."""

from dataclasses import dataclass, field
from pathlib import Path

from slimpack.model.lock import Lock, Pin
from slimpack.model.target import Architecture
from slimpack.model.tree import Distribution, Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What was found at `path`.

    `place` is where the tree's root lies in it: "" for a function, `python/` or a site directory below it for a layer;
    `outside` are the files of a layer that lie elsewhere. `size` is that of the zip, 0 for a folder. `python` and
    `architecture` are what the names of its files say, None where these say nothing.

    `guessed` are distributions without metadata, known by the names of their packages alone, so without a version;
    `unlisted` are metadata folders of which nothing tells whose files they describe.
    `changed` are files whose bytes are not those that their installer recorded, `absent` files that one recorded and
    that are not there, each behind its distribution, `doubled` are distributions that are described once more than they
    are there.
    """

    path: Path
    name: str
    place: str
    tree: Tree
    size: int
    outside: tuple[str, ...] = ()
    python: tuple[int, int] | None = None
    architecture: Architecture | None = None
    guessed: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    absent: tuple[tuple[str, str], ...] = ()
    doubled: tuple[Distribution, ...] = field(default=())

    @property
    def is_zip(self) -> bool:
        """Whether it is one file."""
        return self.size > 0

    @property
    def is_layer(self) -> bool:
        """Whether its tree lies where a layer's does."""
        return bool(self.place)

    @property
    def lock(self) -> Lock:
        """Its distributions as pins; the digest of each is of its files as they lie here, for no wheel is known."""
        pins = (
            Pin(name=one.name, version=one.version, filename=one.filename, sha256=one.sha256)
            for one in self.tree.distributions
        )
        return Lock(pins=tuple(pins), source=self.name)
