"""What could wait together: only what nothing in init holds, with all that has to go along."""

from collections.abc import Iterable, Mapping

from profiles import DEFINITION, IMPORT, imported, statement

from slimpack.measure.graph import graph
from slimpack.measure.moving import Scenery, alone, movable
from slimpack.measure.replacing import replaceable
from slimpack.measure.usage import Usage
from slimpack.model.profile import Movable, Statement
from slimpack.model.replacement import Replacement

OWN = {"app": 1.0, "pandas": 60.0, "numpy": 40.0, "boto": 30.0, "boto.lazy": 10.0, "db": 5.0, "orm": 20.0}
INSIDE = {("pandas", "numpy"), ("boto", "boto.lazy"), ("db", "orm")}
OWNERS = {name: "" if name in {"app", "db"} else name.partition(".")[0] for name in OWN}


def found(
    statements: Iterable[Statement],
    at: Mapping[str, set[tuple[str, str]]],
    *,
    calls: Mapping[str, tuple[tuple[str, str], ...]] | None = None,
    later: tuple[tuple[str, str, str], ...] = (),
    events: Iterable[str] = ("a.json", "b.json"),
) -> tuple[Movable, ...]:
    edges = INSIDE | {edge for some in at.values() for edge in some}
    seen = Usage(
        edges=frozenset(edges),
        at={place: frozenset(some) for place, some in at.items()},
        calls=calls or {},
        later=later,
        watched=True,
    )
    return movable(
        Scenery(
            statements={one.where: one for one in statements},
            whole=graph(edges, OWN, root="app"),
            usage=seen,
            owners=OWNERS,
            module_of={"app.py": "app", "db.py": "db"},
            events=frozenset(events),
        )
    )


PANDAS = statement(1, "import pandas", 100, imports=100, kind=IMPORT)
NUMPY = statement(2, "import numpy", 0, kind=IMPORT)
BOTO = statement(3, "import boto", 40, imports=40, kind=IMPORT, needed=("app.py:5",))
CLIENT = statement(5, "client = boto.client()", 25, imports=5, needed=("a.json",))
AT = {"app.py:1": {("app", "pandas")}, "app.py:2": {("app", "numpy")}, "app.py:3": {("app", "boto")}}


def test_an_import_alone() -> None:
    (one,) = found([PANDAS], {"app.py:1": {("app", "pandas")}})
    assert one == Movable(statements=("app.py:1",), modules=2, owners=("pandas", "numpy"), saved=100.0, needed=())


def test_two_that_load_the_same_go_together() -> None:
    (one,) = found([PANDAS, NUMPY], AT)
    assert (one.statements, one.saved) == (("app.py:1", "app.py:2"), 100.0)


def test_what_another_import_needs_anyhow_is_not_saved() -> None:
    held = statement(2, "import numpy", 40, imports=40, kind=IMPORT, needed=("app.py:9",))
    row = statement(9, "class Row(numpy.Row):", 1, kind=DEFINITION, needed=None)
    (one,) = found([PANDAS, held, row], AT)
    assert (one.statements, one.saved) == (("app.py:1",), 60.0)


def test_what_is_made_of_it_in_init_goes_along_with_its_own_cost() -> None:
    one, work = found([BOTO, CLIENT], AT)
    assert (one.statements, one.saved, one.needed) == (("app.py:3", "app.py:5"), 60.0, ("a.json",))
    assert (work.statements, work.saved, work.needed) == (("app.py:5",), 20.0, ("a.json",))


def test_work_waits_with_what_needs_it() -> None:
    table = statement(6, "table = client.table()", 2, needed=("app.py:7",))
    rows = statement(7, "rows = table.rows()", 1, needed=("b.json",))
    client = statement(5, "client = boto.client()", 25, imports=5, needed=("app.py:6",))
    found_work = {one.statements: one for one in found([client, rows, table], {})}
    assert found_work["app.py:5", "app.py:6", "app.py:7"].saved == 23.0
    assert found_work["app.py:5", "app.py:6", "app.py:7"].needed == ("b.json",)
    assert set(found_work) == {("app.py:5", "app.py:6", "app.py:7"), ("app.py:6", "app.py:7"), ("app.py:7",)}


def test_what_a_definition_or_a_call_for_effect_needs_stays() -> None:
    for user in (
        statement(7, "class Row(boto.Base):", 1, kind=DEFINITION, needed=None),
        statement(7, "boto.patch_all()", 1, needed=None),
    ):
        held = statement(3, "import boto", 40, kind=IMPORT, needed=("app.py:7",))
        assert found([held, user], AT) == ()
    asked = statement(3, "import boto", 40, kind=IMPORT, needed=("",))
    assert found([asked], AT) == (), "whoever asks in init is not moved"


def test_code_of_it_that_runs_in_init_though_nobody_names_it_holds_it() -> None:
    assert found([PANDAS], AT, calls={"pandas": (("", "app.py:9"),)}) == ()
    (one,) = found([PANDAS], {"app.py:1": {("app", "pandas")}}, calls={"pandas": (("", "app.py:1"),)})
    assert one.saved == 100.0


def test_events_that_use_it_by_another_way_need_it() -> None:
    (called,) = found([PANDAS], {"app.py:1": {("app", "pandas")}}, calls={"numpy": (("b.json", ""),)})
    assert called.needed == ("b.json",)
    asked = found(
        [PANDAS], {"app.py:1": {("app", "pandas")}}, later=(("a.json", "boto", "numpy"), ("b.json", "pandas", "numpy"))
    )
    assert asked[0].needed == ("a.json",), "what asks itself for its parts does not need itself"


def test_events_tell_groups_apart() -> None:
    numpy = statement(2, "import numpy", 40, kind=IMPORT, needed=("b.json",))
    (one,) = found([PANDAS, numpy], AT)
    assert (one.statements, one.saved, one.needed) == (("app.py:1",), 60.0, ())


def test_an_own_module_goes_with_all_of_its_statements() -> None:
    db = statement(1, "import db", 26, imports=26, kind=IMPORT, needed=("a.json",))
    orm = statement(2, "import orm", 20, kind=IMPORT, needed=("db.py:3",), path="db.py")
    base = statement(3, "class Base(orm.Base):", 1, kind=DEFINITION, needed=None, path="db.py")
    at = {"app.py:1": {("app", "db")}, "db.py:2": {("db", "orm")}}
    (one,) = found([db, orm, base], at, calls={"orm": (("", "db.py:3"),)})
    assert (one.statements, one.saved, one.owners) == (("app.py:1",), 25.0, ("orm", ""))


def test_an_import_that_loads_nothing_of_it_may_stay() -> None:
    os = statement(4, "import os", 0, kind=IMPORT, needed=("app.py:5",))
    names = statement(8, "NAMES = ['a']", 0, needed=("a.json",))
    one, _ = found([BOTO, CLIENT, os, names], {**AT, "app.py:4": {("app", "os")}})
    assert one.statements == ("app.py:3", "app.py:5")


def test_where_it_is_not_known_who_needs_it_nothing_is_said() -> None:
    assert found([statement(1, "import pandas", 100, kind=IMPORT, needed=None)], AT) == ()


def test_a_replacement_that_is_loaded_anyhow_saves_the_rest() -> None:
    known = Replacement(distribution="pandas", by="numpy", module="numpy", why="arrays")
    edges = INSIDE | {("app", "pandas"), ("app", "boto")}
    rows = [imported(name, cost, owner=OWNERS[name], importer="app.py:1") for name, cost in OWN.items()]
    (one,) = replaceable(rows, graph(edges, OWN, root="app"), [known])
    assert (one.owner, one.by, one.saved, one.importer) == ("pandas", "numpy", 60.0, "app.py:1")
    others = graph({*edges, ("boto", "pandas")}, OWN, root="app")
    assert replaceable(rows, others, [known]) == (), "another distribution needs it anyhow"
    gone = [row for row in rows if row.module != "numpy"]
    assert replaceable(gone, graph(edges, OWN, root="app"), [known]) == ()


def test_what_a_statement_costs_alone() -> None:
    seen = Usage(edges=frozenset(INSIDE), at={"app.py:5": frozenset({("app", "boto"), ("app", "numpy")})})
    edges = INSIDE | {("app", "boto"), ("app", "pandas"), ("app", "numpy")}
    scenery = Scenery(
        statements={}, whole=graph(edges, OWN, root="app"), usage=seen, owners=OWNERS, module_of={}, events=frozenset()
    )
    assert alone(CLIENT, scenery) == 20.0 + 40.0, "its own time and boto's; numpy is needed by pandas"
