"""Inspection -> terminal text: what is in the package, what is wrong with it, and what would go and why."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from slimpack.model.finding import Severity
from slimpack.model.inspection import Bytecode, Held, Inspection
from slimpack.model.plan import Action
from slimpack.model.report import FileRow
from slimpack.report.table import table
from slimpack.report.units import number, share, size

_ROWS, _FINDINGS = 15, 25
_ZIPPED, _UNZIPPED = 52_428_800, 262_144_000
_BOLD, _RESET = "\x1b[1m", "\x1b[0m"
_SEVERITIES = (Severity.ERROR, Severity.WARNING, Severity.INFO)


def inspection_text(inspection: Inspection, *, colour: bool) -> str:
    """Render it; names are never cut."""
    blocks = [
        [title(inspection)],
        table(("", "bytes", "of Lambda's limit", ""), _limits(inspection)),
        table(("what is in it", "files", "unpacked", "zipped", "share"), _held(inspection)),
        _bytecode(inspection.bytecode, inspection),
        _findings(inspection),
        *_going(inspection),
    ]
    shown = [[f"{_BOLD}{block[0]}{_RESET}", *block[1:]] if colour else block for block in blocks if block]
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in shown) + "\n"


def title(inspection: Inspection) -> str:
    """What was looked at, and for what."""
    target = inspection.target
    files = sum(one.files for one in inspection.held)
    return (
        f"{inspection.name}: a {inspection.kind} of {number(files, 'file')}, for {target.runtime} {target.architecture}"
    )


def _limits(inspection: Inspection) -> list[tuple[str, str, str, str]]:
    name = "zip" if inspection.kind != "folder" else "zipped, about"
    zipped, unpacked = inspection.zipped, inspection.unpacked
    return [
        (name, size(zipped), size(_ZIPPED), share(zipped, _ZIPPED)),
        ("unpacked", size(unpacked), size(_UNZIPPED), share(unpacked, _UNZIPPED)),
    ]


def _held(inspection: Inspection) -> list[tuple[str, str, str, str, str]]:
    total = sum(one.zipped for one in inspection.held)
    rows = [_row(_name(one), [one], total) for one in inspection.held[:_ROWS]]
    if rest := inspection.held[_ROWS:]:
        rows.append(_row(f"{len(rest)} more", rest, total))
    return rows


def _row(name: str, held: Sequence[Held], total: int) -> tuple[str, str, str, str, str]:
    zipped = sum(one.zipped for one in held)
    unpacked, files = sum(one.unpacked for one in held), sum(one.files for one in held)
    return (name, f"{files:,}", size(unpacked), size(zipped), share(zipped, total))


def _name(held: Held) -> str:
    return f"{held.name} {held.version}".strip() or "(own code)"


def _bytecode(found: Bytecode, inspection: Inspection) -> list[str]:
    words = [
        (found.valid, "with bytecode that Python uses"),
        (found.timed, "with bytecode that holds by its time"),
        (found.stale, "with stale bytecode"),
        (found.other, "with bytecode of another Python"),
        (found.absent, "without bytecode"),
        (found.alone, "of bytecode alone"),
    ]
    said = ", ".join(f"{count:,} {text}" for count, text in words if count)
    if not said:
        return []
    unknown = "" if found.known else f" (no Python {inspection.target.python_version} here tells which it would use)"
    return [f"modules: {said}{unknown}" + (f"; {size(found.bytes)} of bytecode" if found.bytes else "")]


def _findings(inspection: Inspection) -> list[str]:
    found = sorted(inspection.findings, key=lambda finding: (_SEVERITIES.index(finding.severity), finding))
    lines: list[str] = []
    for finding in found[:_FINDINGS]:
        place = f" {finding.where}:" if finding.where else ""
        lines.append(f"{finding.severity.value} {finding.code}{place} {finding.message}")
        if finding.help:
            lines.append(f"  {finding.help}")
    if len(found) > _FINDINGS:
        lines.append(f"… and {len(found) - _FINDINGS} more findings (--json has them all)")
    return lines


def _going(inspection: Inspection) -> list[list[str]]:
    """What would go: by whom it is decided, and of which distributions."""
    if not inspection.rows:
        return []
    gone = [row for row in inspection.rows if row.decision.action is not Action.KEEP]
    kept = [row for row in inspection.rows if row.decision.action is Action.KEEP]
    handlers = ", ".join(map(str, inspection.entry_points))
    heading = f"what {handlers} does not need"
    by_pass = table((heading, "files", "unpacked", "zipped"), _sums(gone, lambda row: row.decision.by))
    by_owner = table(("of which", "files", "unpacked", "zipped"), _sums(gone, lambda row: row.owner or "(own code)"))
    left = f"{number(len(kept), 'file')} of {size(sum(row.size for row in kept))}"
    last = f"{left} would stay, before bytecode and compression: slimpack slim makes and proves it"
    return [by_pass, by_owner[: _ROWS + 1], [last]]


def _sums(rows: Iterable[FileRow], key: Callable[[FileRow], str]) -> list[tuple[str, str, str, str]]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        for position, amount in enumerate((1, row.size, row.stored)):
            sums[key(row)][position] += amount
    ordered = sorted(sums.items(), key=lambda item: (-item[1][1], item[0]))
    return [(name, f"{files:,}", size(unpacked), size(zipped)) for name, (files, unpacked, zipped) in ordered]
