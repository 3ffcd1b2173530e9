"""No claim inside the noise, and intervals that hold the truth as often as they say."""

from math import inf
from random import Random
from statistics import median

import pytest

from slimpack.measure.statistics import (
    half_width,
    interval,
    middle_interval,
    paired,
    shift,
    significant,
    spread,
)


def noisy(centre: float, width: float, seed: int, count: int = 12) -> list[float]:
    random = Random(seed)
    return [centre + random.uniform(-width, width) for _ in range(count)]


def skewed(random: Random, count: int) -> list[float]:
    """As start-up times are: never much below, sometimes far above."""
    return [random.expovariate(1) + (5 if random.random() < 0.05 else 0) for _ in range(count)]


def in_turns(random: Random, count: int, difference: float) -> tuple[list[float], list[float]]:
    """Two that slow spells of the machine hit alike."""
    level, before, after = 0.0, [], []
    for early, late in zip(skewed(random, count), skewed(random, count), strict=True):
        level = 0.8 * level + random.gauss(0, 0.6)
        before.append(level + early)
        after.append(level + late + difference)
    return before, after


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


def test_very_few_samples_claim_nothing() -> None:
    assert not significant([100.0, 101.0], [50.0, 51.0])
    assert paired([1.0] * 5, [2.0] * 5) == (-inf, inf)
    assert middle_interval([1.0] * 5) == (-inf, inf)


def test_the_ends_are_those_of_the_tables() -> None:
    # Six pairs: 2 / 64 outside of the extremes. Eight: W <= 3 has 5 / 256, so the 4th average from each end.
    assert paired([0.0] * 6, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) == (1.0, 6.0)
    eight = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0]
    averages = sorted((a + b) / 2 for i, a in enumerate(eight) for b in eight[i:])
    assert paired([0.0] * 8, eight) == (averages[3], averages[-4])
    # Four and four: U <= 0 has 1 / 70 on each side, U <= 1 two.
    assert interval([0.0] * 4, [1.0, 2.0, 3.0, 4.0]) == (1.0, 4.0)
    assert middle_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) == (1.0, 6.0)
    assert middle_interval([float(n) for n in range(1, 10)]) == (2.0, 8.0)


@pytest.mark.parametrize("count", [6, 8, 12, 41])
def test_intervals_hold_the_truth_as_often_as_they_say(count: int) -> None:
    random, trials, held, held_apart, held_middle = Random(count), 300, 0, 0, 0
    truth = median(skewed(Random(0), 20_001))
    for _ in range(trials):
        low, high = paired(*in_turns(random, count, 10.0))
        held += low <= 10 <= high
        before, after = skewed(random, count), [value + 10 for value in skewed(random, count)]
        low, high = interval(before, after)
        held_apart += low <= 10 <= high
        low, high = middle_interval(before)
        held_middle += low <= truth <= high
    assert min(held, held_apart, held_middle) >= 0.92 * trials


def test_to_stop_when_the_interval_is_narrow_does_not_make_it_wrong() -> None:
    random, trials, held = Random(7), 300, 0
    for _ in range(trials):
        before, after = in_turns(random, 20, 10.0)
        for count in range(8, 21):
            low, high = paired(before[:count], after[:count])
            if high - low <= 1.6:
                break
        held += low <= 10 <= high
    assert held >= 0.91 * trials


def test_the_estimate_is_inside_its_interval_and_not_moved_by_an_outlier() -> None:
    before, after = [10.0] * 8, [12.0, 12.1, 11.9, 12.2, 11.8, 12.0, 12.1, 90.0]
    low, high = paired(before, after)
    assert low <= shift(before, after) <= high
    assert shift(before, after) == pytest.approx(2.0, abs=0.2)


def test_the_same_samples_always_say_the_same() -> None:
    before, after = noisy(100, 30, 3), noisy(90, 30, 4)
    assert interval(before, after) == interval(before, after)
    low, high = interval(before, after)
    assert interval(after, before) == (-high, -low)


def test_half_width_shrinks_with_samples() -> None:
    assert half_width(noisy(100, 10, 1, 40)) < half_width(noisy(100, 10, 1, 8))


def test_spread_is_the_interquartile_range() -> None:
    assert spread([1, 2, 3, 4, 5]) == 2
    assert spread([7.0]) == 0
    assert spread([1, 1, 1, 1000]) == pytest.approx(249.75)
