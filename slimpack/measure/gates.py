"""Gates, Profiles -> what does not hold: one line each, and only what is beyond the noise."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import assert_never

from slimpack.measure.statistics import middle_interval, paired, shift
from slimpack.model.gate import Allowed, Gate, Metric
from slimpack.model.profile import Difference, Profile

_MEGA = 1024**2
_RESOLUTION = 0.1
"""ms on either side of the interval, for what no number of runs averages out: a start that computes for longer leaves
the caches colder for what follows, which then takes 0.02 to 0.06 ms more (`scripts/accuracy.py`: burning 50 or 200 ms
was found as 50.04 and 200.06 ms, each time alike, by intervals of +-0.06 and +-0.08 ms)."""


def difference(subject: Profile, reference: Profile) -> Difference:
    """How much more CPU init of the subject takes: by the part that loads the function, as the rest is the same."""
    low, high = paired(reference.loading, subject.loading)
    middle = shift(reference.loading, subject.loading)
    return Difference(shift=middle, low=low - _RESOLUTION, high=high + _RESOLUTION)


def broken(gates: Iterable[Gate], subject: Profile, reference: Profile | None) -> tuple[str, ...]:
    """Why each gate that does not hold does not. An interval of 95 % that reaches the limit still holds it."""
    return tuple(said for gate in gates if (said := _broken(gate, subject, reference)))


def _broken(gate: Gate, subject: Profile, reference: Profile | None) -> str:
    values = _samples(gate.metric, subject)
    if gate.allowed is Allowed.VALUE:
        low, high = middle_interval(values)
        if low <= gate.limit:
            return ""
        is_now = f"{gate.metric} of {subject.subject} is {_shown(gate.metric, median(values))}"
        return f"{is_now} (95 %: {_range(gate.metric, low, high)}), the limit is {_shown(gate.metric, gate.limit)}"
    if reference is None:
        return ""
    before = median(_samples(gate.metric, reference))
    limit = gate.limit * before / 100 if gate.allowed is Allowed.PER_CENT else gate.limit
    if gate.metric is Metric.INIT:
        found = difference(subject, reference)
        more, low, high = found.shift, found.low, found.high
    else:
        others = _samples(gate.metric, reference)
        low, high = paired(others, values)
        more = shift(others, values)
    if low <= limit:
        return ""
    above = f"{_shown(gate.metric, more)} ({100 * more / before:+.1f} %) above {reference.subject}"
    said = f"{gate.metric} of {subject.subject} is {above} (95 %: {_range(gate.metric, low, high)})"
    return f'{said}, allowed is "{gate.text}"'


def _samples(metric: Metric, profile: Profile) -> Sequence[float]:
    match metric:
        case Metric.INIT:
            return profile.init.cpu
        case Metric.PEAK_RSS:
            return profile.init.rss
        case _:
            assert_never(metric)


def _shown(metric: Metric, value: float) -> str:
    return f"{value:.1f} ms" if metric is Metric.INIT else f"{value / _MEGA:.1f} MB"


def _range(metric: Metric, low: float, high: float) -> str:
    unit = _shown(metric, high)
    return f"{_shown(metric, low).partition(' ')[0]} … {unit}"
