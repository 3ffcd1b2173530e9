"""Report -> sums: where the bytes are by distribution, and why bytes went."""

from collections import defaultdict
from dataclasses import dataclass

from slimpack.model.plan import Action
from slimpack.model.report import Report
from slimpack.model.tree import OWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """Files and bytes under one heading: `before` unpacked, `after` unpacked, `stored` in the artifact.

    `owned` tells a distribution from the project's own code.
    """

    heading: str
    files: int
    before: int
    after: int
    stored: int
    owned: bool = True


def by_distribution(report: Report) -> tuple[Total, ...]:
    """One row a distribution (own code as its own row), largest stored size first, then name."""
    versions = {pin.name: pin.version for pin in report.pins}
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in report.plain:
        for position, value in enumerate((1, row.size, row.shipped, row.stored)):
            sums[row.owner][position] += value
    origins = {row.path for row in report.files}
    for member in report.artifact.members:
        if member.origin not in origins:  # the fallback's: what is cold is told with its distribution
            sums[member.owner][2] += member.size
            sums[member.owner][3] += member.stored
    totals = (
        Total(
            heading="(own code)" if owner == OWN else f"{owner} {versions.get(owner, '')}".strip(),
            files=files,
            before=before,
            after=after,
            stored=stored,
            owned=owner != OWN,
        )
        for owner, (files, before, after, stored) in sums.items()
    )
    return tuple(sorted(totals, key=lambda total: (-total.stored, -total.before, total.heading)))


def by_pass(report: Report) -> tuple[Total, ...]:
    """One row a pass that dropped files, most bytes first."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in report.plain:
        if row.decision.action is not Action.KEEP:
            sums[row.decision.by][0] += 1
            sums[row.decision.by][1] += row.size
    totals = (Total(heading=by, files=files, before=before, after=0, stored=0) for by, (files, before) in sums.items())
    return tuple(sorted(totals, key=lambda total: (-total.before, total.heading)))
