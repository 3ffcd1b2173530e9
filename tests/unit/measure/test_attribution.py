"""Rows of the probes -> imports, statements and shares: every ms is somebody's, and the right one's."""

from pathlib import Path

import pytest

from slimpack.measure.attribution import Ground, completed, graph_of, imports, rows, shares
from slimpack.measure.own_statements import own_sources, statements
from slimpack.measure.usage import usage
from slimpack.model.profile import STANDARD, StatementKind

ROOT = "/code"
GROUND = Ground(
    root="app", roots=(ROOT, "/var/task"), owners={"lib": "lib-dist", "lib.core": "lib-dist", "ns.part": "ns-part"}
)
MILLION = 1_000_000
Told = tuple[str, ...]


def told(
    order: int,
    module: str,
    own: float,
    *,
    by: str = "/code/app.py:1",
    parent: str = "app",
    at: str = "/code/app.py:1",
    origin: str = "",
) -> Told:
    path, _, line = by.rpartition(":")
    place, _, number = at.rpartition(":")
    text = str(round(own * MILLION))
    return ("import", str(order), module, text, text, path, line or "0", parent, place, number or "0", origin)


RUN = (
    told(3, "lib.core", 20, by="/code/lib/__init__.py:2", parent="lib", origin="/code/lib/core.py"),
    told(4, "csv", 5, by="/code/lib/core.py:1", parent="lib.core", origin="/usr/lib/python3.13/csv.py"),
    told(2, "lib", 10, origin="/code/lib/__init__.py"),
    told(5, "absent", 1, by="/code/lib/core.py:9", parent="lib.core", at="/code/app.py:1"),
    told(1, "app", 7, by="", parent="", at="", origin="/code/app.py"),
    told(6, "threaded", 2, by="/code/app.py:9", parent="", at="", origin="built-in"),
    told(7, "client.own", 99, by="/client/awslambdaric/x.py:3", parent="", at="", origin="/client/own.py"),
)  # fmt: skip


def test_rows_are_of_the_function_alone_and_in_the_order_in_which_they_began() -> None:
    found = rows([RUN, RUN], GROUND)
    assert [row.module for row in found] == ["app", "lib", "lib.core", "csv", "absent", "threaded"]
    assert found[2].importer == "lib/__init__.py:2"
    assert found[3].statement == "app.py:1"


def test_a_slow_run_does_not_count_and_a_module_that_is_tried_twice_is_one() -> None:
    slow = tuple((*row[:3], str(int(row[3]) * 50), *row[4:]) for row in RUN)
    again = (*RUN, told(8, "absent", 3, by="/code/app.py:4", at="/code/app.py:4"))
    found = {row.module: row for row in rows([RUN, slow, RUN], GROUND)}
    assert found["lib"].own == pytest.approx(10)
    twice = {row.module: row for row in rows([again], GROUND)}
    assert twice["absent"].own == pytest.approx(4)
    assert twice["absent"].importer == "lib/core.py:9"


USED = (
    ("edge", "", "app", "lib", "/code/app.py", "1"),
    ("edge", "", "lib", "lib.core", "", "0"),
    ("edge", "", "lib.core", "csv", "", "0"),
    ("edge", "a.json", "lib.core", "json", "", "0"),
    ("used", "", "/code/app.py", "1", "/code/lib/__init__.py"),
    ("used", "", "/code/app.py", "5", "/var/task/lib/core.py"),
    ("used", "a.json", "", "0", "/code/lib/core.py", "/code/lib/never_loaded.py"),
    ("opened", "12"),
    ("watched", "1"),
)  # fmt: skip
KINDS = {"app.py:1": StatementKind.IMPORT, "app.py:5": StatementKind.WORK}


def test_imports_nest_and_are_owned() -> None:
    found = rows([RUN], GROUND)
    seen = completed(usage(USED, inside=GROUND.roots, modules={row.origin: row.module for row in found}), found, GROUND)
    whole = graph_of(found, seen, GROUND)
    by_name = {one.module: one for one in imports(found, whole, seen, GROUND, KINDS)}
    assert by_name["app"].cumulative == pytest.approx(43)
    assert by_name["lib"].cumulative == pytest.approx(36)
    assert {name: one.owner for name, one in by_name.items()} == {
        "app": "",
        "lib": "lib-dist",
        "lib.core": "lib-dist",
        "csv": STANDARD,
        "absent": "lib-dist",  # charged to who looked for it in vain
        "threaded": STANDARD,
    }
    assert by_name["lib"].saved == pytest.approx(36)
    assert by_name["lib"].used == (), "what its own import calls is its import"
    assert by_name["lib.core"].used == ("init", "a.json")
    assert by_name["csv"].used is None, "the library is not watched"
    assert (seen.opened, seen.watched) == (12, True)
    assert seen.later == (("a.json", "lib.core", "json"),)


def test_without_a_watch_nothing_is_known_of_use() -> None:
    found = rows([RUN], GROUND)
    seen = usage([row for row in USED if row[0] == "edge"], inside=GROUND.roots, modules={})
    whole = graph_of(found, seen, GROUND)
    made = imports(found, whole, seen, GROUND, KINDS)
    assert {one.used for one in made} == {None}
    assert {one.ran for one in shares(made, whole)} == {None}


def test_shares_sum_up_to_the_whole() -> None:
    found = rows([RUN], GROUND)
    seen = completed(usage(USED, inside=GROUND.roots, modules={row.origin: row.module for row in found}), found, GROUND)
    whole = graph_of(found, seen, GROUND)
    made = imports(found, whole, seen, GROUND, KINDS)
    by_owner = {one.owner: one for one in shares(made, whole)}
    assert sum(one.own for one in by_owner.values()) == pytest.approx(45)
    assert by_owner["lib-dist"].own == pytest.approx(31)
    assert by_owner["lib-dist"].saved == pytest.approx(36)
    assert (by_owner["lib-dist"].importer, by_owner["lib-dist"].ran) == ("app.py:1", 1)
    assert by_owner[""].saved == 0


def test_what_an_extension_module_imports_unheard_is_its_import() -> None:
    run = (
        told(1, "app", 1, by="", parent="", at="", origin="/code/app.py"),
        told(2, "ext", 1, origin="/code/ext.so"),
        told(3, "helper", 8, parent="ext", origin="/code/helper.py"),
    )
    found = rows([run], GROUND)
    heard = [("edge", "", "app", "ext", "/code/app.py", "1"), ("edge", "", "app", "helper", "/code/app.py", "2")]
    seen = completed(usage(heard, inside=GROUND.roots, modules={}), found, GROUND)
    whole = graph_of(found, seen, GROUND)
    assert whole.lost(cut={("app", "helper")}) == set()
    assert whole.lost(cut={("app", "ext"), ("app", "helper")}) == {"ext", "helper"}


def test_what_nobody_was_heard_to_import_is_of_the_statement_that_ran() -> None:
    found = rows([RUN], GROUND)
    seen = completed(usage([], inside=GROUND.roots, modules={}), found, GROUND)
    assert seen.at == {
        "app.py:1": {("app", "lib")},
        "": {("app", "threaded"), ("lib", "lib.core"), ("lib.core", "csv"), ("lib.core", "absent")},
    }


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/code/pkg/x.py", "pkg/x.py"),
        ("/var/task/pkg/x.py", "pkg/x.py"),
        ("/opt/machine/lib/python3.13/ctypes/__init__.py", "python3.13/ctypes/__init__.py"),
        ("/somewhere/else/site-packages/a/b.py", "a/b.py"),
    ],
)
def test_no_path_of_this_machine_is_shown(path: str, shown: str) -> None:
    assert GROUND.inside(path) == shown


def test_a_namespace_is_of_whoever_is_in_it() -> None:
    assert GROUND.owner("ns", "namespace") == "ns-part"
    assert GROUND.owner("mine", "/code/mine.py") == ""
    assert GROUND.owner("gone", "") is None


SOURCE = '''"""Docstring."""
import lib
try:
    import fast
except ImportError:
    fast = None
client = lib.make(
    1)
class Row:
    pass
'''


def test_statements_have_their_kind_their_text_and_who_needs_them(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SOURCE)
    (tmp_path / "broken.py").write_text("def (")
    assert own_sources(tmp_path, ["app.py", "broken.py", "gone.py", "data.json"]) == (tmp_path / "app.py",)
    file = str(tmp_path / "app.py")
    ground = Ground(root="app", roots=(str(tmp_path),), owners={})
    timed = [("statement", file, line, str(int(took) * MILLION), str(int(some) * MILLION)) for line, took, some in
             (("2", "30", "29"), ("3", "2", "2"), ("7", "50", "10"), ("9", "1", "0"))]  # fmt: skip
    needed = [
        ("binds", file, "2", "lib"),
        ("needed", file, "2", "", file, "7"),
        ("needed", file, "2", "a.json", "", "0"),
        ("binds", file, "7", "client"),
    ]
    found = statements([timed, timed], needed, ground)
    assert [(one.where, one.kind.value, one.text, one.itself, one.needed) for one in found] == [
        ("app.py:2", "import", "import lib", 1.0, ("app.py:7", "a.json")),
        ("app.py:3", "import", "try:", 0.0, None),
        ("app.py:7", "work", "client = lib.make(", 40.0, ()),
        ("app.py:9", "definition", "class Row:", 1.0, None),
    ]
    assert {one.needed for one in statements([timed], None, ground)} == {None}
