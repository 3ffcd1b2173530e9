"""Comparison -> the rows that its renderers show, and its text for a terminal."""

from collections.abc import Iterator, Sequence

from slimpack.model.comparison import Cause, Comparison, InitChange, Measure, Moved, Origin, Weight
from slimpack.model.finding import Finding
from slimpack.report.table import table
from slimpack.report.units import milliseconds, size

_CAUSES, _ROWS, _FINDINGS = 8, 15, 10
_ENOUGH = 4
"""Runs of each from which an interval can have bounds."""
_BOLD, _RESET = "\x1b[1m", "\x1b[0m"
_NAMES = {Measure.INIT: "init (CPU)", Measure.PEAK_RSS: "peak memory"}


def comparison_text(comparison: Comparison, *, broken: Sequence[str], colour: bool) -> str:
    """What changed, the imports that are to blame right below the sizes; names are never cut."""
    blocks = [
        [title(comparison)],
        table(("", "before", "after", "change", ""), quantities(comparison)),
        [*init_lines(comparison.init)],
        table((heading(comparison), "wall time", "brings", "at"), causes(comparison)),
        table(("distributions", "before", "after", "unpacked", "change"), distributions(comparison)),
        list(findings("new", comparison.new)),
        list(findings("gone", comparison.gone)),
        files_line(comparison),
        [f"limit broken: {reason}" for reason in broken],
    ]
    lines = [block if not colour else [f"{_BOLD}{block[0]}{_RESET}", *block[1:]] for block in blocks if block]
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in lines) + "\n"


def title(comparison: Comparison) -> str:
    """What was compared."""
    return f"{comparison.function}: {comparison.before} -> {comparison.after}"


def quantities(comparison: Comparison) -> list[tuple[str, str, str, str, str]]:
    """(what, before, after, by how much, by how much in per cent); what neither has is left out."""
    rows: list[tuple[str, str, str, str, str]] = []
    for one in comparison.quantities:
        if one.before is None and one.after is None:
            continue
        change, share = "", ""
        if one.change is not None:
            change = f"{'-' if one.change < 0 else '+'}{value(one.measure, abs(one.change))}" if one.change else "="
            share = f"{100 * one.change / one.before:+.1f} %" if one.change and one.before else ""
        name = _NAMES.get(one.measure, one.measure.value)
        shown = ("-" if number is None else value(one.measure, number) for number in (one.before, one.after))
        rows.append((name, *shown, change, share))  # type: ignore[arg-type]  # five texts
    return rows


def value(measure: Measure, number: float) -> str:
    """A number with its unit."""
    if measure is Measure.INIT:
        return milliseconds(number)
    return f"{number:,.0f}" if measure is Measure.FILES else size(round(number))


def init_lines(init: InitChange | None) -> Iterator[str]:
    """What may be said of init, and what not."""
    if init is None:
        return
    difference = init.after - init.before
    if init.low is None or init.high is None:
        count = min(init.runs)
        yield (
            f"init: {difference:+.0f} ms by the medians; {count} run{'s' * (count > 1)} of each cannot tell that from "
            f"noise: build with --runs {2 * _ENOUGH}"
        )
    else:
        said = "slower" if init.grew else "faster" if init.shrank else "no difference beyond the noise"
        yield f"init: {said}; 95 %: {init.low:+.0f} … {init.high:+.0f} ms ({init.runs[0]} and {init.runs[1]} runs)"
    if init.scale != 1.0:
        yield (
            f"the two were measured at different speeds of the machine: the first is multiplied by {init.scale:.2f}, "
            "as an empty module says"
        )


def heading(comparison: Comparison) -> str:
    """What the causes are."""
    return "new imports" if any(cause.new for cause in comparison.causes) else "imports that take longer"


def causes(comparison: Comparison) -> list[tuple[str, str, str, str]]:
    """(import, cost, what came with it, where it is asked for)."""
    shown = comparison.causes[:_CAUSES]
    rows = [(f"+ {one.module}" if one.new else one.module, cost(one), brought(one), place(one.origin)) for one in shown]
    if rest := comparison.causes[_CAUSES:]:
        rows.append((f"{len(rest)} more", milliseconds(sum(one.cost or 0 for one in rest)), "", ""))
    return rows


def cost(cause: Cause) -> str:
    """Milliseconds, or a dash where nothing was measured."""
    return milliseconds(cause.cost) if cause.cost is not None else "-"


def brought(cause: Cause) -> str:
    """How many modules, how many bytes of new distributions."""
    parts = [f"{cause.modules:,} modules"] if cause.modules > 1 else []
    parts += [size(cause.size)] if cause.size else []
    return ", ".join(parts)


def place(origin: Origin) -> str:
    """`app.py:3`; where own code asks for it only through others, these too."""
    own = f"{origin.own}:{origin.own_line}" if origin.own else ""
    asked = f"{origin.importer}:{origin.line}" if origin.line else origin.importer
    if not own or own == asked:
        return own or asked
    return f"{own} by way of {asked}" if asked else own


def distributions(comparison: Comparison) -> list[tuple[str, str, str, str, str]]:
    """(name, version before, version after, size after, by how much), the largest change first."""
    rows = [
        (name(one), version(one.before), version(one.after), size(one.after.unpacked if one.after else 0), grown(one))
        for one in comparison.distributions[:_ROWS]
    ]
    if rest := comparison.distributions[_ROWS:]:
        growth = sum(one.growth for one in rest)
        rows.append((f"{len(rest)} more", "", "", "", f"{'-' if growth < 0 else '+'}{size(abs(growth))}"))
    return rows


def name(moved: Moved) -> str:
    """Its name, own code in brackets; a sign where it came or went."""
    sign = "+ " if moved.before is None else "- " if moved.after is None else ""
    return f"{sign}{moved.name or '(own code)'}"


def version(weight: Weight | None) -> str:
    """Its version; empty where it is not there."""
    return weight.version if weight else ""


def grown(moved: Moved) -> str:
    """`+1.2 MB`."""
    return f"{'-' if moved.growth < 0 else '+'}{size(abs(moved.growth))}" if moved.growth else "="


def findings(word: str, found: Sequence[Finding] | None) -> Iterator[str]:
    """A heading, and a line for each."""
    if not found:
        return
    yield f"{len(found)} {word} finding{'s' * (len(found) > 1)}"
    for finding in found[:_FINDINGS]:
        at = f" {finding.where}:" if finding.where else ""
        yield f"  {finding.severity.value} {finding.code}{at} {finding.message}"
    if len(found) > _FINDINGS:
        yield f"  … and {len(found) - _FINDINGS} more (--json has them all)"


def files_line(comparison: Comparison) -> list[str]:
    """How many files came and went, and the largest of them."""
    lines = []
    for word, files in (("added", comparison.added), ("removed", comparison.removed)):
        if files:
            total = sum(count for _, count in files)
            largest = f"{files[0][0]} ({size(files[0][1])})"
            lines.append(f"{len(files):,} file{'s' * (len(files) > 1)} {word}, {size(total)}; the largest: {largest}")
    return lines
