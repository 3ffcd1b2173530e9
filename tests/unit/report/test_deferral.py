"""Who imports a module, which of these imports wait, and why the others do not."""

from dataclasses import replace

from report_samples import a_report

from slimpack.model.lazy import Deferral, Imports, Kept, Laziness
from slimpack.report.deferral import deferral_line, imports_of

PLAIN = a_report()
LAZY = replace(
    PLAIN,
    lazy=Laziness.SAFE,
    imports=Imports(
        deferred=(Deferral(module="lib", names=((3, "heavy"), (4, "more")), target="lib.heavy", gain=12_000),),
        kept=(
            Kept(module="other", line=9, name="a", target="lib.heavy.part", why="used at module level, line 2"),
            Kept(module="other", line=5, name="b", target="lib.heavy", why="in a try"),
            Kept(module="other", line=5, name="c", target="lib.heavy", why="in a try"),
        ),
        started=True,
    ),
)


def test_what_waits_comes_first_then_the_module_itself_then_what_is_below_it() -> None:
    assert imports_of(LAZY, "lib.heavy").text.splitlines() == [
        "lib.heavy: 2 imports wait for their first use, 3 do not",
        "  waits    lib/__init__.py:3  heavy from lib.heavy, saves about 12 ms",
        "  waits    lib/__init__.py:4  more from lib.heavy, saves about 12 ms",
        "  at init  other/__init__.py:5  b, c from lib.heavy",
        "           in a try",
        "  at init  other/__init__.py:9  a from lib.heavy.part",
        "           used at module level, line 2",
    ]
    assert imports_of(LAZY, "lib.heavy").known


def test_without_lazy_it_says_so() -> None:
    row = next(row for row in PLAIN.files if row.path.endswith(".py"))
    name = row.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    found = imports_of(PLAIN, name)
    assert found.known
    assert found.text.startswith(f"{name}: no import waits: built with --lazy off\n")


def test_a_name_that_nobody_knows() -> None:
    found = imports_of(LAZY, "nonsense")
    assert not found.known
    assert found.text.startswith("nonsense: nothing of that name was in the tree")


def test_the_line_of_the_report() -> None:
    assert deferral_line(PLAIN) == ""
    assert deferral_line(LAZY) == (
        "lazy safe: 2 imports in 1 module wait for their first use: lib.heavy; "
        "the rest of init is made cheaper by _slimpack_start"
    )
    none = replace(LAZY, imports=Imports())
    assert deferral_line(none) == "lazy safe: no import waits"
