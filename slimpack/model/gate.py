"""Gate: a limit that a measurement has to keep."""

from dataclasses import dataclass
from enum import StrEnum


class Metric(StrEnum):
    """What is held against a limit: init's CPU time in ms, or the peak memory in bytes."""

    INIT = "init"
    PEAK_RSS = "peak-rss"


class Allowed(StrEnum):
    """What the limit is of: the value itself, or how far it may be above a reference, by itself or in per cent."""

    VALUE = "value"
    MORE = "more"
    PER_CENT = "per cent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """`text` is how it was written."""

    metric: Metric
    allowed: Allowed
    limit: float
    text: str
