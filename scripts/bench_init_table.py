"""Starts -> Markdown: what scripts/bench.py --init measured, beside its targets, misses included. Pure.

Ratios are of medians. Their intervals come from a seeded bootstrap that draws whole rounds, so that a slow moment of
the machine, which hits all variants of its round, weighs on both sides of a ratio.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from statistics import geometric_mean, median
from typing import Any

from bench_init import BYTECODE, DEFAULT, OWN, PLAIN, PROFILE, SAFE, SLIMPACKS, VARIANTS, Start, Started
from bench_table import Check, table

DRAWS = 2000
CONFIDENCE = 0.95
STRICT = 0.99
"""Of dozens of 95 % intervals one or two lie wholly on the wrong side by chance: `slower` needs a wider one."""

LEAST = 0.005
"""Seconds above the floor that a plain package must take for a ratio of its init to mean anything."""

Samples = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """All that one run found out."""

    machine: str
    rounds: int
    starts: tuple[Start, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """How one variant's init compares with another's, the floor taken off both; `whole` without that."""

    value: float
    low: float
    high: float
    whole: float

    def text(self) -> str:
        """Give the table's cell."""
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}] ({self.whole:.2f})"


def added(results: Starts, start: Start) -> Starts:
    """Put an app into the results, in its order and in the place of what was known of it."""
    others = [other for other in results.starts if (other.corpus, other.app) != (start.corpus, start.app)]
    return replace(results, starts=tuple(sorted([*others, start], key=lambda one: (one.corpus, one.app))))


def starts_of(raw: dict[str, Any]) -> tuple[Start, ...]:
    """Read the raw numbers of an earlier run."""

    def started(row: dict[str, Any]) -> Started:
        lists = {name: tuple(row[name]) for name in ("init", "event", "differs")}
        return Started(**{**row, **lists})

    return tuple(
        Start(**{**row, "floor": tuple(row["floor"]), "variants": tuple(map(started, row["variants"]))})
        for row in raw["starts"]
    )


def centre(samples: Samples) -> tuple[float, float, float]:
    """Give the median and its interval."""
    drawn = sorted(median(samples[at] for at in rounds) for rounds in _draws(len(samples)))
    return (median(samples), *_ends(drawn, CONFIDENCE))


@lru_cache
def compare(part: Samples, whole: Samples, floor: Samples) -> Ratio:
    """Compare two variants of one app, round by round."""
    drawn = sorted(
        _above(
            median(part[at] for at in rounds), median(whole[at] for at in rounds), median(floor[at] for at in rounds)
        )
        for rounds in _draws(len(floor))
    )
    low, high = _ends(drawn, CONFIDENCE)
    return Ratio(
        value=_above(median(part), median(whole), median(floor)),
        low=low,
        high=high,
        whole=median(part) / median(whole),
    )


def slower(part: Samples, whole: Samples) -> bool:
    """Say whether one variant takes longer than another by more than the noise."""
    drawn = sorted(
        median(part[at] for at in rounds) - median(whole[at] for at in rounds) for rounds in _draws(len(part))
    )
    return _ends(drawn, STRICT)[0] > 0


def _above(part: float, whole: float, floor: float) -> float:
    """Compare what is above the floor, of which at least a trace is left."""
    trace = floor / 100
    return max(part - floor, trace) / max(whole - floor, trace)


@lru_cache
def _draws(count: int) -> tuple[tuple[int, ...], ...]:
    random = Random(0)  # noqa: S311 resampling, not secrecy
    return tuple(tuple(random.choices(range(count), k=count)) for _ in range(DRAWS))


def _ends(ordered: Sequence[float], confidence: float) -> tuple[float, float]:
    tail = (1 - confidence) / 2
    return ordered[round(tail * (len(ordered) - 1))], ordered[round((1 - tail) * (len(ordered) - 1))]


def render(results: Starts) -> str:
    """Give the whole page."""
    parts = [
        f"Measured on {results.machine}; {results.rounds} rounds, one fresh process of each variant in each.",
        f"No ratio is told of an app that takes less than {LEAST * 1000:g} ms more than an empty handler.",
        "",
    ]
    for corpus in dict.fromkeys(start.corpus for start in results.starts):
        starts = tuple(start for start in results.starts if start.corpus == corpus)
        parts += [f"### {corpus}: init, CPU ms until the handler is imported, the floor taken off", ""]
        parts += table(("app", "floor", *_variants(starts)), [_init_row(start, _variants(starts)) for start in starts])
        parts += [f"### {corpus}: ratios of init above the floor, 95 % interval (of the whole process)", ""]
        parts += table(("app", *(f"{a} / {b}" for a, b in _pairs(starts))), map(_ratio_row(_pairs(starts)), starts))
        both = [pair for pair in _pairs(starts) if pair[1] == DEFAULT]
        head = ("app", *_variants(starts), *(f"init + event, {a} / {b}" for a, b in both))
        parts += [f"### {corpus}: the first event, CPU ms, so that a cost that only moved is seen", ""]
        parts += table(head, [_event_row(start, _variants(starts), both) for start in starts])
        built = [name for name in _variants(starts) if name in SLIMPACKS]
        head = ("app", *(f"{name}, s" for name in built), *(f"{name}, MB" for name in built), "events answered alike")
        parts += [f"### {corpus}: cold builds, zips and answers", ""]
        parts += table(head, [_build_row(start, built) for start in starts])
    checks = [check.row() for check in _checks(results.starts)]
    parts += ["### Targets", "", *table(("target", "figure", "wanted", ""), checks)]
    failures = [f"- {s.app}, {one.variant}: {one.error}" for s in results.starts for one in s.variants if one.error]
    return "\n".join([*parts, *(["### Failures", "", *failures, ""] if failures else [])])


def line(start: Start) -> str:
    """Say on the way what was found of one app."""
    told = [
        f"{one.variant} {one.error or f'{median(one.init) * 1000:.0f} ms'}{' DIFFERS' if one.differs else ''}"
        for one in start.variants
    ]
    return f"{start.corpus}/{start.app}: floor {median(start.floor) * 1000:.0f} ms, {', '.join(told)}"


def _one(start: Start, variant: str) -> Started | None:
    return next((one for one in start.variants if one.variant == variant and one.init), None)


def _variants(starts: Sequence[Start]) -> tuple[str, ...]:
    told = {one.variant for start in starts for one in start.variants}
    return tuple(variant for variant in VARIANTS if variant in told)


def _pairs(starts: Sequence[Start]) -> tuple[tuple[str, str], ...]:
    told = _variants(starts)
    pairs = (
        *((variant, DEFAULT) for variant in (SAFE, PROFILE, OWN)),
        *((variant, PLAIN) for variant in (DEFAULT, PROFILE)),
        *((variant, BYTECODE) for variant in (DEFAULT, PROFILE, OWN)),
    )
    return tuple((part, whole) for part, whole in pairs if part in told and whole in told)


def _ratio(start: Start, part: str, whole: str, *, event: bool = False) -> Ratio | None:
    one, other = _one(start, part), _one(start, whole)
    if one is None or other is None or not _worth(start):
        return None
    return compare(_spent(one, event=event), _spent(other, event=event), start.floor)


def _worth(start: Start) -> bool:
    plain = _one(start, PLAIN)
    return plain is None or median(plain.init) - median(start.floor) > LEAST


def _spent(one: Started, *, event: bool) -> Samples:
    return tuple(map(sum, zip(one.init, one.event, strict=True))) if event else one.init


def _init_row(start: Start, variants: Iterable[str]) -> tuple[str, ...]:
    def cell(variant: str) -> str:
        one = _one(start, variant)
        if one is None:
            return "failed"
        middle, low, high = centre(tuple(a - b for a, b in zip(one.init, start.floor, strict=True)))
        return f"{middle * 1000:.0f} [{low * 1000:.0f}, {high * 1000:.0f}]"

    return start.app, f"{median(start.floor) * 1000:.0f}", *map(cell, variants)


def _ratio_row(pairs: Iterable[tuple[str, str]]) -> Callable[[Start], tuple[str, ...]]:
    def row(start: Start) -> tuple[str, ...]:
        ratios = (_ratio(start, *pair) for pair in pairs)
        return start.app, *(ratio.text() if ratio else "-" for ratio in ratios)

    return row


def _event_row(start: Start, variants: Iterable[str], pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    def cell(variant: str) -> str:
        one = _one(start, variant)
        if one is None:
            return "failed"
        middle, low, high = centre(one.event)
        return f"{middle * 1000:.1f} [{low * 1000:.1f}, {high * 1000:.1f}]"

    ratios = (_ratio(start, part, whole, event=True) for part, whole in pairs)
    return start.app, *map(cell, variants), *(ratio.text() if ratio else "-" for ratio in ratios)


def _build_row(start: Start, built: Iterable[str]) -> tuple[str, ...]:
    made = [_one(start, variant) for variant in built]
    seconds = ("-" if one is None or one.build is None else f"{one.build:.1f}" for one in made)
    sizes = ("-" if one is None or one.size is None else f"{one.size / 1e6:.2f}" for one in made)
    wrong = [f"{one.variant}: {', '.join(one.differs)}" for one in start.variants if one.differs]
    wrong += [f"{one.variant}: failed" for one in start.variants if one.error]
    events = max((one.events for one in start.variants), default=0)
    return start.app, *seconds, *sizes, "; ".join(wrong) or f"all {events}"


def _checks(starts: Sequence[Start]) -> Iterator[Check]:
    """Judge init above the floor, and every answer."""
    told = _variants(starts)
    worth = tuple(start for start in starts if _worth(start))
    studies = tuple(start for start in worth if start.corpus == "studies")
    corpus = tuple(start for start in worth if start.corpus != "studies")
    if DEFAULT in told:
        yield from _each(worth, DEFAULT, PLAIN, 0.55)
    for lazy in (variant for variant in (PROFILE, OWN) if variant in told):
        if corpus:
            yield _mean(corpus, lazy, DEFAULT, 0.8)
        yield _slower(starts, lazy, DEFAULT)
    for judged in (variant for variant in (PROFILE, OWN) if studies and variant in told):
        yield from _each(studies, judged, PLAIN, 0.5)
        yield _best(studies, judged, PLAIN, 0.25)
        if BYTECODE in told:
            yield _mean(studies, judged, BYTECODE, 0.741)
            yield _best(studies, judged, BYTECODE, 0.455)
            yield _slower(studies, judged, BYTECODE)
    wrong = sum(bool(one.differs or one.error) for start in starts for one in start.variants)
    yield Check(what="variants that do not answer every event alike", figure=float(wrong), target=0, unit="")


def _values(starts: Iterable[Start], part: str, whole: str) -> list[float | None]:
    ratios = (_ratio(start, part, whole) for start in starts)
    return [ratio.value if ratio else None for ratio in ratios]


def _each(starts: Sequence[Start], part: str, whole: str, target: float) -> Iterator[Check]:
    for start, value in zip(starts, _values(starts, part, whole), strict=True):
        yield Check(what=f"{part} / {whole}, {start.corpus}/{start.app}", figure=value, target=target)


def _mean(starts: Sequence[Start], part: str, whole: str, target: float) -> Check:
    known = [value for value in _values(starts, part, whole) if value is not None]
    figure = geometric_mean(known) if len(known) == len(starts) else None
    return Check(what=f"{part} / {whole}, {starts[0].corpus}, geometric mean", figure=figure, target=target)


def _best(starts: Sequence[Start], part: str, whole: str, target: float) -> Check:
    known = [value for value in _values(starts, part, whole) if value is not None]
    return Check(what=f"{part} / {whole}, studies, best", figure=min(known, default=None), target=target)


def _slower(starts: Sequence[Start], part: str, whole: str) -> Check:
    pairs = [(start.app, _one(start, part), _one(start, whole)) for start in starts]
    slow = [app for app, one, other in pairs if one and other and slower(one.init, other.init)]
    figure = float(len(slow)) if all(one and other for _, one, other in pairs) else None
    named = f": {', '.join(slow)}" if slow else ""
    return Check(what=f"apps where {part} is slower than {whole}{named}", figure=figure, target=0, unit="")
