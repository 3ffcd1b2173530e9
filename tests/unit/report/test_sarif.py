"""SARIF: valid by its schema, each finding in its place, fingerprints that other lines and figures do not change."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
from report_samples import a_report

from slimpack.model.finding import CATALOGUE, Finding, Severity
from slimpack.report.sarif import sarif

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "sarif-2.1.0.json").read_text("utf-8-sig"))
REPORT = a_report()
OWN = next(row.path for row in REPORT.files if not row.owner)
OTHER = next(row.path for row in REPORT.files if row.owner)


def log(*findings: Finding) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sarif([replace(REPORT, findings=findings)]))
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    return found


def results(*findings: Finding) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = log(*findings)["runs"][0]["results"]
    return found


def test_every_code_and_severity_is_valid() -> None:
    findings = [
        Finding(code=code, where=f"{OTHER}:{line}", message="says", severity=severity, help="do")
        for line, code in enumerate(sorted(CATALOGUE), 1)
        for severity in Severity
    ]
    run = log(*findings)["runs"][0]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == sorted(CATALOGUE)
    assert {result["level"] for result in run["results"]} == {"error", "warning", "note"}
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_no_finding_is_a_valid_log() -> None:
    assert results() == []


def test_own_code_is_shown_at_its_line_and_other_code_at_the_requirements() -> None:
    own, other, nowhere = results(
        Finding(code="SLP001", where=f"{OWN}:12", message="a"),
        Finding(code="SLP001", where=f"{OTHER}:7", message="b"),
        Finding(code="SLP004", where="", message="c"),
    )
    assert own["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == OWN
    assert own["locations"][0]["physicalLocation"]["region"]["startLine"] == 12
    assert "logicalLocations" not in own["locations"][0]
    assert other["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == REPORT.source
    assert other["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == f"{OTHER}:7"
    assert other["message"]["text"].startswith(OTHER)
    assert nowhere["message"]["text"] == "c"


def test_fingerprints_survive_other_lines_and_figures_and_tell_findings_apart() -> None:
    def prints(*findings: Finding) -> list[str]:
        return [result["partialFingerprints"]["slimpack/v1"] for result in results(*findings)]

    first = Finding(code="SLP050", where=f"{OWN}:12", message="3.5 MB, 17 % over")
    moved = Finding(code="SLP050", where=f"{OWN}:99", message="4 MB, 18 % over")
    assert prints(first) == prints(moved)
    assert prints(first) != prints(replace(first, code="SLP051"))
    assert prints(first) != prints(replace(first, where=OTHER))
    assert prints(first) != prints(replace(first, message="something else"))
    twice = prints(first, moved)
    assert twice[0].partition(":")[0] == twice[1].partition(":")[0]
    assert twice[0] != twice[1]


def test_a_path_with_odd_characters_is_a_uri() -> None:
    path = "own dir/ä%.py"
    row = next(row for row in REPORT.files if not row.owner)
    report = replace(
        REPORT,
        files=(*REPORT.files, replace(row, path=path)),
        findings=(Finding(code="SLP001", where=f"{path}:1", message="a"),),
    )
    found = json.loads(sarif([report]))
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    location = found["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location["uri"] == "own%20dir/%C3%A4%25.py"
