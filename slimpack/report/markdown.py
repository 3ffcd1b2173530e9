"""Report -> Markdown: the same rows as on the terminal, for a summary page or a comment."""

from slimpack.model.report import Report
from slimpack.report import summary, totals
from slimpack.report.table import escaped, markdown_table
from slimpack.report.units import milliseconds, size

_ROWS = 15


def markdown(report: Report) -> str:
    """Render GitHub-flavoured Markdown that ends in a newline."""
    parts = [
        f"### {escaped(summary.title(report))}",
        markdown_table(("", "before", "after", ""), summary.sizes(report)),
    ]
    columns = 4 if report.is_zip else 3
    distributions = [
        (row.heading, size(row.before), size(row.after), size(row.stored))[:columns]
        for row in totals.by_distribution(report)[:_ROWS]
    ]
    parts.append(markdown_table(("distribution", "unpacked", "ships", "in the zip")[:columns], distributions))
    dropped = [(row.heading, f"{row.files:,}", size(row.before)) for row in totals.by_pass(report)]
    if dropped:
        parts.append(markdown_table(("why bytes went", "files", "unpacked"), dropped))
    if out := summary.left_out(report):
        parts.append(escaped(out))
    slow = [
        (f"`{row.module}`", milliseconds(row.own / 1000), milliseconds(row.cumulative / 1000))
        for row in summary.slowest(report, _ROWS)
    ]
    if slow:
        parts.append(markdown_table(("slowest imports", "own", "cumulative"), slow))
    findings = [
        (finding.severity.value, finding.code, f"`{finding.where}`" if finding.where else "", finding.message)
        for finding in summary.findings(report)
    ]
    if findings:
        parts.append(markdown_table(("severity", "code", "where", "finding"), findings))
    parts.append(
        "\n\n".join(escaped(line) for line in (summary.verdict_line(report), summary.timing_note(report)) if line)
    )
    parts.append(markdown_table(("digest", ""), [(name, f"`{digest}`") for name, digest in summary.hashes(report)]))
    return "\n\n".join(parts) + "\n"
