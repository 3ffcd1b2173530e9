"""A Report, or a Package without one -> Snapshot."""

from collections import defaultdict
from collections.abc import Callable, Mapping

from slimpack.model.comparison import Origin, Snapshot, Weight
from slimpack.model.naming import module_name
from slimpack.model.package import Package
from slimpack.model.project import Layout
from slimpack.model.report import FileRow, Report
from slimpack.model.trace import ReasonKind
from slimpack.model.tree import OWN


def of_report(report: Report, name: str) -> Snapshot:
    """What a build says of what it made."""
    versions = {pin.name: pin.version for pin in report.pins}
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for member in report.artifact.members:
        sums[member.owner][0] += member.size
        sums[member.owner][1] += member.stored
    folder = report.artifact.layout is Layout.DIRECTORY
    rows = {row.path: row for row in report.files}
    places = {module: _origin(row, rows) for row in report.files if row.shipped and (module := module_name(row.path))}
    return Snapshot(
        name=name,
        function=report.name,
        zip=None if folder else report.artifact.size,
        unpacked=report.artifact.unpacked,
        files={member.path: member.size for member in report.artifact.members},
        weights={
            owner: Weight(version=versions.get(owner, ""), unpacked=size, stored=None if folder else stored)
            for owner, (size, stored) in sorted(sums.items())
        },
        findings=report.findings,
        timing=report.timing,
        origins=places,
        entries=_entries(report, places, rows),
        own=frozenset(row.path for row in report.files if row.owner == OWN and row.shipped),
    )


def of_package(package: Package, stored: Mapping[str, int]) -> Snapshot:
    """What lies in a package that nothing else is known of; `stored` is what each file takes in a zip."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for path, file in package.tree.files.items():
        sums[file.owner][0] += file.content.size
        sums[file.owner][1] += stored[path]
    versions = {one.name: one.version for one in package.tree.distributions}
    return Snapshot(
        name=package.name,
        function=package.name.removesuffix(".zip"),
        zip=package.size or None,
        unpacked=package.tree.size,
        files={f"{package.place}{path}": file.content.size for path, file in package.tree.files.items()},
        weights={
            owner: Weight(version=versions.get(owner, ""), unpacked=size, stored=zipped)
            for owner, (size, zipped) in sorted(sums.items())
        },
        origins={},
        entries={},
        own=frozenset(path for path, file in package.tree.files.items() if file.owner == OWN),
    )


def _origin(row: FileRow, rows: Mapping[str, FileRow]) -> Origin:
    """Who asks for a file, and the last line of own code on the route from the entry point to it."""
    reason = row.reason
    if reason is None:
        return Origin(owner=row.owner)
    own, own_line = "", 0
    at: FileRow | None = row
    seen: set[str] = set()
    while at is not None and at.reason is not None and at.path not in seen:
        seen.add(at.path)
        parent = rows.get(at.reason.parent)
        if parent is not None and parent.owner == OWN and at.reason.line:
            own, own_line = parent.path, at.reason.line
            break
        at = parent
    return Origin(owner=row.owner, importer=reason.parent, line=reason.line, own=own, own_line=own_line)


def _entries(report: Report, places: Mapping[str, Origin], rows: Mapping[str, FileRow]) -> dict[str, Origin]:
    """How each distribution is first come by: by a line of own code before any other, by an import before the rest."""

    def rank(row: FileRow, place: Origin) -> tuple[bool, bool, int, str]:
        direct = place.own != "" and place.importer == place.own
        is_import = row.reason is not None and row.reason.kind is ReasonKind.IMPORT
        return (not direct, not is_import, place.own_line, row.path)

    best: dict[str, tuple[tuple[bool, bool, int, str], Origin]] = {}
    found: Callable[[str], Origin | None] = places.get
    for row in report.files:
        if row.owner == OWN or not row.shipped or row.reason is None:
            continue
        place = found(module_name(row.path)) or _origin(row, rows)
        ranked = (rank(row, place), place)
        if row.owner not in best or ranked[0] < best[row.owner][0]:
            best[row.owner] = ranked
    return {owner: place for owner, (_, place) in sorted(best.items())}
