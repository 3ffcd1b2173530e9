"""Profiles -> text: what starts cost side by side, where it goes in the subject, and what could be done about it."""

from collections.abc import Sequence

from slimpack.model.finding import Finding
from slimpack.model.price import Prices
from slimpack.model.profile import Difference, Imported, Profile, Share, middle
from slimpack.model.target import Architecture
from slimpack.report.table import table
from slimpack.report.units import milliseconds, share, size

_ROWS, _PHASES = 15, 3
_LEAST = 0.5
"""ms of CPU from which a statement of own code is worth a line."""


def profile_text(
    profiles: Sequence[Profile],
    *,
    difference: Difference | None,
    advice: Sequence[Finding],
    prices: Prices,
    memory: int,
    architecture: Architecture,
) -> str:
    """Render for people. The first is the subject, the second what it is compared with; the older one stands left."""
    subject, shown = profiles[0], profiles[::-1]
    imports = sorted(subject.imports, key=lambda one: (-one.cumulative, one.module))[:_ROWS]
    blocks = [
        [_title(subject)],
        table(("", *(one.subject for one in shown)), _rows(shown, prices, memory, architecture)),
        _difference(profiles, difference),
        table(("event", *_pairs(shown)), _requests(shown)),
        table((f"init of {subject.subject}, by own code", "CPU", "of it imports", "by itself"), _statements(subject)),
        table(
            ("by distribution", "modules", "own", "share", "saved without", "used", "first imported by"),
            [_share(one, subject) for one in subject.shares[:_ROWS]],
        ),
        table(
            ("by import", "own", "with what it imports", "saved if deferred", "used", "first imported by"),
            [_import(one) for one in imports],
        ),
        [line for one in advice for line in _advice(one)],
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
        row("  an empty handler", [_precise(p.floor.median_cpu) for p in profiles]),
        row("  imports", [_precise(p.importing) for p in profiles]),
        row("  own statements", [_precise(p.calling) for p in profiles]),
        row("  not attributed", [_precise(p.unattributed) for p in profiles]),
        row("init (wall)", [milliseconds(p.init.median_wall) for p in profiles]),
        row("peak memory", [size(p.init.peak_rss) for p in profiles]),
        row("read", [size(p.read) for p in profiles]),
        row("files opened", [f"{p.opened:,}" for p in profiles]),
        row("modules", [f"{len(p.imports):,}" for p in profiles]),
        row(f"a million starts, {memory} MB", [dollars(p) for p in profiles]),
    ]


def _difference(profiles: Sequence[Profile], difference: Difference | None) -> list[str]:
    if difference is None:
        return []
    subject, reference = profiles
    ends = sorted((abs(difference.low), abs(difference.high)))
    if difference.low <= 0 <= difference.high:
        noise = f"({_precise(difference.low)} … {_precise(difference.high)})"
        return [f"{subject.subject} and {reference.subject} do not differ by more than the noise {noise}"]
    word = "faster" if difference.shift < 0 else "slower"
    by = f"{_precise(abs(difference.shift))} of CPU {word} (95 %: {_precise(ends[0])} … {_precise(ends[1])})"
    ratio = share(subject.init.median_cpu, reference.init.median_cpu)
    return [f"{subject.subject} starts {by}, {ratio} of {reference.subject}"]


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
    rounded = round(value, 1) + 0.0  # no -0.0
    return f"{rounded:.1f} ms" if value < 100 else milliseconds(value)  # noqa: PLR2004 small ones differ in tenths


def _statements(profile: Profile) -> list[tuple[str, ...]]:
    worth = [one for one in profile.statements if one.cpu >= _LEAST]
    ordered = sorted(worth, key=lambda one: (-one.cpu, one.path, one.line))[:_ROWS]
    return [
        (f"{one.where}  {one.text}", _precise(one.cpu), _precise(one.imports), _precise(one.alone)) for one in ordered
    ]


def _share(one: Share, profile: Profile) -> tuple[str, ...]:
    return (
        one.owner or "own code",
        f"{one.modules:,}",
        _precise(one.own),
        share(one.own, profile.init.median_cpu),
        _precise(one.saved) if one.saved else "",
        _phases(one.used),
        one.importer,
    )


def _import(one: Imported) -> tuple[str, ...]:
    owner = f" ({one.owner})" if one.owner and one.owner != one.module else ""
    return (
        f"{one.module}{owner}",
        _precise(one.own),
        _precise(one.cumulative),
        _precise(one.saved) if one.saved else "",
        _phases(one.used),
        one.importer,
    )


def _phases(used: tuple[str, ...] | None) -> str:
    if used is None:
        return ""
    shown = ", ".join(used[:_PHASES]) or "never"
    return f"{shown} and {len(used) - _PHASES} more" if len(used) > _PHASES else shown


def _advice(one: Finding) -> list[str]:
    lines = [f"{one.code} {one.where}: {one.message}"]
    return [*lines, f"  {one.help}"] if one.help else lines
