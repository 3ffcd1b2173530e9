"""No claim inside the noise."""

from random import Random

import pytest

from slimpack.measure.statistics import interval, significant, spread


def noisy(centre: float, width: float, seed: int, count: int = 12) -> list[float]:
    random = Random(seed)
    return [centre + random.uniform(-width, width) for _ in range(count)]


def test_a_clear_difference_is_significant_and_its_interval_holds_it() -> None:
    before, after = noisy(100, 5, 1), noisy(60, 5, 2)
    low, high = interval(before, after)
    assert low < -40 + 5
    assert high > -40 - 5
    assert high < 0
    assert significant(before, after)


@pytest.mark.parametrize("seed", range(5))
def test_the_same_thing_measured_twice_is_not(seed: int) -> None:
    samples = noisy(100, 20, seed, 24)
    assert not significant(samples[::2], samples[1::2])
    assert not significant(samples, list(samples))


def test_few_samples_claim_nothing() -> None:
    assert not significant([100.0, 101.0], [50.0, 51.0])


def test_the_same_samples_always_say_the_same() -> None:
    before, after = noisy(100, 30, 3), noisy(90, 30, 4)
    assert interval(before, after) == interval(before, after)
    assert interval(after, before) != interval(before, after)


def test_spread_is_the_interquartile_range() -> None:
    assert spread([1, 2, 3, 4, 5]) == 2
    assert spread([7.0]) == 0
    assert spread([1, 1, 1, 1000]) == pytest.approx(249.75)
