"""The table of scripts/bench.py --init: what it says of samples that are known."""

import json
from dataclasses import asdict
from pathlib import Path
from random import Random

import pytest
from bench_init import BYTECODE, DEFAULT, PLAIN, PROFILE, SAFE, Start, Started, slimpack
from bench_init_table import Starts, added, centre, compare, render, slower, starts_of


def samples(middle: float, *, seed: int, rounds: int = 15, noise: float = 0.02) -> tuple[float, ...]:
    random = Random(seed)
    return tuple(middle * (1 + random.uniform(-noise, noise)) for _ in range(rounds))


def start(*, app: str = "app", corpus: str = "studies", floor: float = 0.03, **init: float) -> Start:
    names = {"plain": PLAIN, "bytecode": BYTECODE, "default": DEFAULT, "safe": SAFE, "profile": PROFILE}
    return Start(
        corpus=corpus,
        app=app,
        floor=samples(floor, seed=0),
        variants=tuple(
            Started(variant=names[name], init=samples(middle, seed=at), event=samples(0.01, seed=at + 9), events=2)
            for at, (name, middle) in enumerate(init.items(), 1)
        ),
    )


def row(page: str, beginning: str) -> list[str]:
    (found,) = [line for line in page.splitlines() if line.startswith(f"| {beginning}")]
    return [cell.strip() for cell in found.strip("|").split("|")]


def test_a_ratio_is_of_what_lies_above_the_floor_and_its_interval_holds_the_truth() -> None:
    ratio = compare(samples(0.13, seed=1), samples(0.23, seed=2), samples(0.03, seed=3))
    assert ratio.value == pytest.approx(0.5, abs=0.03)
    assert ratio.low <= 0.5 <= ratio.high
    assert ratio.high - ratio.low < 0.1
    assert ratio.whole == pytest.approx(0.13 / 0.23, abs=0.02)


def test_a_moment_that_is_slow_for_all_weighs_on_both_sides() -> None:
    """Rounds are drawn whole: when every other round takes twice as long, the ratio is as sure as ever."""
    slow = [1 + at % 2 for at in range(15)]
    part, whole, floor = (tuple(time * factor for factor in slow) for time in (0.13, 0.23, 0.03))
    ratio = compare(part, whole, floor)
    assert ratio.low == pytest.approx(0.5)
    assert ratio.high == pytest.approx(0.5)


def test_a_median_stands_between_the_ends_of_its_interval() -> None:
    middle, low, high = centre(samples(0.2, seed=4))
    assert low <= middle <= high
    assert low < high


@pytest.mark.parametrize("seed", range(6))
def test_the_same_thing_twice_is_never_slower(seed: int) -> None:
    times = samples(0.2, seed=seed, rounds=30)
    assert not slower(times[::2], times[1::2])
    assert not slower(times, times)


def test_what_is_clearly_slower_is_told() -> None:
    assert slower(samples(0.22, seed=1), samples(0.2, seed=2))
    assert not slower(samples(0.2, seed=2), samples(0.22, seed=1))


def test_targets_are_marked_by_app_by_mean_and_by_best() -> None:
    apps = (
        start(app="fast", plain=0.43, bytecode=0.23, default=0.23, safe=0.2, profile=0.08),
        start(app="slow", plain=0.23, bytecode=0.12, default=0.2, safe=0.2, profile=0.14),
    )
    page = render(Starts(machine="a machine", rounds=15, starts=apps))
    assert row(page, "default / plain, studies/fast")[-1] == "pass"
    assert row(page, "default / plain, studies/slow")[-1] == "MISS"
    assert row(page, "--lazy profile / plain, studies/fast")[-1] == "pass"
    assert row(page, "--lazy profile / plain, studies/slow")[-1] == "MISS"
    assert row(page, "--lazy profile / plain, studies, best")[-1] == "pass"
    assert row(page, "apps where --lazy profile is slower than default")[-1] == "pass"
    assert row(page, "apps where --lazy profile is slower than plain + bytecode: slow")[1:] == ["1", "≤ 0", "MISS"]
    assert row(page, "variants that do not answer every event alike")[-1] == "pass"
    mean = float(row(page, "--lazy profile / plain + bytecode, studies, geometric mean")[1].removesuffix(" x"))
    assert mean == pytest.approx((0.05 / 0.2 * 0.11 / 0.09) ** 0.5, rel=0.1)


def test_the_mean_over_the_corpus_leaves_the_studies_out() -> None:
    apps = (
        start(app="one", corpus="corpus", plain=0.43, default=0.23, profile=0.13),
        start(app="two", corpus="studies", plain=0.43, default=0.23, profile=0.23),
    )
    page = render(Starts(machine="a machine", rounds=15, starts=apps))
    mean = float(row(page, "--lazy profile / default, corpus, geometric mean")[1].removesuffix(" x"))
    assert mean == pytest.approx(0.5, rel=0.1)


def test_an_app_that_costs_nothing_has_no_ratio_but_may_be_slower() -> None:
    app = start(app="hello", corpus="corpus", plain=0.03, default=0.03, profile=0.04)
    page = render(Starts(machine="a machine", rounds=15, starts=(app,)))
    assert "default / plain, corpus/hello" not in page
    assert row(page, "apps where --lazy profile is slower than default: hello")[-1] == "MISS"


def test_what_failed_or_answers_otherwise_is_named_and_missed() -> None:
    app = start(plain=0.43, default=0.2)
    failed = Started(variant=SAFE, error="error: it broke")
    wrong = Started(variant=PROFILE, init=samples(0.1, seed=1), event=samples(0.1, seed=2), differs=("unseen/late",))
    app = Start(corpus="studies", app="app", floor=app.floor, variants=(*app.variants, failed, wrong))
    page = render(Starts(machine="a machine", rounds=15, starts=(app,)))
    assert "--lazy profile: unseen/late; --lazy safe: failed" in page
    assert "- app, --lazy safe: error: it broke" in page
    assert row(page, "variants that do not answer every event alike")[1:] == ["2", "≤ 0", "MISS"]


def test_only_the_profile_is_shown_events_and_never_the_unseen_ones(tmp_path: Path) -> None:
    for folder, name in (("events", "event.json"), ("events", "second.json"), ("unseen", "late.json")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text("{}")
    assert "--event" not in slimpack(DEFAULT, tmp_path).script
    assert "--event" not in slimpack(SAFE, tmp_path).script
    script = slimpack(PROFILE, tmp_path).script
    assert "--lazy profile --event" in script
    assert script.count("--event") == 2
    assert "late.json" not in script


def test_what_was_measured_before_is_read_back_and_one_app_takes_its_own_place() -> None:
    before = Starts(machine="a machine", rounds=15)
    for app in (start(app="b", plain=0.4, default=0.2), start(app="a", corpus="corpus", plain=0.3, default=0.2)):
        before = added(before, app)
    assert starts_of(json.loads(json.dumps(asdict(before)))) == before.starts
    again = start(app="b", plain=0.4, default=0.1)
    after = added(before, again)
    assert [one.app for one in after.starts] == ["a", "b"]
    assert after.starts[1] == again
