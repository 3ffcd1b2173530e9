"""Comparison: what changed from one package to the next, and the limits that a change has to keep."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from slimpack.model.finding import Finding
from slimpack.model.gate import Allowed
from slimpack.model.timing import Timing


class Measure(StrEnum):
    """What a package is measured by: bytes, bytes, a number, milliseconds of CPU, bytes."""

    ZIP = "zip"
    UNPACKED = "unpacked"
    FILES = "files"
    INIT = "init"
    PEAK_RSS = "peak-rss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """One distribution (or, without a name, own code) as it ships; `stored` is what it takes in the zip, if known."""

    version: str = ""
    unpacked: int = 0
    stored: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a module is asked for: the distribution it is of, who imports it, and the line of own code behind that."""

    owner: str
    importer: str = ""
    line: int = 0
    own: str = ""
    own_line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What is known of one package. `zip` is None for a folder; `timing` and `findings` are None without a report.

    `files` maps paths in the artifact to bytes, `weights` distributions to what they weigh; `origins` are of modules
    by dotted name, `entries` of each distribution's first module; `own` are the files of own code.
    """

    name: str
    function: str
    zip: int | None
    unpacked: int
    files: Mapping[str, int]
    weights: Mapping[str, Weight]
    findings: tuple[Finding, ...] | None = None
    timing: Timing | None = None
    origins: Mapping[str, Origin]
    entries: Mapping[str, Origin]
    own: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One measure before and after; None where it is not known."""

    measure: Measure
    before: float | None
    after: float | None

    @property
    def change(self) -> float | None:
        """How much there is more."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A distribution that came, went, or changed its version or size; what is not there has None."""

    name: str
    before: Weight | None
    after: Weight | None

    @property
    def growth(self) -> int:
        """How many bytes more there are, unpacked."""
        return (self.after.unpacked if self.after else 0) - (self.before.unpacked if self.before else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """An import that was not there before, with all that it brought: `cost` in ms of init where that was measured.

    `size` is what the distributions that came with it weigh, unpacked. Without `new` the module was there, and takes
    longer.
    """

    module: str
    origin: Origin
    cost: float | None
    size: int = 0
    modules: int = 1
    new: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class InitChange:
    """Medians of init's CPU time in ms, and the confidence interval of the difference: None where it has no bounds.

    `scale` is what the first was multiplied by, since the two were measured at different speeds of the machine.
    """

    before: float
    after: float
    low: float | None
    high: float | None
    runs: tuple[int, int]
    scale: float = 1.0

    @property
    def grew(self) -> bool:
        """Whether it is slower beyond the noise."""
        return self.low is not None and self.low > 0

    @property
    def shrank(self) -> bool:
        """Whether it is faster beyond the noise."""
        return self.high is not None and self.high < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What a change has to keep: a measure, or (without one) that no finding is new. `text` is how it was written."""

    text: str
    measure: Measure | None = None
    allowed: Allowed = Allowed.MORE
    limit: float = 0.0
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All that changed.

    `new` and `gone` are findings, None where one of the two has no report; files are (path, bytes), a source and its
    bytecode being the same. `own` are the files of own code after the change, which a reviewer can be shown.
    """

    function: str
    before: str
    after: str
    quantities: tuple[Quantity, ...]
    distributions: tuple[Moved, ...]
    init: InitChange | None
    causes: tuple[Cause, ...]
    new: tuple[Finding, ...] | None
    gone: tuple[Finding, ...] | None
    added: tuple[tuple[str, int], ...]
    removed: tuple[tuple[str, int], ...]
    own: tuple[str, ...] = ()

    def quantity(self, measure: Measure) -> Quantity:
        """That measure before and after."""
        return next(one for one in self.quantities if one.measure is measure)
