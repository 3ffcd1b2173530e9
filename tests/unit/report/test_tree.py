"""The distributions as they ship, below who asks for them; and why in full: libraries, who else asks, what brings back."""

import json
from dataclasses import replace

import pytest
from report_samples import a_report

from slimpack.model.artifact import Member
from slimpack.model.lock import Pin
from slimpack.model.plan import Action, Decision
from slimpack.model.report import FileRow, Report
from slimpack.model.timing import ModuleTime
from slimpack.model.trace import Reason, ReasonKind
from slimpack.report import from_json, to_json, tree_json, tree_text, why, why_json, why_text
from slimpack.report.tree import branches

KEEP = Decision(action=Action.KEEP, by="trace", why="import")


def row(path: str, owner: str, parent: str, line: int, *, kind: ReasonKind = ReasonKind.IMPORT) -> FileRow:
    reason = Reason(kind=kind, parent=parent, line=line)
    return FileRow(path=path, owner=owner, size=10, shipped=10, stored=5, decision=KEEP, reason=reason)


def grown(*rows: FileRow) -> Report:
    report = a_report()
    members = tuple(Member(path=one.path, size=10, stored=5, origin=one.path, owner=one.owner) for one in rows)
    pins = {one.owner: Pin(name=one.owner, version="2", filename="", sha256="0" * 64) for one in rows if one.owner}
    artifact = replace(report.artifact, members=(*report.artifact.members, *members))
    all_pins = tuple(sorted((*report.pins, *pins.values()), key=lambda pin: pin.name))
    return replace(report, files=(*report.files, *rows), artifact=artifact, pins=all_pins)


def test_each_stands_below_the_one_that_asks_for_it() -> None:
    report = grown(
        row("deep.py", "deep", "lib/core.py", 9),
        row("deeper/__init__.py", "deeper", "deep.py", 1),
        row("near.py", "near", "app.py", 0, kind=ReasonKind.OPENED),
        row("near_too.py", "near", "lib/core.py", 4),
    )
    text = tree_text(report)
    shown = [line[:20].rstrip() for line in text.splitlines()[2:]]
    assert shown == [
        "as it ships", "(own code)", "└── lib 1.0", "    ├── near 2", "    └── deep 2", "        └── deeper 2", "",
        "dropped whole: other"[:20],
    ]  # fmt: skip
    assert "app.py:3" in text.splitlines()[4]
    assert "lib/core.py:4" in text.splitlines()[5]


def test_what_of_each_is_used_and_what_it_costs() -> None:
    (own, lib, other) = branches(a_report())
    assert (own.name, own.modules, own.shipped) == ("", 1, 1)
    assert (lib.modules, lib.shipped, lib.imported, lib.init, lib.stored, lib.unpacked) == (3, 2, 1, 1.5, 100, 180)
    assert (other.name, other.shipped, other.imported) == ("other", 0, 0)
    assert "2 of 3" in tree_text(a_report())
    unmeasured = branches(a_report(measured=False))[1]
    assert (unmeasured.imported, unmeasured.init) == (None, None)
    assert "own time" not in tree_text(a_report(measured=False))


def test_a_module_that_ships_in_one_of_two_forms_ships() -> None:
    gone = replace(row("fast/md.py", "fast", "app.py", 1), shipped=0, stored=0)
    found = branches(grown(row("fast/md.cpython-312-x86_64-linux-gnu.so", "fast", "app.py", 1), gone))
    assert [(one.modules, one.shipped) for one in found if one.name == "fast"] == [(1, 1)]


def test_modules_of_init_are_counted_once() -> None:
    report = a_report()
    assert report.timing is not None
    twice = tuple(ModuleTime(module="lib.core", own=1000, cumulative=1000, parent="app") for _ in range(2))
    lib = branches(replace(report, timing=replace(report.timing, modules=twice)))[1]
    assert (lib.imported, lib.init) == (1, 2.0)


def test_those_that_ask_for_one_another_are_shown_once() -> None:
    report = grown(row("a.py", "a", "b.py", 1), row("b.py", "b", "a.py", 1), row("c.py", "c", "b.py", 1))
    text = tree_text(report)
    assert [text.count(f"── {name} 2") for name in ("a", "b", "c")] == [1, 1, 1]


def test_the_tree_as_json_has_what_was_dropped_too() -> None:
    value = json.loads(tree_json(a_report()))
    assert [one["name"] for one in value["distributions"]] == ["", "lib", "other"]
    assert value["distributions"][1]["place"] == "app.py:3"


@pytest.mark.parametrize(
    "name", ["libjpeg", "libjpeg.so", "libjpeg-9d3b.so.62.4", "libjpeg*", "pillow.libs", "*/libjpeg-*"]
)
def test_a_shared_library_by_its_name(name: str) -> None:
    report = grown(row("pillow.libs/libjpeg-9d3b.so.62.4", "pillow", "PIL/_imaging.so", 0, kind=ReasonKind.NATIVE),
                   row("PIL/libjpegs.py", "pillow", "app.py", 1))  # fmt: skip
    assert [fate.row.path for fate in why(report, name).fates] == ["pillow.libs/libjpeg-9d3b.so.62.4"]


def test_who_else_asks_is_told_and_survives_the_report() -> None:
    also = (Reason(kind=ReasonKind.IMPORT, parent="views.py", line=8), Reason(kind=ReasonKind.STRING, parent="conf.py"))
    report = a_report()
    rows = tuple(replace(one, also=also, more=3) if one.path == "lib/core.py" else one for one in report.files)
    told = why(from_json(to_json(replace(report, files=rows))), "lib/core.py")
    assert told.fates[0].row.also == also
    text = why_text(told)
    assert (
        "           also views.py:8: import\n           also conf.py: string names it\n           also 3 more\n" in text
    )
    value = json.loads(why_json(told))
    (one,) = value["files"]
    assert [step["path"] for step in one["route"]] == ["app.py", "lib/core.py"]
    assert (one["also"][0]["line"], one["more"], "back" in one) == (8, 3, False)


@pytest.mark.parametrize(
    ("by", "back"),
    [
        ("unreachable", "import it, or name it in a string"),
        ("tests", "import it from code that is no test"),
        ("user", "take it out of drop"),
        ("unobserved", "name an event that uses it (--event)"),
        ("rule", 'keep = ["other/__init__.py"]'),
    ],
)
def test_what_would_bring_it_back(by: str, back: str) -> None:
    report = a_report()
    decision = Decision(action=Action.DROP, by=by, why="w")
    rows = tuple(replace(one, decision=decision) if one.owner == "other" else one for one in report.files)
    answer = why(replace(report, files=rows), "other")
    text = why_text(answer)
    assert f"to keep it: {back}" in text
    assert "--keep other/__init__.py" in text
    assert back in json.loads(why_json(answer))["files"][0]["back"]


def test_of_many_files_the_heaviest_come_first_and_one_route_is_enough() -> None:
    rows = [replace(row(f"big/m{number}.py", "big", "app.py", 2), stored=number) for number in range(30)]
    lines = why_text(why(grown(*rows), "big")).splitlines()
    assert lines[:4] == [
        "big: 30 kept (435 B in the artifact), 0 dropped (0 B)",
        "  first reached: big/m0.py",
        "           entry point -> app.py: entry point (app.handler)",
        "           app.py:2 -> big/m0.py: import",
    ]
    assert lines[4].startswith("  kept     big/m29.py  (29 B in the artifact)  app.py:2: import")
    assert lines[-1] == "  … and 10 more to keep: name one of them to see it"
