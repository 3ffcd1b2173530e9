"""Report -> terminal text: what it weighs, where the bytes are, why bytes went, what is slow, what to know.

Columns are laid out here rather than by rich: importing it costs 60 ms of CPU, a third of an unchanged build.
"""

from collections.abc import Iterable, Sequence

from slimpack.model.finding import Severity
from slimpack.model.report import Report
from slimpack.report import summary, totals
from slimpack.report.deferral import deferral_line
from slimpack.report.table import table
from slimpack.report.units import milliseconds, share, size

_ROWS = 12
_FINDINGS = 12
_BOLD, _DIM, _RED, _YELLOW, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[1;31m", "\x1b[33m", "\x1b[0m"
_STYLES = {Severity.ERROR: _RED, Severity.WARNING: _YELLOW, Severity.INFO: _DIM}


def text(report: Report, *, width: int, colour: bool) -> str:
    """Render for a terminal of `width` columns; without escapes unless `colour`. Names are never cut."""
    blocks = [
        [_styled(summary.title(report), _BOLD, on=colour)],
        _table(("", "before", "after", ""), summary.sizes(report), colour=colour),
        _distributions(report, colour=colour),
        _dropped_whole(report, width),
        _table(
            ("why bytes went", "files", "unpacked"),
            [(row.heading, f"{row.files:,}", size(row.before)) for row in totals.by_pass(report)],
            colour=colour,
        ),
        [*filter(None, [summary.left_out(report)])],
        _table(
            ("slowest imports", "own", "with what it imports"),
            [
                (row.module, milliseconds(row.own / 1000), milliseconds(row.cumulative / 1000))
                for row in summary.slowest(report, _ROWS)
            ],
            colour=colour,
        ),
        _findings(report, colour=colour),
        [
            line
            for line in (
                summary.size_note(report),
                summary.verdict_line(report),
                summary.timing_note(report),
                deferral_line(report),
            )
            if line
        ],
        [f"{name:15} {value}" for name, value in (*summary.hashes(report), ("artifact", _path(report)))],
    ]
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block) + "\n"


def _path(report: Report) -> str:
    return report.artifact.path.as_posix()


def _styled(words: str, style: str, *, on: bool) -> str:
    return f"{style}{words}{_RESET}" if on else words


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, colour: bool) -> list[str]:
    """The table with a bold first line."""
    lines = table(headings, rows)
    if not lines:
        return []
    return [_styled(lines[0].rstrip(), _BOLD, on=colour), *lines[1:]]


def _distributions(report: Report, *, colour: bool) -> list[str]:
    shipped = [row for row in totals.by_distribution(report) if row.after]
    rest = shipped[_ROWS:]
    shown = [(row.heading, row.before, row.after, row.stored) for row in shipped[:_ROWS]]
    if rest:
        sums = (sum(row.before for row in rest), sum(row.after for row in rest), sum(row.stored for row in rest))
        shown.append((f"{len(rest)} more", *sums))
    headings = ["where the bytes are", "unpacked", "ships", "in the zip", "share"]
    rows = [
        [heading, size(before), size(after), size(stored), share(stored, report.artifact.size)]
        for heading, before, after, stored in shown
    ]
    if not report.is_zip:
        for row in (headings, *rows):
            del row[3]
    return _table(headings, rows, colour=colour)


def _dropped_whole(report: Report, width: int) -> list[str]:
    gone = [row.heading for row in totals.by_distribution(report) if not row.after and row.before and row.owned]
    lines: list[str] = []
    for name in gone:
        if lines and len(lines[-1]) + len(name) + 2 <= width:
            lines[-1] += f", {name}"
        else:
            lines.append(f"  {name}" if lines else f"dropped whole: {name}")
    return lines


def _findings(report: Report, *, colour: bool) -> list[str]:
    found = summary.findings(report)
    lines: list[str] = []
    for finding in found[:_FINDINGS]:
        label = _styled(f"{finding.severity.value} {finding.code}", _STYLES[finding.severity], on=colour)
        place = f" {finding.where}:" if finding.where else ""
        lines.append(f"{label}{place} {finding.message}")
        if finding.help:
            lines.append(f"  {finding.help}")
    if len(found) > _FINDINGS:
        lines.append(f"… and {len(found) - _FINDINGS} more findings in the JSON report")
    return lines
