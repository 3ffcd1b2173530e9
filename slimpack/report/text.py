"""Report -> terminal text: what it weighs, where the bytes are, why bytes went, what is slow, what to know."""

import io
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from slimpack.model.finding import Severity
from slimpack.model.report import Report
from slimpack.report import summary, totals
from slimpack.report.units import milliseconds, share, size

_ROWS = 12
_FINDINGS = 12
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "dim"}


def text(report: Report, *, width: int, colour: bool) -> str:
    """Render for a terminal of `width` columns; plain ASCII-art-free text without escapes unless `colour`."""
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=width,
        force_terminal=colour,
        no_color=not colour,
        color_system="standard" if colour else None,
        highlight=False,
        legacy_windows=False,
    )
    console.print(Text(summary.title(report), style="bold"), soft_wrap=True)
    console.print()
    _print(console, ("", "before", "after", ""), summary.sizes(report))
    _distributions(console, report)
    _dropped(console, report)
    _slowest(console, report)
    _findings(console, report)
    console.print(summary.verdict_line(report), soft_wrap=True)
    if note := summary.timing_note(report):
        console.print(note, soft_wrap=True)
    console.print()
    for name, digest in summary.hashes(report):
        console.print(f"{name:15}{digest}", soft_wrap=True)
    console.print(Text(f"{'artifact':15}{report.artifact.path.as_posix()}"), soft_wrap=True)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def _print(console: Console, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for position, heading in enumerate(headings):
        table.add_column(heading, justify="left" if position == 0 else "right", no_wrap=position > 0)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
    console.print()


def _distributions(console: Console, report: Report) -> None:
    rows = totals.by_distribution(report)
    shipped = [row for row in rows if row.after]
    shown = [
        (row.heading, size(row.before), size(row.after), size(row.stored), share(row.stored, report.artifact.size))
        for row in shipped[:_ROWS]
    ]
    if rest := shipped[_ROWS:]:
        before, after = sum(row.before for row in rest), sum(row.after for row in rest)
        stored = sum(row.stored for row in rest)
        shown.append(
            (f"{len(rest)} more", size(before), size(after), size(stored), share(stored, report.artifact.size))
        )
    _print(console, ("where the bytes are", "unpacked", "ships", "in the zip", "share"), shown)
    if gone := [row.heading for row in rows if not row.after and row.files]:
        console.print(f"dropped whole: {', '.join(gone)}", soft_wrap=True)
        console.print()


def _dropped(console: Console, report: Report) -> None:
    rows = [(row.heading, f"{row.files:,}", size(row.before)) for row in totals.by_pass(report)]
    if rows:
        _print(console, ("why bytes went", "files", "unpacked"), rows)


def _slowest(console: Console, report: Report) -> None:
    rows = [
        (row.module, milliseconds(row.own / 1000), milliseconds(row.cumulative / 1000))
        for row in summary.slowest(report, _ROWS)
    ]
    if rows:
        _print(console, ("slowest imports", "own", "with what it imports"), rows)


def _findings(console: Console, report: Report) -> None:
    found = summary.findings(report)
    for finding in found[:_FINDINGS]:
        label = Text(f"{finding.severity.value} {finding.code}", style=_STYLES[finding.severity])
        place = f" {finding.where}:" if finding.where else ""
        console.print(label + Text(f"{place} {finding.message}"), soft_wrap=True)
        if finding.help:
            console.print(Text(f"  {finding.help}"), soft_wrap=True)
    if len(found) > _FINDINGS:
        console.print(f"… and {len(found) - _FINDINGS} more findings in the JSON report", soft_wrap=True)
    if found:
        console.print()
