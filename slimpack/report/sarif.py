"""Findings -> SARIF 2.1.0 text, for code scanning: one result each, with a fingerprint that survives other builds.

A finding about own code lies in its file; one about a distribution lies in the requirements that bring it in, since the
file is not in the project: what it is about is then the logical location.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from slimpack.model.finding import CATALOGUE, Finding, Severity
from slimpack.model.report import Report
from slimpack.model.tree import OWN

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_LINE = re.compile(r"(.*):(\d+)", re.DOTALL)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_DEFAULT = "pyproject.toml"


def sarif(reports: Iterable[Report]) -> str:
    """The findings of one or more builds as one log with one run each; ends in a newline."""
    runs = [_run(report) for report in reports]
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": runs}
    return json.dumps(log, indent=1, ensure_ascii=False) + "\n"


def _run(report: Report) -> dict[str, Any]:
    codes = sorted({finding.code for finding in report.findings})
    own = {row.path for row in report.files if row.owner == OWN}
    source = report.source if report.source and ":" not in report.source else _DEFAULT
    seen: Counter[str] = Counter()
    results = []
    for finding in report.findings:
        fingerprint = _fingerprint(finding)
        seen[fingerprint] += 1
        results.append(_result(finding, codes, own, source, f"{fingerprint}:{seen[fingerprint]}"))
    return {
        "tool": {"driver": _driver(report, codes)},
        "automationDetails": {"id": f"slimpack/{report.name}/"},
        "originalUriBaseIds": {"PROJECT": {"description": {"text": "The folder of the project's own code."}}},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }


def _driver(report: Report, codes: list[str]) -> dict[str, Any]:
    helps: dict[str, str] = {}
    for finding in report.findings:
        if finding.help:
            helps.setdefault(finding.code, finding.help)
    return {
        "name": "slimpack",
        "semanticVersion": report.slimpack,
        "rules": [_rule(code, helps) for code in codes],
    }


def _rule(code: str, helps: Mapping[str, str]) -> dict[str, Any]:
    says = CATALOGUE.get(code, code)
    leave_out = f'Leave it out with `ignore = ["{code}"]` in [tool.slimpack], or `"{code}:GLOB"` for some files.'
    text = f"{helps[code]}. {leave_out}" if code in helps else leave_out
    return {
        "id": code,
        "shortDescription": {"text": says},
        "fullDescription": {"text": f"{says[:1].upper()}{says[1:]}."},
        "help": {"text": text, "markdown": f"{text}\n\nSee *Findings* in the README."},
    }


def _result(finding: Finding, codes: list[str], own: set[str], source: str, fingerprint: str) -> dict[str, Any]:
    path, line = _place(finding.where)
    location: dict[str, Any] = {}
    if path in own:
        location["physicalLocation"] = _physical(path, line)
    else:
        location["physicalLocation"] = _physical(source, 1)
        if finding.where:
            location["logicalLocations"] = [{"fullyQualifiedName": finding.where, "kind": "resource"}]
    return {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.where}: {finding.message}" if finding.where else finding.message},
        "locations": [location],
        "partialFingerprints": {"slimpack/v1": fingerprint},
    }


def _physical(path: str, line: int) -> dict[str, Any]:
    return {"artifactLocation": {"uri": _uri(path), "uriBaseId": "PROJECT"}, "region": {"startLine": max(line, 1)}}


def _uri(path: str) -> str:
    from urllib.parse import quote  # noqa: PLC0415 no other renderer needs it

    return quote(path)


def _place(where: str) -> tuple[str, int]:
    match = _LINE.fullmatch(where)
    return (match[1], int(match[2])) if match else (where, 0)


def _fingerprint(finding: Finding) -> str:
    """Of the code, the place without its line, and what is said without its figures, which other builds change."""
    parts = (finding.code, _place(finding.where)[0], _NUMBER.sub("#", finding.message))
    return sha256("\0".join(parts).encode()).hexdigest()[:32]
