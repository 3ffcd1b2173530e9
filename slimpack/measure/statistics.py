"""Samples -> what may be said of them: medians, spread, and whether a difference is more than noise.

Start-up times are skewed and few, so nothing here assumes a normal distribution, and the intervals are exact: by
ranks, not by resampling. A bootstrapped median that claims 95 % holds the truth in 91 % of all cases at 6 samples and
90 % at 8 (simulated, exponential noise with outliers); a bootstrapped difference of medians holds it, but is a fifth
wider than need be, as it does not know that both were measured in turns. To stop as soon as an interval is narrow costs
the ranks one or two of their 95 in 100 (`tests/unit/measure/test_statistics.py`).

- subjects that took turns are compared round by round, so that a slow spell of the machine hits both: Wilcoxon's signed
  ranks, whose interval is between two of the sorted averages of all pairs of differences;
- samples of different sessions: Mann and Whitney's ranks, between two of the sorted differences of all pairs;
- the median of one kind of sample: the sign test, between two of the sorted samples.

Under six samples none of them can be sure to 95 %, so the interval is unbounded.
"""

from collections.abc import Sequence
from math import comb, inf, sqrt
from statistics import NormalDist, median

CONFIDENCE = 0.95
_EXACT = 40
"""Numbers of samples up to which ranks are counted; from there on they are as good as normal."""


def spread(samples: Sequence[float]) -> float:
    """The interquartile range."""
    ordered = sorted(samples)
    return _quantile(ordered, 0.75) - _quantile(ordered, 0.25)


def interval(before: Sequence[float], after: Sequence[float], *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The confidence interval of how much `after` is above `before`, sampled apart: negative where it is faster."""
    differences = sorted(late - early for late in after for early in before)
    return _between(differences, _rank_sums(len(before), len(after), confidence))


def paired(before: Sequence[float], after: Sequence[float], *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The same of samples that were taken in turns, the first with the first and so on."""
    averages = _averages(before, after)
    return _between(averages, _signed_ranks(min(len(before), len(after)), confidence))


def shift(before: Sequence[float], after: Sequence[float]) -> float:
    """The estimate in the middle of `paired`: the median of the averages of all pairs of differences."""
    return median(_averages(before, after))


def middle_interval(samples: Sequence[float], *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The confidence interval of the median."""
    count = len(samples)
    tail, cut = 0.0, 0
    while cut < count // 2 and (tail := tail + comb(count, cut) / 2**count) <= (1 - confidence) / 2:
        cut += 1
    return _between(sorted(samples), cut)


def half_width(samples: Sequence[float], *, confidence: float = CONFIDENCE) -> float:
    """Half of the width of the median's confidence interval."""
    low, high = middle_interval(samples, confidence=confidence)
    return (high - low) / 2


def significant(before: Sequence[float], after: Sequence[float]) -> bool:
    """Whether samples taken apart differ by more than their noise; very few never do."""
    low, high = interval(before, after)
    return low > 0 or high < 0


def _averages(before: Sequence[float], after: Sequence[float]) -> list[float]:
    differences = [late - early for early, late in zip(before, after, strict=False)]
    return sorted((one + other) / 2 for index, one in enumerate(differences) for other in differences[index:])


def _between(ordered: Sequence[float], cut: int) -> tuple[float, float]:
    """From the `cut`-th of the ordered values to the `cut`-th from their end; unbounded where there is no such."""
    return (ordered[cut - 1], ordered[-cut]) if cut else (-inf, inf)


def _signed_ranks(count: int, confidence: float) -> int:
    """How many of the sorted averages lie outside at each end, plus one."""
    if count > _EXACT:
        expected, deviation = count * (count + 1) / 4, sqrt(count * (count + 1) * (2 * count + 1) / 24)
        return _normal(expected, deviation, confidence)
    ways = [1] + [0] * (count * (count + 1) // 2)
    for rank in range(1, count + 1):
        for total in range(len(ways) - 1, rank - 1, -1):
            ways[total] += ways[total - rank]
    return _rarest(ways, 2**count, confidence)


def _rank_sums(one: int, other: int, confidence: float) -> int:
    """As `_signed_ranks`, of the differences between two samples."""
    if max(one, other) > _EXACT:
        return _normal(one * other / 2, sqrt(one * other * (one + other + 1) / 12), confidence)
    ways = [1] + [0] * (one * other)
    for rank in range(1, one + 1):  # times (1 - x^(other+rank)) / (1 - x^rank): Gauss's polynomials
        for total in range(len(ways) - 1, other + rank - 1, -1):
            ways[total] -= ways[total - other - rank]
        for total in range(rank, len(ways)):
            ways[total] += ways[total - rank]
    return _rarest(ways, comb(one + other, one), confidence)


def _rarest(ways: Sequence[int], whole: int, confidence: float) -> int:
    tail, cut = 0, 0
    while cut < len(ways) // 2 and (tail := tail + ways[cut]) / whole <= (1 - confidence) / 2:
        cut += 1
    return cut


def _normal(expected: float, deviation: float, confidence: float) -> int:
    return max(int(expected - NormalDist().inv_cdf((1 + confidence) / 2) * deviation), 0)


def _quantile(ordered: Sequence[float], at: float) -> float:
    """Between neighbours in proportion."""
    position = at * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)
