"""The tree of imports from `-X importtime`, also where the text is damaged."""

from pathlib import Path

from slimpack.measure.importtime import parse
from slimpack.model.timing import ModuleTime

FIXTURES = Path(__file__).parents[3] / "fixtures" / "importtime"


def parents(name: str) -> dict[str, str]:
    return {time.module: time.parent for time in parse((FIXTURES / f"{name}.txt").read_text())}


def test_children_stand_above_their_importer() -> None:
    assert parents("nested") == {
        "_io": "_frozen_importlib_external",
        "marshal": "_frozen_importlib_external",
        "_frozen_importlib_external": "",
        "lib.deep": "lib",
        "lib": "app",
        "csv": "app",
        "app": "",
    }
    last = parse((FIXTURES / "nested.txt").read_text())[-1]
    assert last == ModuleTime(module="app", own=40, cumulative=210, parent="")


def test_malformed_lines_are_skipped_and_printed_text_before_a_line_is_not_taken_for_it() -> None:
    assert parents("malformed") == {"lib.one": "app", "lib.three": "app", "app": ""}


def test_the_lines_of_other_threads_do_not_become_children_of_a_stranger() -> None:
    found = parents("threads")
    assert found["lib"] == "app"
    assert found["worker.deep"] == ""
    assert found["worker.more"] == ""
    assert found["worker"] == ""


def test_nothing_comes_from_nothing() -> None:
    assert parse("") == ()
    assert parse("import time: self [us] | cumulative | imported package\n") == ()
