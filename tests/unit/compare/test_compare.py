"""What changed between two reports: imports to blame, findings, distributions, limits; and how it is said."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from report_samples import a_report

from slimpack.compare import broken, compare, of_report
from slimpack.errors import ConfigError
from slimpack.model.artifact import Member
from slimpack.model.comparison import Comparison, InitChange, Limit, Measure
from slimpack.model.finding import Finding, Severity
from slimpack.model.gate import Allowed
from slimpack.model.lock import Pin
from slimpack.model.plan import Action, Decision
from slimpack.model.project import Layout
from slimpack.model.report import FileRow, Report
from slimpack.model.timing import ModuleTime, Samples
from slimpack.model.trace import Reason, ReasonKind
from slimpack.project.limits import limits
from slimpack.report import annotations, comparison_json, comparison_markdown, comparison_text

KEEP = Decision(action=Action.KEEP, by="trace", why="import")
SLOWER = InitChange(before=30.0, after=80.0, low=45.0, high=55.0, runs=(8, 8))
NOISE = InitChange(before=30.0, after=35.0, low=-2.0, high=12.0, runs=(8, 8))
FEW = InitChange(before=30.0, after=80.0, low=None, high=None, runs=(3, 3))


def row(path: str, owner: str, parent: str, line: int, *, kind: ReasonKind = ReasonKind.IMPORT) -> FileRow:
    reason = Reason(kind=kind, parent=parent, line=line)
    return FileRow(path=path, owner=owner, size=1000, shipped=1000, stored=500, decision=KEEP, reason=reason)


def pin(name: str, version: str) -> Pin:
    return Pin(name=name, version=version, filename=f"{name}.whl", sha256="1" * 64)


def took(module: str, own: int, parent: str) -> ModuleTime:
    return ModuleTime(module=module, own=own, cumulative=own, parent=parent)


def grown(*, measured: bool = True) -> Report:
    """The report of the samples after `import heavy` came into app.py, line 2; heavy needs base."""
    old = a_report()
    rows = (
        row("heavy/__init__.py", "heavy", "app.py", 2),
        row("heavy/core.py", "heavy", "heavy/__init__.py", 7),
        row("base/__init__.py", "base", "heavy/core.py", 1),
    )
    members = tuple(
        Member(path=f"{one.path}c", size=1000, stored=500, origin=one.path, owner=one.owner) for one in rows
    )
    assert old.timing is not None
    times = (
        took("base", 9_000, "heavy.core"), took("heavy.core", 20_000, "heavy"), took("lib.core", 100, "heavy"),
        took("heavy", 1_000, "app"), took("tiny", 100, "app"), took("app", 10, ""),
    )  # fmt: skip
    samples = Samples(cpu=(80.0, 81.0, 79.0), wall=(90.0,), rss=(30 << 20,))
    return replace(
        old,
        pins=(pin("base", "1"), pin("heavy", "3.1"), pin("lib", "1.1")),
        files=(*old.files, *rows),
        artifact=replace(old.artifact, size=2000, unpacked=3270, members=(*old.artifact.members, *members)),
        findings=(
            Finding(code="SLP001", where="lib/core.py:9", message="import_module(name) was not understood"),
            Finding(
                code="SLP001",
                where="app.py:4",
                message="import_module(other): not understood",
                severity=Severity.WARNING,
            ),
        ),
        timing=replace(old.timing, after=samples, modules=times) if measured else None,
    )


def compared(before: Report, after: Report, init: InitChange | None = None) -> Comparison:
    return compare(of_report(before, "before.json"), of_report(after, "after.json"), init=init)


def test_the_new_import_is_named_with_its_cost_and_its_line() -> None:
    found = compared(a_report(), grown(), SLOWER)
    (cause,) = found.causes
    assert (cause.module, cause.cost, cause.modules, cause.size) == ("heavy", 30.0, 3, 3000)
    assert (cause.origin.own, cause.origin.own_line) == ("app.py", 2)
    text = comparison_text(found, broken=(), colour=False)
    screen = "\n".join(text.splitlines()[:24])
    assert "+ heavy" in screen
    assert "30 ms" in screen
    assert "app.py:2" in screen
    assert "init: slower; 95 %: +45 … +55 ms (8 and 8 runs)" in screen


def test_an_import_that_is_reached_through_another_module_names_both_lines() -> None:
    after = grown()
    rows = [replace(one, reason=Reason(kind=ReasonKind.IMPORT, parent="lib/core.py", line=5))
            if one.path == "heavy/__init__.py" else one for one in after.files]  # fmt: skip
    (cause,) = compared(a_report(), replace(after, files=tuple(rows)), SLOWER).causes
    assert (cause.origin.importer, cause.origin.line, cause.origin.own, cause.origin.own_line) == (
        "lib/core.py", 5, "app.py", 3,
    )  # fmt: skip
    text = comparison_text(compared(a_report(), replace(after, files=tuple(rows)), SLOWER), broken=(), colour=False)
    assert "app.py:3 by way of lib/core.py:5" in text


def test_without_measurements_the_distributions_that_came_are_named() -> None:
    (cause,) = compared(a_report(measured=False), grown(measured=False)).causes
    assert (cause.module, cause.cost, cause.size, cause.origin.own_line) == ("heavy", None, 2000, 2)


def test_a_new_module_of_own_code_does_not_hide_what_it_imports() -> None:
    after = grown()
    assert after.timing is not None
    rows = (*after.files, row("views.py", "", "app.py", 4))
    rows = tuple(replace(one, reason=Reason(kind=ReasonKind.IMPORT, parent="views.py", line=8))
                 if one.path == "heavy/__init__.py" else one for one in rows)  # fmt: skip
    times = tuple(replace(one, parent="views") if one.module == "heavy" else one for one in after.timing.modules)
    timing = replace(after.timing, modules=(*times, took("views", 2_000, "app")))
    found = compared(a_report(), replace(after, files=rows, timing=timing), SLOWER)
    assert [(one.module, one.cost, one.origin.own, one.origin.own_line) for one in found.causes] == [
        ("heavy", 30.0, "views.py", 8), ("views", 2.0, "app.py", 4),
    ]  # fmt: skip


def test_what_takes_longer_is_named_only_beyond_the_noise() -> None:
    before, after = a_report(), a_report()
    assert after.timing is not None
    slow = replace(after, timing=replace(after.timing, modules=(took("lib.core", 9_500, "app"),)))
    (cause,) = compared(before, slow, SLOWER).causes
    assert (cause.module, cause.new, cause.cost) == ("lib.core", False, 8.0)
    assert compared(before, slow, NOISE).causes == ()


def test_distributions_come_go_and_change() -> None:
    found = compared(a_report(), grown())
    assert [(one.name, one.before and one.before.version, one.after and one.after.version) for one in found.distributions] == [
        ("heavy", None, "3.1"), ("base", None, "1"), ("lib", "1.0", "1.1"),
    ]  # fmt: skip
    back = compared(grown(), a_report())
    assert [one.name for one in back.distributions if one.after is None] == ["heavy", "base"]
    assert [path for path, _ in back.removed] == ["base/__init__.pyc", "heavy/__init__.pyc", "heavy/core.pyc"]
    assert back.added == ()


def test_a_module_that_is_compiled_is_neither_added_nor_removed() -> None:
    report = a_report()
    members = tuple(replace(one, path=one.path.replace(".pyc", ".py")) for one in report.artifact.members)
    plain = replace(report, artifact=replace(report.artifact, members=members))
    found = compared(plain, report)
    assert (found.added, found.removed) == ((), ())
    assert plain != report


def test_a_finding_is_the_same_on_another_line_and_with_another_number() -> None:
    found = compared(a_report(), grown())
    assert found.new is not None
    assert [(one.code, one.where) for one in found.new] == [("SLP001", "app.py:4")]
    assert [(one.code, one.where) for one in found.gone or ()] == [("SLP050", "dist/app.zip")]
    twice = replace(a_report(), findings=(*a_report().findings, a_report().findings[0]))
    assert len(compared(a_report(), twice).new or ()) == 1


def test_the_same_is_the_same() -> None:
    found = compared(a_report(), a_report())
    assert (found.distributions, found.causes, found.new, found.gone, found.added, found.removed) == (
        (),
        (),
        (),
        (),
        (),
        (),
    )
    assert comparison_text(found, broken=(), colour=False).count("=") == 5


def test_a_distribution_that_is_only_compressed_otherwise_is_the_same() -> None:
    report = a_report()
    members = tuple(replace(member, stored=member.stored - 1) for member in report.artifact.members)
    assert compared(report, replace(report, artifact=replace(report.artifact, members=members))).distributions == ()


def test_a_folder_has_no_zip() -> None:
    folder = replace(a_report(), artifact=replace(a_report().artifact, layout=Layout.DIRECTORY))
    found = compared(folder, a_report())
    assert found.quantity(Measure.ZIP).before is None
    assert broken((Limit(text="zip +5%", measure=Measure.ZIP, allowed=Allowed.PER_CENT, limit=5),), found) == (
        '"zip +5%" cannot be held: the zip of one of the two is not known',
    )


@pytest.mark.parametrize(
    ("text", "init", "said"),
    [
        ("zip +5%", None, ['zip is 1.95 KB, it was 0.39 KB (+1.56 KB, +400.0 %): allowed is "zip +5%"']),
        ("zip +400%", None, []),
        ("zip +1600", None, []),
        ("zip +1599", None, ["+1.56 KB"]),
        ("unpacked +1MB", None, []),
        ("files +2", None, ["files is 6, it was 3 (+3, +100.0 %)"]),
        ("files +3", None, []),
        ("peak-rss +19MB", None, []),
        ("peak-rss +0", None, ["peak-rss is 30.00 MB, it was 11.00 MB"]),
        ("init +10%", SLOWER, ["init is 80.0 ms, it was 30.0 ms (+50.0 ms, +166.7 %) (95 %: +45.0 … +55.0 ms)"]),
        ("init +46ms", SLOWER, []),
        ("init +10%", NOISE, []),
        (
            "init +10%",
            FEW,
            ['"init +10%" cannot be held: init is +50.0 ms by the medians, and 3 runs of each cannot tell'],
        ),
        ("init +50ms", FEW, []),
        ("new-finding", None, ['1 new finding: SLP001 app.py:4: allowed is none ("new-finding")']),
        ("new-finding warning", None, ["1 new finding"]),
        ("new-finding error", None, []),
        ("new-finding slp001", None, ["1 new finding"]),
        ("new-finding SLP002", None, []),
    ],
)
def test_a_limit_is_held_or_says_in_one_line_why_not(text: str, init: InitChange | None, said: list[str]) -> None:
    found = broken(limits([text]), compared(a_report(), grown(), init))
    assert len(found) == len(said)
    for one, words in zip(found, said, strict=True):
        assert words in one
        assert "\n" not in one


def test_limits_of_what_is_not_known_say_so() -> None:
    found = compared(a_report(measured=False), grown())
    assert broken(limits(["init +10%"]), found) == (
        '"init +10%" cannot be held: the init of one of the two is not known',
    )
    plain = replace(found, new=None)
    assert "has no report, and so no findings" in broken(limits(["new-finding"]), plain)[0]


@pytest.mark.parametrize(
    ("text", "do"),
    [
        ("zip+5%", 'write it as "zip +5%" or "zip +500KB"'),
        ("zipp +5%", "did you mean zip?"),
        ("zip 5%", 'write it as "zip +5%"'),
        ("zip", 'write it as "zip +5%"'),
        ("", "known are zip, unpacked, files, init, peak-rss, new-finding"),
        ("zip +", 'write it as "zip +5%"'),
        ("zip +-5%", 'write it as "zip +5%"'),
        ("zip +5 percent", 'write it as "zip +5%"'),
        ("zip +5ms", 'write it as "zip +5%"'),
        ("init +5MB", '"init +30ms"'),
        ("files +1.5", '"files +100"'),
        ("new-finding SLP9999", "did you mean SLP"),
        ("new-finding worse", "name a code"),
    ],
)
def test_a_text_that_is_no_limit_says_what_is(text: str, do: str) -> None:
    with pytest.raises(ConfigError) as caught:
        limits([text, "zip +5%"])
    (problem,) = caught.value.problems
    assert (problem.where, do in problem.do) == ("--fail-on", True), problem.do


def test_the_comment_begins_with_its_marker_and_names_what_is_wrong() -> None:
    found = compared(replace(a_report(), name="a--b"), replace(grown(), name="a--b"), SLOWER)
    text = comparison_markdown(found, broken=("zip is | too large",))
    lines = text.splitlines()
    assert lines[0] == "<!-- slimpack compare a-b -->"
    assert lines[1].startswith("### :x: slimpack: a--b: zip +1.56 KB (+400.0 %)")
    assert lines[2] == "- :x: zip is \\| too large"
    assert "| `+ heavy` | 30 ms | 3 modules, 2.93 KB | `app.py:2` |" in lines
    assert text.index("`+ heavy`") < text.index("<details>")
    assert text.count("<details>") == text.count("</details>") == 3
    assert text.endswith("</details>\n")


def commands(found: Comparison, *, broken: Sequence[str] = ()) -> list[str]:
    return annotations(found, broken=broken, prefix="src/").splitlines()


def test_annotations_are_of_own_code_and_escaped() -> None:
    found = compared(a_report(), grown(), SLOWER)
    assert commands(found, broken=["50 %\nmore"]) == [
        "::error title=slimpack%3A a limit is broken::50 %25%0Amore",
        "::warning file=src/app.py,line=2,title=slimpack%3A heavy::imports heavy: 30 ms more of init, 2.93 KB",
        "::warning file=src/app.py,line=4,title=slimpack SLP001::import_module(other): not understood",
    ]
    finding = Finding(code="SLP023", where="lib/x,y:z.so", message="needs libfoo", severity=Severity.ERROR)
    assert commands(replace(found, causes=(), new=(finding,))) == [
        "::error title=slimpack SLP023::lib/x,y:z.so: needs libfoo"
    ]


def test_json_has_all_of_it() -> None:
    found = compared(a_report(), grown(), FEW)
    value = json.loads(comparison_json(found, broken=("x",)))
    assert (value["schema"], value["broken"]) == (1, ["x"])
    comparison = value["comparison"]
    assert comparison["init"]["low"] is None
    assert comparison["causes"][0]["origin"]["own_line"] == 2
    assert comparison["quantities"][0] == {"measure": "zip", "before": 400, "after": 2000}
    assert [one["name"] for one in comparison["distributions"]] == ["heavy", "base", "lib"]


def test_what_too_few_runs_can_say_is_said() -> None:
    text = comparison_text(compared(a_report(), grown(), FEW), broken=(), colour=False)
    assert "init: +50 ms by the medians; 3 runs of each cannot tell that from noise: build with --runs 8" in text
    scaled = replace(SLOWER, scale=1.25)
    text = comparison_text(compared(a_report(), grown(), scaled), broken=(), colour=False)
    assert "the first is multiplied by 1.25, as an empty module says" in text
