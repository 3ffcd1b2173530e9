"""The budgets and rules of the design, held against the source as it is."""

import ast
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "slimpack"
MODULES = sorted(PACKAGE.rglob("*.py"))
SOURCES = [*MODULES, *sorted((ROOT / "scripts").glob("*.py"))]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
LAYERS = SETTINGS["tool"]["importlinter"]["contracts"][0]["layers"]
STAGES = [stage.strip() for layer in LAYERS if "project" in layer for stage in layer.split("|")]

FILE_LINES, MEDIAN_LINES, FUNCTION_LINES, FRONT_LINES, RULE_LINES, ROOT_LINES = 400, 120, 60, 150, 40, 40
NAMELESS = {"utils", "util", "common", "helpers", "helper", "manager", "managers", "constants", "misc"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def too_long(paths: list[Path], limit: int) -> dict[str, int]:
    return {relative(path): lines(path) for path in paths if lines(path) > limit}


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{relative(path)}:{node.lineno} {node.name}", (node.end_lineno or 0) - node.lineno + 1


def test_no_file_is_longer_than_its_budget() -> None:
    assert too_long(SOURCES, FILE_LINES) == {}


def test_the_median_module_is_short() -> None:
    assert statistics.median(map(lines, MODULES)) <= MEDIAN_LINES


def test_the_root_pipeline_and_command_line_are_short() -> None:
    fronts = [PACKAGE / "pipeline.py", *sorted((PACKAGE / "cli").rglob("*.py"))]
    assert too_long([path for path in fronts if path.exists()], FRONT_LINES) == {}
    assert too_long([PACKAGE / "__init__.py"], ROOT_LINES) == {}


def test_no_function_is_longer_than_its_budget() -> None:
    found = (function for path in SOURCES for function in functions(path))
    assert {name: length for name, length in found if length >= FUNCTION_LINES} == {}


def test_no_rule_file_is_longer_than_its_budget() -> None:
    assert too_long(sorted((PACKAGE / "rules").rglob("*.toml")), RULE_LINES) == {}


def test_every_module_says_by_its_name_what_it_holds() -> None:
    names = {relative(path): {path.stem.strip("_"), path.parent.name} for path in MODULES}
    assert {path for path, parts in names.items() if parts & NAMELESS} == set()


def test_every_module_has_a_docstring() -> None:
    assert [relative(path) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text()))] == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_tells_what_it_makes_of_what(stage: str) -> None:
    docstring = ast.get_docstring(ast.parse((PACKAGE / stage / "__init__.py").read_text()))
    assert "->" in (docstring or "")


def test_imports_go_only_downwards() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
