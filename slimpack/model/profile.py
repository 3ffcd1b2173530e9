"""Profile: what a function's start costs, by phase, by statement of its own code, and by import."""

from dataclasses import dataclass
from statistics import median

from slimpack.model.timing import Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement at the top level of own code. Times in ms of CPU; `imports` is the part of it spent importing."""

    path: str
    line: int
    text: str
    cpu: float
    imports: float

    @property
    def itself(self) -> float:
        """What it costs beyond imports: a client that is made, a file that is parsed."""
        return max(self.cpu - self.imports, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """One import during init. Times in ms of CPU; `importer` is who asked first, as `path:line`.

    `used` names the phases in which a function of it was called ("init", or an event), None where that is not known
    (before Python 3.12). `saved` is what init would not cost if this first import were deferred: all that nobody else
    imports.
    """

    module: str
    owner: str
    own: float
    cumulative: float
    importer: str
    parent: str
    used: tuple[str, ...] | None
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
class Profile:
    """One subject: a function's package. `init` is up to the first request for work, the runtime client included.

    `floor` is the same of an empty handler in the same session; `read` are bytes read during init, `opened` files.
    `entry` is the file of the handler's module.
    """

    subject: str
    python: str
    floor: Samples
    init: Samples
    read: int
    opened: int
    cold: bool
    requests: tuple[Requests, ...] = ()
    entry: str = ""
    statements: tuple[Statement, ...] = ()
    imports: tuple[Imported, ...] = ()

    @property
    def own_cpu(self) -> float:
        """Ms of CPU that are the function's: without the floor."""
        return max(self.init.median_cpu - self.floor.median_cpu, 0.0)

    @property
    def importing(self) -> float:
        """Ms of CPU in imports that own code's statements begin."""
        whole = sum(one.cpu for one in self.statements if one.path == self.entry)
        return max(whole - self.calling, 0.0)

    @property
    def calling(self) -> float:
        """Ms of CPU in own code's statements beyond imports."""
        return sum(one.itself for one in self.statements)


def middle(values: tuple[float, ...]) -> float:
    """The median; 0 of nothing."""
    return median(values) if values else 0.0
