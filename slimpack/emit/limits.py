"""Artifact -> findings: what is over the user's budget or a limit of Lambda, with the culprits named."""

from collections import Counter
from collections.abc import Iterator
from operator import attrgetter

from slimpack.model.artifact import UNZIPPED_LIMIT, ZIPPED_LIMIT, Artifact
from slimpack.model.finding import Finding, Severity
from slimpack.model.project import Budget, Layout

_MIB = 1024 * 1024
_CULPRITS = 5


def limits(artifact: Artifact, budget: Budget) -> tuple[Finding, ...]:
    """Every limit that the artifact breaks, sorted."""
    return tuple(sorted(_broken(artifact, budget)))


def _broken(artifact: Artifact, budget: Budget) -> Iterator[Finding]:
    zipped = artifact.size if artifact.layout is not Layout.DIRECTORY else 0
    unzipped = artifact.unpacked
    if budget.max_zip is not None and zipped > budget.max_zip:
        yield _over("SLP050", f"the zip is {_size(zipped)}, the budget {_size(budget.max_zip)}", artifact, "stored")
    if budget.max_unzipped is not None and unzipped > budget.max_unzipped:
        what = f"unzipped it is {_size(unzipped)}, the budget {_size(budget.max_unzipped)}"
        yield _over("SLP050", what, artifact, "size")
    if unzipped > UNZIPPED_LIMIT:
        what = f"unzipped it is {_size(unzipped)}; Lambda takes {_size(UNZIPPED_LIMIT)}, with all layers"
        yield _over("SLP051", what, artifact, "size")
    if zipped > ZIPPED_LIMIT:
        what = f"the zip is {_size(zipped)}; more than {_size(ZIPPED_LIMIT)} must be uploaded through S3"
        yield _over("SLP051", what, artifact, "stored", severity=Severity.WARNING)


def _over(code: str, what: str, artifact: Artifact, measure: str, *, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(
        code=code,
        where=artifact.path.name,
        message=f"{what}. Largest: {_culprits(artifact, measure)}",
        severity=severity,
        help="slimpack why NAME says why a distribution or file is kept",
    )


def _culprits(artifact: Artifact, measure: str) -> str:
    """The distributions that weigh most: `scipy 30.1 MB, numpy 14.9 MB, own code 1.0 MB`."""
    weights: Counter[str] = Counter()
    weigh = attrgetter(measure)
    for member in artifact.members:
        weights[member.owner or "own code"] += weigh(member)
    ordered = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{owner} {_size(weight)}" for owner, weight in ordered[:_CULPRITS])


def _size(count: int) -> str:
    # As Lambda counts: "MB means 1,024 KB".
    return f"{count / _MIB:.1f} MB" if count >= _MIB // 10 else f"{count:,} B"
