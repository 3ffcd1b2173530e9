"""Comparison -> Markdown for a comment on a change, and GitHub's annotations.

The first line is a comment that no reader sees: whoever posts finds the comment of last time by it, and writes over
that. It names the function, so that a change to several functions has one comment for each.
"""

import re
from collections.abc import Iterator, Sequence

from slimpack.model.comparison import Comparison
from slimpack.model.finding import Finding, Severity
from slimpack.report import comparison as rows
from slimpack.report.table import escaped, markdown_table
from slimpack.report.units import milliseconds, size

_LINE = re.compile(r"(?P<path>.+?):(?P<line>\d+)$")
_LEVELS = {Severity.INFO: "notice", Severity.WARNING: "warning", Severity.ERROR: "error"}
_LEAST = 1.0
"""Milliseconds from which a new import is worth an annotation."""


def comparison_markdown(comparison: Comparison, *, broken: Sequence[str]) -> str:
    """GitHub-flavoured Markdown that ends in a newline."""
    parts = [marker(comparison), f"### {_verdict(comparison, broken)}"]
    parts += [f"- :x: {escaped(reason)}" for reason in broken]
    blocks = ["\n".join(parts), markdown_table(("", "before", "after", "change", ""), rows.quantities(comparison))]
    blocks += [escaped(line) for line in rows.init_lines(comparison.init)]
    found = [(f"`{name}`", cost, brings, f"`{at}`" if at else "") for name, cost, brings, at in rows.causes(comparison)]
    blocks += _table((rows.heading(comparison), "wall time", "brings", "at"), found)
    moved = rows.distributions(comparison)
    blocks += _folded("distributions", ("distribution", "before", "after", "unpacked", "change"), moved)
    for word, some in (("new", comparison.new), ("gone", comparison.gone)):
        cells = [
            (one.severity.value, one.code, f"`{one.where}`" if one.where else "", one.message) for one in some or ()
        ]
        blocks += _folded(f"{word} findings", ("severity", "code", "where", "finding"), cells)
    return "\n\n".join(blocks) + "\n"


def marker(comparison: Comparison) -> str:
    """The line by which a bot finds its own comment again."""
    return f"<!-- slimpack compare {re.sub(r'-{2,}|[<>]', '-', comparison.function)} -->"


def annotations(comparison: Comparison, *, broken: Sequence[str], prefix: str) -> str:
    """Workflow commands, one a line: limits, new imports of own code, new findings in it.

    `prefix` is the folder of own code, from the root of the repository.
    """
    lines = [_command("error", "slimpack: a limit is broken", reason) for reason in broken]
    for cause in comparison.causes:
        if not cause.origin.own or (cause.cost is not None and cause.cost < _LEAST):
            continue
        message = f"{'imports' if cause.new else 'import of'} {cause.module}"
        if cause.cost is not None:
            message += f": {milliseconds(cause.cost)} more of init" + (f", {size(cause.size)}" if cause.size else "")
        elif cause.size:
            message += f": {size(cause.size)} more"
        at = (f"{prefix}{cause.origin.own}", cause.origin.own_line)
        lines.append(_command("warning", f"slimpack: {cause.module}", message, at=at))
    lines += [_of_finding(finding, comparison, prefix) for finding in comparison.new or ()]
    return "".join(f"{line}\n" for line in lines)


def _of_finding(finding: Finding, comparison: Comparison, prefix: str) -> str:
    match = _LINE.fullmatch(finding.where)
    path = match["path"] if match else finding.where
    is_own = path in comparison.own  # what lies in a distribution is in no repository
    at = (f"{prefix}{path}", int(match["line"]) if match else 1) if is_own else None
    message = finding.message if is_own or not finding.where else f"{finding.where}: {finding.message}"
    return _command(_LEVELS[finding.severity], f"slimpack {finding.code}", message, at=at)


def _command(level: str, title: str, message: str, *, at: tuple[str, int] | None = None) -> str:
    fields = [*([f"file={_property(at[0])}", f"line={at[1]}"] if at else []), f"title={_property(title)}"]
    return f"::{level} {','.join(fields)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _verdict(comparison: Comparison, broken: Sequence[str]) -> str:
    """The one line that is read when nothing else is."""
    shown = {"zip", "unpacked", "init (CPU)"}
    changed = [row for row in rows.quantities(comparison) if row[0] in shown and row[3] not in {"", "="}]
    said = [f"{name} {change} ({share})" if share else f"{name} {change}" for name, _, _, change, share in changed]
    sign = ":x: " if broken else ""
    return f"{sign}slimpack: {escaped(comparison.function)}: {', '.join(said) or 'nothing changed in size'}"


def _table(headings: Sequence[str], cells: Sequence[Sequence[str]]) -> Iterator[str]:
    if cells:
        yield markdown_table(headings, cells)


def _folded(summary: str, headings: Sequence[str], cells: Sequence[Sequence[str]]) -> Iterator[str]:
    if cells:
        yield f"<details><summary>{len(cells)} {summary}</summary>\n\n{markdown_table(headings, cells)}\n\n</details>"
