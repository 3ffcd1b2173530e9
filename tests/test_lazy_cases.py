"""Every folder of fixtures/lazy: which imports wait and why the others do not, and that both programs say the same.

Where an import must stay, deferring it by force either is refused by the mechanism or changes what the program says:
so no reason is given without need.
"""

import sys
from pathlib import Path
from typing import Any

import lazy_cases
import pytest
from fallbacks import interpreters

DEFERRED = "deferred"
STANDARD = ("array", "_csv", "unicodedata", "re", "typing")


def _version(case: dict[str, Any]) -> tuple[int, ...]:
    return tuple(int(part) for part in str(case.get("python", "3.9")).split("."))


@pytest.mark.parametrize("name", lazy_cases.CASES)
def test_case(name: str, tmp_path: Path) -> None:
    check(name, tmp_path, sys.executable)


def check(name: str, tmp_path: Path, python: str) -> None:
    case = lazy_cases.read(name)
    plain, lazy = lazy_cases.copy(name, tmp_path / "plain"), lazy_cases.copy(name, tmp_path / "lazy")
    decision = lazy_cases.decide(lazy, python, standard=STANDARD)
    said = {(item.module, each): DEFERRED for item in decision.deferrals for _, each in item.names}
    said.update({(item.module, item.name): item.why for item in decision.kept})
    for item in case["imports"]:
        assert item["expect"] in said[item["module"], item["name"]]
    assert set(case.get("absent", ())) <= set(decision.absent)
    expected = lazy_cases.run(plain, python)
    assert "Traceback" not in expected or "output" in case
    assert lazy_cases.build(lazy, python, lazy_cases.grouped(decision), decision.submodules) == {}
    got = lazy_cases.run(lazy, python, *case.get("absent", ()))
    assert got.replace("/lazy/", "/plain/") == case.get("output", expected)
    if all(item["expect"] != DEFERRED for item in case["imports"]):
        forced = _forced(lazy_cases.copy(name, tmp_path / "forced"), case, python)
        assert case.get("same", False) == (forced == expected)


def _forced(tree: Path, case: dict[str, Any], python: str) -> str:
    """What the program says if the import waits all the same; the reason where the mechanism itself refuses."""
    facts = lazy_cases.facts(tree, python, standard=STANDARD)
    groups: dict[str, list[Any]] = {}
    for item in case["imports"]:
        found = [one for one in facts[item["module"]].statements if one.name == item["name"]]
        groups.setdefault(item["module"], []).append([(one.line, one.name) for one in found])
    refused = lazy_cases.build(tree, python, groups, {})
    return str(refused) if refused else lazy_cases.run(tree, python)


def test_half_of_them_stay() -> None:
    kept = [
        name
        for name in lazy_cases.CASES
        if all(item["expect"] != DEFERRED for item in lazy_cases.read(name)["imports"])
    ]
    assert len(lazy_cases.CASES) >= 80
    assert 2 * len(kept) >= len(lazy_cases.CASES)


ELSEWHERE = [
    "03-relative",
    "07-all-kinds-of-functions",
    "12-error-at-first-use",
    "13-reload",
    "14-mock",
    "17-own-getattr",
]
ELSEWHERE += ["20-submodules", "21-lines", "22-tracebacks", "70-annotation", "71-future-annotation", "98-brought-in"]


@pytest.mark.parametrize("name", ELSEWHERE)
@pytest.mark.parametrize("version", sorted(interpreters()), ids=str)
def test_case_on_every_interpreter(name: str, version: tuple[int, int], tmp_path: Path) -> None:
    if version >= _version(lazy_cases.read(name)):
        check(name, tmp_path, interpreters()[version])
