"""What is known of each module's imports, and which of them wait for their first use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Statement:
    """One name that an import at module level binds. `loads` are the modules it imports, in their order, parents first.

    `refusal` says why the module itself does not let it wait (`probe/deferrable.py`); empty where it does. An import
    that is not `sure` stands in a block, so it may not be done at all.
    """

    line: int
    name: str
    loads: tuple[str, ...]
    refusal: str = ""
    sure: bool = True

    @property
    def target(self) -> str:
        """The module that the name is or comes from."""
        return self.loads[-1]


@dataclass(frozen=True, slots=True, order=True)
class Effect:
    """What a module does on import (`probe/effects.py`); for calls, bases and changes, `text` is a dotted name."""

    line: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LazyFacts:
    """One module. `stars` are the modules it imports everything from; the rest as in `probe/effects.py`.

    `opaque` says why nothing can be known of what it does (an extension module, a source that does not parse), `fixed`
    why its code cannot be rewritten (its source ships), so that nothing in it can wait.
    """

    name: str
    is_package: bool = False
    statements: tuple[Statement, ...] = ()
    stars: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    functions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    classes: Mapping[str, tuple[tuple[str, ...], bool]] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    watched: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()
    opaque: str = ""
    fixed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What running the entry points told. `importers` has who imported each module first, in the order of loading.

    That is of the modules that the entry points brought in; an entry point itself has no importer (an empty name).

    `own` is about each module's own import time in µs. `used` maps init (the empty name) and each event to the modules
    of which something was used. What a share of `limit` of the events uses does not pay to defer: a request has less of
    a processor than init, at `limit` of its speed.
    """

    importers: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, int] = field(default_factory=dict)
    used: Mapping[str, frozenset[str]] = field(default_factory=dict)
    limit: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Deferral:
    """Imports of one module that are done together at first use; `gain` is what would be lost in µs without it."""

    module: str
    names: tuple[tuple[int, str], ...]
    target: str
    gain: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Kept:
    """An import that stays where it is, and why."""

    module: str
    line: int
    name: str
    target: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lazy:
    """The decision. `absent` are the modules that init loads no more, as far as imports tell.

    `submodules` are those that a package must answer for as attributes, as they may not be there any more: whoever read
    `a.b` may have relied on somebody else's import. `late` are the same of packages that cannot be rewritten, such as
    the standard library's.
    """

    deferrals: tuple[Deferral, ...] = ()
    kept: tuple[Kept, ...] = ()
    absent: tuple[str, ...] = ()
    submodules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    late: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gain: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports:
    """What a report tells of imports: those that wait, and of those that do not what own code or much time is behind.

    `started` tells whether init is made cheaper otherwise.
    """

    deferred: tuple[Deferral, ...] = ()
    kept: tuple[Kept, ...] = ()
    started: bool = False


class Laziness(StrEnum):
    """How far imports may wait."""

    OFF = "off"
    SAFE = "safe"
    """What analysis alone can justify."""
    PROFILE = "profile"
    """And what no event used at init, where being late does no harm that was seen."""
