"""Timing: raw samples of init before and after, and where the time goes by module."""

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Raw samples of one variant, kept so that statistics can be redone: CPU and wall in ms, peak RSS in bytes."""

    cpu: tuple[float, ...]
    wall: tuple[float, ...]
    rss: tuple[int, ...]

    @property
    def median_cpu(self) -> float:
        """Median CPU time in ms."""
        return median(self.cpu)

    @property
    def median_wall(self) -> float:
        """Median wall time in ms."""
        return median(self.wall)

    @property
    def peak_rss(self) -> int:
        """Largest peak RSS in bytes."""
        return max(self.rss)

    @property
    def spread(self) -> float:
        """Half the interquartile range of CPU time, in ms."""
        ordered = sorted(self.cpu)
        count = len(ordered)
        return (ordered[(3 * count) // 4 if count > 1 else 0] - ordered[count // 4]) / 2


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ModuleTime:
    """One line of `-X importtime`: own and cumulative time in µs; `parent` is the importing module."""

    module: str
    own: int
    cumulative: int
    parent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Init of the entry points in fresh, interleaved processes.

    `modules` are the imports of the artifact, `modules_before` those of the original: one run each under
    `-X importtime`, in the order in which they ended.
    """

    before: Samples
    after: Samples
    floor: Samples
    modules: tuple[ModuleTime, ...]
    python: str
    modules_before: tuple[ModuleTime, ...] = ()
