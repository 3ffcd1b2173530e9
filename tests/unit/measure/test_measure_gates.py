"""A gate fires beyond the limit and beyond the noise, and says so in one line."""

from dataclasses import replace

import pytest
from profiles import profile

from slimpack.measure.gates import broken, difference
from slimpack.model.gate import Allowed, Gate, Metric


def gate(metric: Metric, allowed: Allowed, limit: float) -> Gate:
    return Gate(metric=metric, allowed=allowed, limit=limit, text="the limit")


@pytest.mark.parametrize(
    ("limit", "fires"),
    [
        (gate(Metric.INIT, Allowed.VALUE, 199.9), True),
        (gate(Metric.INIT, Allowed.VALUE, 200.3), False),  # the median is 200.35, but so is the noise
        (gate(Metric.INIT, Allowed.VALUE, 300.0), False),
        (gate(Metric.PEAK_RSS, Allowed.VALUE, 99 << 20), True),
        (gate(Metric.PEAK_RSS, Allowed.VALUE, 101 << 20), False),
        (gate(Metric.INIT, Allowed.MORE, 19.0), True),
        (gate(Metric.INIT, Allowed.MORE, 20.0), False),
        (gate(Metric.INIT, Allowed.PER_CENT, 10.0), True),
        (gate(Metric.INIT, Allowed.PER_CENT, 12.0), False),
        (gate(Metric.PEAK_RSS, Allowed.PER_CENT, 20.0), True),
        (gate(Metric.PEAK_RSS, Allowed.PER_CENT, 30.0), False),
        (gate(Metric.PEAK_RSS, Allowed.MORE, 30 << 20), False),
    ],
)
def test_limits(limit: Gate, fires: bool) -> None:
    reference = profile(cpu=180.0, rss=80 << 20, name="old.zip")
    assert bool(broken([limit], profile(), reference)) is fires


def test_one_that_is_faster_breaks_nothing() -> None:
    assert broken([gate(Metric.INIT, Allowed.PER_CENT, 1.0)], profile(cpu=100.0), profile()) == ()


def test_a_difference_within_the_noise_is_none() -> None:
    noisy = tuple(100.0 + (7 * number) % 40 for number in range(8))
    other = tuple(101.0 + (11 * number) % 40 for number in range(8))
    subject, reference = replace(profile(), loading=noisy), replace(profile(), loading=other)
    found = difference(subject, reference)
    assert found.low < 0 < found.high
    assert found.low <= found.shift <= found.high
    assert broken([gate(Metric.INIT, Allowed.MORE, 0.5)], subject, reference) == ()


def test_less_than_can_be_resolved_is_no_difference() -> None:
    """Without any noise: what comes after a long computation is a little slower, as often as one looks."""
    found = difference(profile(cpu=160.06), profile(cpu=160.0))
    assert found.low < 0 < found.shift < found.high
    assert difference(profile(cpu=161.0), profile(cpu=160.0)).low > 0


def test_the_reason_says_how_much_and_what_is_allowed() -> None:
    limits = [gate(Metric.INIT, Allowed.VALUE, 150.0), gate(Metric.INIT, Allowed.PER_CENT, 10.0)]
    absolute, relative = broken(limits, profile(), profile(cpu=160.0, name="old.zip"))
    assert absolute == "init of app.zip is 200.4 ms (95 %: 200.0 … 200.7 ms), the limit is 150.0 ms"
    assert relative == (
        'init of app.zip is 40.0 ms (+24.9 %) above old.zip (95 %: 39.9 … 40.1 ms), allowed is "the limit"'
    )
