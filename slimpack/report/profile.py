"""Profiles -> text: what starts cost side by side, and in the last one where it goes."""

from collections.abc import Sequence

from slimpack.model.price import Prices
from slimpack.model.profile import Imported, Profile, middle
from slimpack.model.target import Architecture
from slimpack.report.table import table
from slimpack.report.units import milliseconds, share, size

_ROWS = 15
_PARTS = 2
_LEAST = 0.5
"""ms of CPU from which a statement of own code is worth a line."""


def profile_text(
    profiles: Sequence[Profile],
    *,
    difference: tuple[float, float] | None,
    prices: Prices,
    memory: int,
    architecture: Architecture,
) -> str:
    """Render for people. `difference` is the confidence interval of init CPU, second less first, in ms."""
    last = profiles[-1]
    blocks = [
        [_title(last)],
        table(("", *(one.subject for one in profiles)), _rows(profiles, prices, memory, architecture)),
        _difference(profiles, difference),
        table(("event", *_pairs(profiles)), _requests(profiles)),
        table((f"init of {last.subject}, by own code", "CPU", "of it imports"), _statements(last)),
        table(
            (
                f"imports of {last.subject}",
                "own",
                "with what it imports",
                "saved if deferred",
                "used",
                "first imported by",
            ),
            [_import(one) for one in last.imports[:_ROWS]],
        ),
        [f"prices of {prices.region} as of {prices.as_of}; init is billed since August 2025"],
    ]
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block) + "\n"


def _title(profile: Profile) -> str:
    pages = "evicted before each start" if profile.cold else "warm"
    return (
        f"init in Lambda's runtime client, CPython {profile.python}, {len(profile.init.cpu)} starts each, files {pages}"
    )


def _rows(
    profiles: Sequence[Profile], prices: Prices, memory: int, architecture: Architecture
) -> list[tuple[str, ...]]:
    def row(name: str, cells: Sequence[str]) -> tuple[str, ...]:
        return (name, *cells)

    def dollars(profile: Profile) -> str:
        cost = prices.of_million(profile.init.median_cpu, memory=memory, architecture=architecture)
        return f"$ {cost:.2f}"

    return [
        row("init (CPU)", [f"{milliseconds(p.init.median_cpu)} ± {milliseconds(p.init.spread)}" for p in profiles]),
        row("  an empty handler", [milliseconds(p.floor.median_cpu) for p in profiles]),
        row("  imports", [milliseconds(p.importing) for p in profiles]),
        row("  own statements", [milliseconds(p.calling) for p in profiles]),
        row("init (wall)", [milliseconds(p.init.median_wall) for p in profiles]),
        row("peak memory", [size(p.init.peak_rss) for p in profiles]),
        row("read", [size(p.read) for p in profiles]),
        row("modules", [f"{len(p.imports):,}" for p in profiles]),
        row(f"a million starts, {memory} MB", [dollars(p) for p in profiles]),
    ]


def _difference(profiles: Sequence[Profile], interval: tuple[float, float] | None) -> list[str]:
    if interval is None:
        return []
    low, high = interval
    first, second = profiles
    change = second.init.median_cpu - first.init.median_cpu
    if low <= 0 <= high:
        return [
            f"{second.subject} and {first.subject} do not differ by more than the noise ({low:.0f} … {high:.0f} ms)"
        ]
    word = "faster" if change < 0 else "slower"
    ends = sorted((abs(low), abs(high)))
    how_much = f"{milliseconds(abs(change))} of CPU {word} (95 %: {ends[0]:.0f} … {ends[1]:.0f} ms)"
    ratio = share(second.init.median_cpu, first.init.median_cpu)
    return [f"{second.subject} starts {how_much}, {ratio} of {first.subject}"]


def _pairs(profiles: Sequence[Profile]) -> list[str]:
    return [f"{which}, {one.subject}" for one in profiles for which in ("first", "second")]


def _requests(profiles: Sequence[Profile]) -> list[tuple[str, ...]]:
    events = [request.event for request in profiles[0].requests]
    rows = []
    for index, event in enumerate(events):
        cells = []
        for one in profiles:
            request = one.requests[index]
            cells += [_precise(middle(request.first_cpu)), _precise(middle(request.second_cpu))]
        rows.append((event, *cells))
    return rows


def _precise(value: float) -> str:
    return f"{value:.1f} ms" if value < 100 else milliseconds(value)  # noqa: PLR2004 small ones differ in tenths


def _statements(profile: Profile) -> list[tuple[str, ...]]:
    worth = [one for one in profile.statements if one.cpu >= _LEAST]
    ordered = sorted(worth, key=lambda one: (-one.cpu, one.path, one.line))[:_ROWS]
    return [(f"{one.path}:{one.line}  {one.text}", _precise(one.cpu), _precise(one.imports)) for one in ordered]


def _import(one: Imported) -> tuple[str, ...]:
    used = "" if one.used is None else ", ".join(one.used) or "never"
    owner = f" ({one.owner})" if one.owner and one.owner != one.module else ""
    return (
        f"{one.module}{owner}",
        _precise(one.own),
        _precise(one.cumulative),
        _precise(one.saved) if one.saved else "",
        used,
        "/".join(one.importer.split("/")[-_PARTS:]) if one.importer.startswith("/") else one.importer,
    )
