"""Report -> the distributions as they ship, each below the one that first asks for it: size, use, and init."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from slimpack.model.naming import module_name
from slimpack.model.report import FileRow, Report
from slimpack.model.tree import OWN
from slimpack.report.table import table
from slimpack.report.units import milliseconds, number, size

_MICRO = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One distribution, or (without a name) own code.

    `parent` is whose file first asks for it, at `place`; `modules` are those it had, `shipped` those that ship,
    `imported` those that init imports, None where that was not measured; `init` is their own time in ms.
    """

    name: str
    version: str
    parent: str
    place: str
    stored: int
    unpacked: int
    modules: int
    shipped: int
    imported: int | None
    init: float | None


def branches(report: Report) -> tuple[Branch, ...]:
    """One for each that had any file, own code first, then as they ship: the heaviest first; dropped ones last."""
    versions = {pin.name: pin.version for pin in report.pins}
    rows: dict[str, list[FileRow]] = defaultdict(list)
    for row in report.files:
        rows[row.owner].append(row)
    sizes = _sizes(report)
    times = _times(report)
    asked = _first_asked(report)
    found = []
    for owner, files in rows.items():
        names = {name for row in files if (name := module_name(row.path))}
        shipped = {name for row in files if row.shipped and (name := module_name(row.path))}
        stored, unpacked = sizes.get(owner, (0, 0))
        parent, place = asked.get(owner, ("", ""))
        imported = [times[name] for name in names if name in times]
        found.append(
            Branch(
                name=owner,
                version=versions.get(owner, ""),
                parent=parent,
                place=place,
                stored=stored,
                unpacked=unpacked,
                modules=len(names),
                shipped=len(shipped),
                imported=len(imported) if report.timing else None,
                init=sum(imported) / _MICRO if report.timing else None,
            )
        )
    return tuple(sorted(found, key=lambda one: (one.name != OWN, -one.stored, one.name)))


def _sizes(report: Report) -> Mapping[str, tuple[int, int]]:
    sums: dict[str, tuple[int, int]] = {}
    for member in report.artifact.members:
        stored, unpacked = sums.get(member.owner, (0, 0))
        sums[member.owner] = (stored + member.stored, unpacked + member.size)
    return sums


def _times(report: Report) -> Mapping[str, int]:
    """Own time in µs of each module that init imports."""
    times: dict[str, int] = defaultdict(int)
    for one in report.timing.modules if report.timing else ():
        times[one.module] += one.own
    return times


def _first_asked(report: Report) -> Mapping[str, tuple[str, str]]:
    """Whose file, at which place, each distribution is first come by: where somebody asks for it in words of his own,
    over the shortest route there is.
    """  # noqa: D205 one sentence
    rows = {row.path: row for row in report.files}
    depths: dict[str, int] = {}
    best: dict[str, tuple[bool, int, str, str]] = {}
    for row in report.files:
        if row.owner == OWN or row.reason is None or not row.shipped:
            continue
        parent = rows.get(row.reason.parent)
        owner = parent.owner if parent is not None else OWN
        if owner == row.owner:
            continue
        place = f"{row.reason.parent}:{row.reason.line}" if row.reason.line else row.reason.parent
        ranked = (not row.reason.line, _depth(row, rows, depths), place, owner)
        if row.owner not in best or ranked < best[row.owner]:
            best[row.owner] = ranked
    return {name: (owner, place) for name, (_, _, place, owner) in best.items()}


def _depth(row: FileRow, rows: Mapping[str, FileRow], known: dict[str, int]) -> int:
    """Steps to the entry point."""
    way: list[str] = []
    at: FileRow | None = row
    while at is not None and at.path not in known and at.path not in way:
        way.append(at.path)
        at = rows.get(at.reason.parent) if at.reason is not None else None
    depth = known.get(at.path, 0) if at is not None else 0
    for path in reversed(way):
        depth += 1
        known[path] = depth
    return known[row.path]


def tree_text(report: Report) -> str:
    """A table with the names indented by who asks for whom, and the names of what was dropped whole."""
    found = branches(report)
    shipped = [one for one in found if one.stored or one.name == OWN]
    timed = report.timing is not None
    headings = (
        "as it ships",
        "in the zip",
        "unpacked",
        "modules",
        *(("at init", "own time") if timed else ()),
        "first asked",
    )
    lines = [f"{report.name}: {number(len(shipped) - 1, 'distribution')} in {report.artifact.path.name}", ""]
    lines += (
        line.rstrip() for line in table(headings, [_cells(one, mark, timed=timed) for mark, one in _laid(shipped)])
    )
    if gone := [f"{one.name} {one.version}".strip() for one in found if not one.stored and one.name != OWN]:
        lines += ["", f"dropped whole: {', '.join(gone)}"]
    return "\n".join(lines) + "\n"


def _laid(found: Sequence[Branch]) -> Iterator[tuple[str, Branch]]:
    """Each with what stands before its name."""
    children: dict[str, list[Branch]] = defaultdict(list)
    names = {one.name for one in found}
    for one in found:
        if one.name != OWN:
            children[one.parent if one.parent in names and one.parent != one.name else OWN].append(one)

    def below(name: str, indent: str) -> Iterator[tuple[str, Branch]]:
        for index, child in enumerate(children[name]):
            last = index == len(children[name]) - 1
            yield f"{indent}{'└── ' if last else '├── '}", child
            yield from below(child.name, f"{indent}{'    ' if last else '│   '}")

    children[OWN] += _in_rings(children, found)
    yield from (("", one) for one in found if one.name == OWN)
    yield from below(OWN, "")


def _in_rings(children: dict[str, list[Branch]], found: Sequence[Branch]) -> list[Branch]:
    """The first of those that ask for one another and are below nobody; it is taken out of its ring."""
    first: list[Branch] = []
    while True:
        seen, todo = {OWN}, [OWN, *(one.name for one in first)]
        while todo:
            name = todo.pop()
            seen.add(name)
            todo += [child.name for child in children[name] if child.name not in seen]
        lost = [one for one in found if one.name not in seen]
        if not lost:
            return first
        children[lost[0].parent].remove(lost[0])
        first.append(lost[0])


def _cells(one: Branch, mark: str, *, timed: bool) -> tuple[str, ...]:
    name = f"{mark}{f'{one.name} {one.version}'.strip() or '(own code)'}"
    used = f"{one.shipped:,} of {one.modules:,}"
    times = (f"{one.imported or 0:,}", milliseconds(one.init or 0)) if timed else ()
    return (name, size(one.stored), size(one.unpacked), used, *times, one.place)


def tree_json(report: Report) -> str:
    """The same as JSON text, dropped distributions included."""
    value = {"name": report.name, "distributions": [asdict(one) for one in branches(report)]}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
