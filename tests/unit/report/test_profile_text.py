"""What is printed and exported of a profile says what the profile says."""

import json
from dataclasses import replace

from profiles import IMPORT, imported, profile, statement, with_events

from slimpack.measure.importtime import parse
from slimpack.model.finding import Finding
from slimpack.model.price import Prices
from slimpack.model.profile import STANDARD, Difference, Profile, Share
from slimpack.model.target import Architecture
from slimpack.report import importtime_text, profile_text, profiles_json, trace_json
from slimpack.report.trace_event import spans

PRICES = Prices(as_of="2026-01-01", region="here", x86_64=1e-5, arm64=1e-5)


def told(*profiles: Profile, difference: Difference | None = None, advice: tuple[Finding, ...] = ()) -> str:
    return profile_text(
        profiles,
        difference=difference,
        advice=advice,
        prices=PRICES,
        memory=1769,
        architecture=Architecture.X86_64,
    )


def sample() -> Profile:
    statements = (
        statement(1, "import lib", 60, imports=58, kind=IMPORT),
        statement(3, "client = lib.make()", 40, imports=10),
    )
    imports = (
        imported("app", 52, cumulative=120),
        imported(
            "lib", 18, owner="lib", cumulative=58, importer="app.py:1", parent="app", used=("init",), at="app.py:1"
        ),
        imported("csv", 40, owner=STANDARD, importer="lib/__init__.py:2", parent="lib", used=None, at="app.py:1"),
        imported("late", 10, owner="lib", importer="lib/__init__.py:9", parent="app", at="app.py:3"),
    )
    shares = (
        Share(owner="", modules=1, own=52, saved=0, importer="", used=(), ran=0),
        Share(owner=STANDARD, modules=1, own=40, saved=0, importer="lib/__init__.py:2"),
        Share(owner="lib", modules=2, own=28, saved=68, importer="app.py:1", used=("init", "a", "b", "c"), ran=2),
    )
    return with_events(replace(profile(), statements=statements, imports=imports, shares=shares), "a.json")


def test_the_parts_make_the_whole() -> None:
    one = sample()
    assert one.own_cpu == one.importing + one.calling + one.unattributed
    rows = {line.split("  ")[0].strip() or line[:17].strip(): line.split() for line in told(one).splitlines()}
    assert rows["init (CPU)"][-5:] == ["200", "ms", "±", "0", "ms"]
    for name, value in (
        ("an empty handler", "40.3"),
        ("imports", "88.0"),
        ("own statements", "32.0"),
        ("not attributed", "40.4"),
    ):
        (line,) = [row for row in told(one).splitlines() if row.strip().startswith(name)]
        assert line.split()[-2:] == [value, "ms"], line
    assert "files opened" in told(one)


def test_owners_are_named_and_long_lists_of_phases_cut() -> None:
    text = told(sample())
    assert "own code" in text
    assert "standard library" in text
    assert "init, a, b and 1 more" in text
    assert "68.0 ms" in text


def test_which_is_faster_by_how_much_and_when_that_is_not_known() -> None:
    subject, reference = sample(), replace(sample(), subject="old.zip")
    faster = told(subject, reference, difference=Difference(shift=-12.3, low=-13.0, high=-11.5))
    assert "app.zip starts 12.3 ms of CPU faster (95 %: 11.5 ms … 13.0 ms), 100 % of old.zip" in faster
    (heading,) = [line for line in faster.splitlines() if line.split() == ["old.zip", "app.zip"]]
    assert heading
    noise = told(subject, reference, difference=Difference(shift=-0.3, low=-1.0, high=0.5))
    assert "do not differ by more than the noise (-1.0 ms … 0.5 ms)" in noise


def test_advice_stands_at_the_end_and_in_the_json() -> None:
    advice = (Finding(code="SLP100", where="app.py:1", message="what", help="do"),)
    assert "SLP100 app.py:1: what\n  do\n" in told(sample(), advice=advice)
    value = json.loads(profiles_json([sample()], difference=None, advice=advice, broken=["too slow"]))
    assert value["advice"][0]["code"] == "SLP100"
    assert (value["difference"], value["broken"]) == (None, ["too slow"])


def test_spans_nest_in_the_order_of_time() -> None:
    found = [
        (getattr(span.of, "module", "") or getattr(span.of, "where", ""), span.start, span.end)
        for span in spans(sample())
    ]
    assert found == [
        ("app", 0.0, 120.0),  # 20 ms of reading and compiling it first
        ("app.py:1", 20.0, 80.0),
        ("lib", 20.0, 78.0),
        ("csv", 20.0, 60.0),
        ("app.py:3", 80.0, 120.0),
        ("late", 80.0, 90.0),
    ]


def test_the_trace_is_chromes_format() -> None:
    value = json.loads(trace_json(sample()))
    assert set(value) == {"displayTimeUnit", "traceEvents"}
    for event in value["traceEvents"]:
        assert (event["ph"], event["pid"], event["tid"]) == ("X", 1, 1)
        assert isinstance(event["ts"], int)
        assert isinstance(event["dur"], int)
        assert event["cat"] in {"own code", "lib", STANDARD, "statement"}
    assert [event["name"] for event in value["traceEvents"]][:2] == ["app", "app.py:1 import lib"]


def test_importtime_is_read_back() -> None:
    text = importtime_text(sample())
    assert [(one.module, one.own, one.cumulative, one.parent) for one in parse(text)] == [
        ("csv", 40_000, 40_000, "lib"),
        ("lib", 18_000, 58_000, "app"),
        ("late", 10_000, 10_000, "app"),
        ("app", 52_000, 120_000, ""),
    ]
