"""The page: its data can be read back, nothing gets out of it, and it says what the values say."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_samples import a_report

from slimpack.model.artifact import Member
from slimpack.model.finding import Finding
from slimpack.model.plan import Action, Decision
from slimpack.model.project import Budget, Layout
from slimpack.model.report import FileRow, Report
from slimpack.model.timing import ModuleTime
from slimpack.model.trace import Reason, ReasonKind
from slimpack.model.verdict import Verdict
from slimpack.plan.passes import PASSES
from slimpack.report import html
from slimpack.report.html import groups
from slimpack.report.html.columns import Table, front_coded
from slimpack.report.html.payload import payload

ROOT = Path(__file__).parents[3]


def unpacked(coded: Mapping[str, Any]) -> list[str]:
    """As assets/data.js does it: cut in UTF-16."""
    texts, before = [], b""
    for shared, rest in zip(coded["shared"], coded["rest"], strict=True):
        before = before[: 2 * shared] + rest.encode("utf-16-le")
        texts.append(before.decode("utf-16-le"))
    return texts


def rows_of(data: Mapping[str, Any]) -> list[FileRow]:
    """The rows that a payload was made of."""
    files = data["files"]
    paths = unpacked(files)
    rows = []
    for place, path in enumerate(paths):
        action, by, why = files["fates"][files["fate"][place]]
        kind = files["kinds"][files["kind"][place]]
        parent = files["parent"][place]
        reason = Reason(
            kind=ReasonKind(kind),
            parent=paths[parent] if parent >= 0 else "",
            line=files["line"][place],
            detail=files["details"][files["detail"][place]],
        ) if kind else None  # fmt: skip
        rows.append(
            FileRow(
                path=path,
                owner=data["owners"][files["owner"][place]][0],
                size=files["size"][place],
                shipped=files["shipped"][place],
                stored=files["stored"][place],
                decision=Decision(action=Action(action), by=by, why=why),
                reason=reason,
                rewrites=tuple(files["transforms"][files["rewrites"][place]]),
            )
        )
    return rows


def tree_of(data: Mapping[str, Any], when: str) -> list[tuple[str, int, int, str]]:
    """(module, own, all, importer) of each import, in the order of the payload."""
    names, columns = unpacked(data["modules"]), data[when]
    modules = [names[place] for place in columns["module"]]
    parents = [modules[place] if place >= 0 else "" for place in columns["parent"]]
    return list(zip(modules, columns["own"], columns["all"], parents, strict=True))


def with_imports(*modules: ModuleTime, before: Sequence[ModuleTime] = ()) -> Report:
    report = a_report()
    assert report.timing
    return replace(report, timing=replace(report.timing, modules=modules, modules_before=tuple(before)))


def imported(module: str, parent: str = "", *, own: int = 1, cumulative: int = 1) -> ModuleTime:
    return ModuleTime(module=module, own=own, cumulative=cumulative, parent=parent)


def embedded(page: str) -> Any:
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


@given(st.lists(st.text(alphabet="ab/\U0001f600\U0001f601é", max_size=8), unique=True).map(sorted))
def test_front_coding_is_read_back(texts: list[str]) -> None:
    assert unpacked(front_coded(texts)) == texts


def test_front_coding_holds_what_is_shared_once() -> None:
    assert front_coded(["pkg/a.py", "pkg/b.py"]) == {"shared": [0, 4], "rest": ["pkg/a.py", "b.py"]}


def test_a_table_numbers_each_value_once() -> None:
    table = Table(["", "a"])
    assert [table.place("b"), table.place("a"), table.place("b")] == [2, 1, 2]
    assert table.values == ["", "a", "b"]


def test_files_are_read_back_equal() -> None:
    report = a_report()
    assert rows_of(json.loads(json.dumps(payload(report)))) == list(report.files)


def test_what_ships_without_an_original_is_a_file_of_its_own() -> None:
    report = a_report()
    archive = Member(path="_slimpack/lib.zip", size=70, stored=70, origin="_slimpack/lib.zip", owner="lib")
    artifact = replace(report.artifact, members=(*report.artifact.members, archive))
    data = payload(replace(report, artifact=artifact))
    rows = {row.path: row for row in rows_of(data)}
    assert data["files"]["group"][0] == groups.DEFAULT
    assert (rows["_slimpack/lib.zip"].size, rows["_slimpack/lib.zip"].shipped) == (0, 70)
    assert len(rows) == len(report.files) + 1


def test_imports_are_a_tree_with_importers_first() -> None:
    # As the interpreter writes it: what was imported, then who imported it.
    report = with_imports(
        imported("json.decoder", "json", own=2, cumulative=2),
        imported("json", "app", own=1, cumulative=3),
        imported("app", own=1, cumulative=4),
        before=[imported("app", own=9, cumulative=9)],
    )
    data = payload(report)
    assert tree_of(data, "after") == [("app", 1, 4, ""), ("json", 1, 3, "app"), ("json.decoder", 2, 2, "json")]
    assert tree_of(data, "before") == [("app", 9, 9, "")]


def test_a_module_that_is_imported_twice_belongs_to_the_nearer_importer() -> None:
    report = with_imports(
        imported("x", "lib"), imported("lib", "app"), imported("y", "lib"), imported("lib", "app"), imported("app")
    )
    parents = payload(report)["after"]["parent"]
    assert parents == [-1, 0, 1, 0, 3]


def test_a_module_knows_the_file_that_is_imported() -> None:
    report = with_imports(imported("lib.core", "app"), imported("json", "app"), imported("app"))
    data = payload(report)
    paths = unpacked(data["files"])
    named = dict(zip(unpacked(data["modules"]), data["modules"]["file"], strict=True))
    assert paths[named["lib.core"]] == "lib/core.py"
    assert named["json"] == -1


def test_a_native_module_goes_before_a_python_file_that_it_hides() -> None:
    report = a_report()
    native = replace(report.files[2], path="lib/core.cpython-312-x86_64-linux-gnu.so")
    both = replace(with_imports(imported("lib.core")), files=(*report.files, native))
    data = payload(both)
    assert unpacked(data["files"])[data["modules"]["file"][0]] == native.path


@pytest.mark.parametrize("kind", ReasonKind)
def test_every_reason_has_a_group_of_what_stays(kind: ReasonKind) -> None:
    decision = Decision(action=Action.KEEP, by="trace", why="")
    row = FileRow(path="a", owner="lib", size=1, shipped=1, stored=1, decision=decision, reason=Reason(kind=kind))
    assert groups.group_of(row) < groups.NO_ROUTE


@pytest.mark.parametrize("by", [*(name for name, *_ in PASSES), "rule", "user"])
def test_every_pass_is_known_to_the_groups(by: str) -> None:
    assert by in groups._DROPPED_BY


@pytest.mark.parametrize("action", [Action.DROP, Action.COLD])
def test_what_goes_has_a_group_of_what_goes(action: Action) -> None:
    decision = Decision(action=action, by="unobserved", why="")
    row = FileRow(path="a", owner="", size=1, shipped=0, stored=0, decision=decision)
    assert groups.NO_ROUTE <= groups.group_of(row) < len(groups.GROUPS)


def test_the_page_is_the_same_each_time_and_holds_its_data() -> None:
    report = a_report()
    page = html(report)
    assert page == html(report)
    assert embedded(page) == json.loads(json.dumps(payload(report)))


def test_the_page_names_nothing_outside() -> None:
    page = html(a_report())
    assert set(re.findall(r"https?://[\w./-]+", page)) == {"http://www.w3.org/2000/svg"}, "a name, not a place"
    assert not re.search(r"<(?:link|img|iframe|object)[^>]*(?:src|href)=\"(?!data:)", page)
    assert not re.search(r"\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|importScripts|eval)\b", page)
    assert "@import" not in page
    assert "url(" not in page


def test_the_policy_allows_the_script_and_the_style_that_are_there_and_nothing_else() -> None:
    page = html(a_report())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    texts = (re.search(r"<style>(.*?)</style>", page, re.DOTALL), re.search(r"<script>(.*?)</script>", page, re.DOTALL))
    for found in texts:
        assert found
        digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy[1]
    assert policy[1].startswith("default-src 'none';")
    assert "unsafe" not in policy[1]


def test_what_is_vendored_is_what_is_locked_and_its_licence_is_in_the_page() -> None:
    locked = json.loads((ROOT / "scripts/vendor/package-lock.json").read_text())["packages"]
    packages = {path.removeprefix("node_modules/"): one for path, one in locked.items() if path and not one.get("dev")}
    licence = (ROOT / "slimpack/report/html/vendor/LICENSE").read_text()
    page = html(a_report())
    for name, package in packages.items():
        assert f"{name} {package['version']}: Copyright" in licence
        assert package["integrity"].startswith("sha512-")
    assert licence in page
    assert "THE SOFTWARE IS PROVIDED" in licence


HOSTILE = "</script><script>alert(1)</script><!--$name&amp;"


def test_no_text_gets_out_of_its_place() -> None:
    report = a_report()
    rows = (*report.files, replace(report.files[-1], path=f"zz/{HOSTILE}.py", owner=HOSTILE))
    findings = (Finding(code="SLP001", where=HOSTILE, message=HOSTILE),)
    page = html(replace(report, name=HOSTILE, source=HOSTILE, files=rows, findings=findings))
    assert "<script>alert" not in page
    assert page.count("<!--") == 0
    assert page.count("</script>") == 2
    assert HOSTILE in [owner for owner, _ in embedded(page)["owners"]]


def test_a_budget_that_is_broken_is_said_and_drawn() -> None:
    page = html(a_report())
    assert "A gate does not hold." in page
    assert "SLP050 zip over budget" in page
    assert '<rect class="over"' in page
    assert "your budget 300 B, 133 %" in page


def test_limits_are_lambdas_where_there_is_no_budget() -> None:
    page = html(replace(a_report(), budget=Budget(), findings=()))
    assert "400 B of 50.0 MB" in page
    assert "270 B of 250 MB" in page
    assert "budget" not in page.partition("<main>")[2].partition("</header>")[0]
    assert "Proven." in page


def test_a_budget_of_init_has_its_own_gauge() -> None:
    page = html(replace(a_report(), budget=Budget(max_init=60.0)))
    assert "30 ms of 60 ms, your budget" in page


def test_a_folder_is_not_held_against_the_limit_of_zips() -> None:
    report = a_report()
    page = html(replace(report, budget=Budget(), artifact=replace(report.artifact, layout=Layout.DIRECTORY)))
    assert "direct upload" not in page


def test_what_was_not_measured_or_proven_is_said() -> None:
    page = html(replace(a_report(measured=False), verdict=None, findings=()))
    assert "init was not measured" in page
    assert "Not proven." in page
    assert "not verified (--no-verify)" in page
    assert embedded(page)["after"]["module"] == []
    assert "was not run" in html(replace(a_report(), verdict=Verdict(ran=False), findings=()))


def test_four_thousand_files_fit_into_a_megabyte() -> None:
    report = a_report()
    rows = tuple(
        replace(
            report.files[place % 5],
            path=f"distribution_{place % 40:02}/some_package/another_{place % 7}/a_module_name_{place:05}.py",
            owner=f"distribution-{place % 40:02}",
            size=1000 + 37 * place % 70_000,
            reason=Reason(kind=ReasonKind.IMPORT, parent="app.py", line=place % 400),
        )
        for place in range(4000)
    )
    times = [
        imported(f"distribution_{place % 40:02}.some.module_{place:05}", "app", own=place) for place in range(1500)
    ]
    times.append(imported("app"))
    page = html(replace(with_imports(*times, before=times), files=tuple(sorted(rows, key=lambda row: row.path))))
    assert len(page.encode()) < 600_000
