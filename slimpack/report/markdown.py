"""Report -> Markdown: the same rows as on the terminal, for a summary page or a comment."""

from collections.abc import Iterable, Sequence

from slimpack.model.report import Report
from slimpack.report import summary, totals
from slimpack.report.units import milliseconds, size

_ROWS = 15


def markdown(report: Report) -> str:
    """Render GitHub-flavoured Markdown that ends in a newline."""
    parts = [f"### {_escaped(summary.title(report))}", _table(("", "before", "after", ""), summary.sizes(report))]
    distributions = [
        (row.heading, size(row.before), size(row.after), size(row.stored))
        for row in totals.by_distribution(report)[:_ROWS]
    ]
    parts.append(_table(("distribution", "unpacked", "ships", "in the zip"), distributions))
    dropped = [(row.heading, f"{row.files:,}", size(row.before)) for row in totals.by_pass(report)]
    if dropped:
        parts.append(_table(("why bytes went", "files", "unpacked"), dropped))
    slow = [
        (f"`{row.module}`", milliseconds(row.own / 1000), milliseconds(row.cumulative / 1000))
        for row in summary.slowest(report, _ROWS)
    ]
    if slow:
        parts.append(_table(("slowest imports", "own", "cumulative"), slow))
    findings = [
        (finding.severity.value, finding.code, f"`{finding.where}`" if finding.where else "", finding.message)
        for finding in summary.findings(report)
    ]
    if findings:
        parts.append(_table(("severity", "code", "where", "finding"), findings))
    parts.append(
        "\n\n".join(_escaped(line) for line in (summary.verdict_line(report), summary.timing_note(report)) if line)
    )
    parts.append(_table(("digest", ""), [(name, f"`{digest}`") for name, digest in summary.hashes(report)]))
    return "\n\n".join(parts) + "\n"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---", *("--:" for _ in headings[1:])], *([_escaped(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
