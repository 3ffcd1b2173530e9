"""The HTML report of a real build in a real browser: it draws, zooms, sorts, finds, obeys the keyboard, is readable."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from browsers import Opened, chromium, opened
from cli_projects import PYTHON, environment, project, slimpack
from local_index import serve
from report_samples import a_report
from wheels import make_wheel

from slimpack.model.finding import Finding
from slimpack.model.report import FileRow
from slimpack.report import html

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
pytestmark = pytest.mark.e2e

APP = """import engine


def handler(event, context):
    return engine.run(event)
"""
ENGINE = {
    "engine/__init__.py": "from engine.core import run\n",
    "engine/core.py": "import json\nimport small\n\n\ndef run(event):\n    return json.dumps([event, small.VALUE])\n",
    "engine/unused.py": "x = 1\n" * 2000,
    **{f"engine/tests/test_{place}.py": f"# {place}\n" * 3000 for place in range(8)},
}
TILE = "[role=treeitem]"
PHONE = 390


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page that `build --html` writes."""
    folder = tmp_path_factory.mktemp("html")
    make_wheel(folder / "shelf", "engine", "1.0", ENGINE, requires=["small"])
    make_wheel(folder / "shelf", "small", "2.0", {"small.py": "VALUE = 7\n"})
    with serve(folder / "shelf") as index:
        made = project(folder / "function", {"app.py": APP, "requirements.txt": "engine==1.0\n", "event.json": "{}"})
        given = ("--python", PYTHON, "--event", "event.json", "--runs", "1", "--max-zip", "1MB", "--html", "page.html")
        done = slimpack(made, environment(index, folder / "cache"), "build", "app.handler", *given)
    assert done.returncode == 0, done.stderr
    return made / "page.html"


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with chromium() as started:
        yield started


@pytest.fixture
def seen(browser: "Browser", page_file: Path) -> Iterator[Opened]:
    with opened(browser, page_file) as found:
        yield found


@pytest.fixture
def page(seen: Opened) -> "Page":
    return seen.page


def tiles(page: "Page", chart: str) -> list[str]:
    """The labels of what a chart shows."""
    return [tile.get_attribute("aria-label") or "" for tile in page.locator(f"{chart} {TILE}").all()]


def named(page: "Page", chart: str, name: str) -> "Locator":
    return page.locator(f'{chart} {TILE}[aria-label^="{name},"]').first


def view(page: "Page", name: str) -> "Locator":
    return page.locator("#bytes-views").get_by_role("button", name=name)


def column(page: "Page", table: str, place: int) -> list[str]:
    return page.locator(f"{table} tbody tr > :nth-child({place})").all_inner_texts()


def test_figures_stand_there_without_a_script(browser: "Browser", page_file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_file.as_uri())
    assert page.locator("h1").inner_text() == "app"
    figures = page.locator(".figures dt").all_inner_texts()
    assert figures == ["Zip", "Unpacked", "Init, CPU", "Files", "Memory", "Distributions"]
    assert "Proven. app.handler answered 1 event like the original" in page.locator(".verdict").inner_text()
    assert re.search(r"of 50\.0 MB \(direct upload\).*your budget 1\.00 MB", page.locator(".gauges").inner_text())
    assert "drawn by a script" in page.locator("noscript").inner_text()
    context.close()


def test_the_map_shows_what_was_what_ships_and_what_went(page: "Page") -> None:
    assert any(label.startswith("test_0.py, ") for label in tiles(page, "#bytes-map"))
    view(page, "After").click()
    after = tiles(page, "#bytes-map")
    assert any(label.startswith("core.py, ") for label in after)
    assert not any(label.startswith(("test_0.py", "unused.py")) for label in after)
    view(page, "Dropped").click()
    assert not any(label.startswith("core.py, ") for label in tiles(page, "#bytes-map"))
    assert view(page, "Dropped").get_attribute("aria-pressed") == "true"


def test_the_map_zooms_into_folders_and_back(page: "Page") -> None:
    named(page, "#bytes-map", "engine").locator("> span").click()
    assert page.locator("#bytes-crumbs b").inner_text() == "engine"
    named(page, "#bytes-map", "tests").locator("> span").click()
    assert page.locator("#bytes-crumbs").inner_text().startswith("everything / engine")
    assert {label.partition("_")[0] for label in tiles(page, "#bytes-map")} == {"test"}
    page.locator("#bytes-crumbs").get_by_role("button", name="everything").click()
    assert page.locator("#bytes-crumbs b").inner_text() == "everything"


def test_a_colour_can_be_seen_alone(page: "Page") -> None:
    page.locator("#bytes-legend").get_by_role("button", name="Tests").click()
    assert "dim" not in (named(page, "#bytes-map", "test_0.py").get_attribute("class") or "")
    assert "dim" in (named(page, "#bytes-map", "unused.py").get_attribute("class") or "")


def test_a_file_says_why_it_is_there_by_its_route(page: "Page") -> None:
    view(page, "After").click()
    named(page, "#bytes-map", "core.py").click()
    panel = page.locator("#details")
    assert panel.locator("h2").inner_text() == "engine/core.py"
    assert panel.locator(".route").first.inner_text().splitlines() == [
        "app.py",
        "entry point (app.handler)",
        "engine/__init__.py",
        "import in app.py:1",
        "engine/core.py",
        "import in __init__.py:1",
    ]
    panel.get_by_role("button", name="app.py").first.click()
    assert panel.locator("h2").inner_text() == "app.py"
    panel.get_by_role("button", name="Back").click()
    assert panel.locator("h2").inner_text() == "engine/core.py"


def test_a_dropped_file_says_who_dropped_it_and_how_to_keep_it(page: "Page") -> None:
    named(page, "#bytes-map", "test_0.py").click()
    said = page.locator("#details").inner_text()
    assert "Dropped by tests" in said
    assert "--keep engine/tests/test_0.py" in said


def test_imports_before_and_after_stand_on_one_axis(page: "Page") -> None:
    lanes = page.locator("#imports-chart .lane")
    assert [lane.locator("h3").inner_text().split(" ")[0] for lane in lanes.all()] == ["Before", "After"]
    first, second = (lane.locator(".tick").all_inner_texts() for lane in lanes.all())
    assert first == second
    assert len(first) > 2
    for lane in lanes.all():
        labels = [tile.get_attribute("aria-label") or "" for tile in lane.locator(TILE).all()]
        assert {label.partition(",")[0] for label in labels} >= {"app", "engine", "engine.core", "json"}


def test_a_module_says_its_cost_its_importer_and_its_route(page: "Page") -> None:
    named(page, "#imports-chart", "engine.core").click()
    panel = page.locator("#details")
    facts = dict(zip(panel.locator("dt").all_inner_texts(), panel.locator("dd").all_inner_texts(), strict=True))
    assert facts["From"] == "engine 1.0"
    assert facts["First imported by"] == "engine"
    assert re.fullmatch(r"[\d.]+ ms → [\d.]+ ms", facts["With all it imports"])
    routes = [route.inner_text() for route in panel.locator(".route").all()]
    assert routes[0].startswith("app\n")
    assert "engine/core.py\nimport in __init__.py:1" in routes[-1]


def test_the_chart_of_imports_zooms(page: "Page") -> None:
    tile = named(page, "#imports-chart", "engine.core")
    tile.click()
    page.locator("#details").get_by_role("button", name="Zoom the chart to it").click()
    assert page.locator("#imports-crumbs b").inner_text() == "engine.core"
    assert tiles(page, "#imports-chart")[0].startswith("engine.core,")
    page.locator("#imports-crumbs").get_by_role("button", name="all of init").click()
    assert tiles(page, "#imports-chart")[0].startswith("app,")


def test_the_keyboard_reaches_everything_in_a_chart(page: "Page") -> None:
    page.locator("#bytes-views button").last.focus()
    page.keyboard.press("Tab")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert str(page.evaluate(focused)).startswith("engine,")
    page.keyboard.press("Enter")
    assert page.locator("#bytes-crumbs b").inner_text() == "engine"
    assert page.evaluate("document.activeElement.closest('#bytes-map') !== null"), "the focus stays in the map"
    first = page.evaluate(focused)
    page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) != first
    page.keyboard.press("Escape")
    assert page.locator("#bytes-crumbs b").inner_text() == "everything"
    page.keyboard.press("ArrowDown")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    file = str(page.evaluate(focused)).partition(",")[0]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "details-title"
    assert page.locator("#details h2").inner_text().endswith(file)
    page.keyboard.press("Escape")
    assert page.locator("#details").is_hidden()
    assert str(page.evaluate(focused)).startswith(file)


def test_the_keyboard_zooms_the_imports(page: "Page") -> None:
    named(page, "#imports-chart", "app").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("+")
    assert page.locator("#imports-crumbs b").inner_text() == "engine"
    page.keyboard.press("-")
    assert page.locator("#imports-crumbs").is_hidden()


def test_tables_sort_by_every_column(page: "Page") -> None:
    for table in ("#distributions", "#dropped", "#files", "#slowest"):
        for place in range(1, page.locator(f"{table} thead button").count() + 1):
            heading = page.locator(f"{table} thead th:nth-child({place})")
            heading.get_by_role("button").click()
            order = heading.get_attribute("aria-sort")
            once = column(page, table, place)
            heading.get_by_role("button").click()
            assert {order, heading.get_attribute("aria-sort")} == {"ascending", "descending"}
            twice = column(page, table, place)
            assert sorted(once) == sorted(twice) or page.locator(f"{table} .more").is_visible()
    page.locator("#files thead").get_by_role("button", name="Path").click()
    paths = column(page, "#files", 1)
    assert paths == sorted(paths)


def test_tables_filter_by_every_word(page: "Page") -> None:
    page.get_by_label("Filter: Files").fill("engine TESTS/ test_1")
    assert column(page, "#files", 1) == ["engine/tests/test_1.py"]
    assert re.fullmatch(r"1 of \d+ files", page.locator("#files output").inner_text())
    page.get_by_label("Filter: Files").fill("")
    assert len(column(page, "#files", 1)) > 5


def test_a_reason_leads_to_its_files(page: "Page") -> None:
    page.locator("#dropped").get_by_role("button", name="tests", exact=True).click()
    panel = page.locator("#details")
    assert panel.locator("h2").inner_text() == "tests"
    panel.get_by_role("button", name="All 8 files in the table").click()
    assert len(column(page, "#files", 1)) == 8


def test_search_finds_by_keyboard_and_shows_in_the_map(page: "Page") -> None:
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("unused")
    assert "dim" not in (named(page, "#bytes-map", "unused.py").get_attribute("class") or "")
    assert "dim" in (named(page, "#bytes-map", "test_0.py").get_attribute("class") or "")
    page.keyboard.press("ArrowDown")
    assert page.locator("#search").get_attribute("aria-activedescendant") == "found-0"
    page.keyboard.press("Enter")
    assert page.locator("#details h2").inner_text() == "engine/unused.py"
    page.locator("#search").fill("no such thing")
    assert page.locator("#found").inner_text() == "Nothing of that name."


def test_light_and_dark_follow_the_system_and_the_button(browser: "Browser", page_file: Path) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    with opened(browser, page_file, scheme="dark") as dark, opened(browser, page_file) as light:
        assert dark.page.evaluate(background) != light.page.evaluate(background)
        light.page.get_by_role("button", name="Dark").click()
        assert dark.page.evaluate(background) == light.page.evaluate(background)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, PHONE])
def test_nothing_hinders_anybody(
    browser: "Browser", page_file: Path, scheme: Literal["light", "dark"], width: int
) -> None:
    """Contrast, names, roles and sizes by WCAG 2.2 AA, as axe-core judges them, in each view."""
    with opened(browser, page_file, scheme=scheme, width=width) as seen:
        assert violations(seen.page) == []
        view(seen.page, "Dropped").click()
        assert violations(seen.page, "#bytes") == []
        seen.page.locator("#slowest tbody button").first.click()
        assert violations(seen.page, "#details") == []
        seen.page.locator("#search").fill("e")
        assert violations(seen.page, "nav") == []


def violations(page: "Page", part: str = "html") -> list[str]:
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = axe.Axe().run(page, part, {"runOnly": tags}).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found]


def test_a_phone_needs_no_scrolling_sideways(browser: "Browser", page_file: Path) -> None:
    with opened(browser, page_file, width=PHONE, height=844) as seen:
        assert seen.page.evaluate("document.documentElement.scrollWidth") == PHONE
        named(seen.page, "#bytes-map", "test_0.py").click()
        box = seen.page.locator("#details").bounding_box()
        assert box
        assert (box["x"], box["width"]) == (0, PHONE)


def test_it_prints_on_paper_whatever_the_screen_shows(browser: "Browser", page_file: Path) -> None:
    with opened(browser, page_file, scheme="dark") as seen:
        seen.page.emulate_media(media="print")
        assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert seen.page.locator("nav").is_hidden()
        assert seen.page.pdf(format="A4").startswith(b"%PDF")


def test_texts_of_packages_stay_texts(browser: "Browser", tmp_path: Path) -> None:
    hostile = "</script><img src=x onerror=console.log(1)>"
    report = a_report()
    files = (*report.files, replace(report.files[-1], path=f"zz/{hostile}", owner=hostile, size=9000))
    finding = Finding(code="SLP001", where=f"zz/{hostile}", message=hostile, help=hostile)
    file = tmp_path / "page.html"
    file.write_text(html(replace(report, name=hostile, source=hostile, files=files, findings=(finding,))), "utf-8")
    with opened(browser, file) as seen:
        assert seen.page.locator("h1").inner_text() == hostile
        seen.page.locator("#findings").get_by_role("button", name="zz/").click()
        assert seen.page.locator("#details h2").inner_text() == f"zz/{hostile}"
        seen.page.locator("#search").fill("onerror")
        assert seen.page.locator("img").count() == 0


def test_what_was_not_measured_has_no_chart(browser: "Browser", tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(html(replace(a_report(measured=False), verdict=None)), "utf-8")
    with opened(browser, file) as seen:
        assert "Init was not measured" in seen.page.locator("#init").inner_text()
        assert seen.page.locator("#init").get_by_role("treeitem").count() == 0
        assert seen.page.locator("#files tbody tr").count() == 5


def test_four_thousand_files_are_painted_within_a_second(browser: "Browser", tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    report = a_report()
    artifact = replace(report.artifact, members=())
    file.write_text(html(replace(report, files=many(4000), artifact=artifact)), "utf-8")
    assert file.stat().st_size < 1 << 20
    painted = []
    for _ in range(3):  # the best of three: other tests run beside this one
        with opened(browser, file) as seen:
            seen.page.locator(f"#bytes-map {TILE}").first.wait_for()
            painted.append(
                float(seen.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
            )
            assert seen.page.locator("#files output").inner_text() == "4,000 files"
    assert min(painted) < 1000


def many(number: int) -> tuple[FileRow, ...]:
    rows = a_report().files
    made = (
        replace(
            rows[place % 5],
            path=f"distribution_{place % 40:02}/package_{place % 7}/module_{place:05}.py",
            owner=f"distribution-{place % 40:02}",
            size=1000 + 37 * place % 70_000,
        )
        for place in range(number)
    )
    return tuple(sorted(made, key=lambda row: row.path))
