"""Chromium without a window, for tests of pages: whichever is installed, and what a page says and asks for meanwhile."""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (make env installs it)")

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# As root there is no sandbox; the rest keeps Chromium itself from asking the network for anything.
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
)


@dataclass
class Opened:
    """A page in a browser; `said` is what it wrote to the console or threw, `asked` every address that it asked for."""

    page: "Page"
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextlib.contextmanager
def chromium() -> Iterator["Browser"]:
    """A browser; the test is skipped where there is none."""
    with sync.sync_playwright() as playwright:
        path = next((found for name in _NAMES if (found := shutil.which(name))), None)
        bundled = Path(playwright.chromium.executable_path)
        if path is None and not bundled.exists():
            pytest.skip(
                "there is no Chromium on this machine: apt-get install chromium, or playwright install chromium"
            )
        browser = playwright.chromium.launch(executable_path=path, args=_QUIET)
        yield browser
        browser.close()


@contextlib.contextmanager
def opened(
    browser: "Browser", file: Path, *, width: int = 1280, height: int = 900, scheme: Literal["light", "dark"] = "light"
) -> Iterator[Opened]:
    """Open a file; afterwards hold that it said nothing and asked for nothing but itself."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    )
    seen = Opened(context.new_page())
    seen.page.set_default_timeout(10_000)
    seen.page.on("console", lambda message: seen.said.append(message.text))
    seen.page.on("pageerror", lambda error: seen.said.append(str(error)))
    seen.page.on("request", lambda request: seen.asked.append(request.url))
    seen.page.goto(file.as_uri())
    yield seen
    context.close()
    assert seen.said == []
    assert [url for url in seen.asked if not url.startswith("data:")] == [file.as_uri()]
