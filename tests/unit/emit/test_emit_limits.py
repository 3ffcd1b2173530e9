"""Limits: exact at the edge, culprits named, warnings kept apart from errors."""

from pathlib import Path

import pytest

from slimpack.emit import limits
from slimpack.model.artifact import Artifact, Member
from slimpack.model.finding import Severity
from slimpack.model.project import Budget, Layout

MIB = 1024 * 1024


def artifact(*, zipped: int = 1, unzipped: int = 1, layout: Layout = Layout.ZIP) -> Artifact:
    weights = {"scipy": 6, "numpy": 3, "": 1}
    return Artifact(
        path=Path("dist/app.zip"),
        layout=layout,
        size=zipped,
        unpacked=unzipped,
        sha256="0" * 64,
        content_sha256="0" * 64,
        members=tuple(
            Member(path=f"{owner}{n}", size=unzipped * w // 20, stored=zipped * w // 20, origin="", owner=owner)
            for owner, w in weights.items()
            for n in range(2)
        ),
    )


def test_nothing_over() -> None:
    edge = artifact(zipped=52_428_800, unzipped=262_144_000)
    assert limits(edge, Budget()) == ()
    assert limits(edge, Budget(max_zip=52_428_800, max_unzipped=262_144_000)) == ()


def test_lambda_unzipped_is_an_error_with_culprits() -> None:
    (finding,) = limits(artifact(unzipped=262_144_001), Budget())
    assert finding.code == "SLP051"
    assert finding.severity is Severity.ERROR
    assert finding.message == (
        "unzipped it is 250.0 MB; Lambda takes 250.0 MB, with all layers. "
        "Largest: scipy 150.0 MB, numpy 75.0 MB, own code 25.0 MB"
    )


def test_lambda_zipped_is_a_warning() -> None:
    (finding,) = limits(artifact(zipped=60 * MIB), Budget())
    assert (finding.code, finding.severity) == ("SLP051", Severity.WARNING)
    assert "S3" in finding.message
    assert "scipy 36.0 MB, numpy 18.0 MB, own code 6.0 MB" in finding.message


@pytest.mark.parametrize(
    ("budget", "says"),
    [
        (Budget(max_zip=10 * MIB), "the zip is 20.0 MB, the budget 10.0 MB"),
        (Budget(max_unzipped=39 * MIB), "unzipped it is 40.0 MB, the budget 39.0 MB"),
        (Budget(max_zip=1000), "the budget 1,000 B"),
    ],
)
def test_budgets(budget: Budget, says: str) -> None:
    (finding,) = limits(artifact(zipped=20 * MIB, unzipped=40 * MIB), budget)
    assert (finding.code, finding.severity) == ("SLP050", Severity.ERROR)
    assert says in finding.message
    assert "Largest: scipy" in finding.message


def test_a_budget_of_nothing_is_a_budget() -> None:
    assert len(limits(artifact(), Budget(max_zip=0, max_unzipped=0))) == 2


def test_a_directory_has_no_zip() -> None:
    directory = artifact(zipped=60 * MIB, unzipped=60 * MIB, layout=Layout.DIRECTORY)
    assert limits(directory, Budget(max_zip=1)) == ()
    assert len(limits(directory, Budget(max_unzipped=1))) == 1


def test_several_are_sorted() -> None:
    found = limits(artifact(zipped=60 * MIB, unzipped=300 * MIB), Budget(max_zip=1, max_unzipped=1))
    assert [finding.code for finding in found] == ["SLP050", "SLP050", "SLP051", "SLP051"]
    assert list(found) == sorted(found)
