"""Prices: dollars per GB-second, and what init costs at a memory size."""

from dataclasses import dataclass

from slimpack.model.target import Architecture

ONE_CPU = 1769
"""MB of memory at which a function has one whole processor; below, it has that share of one."""
_MB_PER_GB = 1024
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """On-demand prices of one region on one day, first tier, in US dollars per GB-second."""

    as_of: str
    region: str
    x86_64: float
    arm64: float

    def of_million(self, cpu: float, *, memory: int, architecture: Architecture) -> float:
        """Dollars for the init of a million cold starts, each of `cpu` ms, at `memory` MB.

        Init is billed since August 2025. A processor there is taken to be as fast as this machine's.
        """
        price = self.arm64 if architecture is Architecture.ARM64 else self.x86_64
        seconds = cpu / 1000 / min(1.0, memory / ONE_CPU)
        return seconds * memory / _MB_PER_GB * price * _MILLION
