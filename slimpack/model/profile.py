"""Profile: what a function's start costs, by phase, by statement of its own code, and by import."""

from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from slimpack.model.timing import Samples

_LEAST, _SHARE = 5.0, 0.05
STANDARD = "standard library"
"""The owner of modules that come with the interpreter: no distribution has a blank in its name."""


class StatementKind(StrEnum):
    """What a statement does: import, define a function or class, or anything else."""

    IMPORT = "import"
    DEFINITION = "definition"
    WORK = "work"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement at the top level of own code. Times in ms of CPU; `imports` is the part of it spent importing.

    `needed` are those who read what it binds: places in own code (`path:line`) that do so in init, "" for whoever else
    does in init, and events; None where that is not known. `alone` is what it costs beyond imports that others do as
    well; what is saved without it may be less, as what it prepares may be needed by others.
    """

    path: str
    line: int
    text: str
    cpu: float
    imports: float
    alone: float = 0.0
    kind: StatementKind = StatementKind.WORK
    needed: tuple[str, ...] | None = None

    @property
    def where(self) -> str:
        """`path:line`."""
        return f"{self.path}:{self.line}"

    @property
    def itself(self) -> float:
        """What it costs beyond imports: a client that is made, a file that is parsed."""
        return max(self.cpu - self.imports, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """One import during init. Times in ms of CPU; `importer` is who asked first, as `path:line`.

    `owner` is a distribution, "" for own code, or STANDARD; `statement` the statement of own code that ran then. `used`
    names the phases in which a function of it was called ("init", or an event), None where that is not known (before
    Python 3.12). `saved` is what init would not cost if this first import were deferred: all that nobody else imports.
    """

    module: str
    owner: str
    own: float
    cumulative: float
    importer: str
    parent: str
    used: tuple[str, ...] | None
    saved: float
    statement: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one owner's modules cost. `saved` is what init would not cost without them and what they alone need.

    `importer` is who imported the first of them, `used` the phases in which functions of `ran` of them were called.
    """

    owner: str
    modules: int
    own: float
    saved: float
    importer: str
    used: tuple[str, ...] | None = None
    ran: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Movable:
    """Statements of own code that could wait together; it was tried, so `saved` is what init did not cost then.

    `statements` are places, the one that it is about first; `needed` the events that need them, and `paid` what these
    cost more, all events together. `modules` of `owners`, the costliest first, would not be loaded.
    """

    statements: tuple[str, ...]
    modules: int
    owners: tuple[str, ...]
    saved: float
    needed: tuple[str, ...]
    paid: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaceable:
    """A distribution in whose place one that it brings along would do; `saved` is what init would not cost then."""

    owner: str
    by: str
    why: str
    importer: str
    saved: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """One event in fresh processes: the first request, and the same again. ms of CPU and of wall time."""

    event: str
    first_cpu: tuple[float, ...]
    first_wall: tuple[float, ...]
    second_cpu: tuple[float, ...]
    second_wall: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How much more CPU one subject's init takes than another's, in ms, and the interval of 95 % around it."""

    shift: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One subject: a function's package. `init` is up to the first request for work, the runtime client included.

    `loading` is the part of each of those starts from when the client begins to load the function: what goes before is
    the same for every function, and most of the noise. `floor` and `floor_loading` are the same of an empty handler in
    the same session; `read` are bytes read while loading, `opened` files. `entry` is the file of the handler's module.
    `imports` are in the order in which they began.
    """

    subject: str
    python: str
    floor: Samples
    init: Samples
    loading: tuple[float, ...]
    floor_loading: tuple[float, ...]
    read: int
    opened: int
    cold: bool
    requests: tuple[Requests, ...] = ()
    entry: str = ""
    statements: tuple[Statement, ...] = ()
    imports: tuple[Imported, ...] = ()
    shares: tuple[Share, ...] = ()
    movable: tuple[Movable, ...] = ()
    replaceable: tuple[Replaceable, ...] = ()

    def matters(self, cost: float) -> bool:
        """Whether so many ms are worth a thought: at least 5, and 5 % of init."""
        return cost >= max(_LEAST, _SHARE * self.init.median_cpu)

    @property
    def own_cpu(self) -> float:
        """Ms of CPU that are the function's: without the floor."""
        return max(median(self.loading) - median(self.floor_loading), 0.0)

    @property
    def importing(self) -> float:
        """Ms of CPU in imports: the handler's module and all below it, without own statements beyond imports."""
        return max(sum(one.own for one in self.imports) - self.calling, 0.0)

    @property
    def calling(self) -> float:
        """Ms of CPU in own code's statements beyond imports."""
        return sum(one.itself for one in self.statements)

    @property
    def unattributed(self) -> float:
        """Ms of CPU that are nobody's; under zero where the parts were measured to be more than the whole."""
        return self.own_cpu - self.importing - self.calling


def middle(values: tuple[float, ...]) -> float:
    """The median; 0 of nothing."""
    return median(values) if values else 0.0
