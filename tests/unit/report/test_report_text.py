"""The renderers say what the values say."""

from dataclasses import replace

import pytest
from report_samples import a_report

from slimpack.model.project import Layout
from slimpack.model.verdict import Verdict
from slimpack.report import markdown, text, why, why_text
from slimpack.report.units import milliseconds, share, size
from slimpack.report.why import module_of


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.00 KB"), (1536, "1.50 KB"), (10 << 20, "10.0 MB"), (250 << 20, "250 MB")],
)
def test_size_counts_as_lambda_does(count: int, expected: str) -> None:
    assert size(count) == expected


def test_other_units() -> None:
    assert (milliseconds(12.4), milliseconds(1430)) == ("12 ms", "1.43 s")
    assert (share(1, 4), share(1, 0)) == ("25 %", "-")


def test_text_holds_sizes_reasons_findings_verdict_and_hashes() -> None:
    shown = text(a_report(), width=100, colour=False)
    for expected in (
        "app: python3.12 x86_64, level traced, 1 distribution from requirements.txt",
        "init (CPU)",
        "lib 1.0",
        "dropped whole: other",
        "unreachable",
        "lib.core",
        "error SLP050 dist/app.zip: zip over budget",
        "42 modules, the same as the original",
        "ab" * 32,
        "dist/app.zip",
    ):
        assert expected in shown
    assert "\x1b" not in shown


def test_errors_come_before_information() -> None:
    shown = text(a_report(), width=100, colour=False)
    assert shown.index("SLP050") < shown.index("SLP001")


def test_colour_only_where_asked() -> None:
    assert "\x1b[" in text(a_report(), width=100, colour=True)


def test_unverified_and_unrun_are_said() -> None:
    report = a_report()
    assert "not verified" in text(replace(report, verdict=None), width=80, colour=False)
    assert "was not run" in text(replace(report, verdict=Verdict(ran=False)), width=80, colour=False)


def test_markdown_is_tables_with_every_cell_escaped() -> None:
    report = a_report()
    piped = replace(report, findings=(replace(report.findings[0], message="a|b <c>"),))
    shown = markdown(piped)
    assert "a\\|b &lt;c>" in shown
    assert "| zip |" in shown


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("lib/__init__.py", "lib"),
        ("lib/core.py", "lib.core"),
        ("lib/_x.cpython-312-x86_64-linux-gnu.so", "lib._x"),
        ("_top.abi3.so", "_top"),
        ("lib/data.json", "lib/data.json"),
    ],
)
def test_module_of(path: str, module: str) -> None:
    assert module_of(path) == module


def test_why_kept_shows_the_route() -> None:
    answer = why(a_report(), "lib/__init__.py")
    assert [step.path for step in answer.fates[0].route] == ["lib/__init__.py", "lib/core.py", "app.py"]
    shown = why_text(answer)
    assert shown.splitlines()[3:6] == [
        "           entry point -> app.py: entry point (app.handler)",
        "           app.py:3 -> lib/core.py: import",
        "           lib/core.py -> lib/__init__.py: parent package",
    ]


@pytest.mark.parametrize("pattern", ["other", "other/__init__.py", "o*r"])
def test_why_dropped_says_who_and_how_to_keep(pattern: str) -> None:
    shown = why_text(why(a_report(), pattern))
    assert "by unreachable: no route from app.handler" in shown
    assert "--keep other/__init__.py" in shown


@pytest.mark.parametrize(("pattern", "count"), [("lib", 3), ("lib.tests", 1), ("lib.core", 1), ("lib/*", 3)])
def test_why_counts_what_it_matches(pattern: str, count: int) -> None:
    assert len(why(a_report(), pattern).fates) == count


def test_why_of_nothing_names_the_nearest() -> None:
    shown = why_text(why(a_report(), "lib.cora"))
    assert "nothing of that name" in shown
    assert "lib.core" in shown


def test_own_files_that_nothing_reaches_are_no_part_of_the_plain_package() -> None:
    drop = replace(a_report().files[-1], owner="", path="events/large.json", size=2048)
    report = replace(a_report(), files=(*a_report().files, drop, replace(drop, path="notes.txt", size=1)))
    shown = text(report, width=100, colour=False)
    before, after = (
        line for line in text(a_report(), width=100, colour=False).splitlines() if line.startswith(("files", "unreach"))
    )
    assert before in shown
    assert after in shown
    assert "left out: 2 own files that nothing reaches, 2.00 KB; the largest: events/large.json" in shown
    assert "left out: 2 own files" in markdown(report)
    assert "left out" not in text(a_report(), width=100, colour=False)


def test_what_lies_in_a_given_package_counts() -> None:
    drop = replace(a_report().files[-1], owner="", path="events/large.json", size=2048)
    report = replace(a_report(), files=(*a_report().files, drop))
    assert drop not in report.plain
    assert drop in replace(report, given=True).plain
    assert "left out" not in text(replace(report, given=True), width=100, colour=False)


def test_of_a_folder_no_zip_is_told() -> None:
    report = replace(a_report(), layout=Layout.DIRECTORY, before_zip=1)
    for shown, zipped in ((text(report, width=100, colour=False), "in the zip"), (markdown(report), "in the zip")):
        assert zipped not in shown
        assert "\nzip " not in shown
        assert "| zip |" not in shown
        assert "zips larger" not in shown
    assert "in the zip" in text(a_report(), width=100, colour=False)
