"""Limits, Comparison -> what does not hold: one line each; init only where it is beyond the noise."""

from collections.abc import Iterable, Iterator
from typing import assert_never

from slimpack.model.comparison import Comparison, Limit, Measure
from slimpack.model.gate import Allowed

_KILO, _MEGA = 1024, 1024**2
_SHOWN = 3


def broken(limits: Iterable[Limit], comparison: Comparison) -> tuple[str, ...]:
    """Why each limit that does not hold does not."""
    return tuple(said for limit in limits for said in _broken(limit, comparison))


def _broken(limit: Limit, comparison: Comparison) -> Iterator[str]:
    if limit.measure is None:
        yield from _findings(limit, comparison)
        return
    quantity = comparison.quantity(limit.measure)
    if quantity.before is None or quantity.after is None or quantity.change is None:
        # A limit that is silently not held is none: it says so, and a report or a zip mends it.
        yield f'"{limit.text}" cannot be held: the {limit.measure} of one of the two is not known'
        return
    allowed = limit.limit * quantity.before / 100 if limit.allowed is Allowed.PER_CENT else limit.limit
    change = quantity.change
    if change <= allowed:
        return
    noise = ""
    if limit.measure is Measure.INIT and (init := comparison.init):
        if init.low is None or init.high is None:
            count = min(init.runs)
            yield (
                f'"{limit.text}" cannot be held: init is {change:+.1f} ms by the medians, and {count} '
                f"run{'s' * (count > 1)} of each cannot tell that from noise; build with --runs 8"
            )
            return
        if init.low <= allowed:
            return
        noise = f" (95 %: {init.low:+.1f} … {init.high:+.1f} ms)"
    share = f", {100 * change / quantity.before:+.1f} %" if quantity.before else ""
    more = f"{'+' if change >= 0 else '-'}{shown(limit.measure, abs(change))}"
    yield (
        f"{limit.measure} is {shown(limit.measure, quantity.after)}, it was {shown(limit.measure, quantity.before)} "
        f'({more}{share}){noise}: allowed is "{limit.text}"'
    )


def _findings(limit: Limit, comparison: Comparison) -> Iterator[str]:
    if comparison.new is None:
        yield f'"{limit.text}" cannot be held: one of the two has no report, and so no findings'
        return
    found = [finding for finding in comparison.new if limit.code in {"", finding.code, finding.severity.value}]
    if found:
        first = "; ".join(f"{one.code} {one.where}".strip() for one in found[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        yield f'{len(found)} new finding{"s" * (len(found) > 1)}: {first}{more}: allowed is none ("{limit.text}")'


def shown(measure: Measure, value: float) -> str:
    """A value with its unit, exact enough to see why a limit is broken."""
    match measure:
        case Measure.INIT:
            return f"{value:.1f} ms"
        case Measure.FILES:
            return f"{value:,.0f}"
        case Measure.ZIP | Measure.UNPACKED | Measure.PEAK_RSS:
            return f"{value / _MEGA:.2f} MB" if value >= _MEGA else f"{value / _KILO:.2f} KB"
        case _:
            assert_never(measure)
