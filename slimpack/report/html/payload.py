"""Report -> the data of the page: columns, so that four thousand files take a few hundred kilobytes.

Places are numbers: of an owner, a file, a module. -1 is none. The scripts beside it (`assets/data.js`) read it back.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from slimpack.model.naming import module_name
from slimpack.model.plan import Action, Decision
from slimpack.model.report import FileRow, Report
from slimpack.model.timing import ModuleTime
from slimpack.model.tree import OWN
from slimpack.report import summary
from slimpack.report.html.columns import Table, front_coded
from slimpack.report.html.groups import GROUPS, NO_ROUTE, group_of

_ADDED = Decision(action=Action.KEEP, by="slimpack", why="slimpack's own: it finds what is in the archive")


def payload(report: Report) -> dict[str, Any]:
    """Return what the page is drawn from, as JSON can hold it."""
    rows = sorted((*report.files, *_added(report)), key=lambda row: row.path)
    places = {row.path: place for place, row in enumerate(rows)}
    timing = report.timing
    before, after = (timing.modules_before, timing.modules) if timing else ((), ())
    names = sorted({time.module for time in (*before, *after)})
    known = {name: place for place, name in enumerate(names)}
    imported = _imported(rows)
    versions = {pin.name: pin.version for pin in report.pins}
    owners = Table(sorted({row.owner for row in rows} | {OWN}))
    return {
        "groups": [list(group) for group in GROUPS],
        "dropped": NO_ROUTE,
        "owners": [[owner, versions.get(owner, "")] for owner in owners.values],
        "files": _files(rows, places, owners),
        "modules": front_coded(names) | {"file": [places.get(imported.get(name, ""), -1) for name in names]},
        "before": _imports(before, known),
        "after": _imports(after, known),
        "findings": [
            [finding.severity.value, finding.code, finding.where, finding.message, finding.help]
            for finding in summary.findings(report)
        ],
    }


def _added(report: Report) -> Iterable[FileRow]:
    """What ships and was in no package: the archive of cold modules, and who finds them there."""
    known = {row.path for row in report.files}
    for member in report.artifact.members:
        if member.origin not in known:
            yield FileRow(
                path=member.path,
                owner=member.owner,
                size=0,
                shipped=member.size,
                stored=member.stored,
                decision=_ADDED,
            )


def _files(rows: Sequence[FileRow], places: Mapping[str, int], owners: Table[str]) -> dict[str, Any]:
    fates: Table[tuple[str, str, str]] = Table()
    kinds, details, rewrites = Table(("",)), Table(("",)), Table[tuple[str, ...]](((),))
    columns: dict[str, list[int]] = {name: [] for name in _COLUMNS}
    for row in rows:
        reason = row.reason
        values = (
            owners.place(row.owner),
            row.size,
            row.shipped,
            row.stored,
            group_of(row),
            fates.place((row.decision.action.value, row.decision.by, row.decision.why)),
            kinds.place(reason.kind.value if reason else ""),
            places.get(reason.parent, -1) if reason else -1,
            reason.line if reason else 0,
            details.place(reason.detail if reason else ""),
            rewrites.place(row.rewrites),
        )
        for name, value in zip(_COLUMNS, values, strict=True):
            columns[name].append(value)
    return {
        **front_coded([row.path for row in rows]),
        **columns,
        "fates": fates.values,
        "kinds": kinds.values,
        "details": details.values,
        "transforms": rewrites.values,
    }


_COLUMNS = (
    "owner", "size", "shipped", "stored", "group", "fate",  # what became of it
    "kind", "parent", "line", "detail", "rewrites",  # the first step of its route, and how it was changed
)  # fmt: skip


def _imported(rows: Iterable[FileRow]) -> dict[str, str]:
    """The file of each module: what ships before what does not, and a native one before a Python one of its name."""
    found: dict[str, tuple[bool, bool, str]] = {}
    for row in rows:
        if name := module_name(row.path):
            rank = (row.decision.action is Action.KEEP, row.path.endswith(".so"), row.path)
            found[name] = max(found.get(name, rank), rank)
    return {name: path for name, (_, _, path) in found.items()}


def _imports(times: Sequence[ModuleTime], known: Mapping[str, int]) -> dict[str, list[int]]:
    """A tree of imports: each after its importer, which is told by its place in the list, and the latest first."""
    latest: dict[str, int] = {}
    columns: dict[str, list[int]] = {"module": [], "own": [], "all": [], "parent": []}
    # An importer ends after what it imported, so the list is read from its end.
    for place, time in enumerate(reversed(times)):
        columns["module"].append(known[time.module])
        columns["own"].append(time.own)
        columns["all"].append(time.cumulative)
        columns["parent"].append(latest.get(time.parent, -1))
        latest[time.module] = place
    return columns
