"""Samples -> what may be said of them: medians, spread, and whether a difference is more than noise.

Start-up times are skewed and few, so nothing here assumes a distribution: the interval is the bootstrap's percentiles
of the difference of medians, from a seeded generator, so that the same samples always say the same.
"""

from collections.abc import Sequence
from random import Random
from statistics import median

_ROUNDS = 2000
_CONFIDENCE = 0.95


def spread(samples: Sequence[float]) -> float:
    """The interquartile range."""
    ordered = sorted(samples)
    return _quantile(ordered, 0.75) - _quantile(ordered, 0.25)


def interval(
    before: Sequence[float], after: Sequence[float], *, confidence: float = _CONFIDENCE
) -> tuple[float, float]:
    """The confidence interval of `median(after) - median(before)`: negative where `after` is faster."""
    random = Random(0)  # noqa: S311 resampling, not secrecy
    differences = sorted(
        median(random.choices(after, k=len(after))) - median(random.choices(before, k=len(before)))
        for _ in range(_ROUNDS)
    )
    tail = (1 - confidence) / 2
    return _quantile(differences, tail), _quantile(differences, 1 - tail)


def half_width(samples: Sequence[float], *, confidence: float = _CONFIDENCE) -> float:
    """Half of the width of the median's confidence interval."""
    low, high = interval((0.0,), samples, confidence=confidence)
    return (high - low) / 2


def significant(before: Sequence[float], after: Sequence[float]) -> bool:
    """Whether the samples differ by more than their noise. Fewer than five of each never do."""
    if min(len(before), len(after)) < _FEWEST:
        return False
    low, high = interval(before, after)
    return low > 0 or high < 0


_FEWEST = 5


def _quantile(ordered: Sequence[float], at: float) -> float:
    """Between neighbours in proportion."""
    position = at * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)
