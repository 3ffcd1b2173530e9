"""Report -> the part of the page that needs no script: what was built, its figures, its limits, what was proven."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

from slimpack.model.artifact import UNZIPPED_LIMIT, ZIPPED_LIMIT
from slimpack.model.finding import Severity
from slimpack.model.project import Layout
from slimpack.model.report import Report
from slimpack.model.tree import OWN
from slimpack.report import summary
from slimpack.report.units import milliseconds, share, size

_FULL = 100
_OWN_BUDGET = "your budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """How much of a limit is used: numbers in one unit, and in words. `own` is the user's budget beside Lambda's."""

    name: str
    before: float
    after: float
    limit: float
    words: str
    own: float | None = None
    over: bool = False


def subtitle(report: Report) -> str:
    """What was built, for what."""
    parts = (
        f"{report.target.runtime} on {report.target.architecture}",
        f"level {report.level}",
        f"requirements from {report.source}",
        f"slimpack {report.slimpack}",
    )
    return " · ".join(map(escape, parts))


def verdict(report: Report) -> str:
    """One word and one sentence on whether it holds, then each gate that does not."""
    proven = report.verdict
    errors = [finding for finding in summary.findings(report) if finding.severity is Severity.ERROR]
    if errors:
        state, word = "bad", "A gate does not hold"
    elif proven and proven.ran and proven.holds:
        state, word = "good", "Proven"
    else:
        state, word = "open", "Not proven"
    lines = [f'<p><strong class="state {state}">{word}.</strong> {escape(_sentence(summary.verdict_line(report)))}</p>']
    lines += [f'<p class="gate">{escape(f"{finding.code} {finding.message}")}</p>' for finding in errors]
    if proven and proven.events:
        rows = "".join(
            f"<li>{escape(event.original.event)}: {escape(event.difference or f'both {event.original.in_words}')}</li>"
            for event in proven.events
        )
        lines.append(f"<details><summary>Events</summary><ul>{rows}</ul></details>")
    return "\n".join(lines)


def figures(report: Report) -> str:
    """The essential figures, before and after."""
    return "\n".join(
        f"<div><dt>{escape(name)}</dt><dd><b>{escape(after)}</b><span>{escape(note)}</span></dd></div>"
        for name, after, note in _figures(report)
    )


def gauges(report: Report) -> str:
    """Bars against the limits of Lambda and the user's own budget."""
    found = list(_gauges(report))
    key = "Bar: the artifact. Thin line: the plain package."
    if any(gauge.own is not None for gauge in found):
        key += " Dashed: your budget."
    return "\n".join([*map(_gauge, found), f'<p class="key">{key}</p>'])


def digests(report: Report) -> str:
    """The names by which the artifact is known."""
    rows = [("artifact", report.artifact.path.as_posix()), *summary.hashes(report)]
    return "\n".join(f"<div><dt>{escape(name)}</dt><dd><code>{escape(value)}</code></dd></div>" for name, value in rows)


def timing_note(report: Report) -> str:
    """How init was measured, or how to have it measured."""
    note = summary.timing_note(report)
    return escape(_sentence(note) if note else "init was not measured: --no-measure, or this host cannot run it.")


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _figures(report: Report) -> Iterator[tuple[str, str, str]]:
    names = {"zip": "Zip", "unpacked": "Unpacked", "init (CPU)": "Init, CPU", "files": "Files", "peak memory": "Memory"}
    rows = {what: (before, after, part) for what, before, after, part in summary.sizes(report)}
    for what, name in names.items():
        if what in rows:
            before, after, part = rows[what]
            yield name, after, f"from {before}, {part}"
        elif what == "init (CPU)":
            yield name, "-", "not measured"
    owners = {row.owner for row in report.files if row.owner != OWN}
    shipped = {row.owner for row in report.files if row.owner != OWN and row.shipped}
    note = f"from {len(owners):,}, {share(len(shipped), len(owners))}" if owners else "standard library alone"
    yield "Distributions", f"{len(shipped):,}", note


def _gauges(report: Report) -> Iterator[Gauge]:
    budget, artifact = report.budget, report.artifact
    if artifact.layout is not Layout.DIRECTORY:
        words = f"{size(ZIPPED_LIMIT)} (direct upload)"
        yield _bytes("Zip", (report.before_zip, artifact.size), (ZIPPED_LIMIT, words), budget.max_zip)
    words = f"{size(UNZIPPED_LIMIT)} (with all layers)"
    sizes = report.before_unpacked, artifact.unpacked
    yield _bytes("Unpacked", sizes, (UNZIPPED_LIMIT, words), budget.max_unzipped)
    if report.timing and budget.max_init is not None:
        before, after = report.timing.before.median_cpu, report.timing.after.median_cpu
        words = f"{milliseconds(after)} of {milliseconds(budget.max_init)}, {_OWN_BUDGET}"
        over = after > budget.max_init
        yield Gauge(name="Init", before=before, after=after, limit=budget.max_init, words=words, over=over)


def _bytes(name: str, sizes: tuple[int, int], allowed: tuple[int, str], own: int | None) -> Gauge:
    (before, after), (limit, named) = sizes, allowed
    words = f"{size(after)} of {named}, {share(after, limit)}"
    if own is not None:
        words += f"; {_OWN_BUDGET} {size(own)}, {share(after, own)}"
    over = after > limit or (own is not None and after > own)
    return Gauge(name=name, before=before, after=after, limit=limit, words=words, own=own, over=over)


def _gauge(gauge: Gauge) -> str:
    whole = max(gauge.limit, gauge.after, gauge.before, gauge.own or 0)

    def at(value: float) -> str:
        return f"{_FULL * value / whole:.2f}" if whole else "0"

    marks: Iterable[tuple[str, float | None]] = (
        ("before", gauge.before),
        ("own", gauge.own),
        ("limit", gauge.limit),
    )
    lines = "".join(
        f'<line class="{kind}" x1="{at(value)}%" x2="{at(value)}%" y1="0" y2="100%"/>'
        for kind, value in marks
        if value is not None
    )
    bar = f'<rect class="{"over" if gauge.over else "used"}" width="{at(gauge.after)}%" y="4" height="8"/>'
    return (
        f'<div class="gauge"><span>{escape(gauge.name)}</span>'
        f'<svg aria-hidden="true" height="16">'
        f'<rect class="rail" width="100%" y="4" height="8"/>{bar}{lines}</svg>'
        f"<span>{escape(gauge.words)}</span></div>"
    )
