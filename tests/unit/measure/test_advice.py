"""What is advised is what was measured, and nothing where it would not help."""

from dataclasses import replace

import pytest
from profiles import DEFINITION, IMPORT, imported, profile, statement, with_events

from slimpack.measure.advice import advice
from slimpack.model.finding import CATALOGUE, Finding
from slimpack.model.profile import STANDARD, Movable, Profile, Replaceable, Share


def movable(*places: str, saved: float = 50.0, needed: tuple[str, ...] = (), paid: float = 48.0) -> Movable:
    owners = ("pandas", STANDARD, "")
    return Movable(statements=places, modules=12, owners=owners, saved=saved, needed=needed, paid=paid)


def with_import(*, saved: float = 50.0, needed: tuple[str, ...] = (), events: tuple[str, ...] = ()) -> Profile:
    own = (statement(3, "import pandas as pd", saved, imports=saved, kind=IMPORT),)
    return with_events(
        replace(profile(), statements=own, movable=(movable("app.py:3", saved=saved, needed=needed),)), *events
    )


def only(found: tuple[Finding, ...]) -> Finding:
    (one,) = found
    assert one.code in CATALOGUE
    return one


@pytest.mark.parametrize(
    ("events", "needed", "message", "do"),
    [
        ((), (), "nothing in init needs it; which requests do is not known", "--event"),
        (("a.json",), (), "a.json did not need it", "unless it is there for what its import does"),
        (("a.json", "b.json"), (), "none of the 2 events needed it", "unless it is there for what its import does"),
        (
            ("a.json", "b.json"),
            ("b.json",),
            "only b.json of 2 events needed it",
            "50 ms less a start, 48 ms more for such a request",
        ),
        (
            ("a.json",),
            ("a.json",),
            "imported where it is used, that would take 48 ms longer",
            "worth it only where many requests",
        ),
        (("a.json", "b.json"), ("a.json", "b.json"), "each of the 2 events needed it", "worth it only"),
    ],
)
def test_an_import_that_can_wait(events: tuple[str, ...], needed: tuple[str, ...], message: str, do: str) -> None:
    found = only(advice(with_import(events=events, needed=needed)))
    assert (found.code, found.where) == ("SLP100", "app.py:3")
    assert "`import pandas as pd` costs 50 ms (25 %) of init (12 modules of pandas)" in found.message
    assert message in found.message
    assert do in found.help


@pytest.mark.parametrize(("saved", "said"), [(4.9, False), (9.9, False), (10.1, True)])
def test_only_what_is_worth_it_is_said(saved: float, said: bool) -> None:
    assert bool(advice(with_import(saved=saved))) is said


def test_five_ms_at_least() -> None:
    small = replace(with_import(saved=4.0), init=profile(cpu=45.0).init)
    assert advice(small) == ()


def test_what_has_to_be_moved_along_is_named() -> None:
    own = (
        statement(3, "import boto3", 100, imports=100, kind=IMPORT, needed=("app.py:9",)),
        statement(9, "s3 = boto3.client('s3')", 4, needed=("a.json",)),
        statement(2, "import more", 3, kind=IMPORT, path="pkg/db.py"),
    )
    one = replace(profile(), statements=own, movable=(movable("app.py:3", "pkg/db.py:2", "app.py:9", saved=104.0),))
    assert "`import boto3` with line 9 and pkg/db.py:2 costs 104 ms" in only(advice(one)).message


WORK = (
    statement(9, "model = load('model.bin')", 32, imports=12, alone=30, needed=("app.py:12",)),
    statement(12, "ready = model.prepare()", 1, needed=("a.json",)),
)


@pytest.mark.parametrize(
    ("needed", "events", "message", "do"),
    [
        ((), (), "init took 21 ms less; which requests need it is not known", "--event"),
        ((), ("a.json",), "init took 21 ms less, and a.json did not need it", "do so"),
        (
            ("a.json",),
            ("a.json", "b.json"),
            "of 2 events only a.json needed it and took 19 ms longer",
            "do so where many",
        ),
        (("a.json",), ("a.json",), "and a.json needed it and took 19 ms longer", "make it cheaper"),
    ],
)
def test_work_that_was_tried_late(needed: tuple[str, ...], events: tuple[str, ...], message: str, do: str) -> None:
    waiting = movable("app.py:9", "app.py:12", saved=21.0, needed=needed, paid=19.0)
    found = only(advice(with_events(replace(profile(), statements=WORK, movable=(waiting,)), *events)))
    assert (found.code, found.where) == ("SLP101", "app.py:9")
    assert (
        "`model = load('model.bin')` takes 30 ms (15 %) of init, 10 ms of it imports that nothing else" in found.message
    )
    assert "done with line 12 when it is first needed" in found.message
    assert message in found.message
    assert do in found.help


@pytest.mark.parametrize(
    ("needed", "message", "do"),
    [
        (None, "", "every start pays it"),
        ((), "", "every start pays it"),
        (("app.py:20",), "init needs it: app.py:20 `class Row(model):`", "make it cheaper"),
        (("app.py:12",), "init needs it: app.py:20 `class Row(model):`", "make it cheaper"),
        (("",), "init needs it: the runtime client asks for it", "make it cheaper"),
    ],
)
def test_work_that_cannot_wait(needed: tuple[str, ...] | None, message: str, do: str) -> None:
    own = (
        statement(9, "model = load('model.bin')", 32, imports=12, alone=30, needed=needed),
        statement(12, "ready = model.prepare()", 1, needed=("app.py:20",)),
        statement(20, "class Row(model):", 1, kind=DEFINITION, needed=None),
    )
    found = only(advice(with_events(replace(profile(), statements=own), "a.json")))
    assert message in found.message
    assert do in found.help


def test_a_definition_is_said_to_be_one_and_an_import_is_no_work() -> None:
    own = (
        statement(5, "class Order(BaseModel):", 20, kind=DEFINITION, needed=None),
        statement(2, "import x", 90, kind=IMPORT),
    )
    found = only(advice(replace(profile(), statements=own)))
    assert "work when it is defined" in found.message
    assert found.help == ""


def share(owner: str, own: float, *, ran: int | None = 1) -> Share:
    return Share(owner=owner, modules=3, own=own, saved=own, importer="app.py:3", used=("init",), ran=ran)


def test_a_distribution_that_outweighs_all_others() -> None:
    modules = (
        imported("pandas", 10, owner="pandas", used=("init",)),
        imported("pandas.style", 30, owner="pandas"),
        imported("pandas.tiny", 0.5, owner="pandas"),
        imported("pandas.lib", 19, owner="pandas", used=None),
    )
    shares = (share(STANDARD, 90.0), share("pandas", 59.5), share("numpy", 40.0), share("", 70.0), share("six", 10.0))
    found = only(advice(replace(profile(), imports=modules, shares=shares)))
    assert found.code == "SLP102"
    assert "pandas costs 60 ms (30 %) of init, more than all other distributions together (50 ms)" in found.message
    assert "once imported, 1 of its 3 Python modules had a function called, by init" in found.message
    assert found.help == "the costliest of those that had not: pandas.style (30 ms)"


def test_two_that_share_the_cost_are_not_singled_out() -> None:
    assert advice(replace(profile(), shares=(share("pandas", 60.0), share("numpy", 60.0)))) == ()


def test_where_calls_were_not_watched_nothing_is_said_of_use() -> None:
    modules = (imported("pandas", 60, owner="pandas", used=None),)
    found = only(advice(replace(profile(), imports=modules, shares=(share("pandas", 60.0, ran=None),))))
    assert "called" not in found.message
    assert found.help == ""


def test_a_replacement_only_where_it_saves_something() -> None:
    known = Replaceable(owner="requests", by="urllib3", why="because", importer="app.py:8", saved=30.0)
    found = only(advice(replace(profile(), replaceable=(known, replace(known, saved=2.0)))))
    assert (found.code, found.where, found.help) == ("SLP103", "app.py:8", "because")
    assert "requests costs about 30 ms (15 %) of init more than urllib3 alone" in found.message
