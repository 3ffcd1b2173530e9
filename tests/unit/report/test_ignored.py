"""Findings are left out by code, or by code and place; those that the user fails on become errors."""

import pytest

from slimpack.model.finding import Finding, Severity
from slimpack.model.project import Policy
from slimpack.report.findings import settled

FOUND = (
    Finding(code="SLP001", where="pkg/a.py:12", message="m"),
    Finding(code="SLP001", where="other/b.py", message="m"),
    Finding(code="SLP004", where="", message="m"),
)


@pytest.mark.parametrize(
    ("ignore", "left"),
    [
        ((), ["SLP001 other/b.py", "SLP001 pkg/a.py:12", "SLP004 "]),
        (("SLP001",), ["SLP004 "]),
        (("SLP001:pkg/**",), ["SLP001 other/b.py", "SLP004 "]),
        (("SLP001:pkg",), ["SLP001 other/b.py", "SLP004 "]),
        (("SLP001:pkg/a.py",), ["SLP001 other/b.py", "SLP004 "]),
        (("SLP001:nowhere/**", "SLP004"), ["SLP001 other/b.py", "SLP001 pkg/a.py:12"]),
        (("SLP004:pkg/**",), ["SLP001 other/b.py", "SLP001 pkg/a.py:12", "SLP004 "]),
    ],
)
def test_what_is_left(ignore: tuple[str, ...], left: list[str]) -> None:
    assert [f"{one.code} {one.where}" for one in settled(FOUND, Policy(ignore=ignore))] == left


def test_what_the_user_fails_on_is_an_error() -> None:
    severities = {one.code: one.severity for one in settled(FOUND, Policy(fail_on=("SLP004",)))}
    assert severities == {"SLP001": Severity.INFO, "SLP004": Severity.ERROR}
