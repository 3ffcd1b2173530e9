"""Rows of cells -> lines of text, or a table in Markdown."""

from collections.abc import Iterable, Sequence


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lay out columns: the first to the left, numbers to the right; nothing where there are no rows."""
    cells = [tuple(headings), *(tuple(row) for row in rows)]
    if len(cells) == 1:
        return []
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    return [
        "  ".join(
            cell.ljust(widths[column]) if column == 0 else cell.rjust(widths[column]) for column, cell in enumerate(row)
        )
        for row in cells
    ]


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The table as GitHub's Markdown has it."""
    lines = [headings, ["---", *("--:" for _ in headings[1:])], *([escaped(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def escaped(cell: str) -> str:
    """Text that stays text in Markdown and in a cell of it."""
    return cell.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
