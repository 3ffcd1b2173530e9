"""The texts of a first configuration, and which functions of a module are handlers."""

import tomllib

import pytest
import yaml

from slimpack.model.target import Architecture, Target
from slimpack.project.discovery import handlers_in
from slimpack.project.initial import Function, added, configuration, has_target, keeps, workflow

TARGET = Target(python=(3, 13), architecture=Architecture.ARM64, glibc=(2, 34))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def handler(event, context): ...", ("handler",)),
        ("def lambda_handler(_event, _context): ...", ("lambda_handler",)),
        ("def main(event, _): ...", ("main",)),
        ("def main(event, ctx, extra=1): ...", ("main",)),
        ("def handler(event: dict, lambda_context: object, /) -> None: ...", ("handler",)),
        ("def route(event, context): ...\ndef handler(event, context): ...", ("handler",)),
        ("def route(event, context): ...\ndef order_handler(event, context): ...", ("order_handler",)),
        ("def one(event, context): ...\ndef two(event, context): ...", ("one", "two")),
        ("@trace\ndef handler(event, context): ...", ("handler",)),
        ("handler = Mangum(app)", ("handler",)),
        ("app = FastAPI()", ()),
        ("async def handler(event, context): ...", ()),
        ("def _handler(event, context): ...", ()),
        ("def handler(event): ...", ()),
        ("def handler(event, context, more): ...", ()),
        ("def handler(event, context, *, more): ...", ()),
        ("def on_message(channel, context): ...", ()),
        ("def on(event, data): ...", ()),
        ("class A:\n    def handler(self, event, context): ...", ()),
        ("if True:\n    def handler(event, context): ...", ()),
        ("def handler(event, context:", ()),
        ("\0", ()),
    ],
)
def test_handlers(source: str, expected: tuple[str, ...]) -> None:
    assert handlers_in(source.encode()) == expected


def names(*functions: Function) -> list[str]:
    return list(tomllib.loads(configuration(functions, TARGET))["tool"]["slimpack"]["functions"])


def test_one_function_needs_no_table() -> None:
    text = configuration((Function(handler="app.handler", source="src"),), TARGET)
    assert text == '[tool.slimpack]\nhandler = "app.handler"\nsource = "src"\npython = "3.13"\narch = "arm64"\n'


def test_names_are_short_and_apart() -> None:
    assert names(Function(handler="api.handler"), Function(handler="jobs/mail.handler")) == ["api", "mail"]
    assert names(Function(handler="a.app.handler"), Function(handler="b/app.handler")) == ["a-app", "b-app"]
    assert names(Function(handler="app.one"), Function(handler="app.two")) == ["one", "two"]
    assert names(Function(handler="app.one"), Function(handler="app.two"), Function(handler="one.x")) == [
        "app-one", "two", "one",
    ]  # fmt: skip
    own = (Function(handler="app.handler", source=f"functions/{name}") for name in ("api", "jobs"))
    assert names(*own) == ["api", "jobs"]


def test_texts_are_quoted() -> None:
    source = 'a "b"\\é'
    written = tomllib.loads(configuration((Function(handler="app.handler", source=source),), TARGET))
    assert written["tool"]["slimpack"]["source"] == source


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"", b"x\ny\n"),
        (b"a\n", b"a\n\nx\ny\n"),
        (b"a", b"a\n\nx\ny\n"),
        (b"a\r\nb", b"a\r\nb\r\n\r\nx\r\ny\r\n"),
    ],
)
def test_added(old: bytes, new: bytes) -> None:
    assert added(old, "x\ny\n") == new


def test_keeps() -> None:
    table = b"[tool.slimpack]\npython = '3.13'\n"
    assert keeps(b"", table)
    assert keeps(b"[tool.a]\nb = 1\n", b"[tool.a]\nb = 1\n" + table)
    assert not keeps(b"[tool.a]\nb = 1\n", b"[tool.a]\nb = 2\n" + table)
    assert not keeps(b"a = 1\n", b"a = 1\n")
    assert not keeps(b"tool = {}\n", b"tool = {}\n" + table)


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("package:\n", True),
        ("package: app.py\n", True),
        ("a:\n\tb\npackage other::\n", True),
        ("other package : x\n", True),
        ("package := x\n", False),
        ("package:=x\n", False),
        ("package = a:b\n", False),
        ("package-all:\n", False),
        ("# package:\n", False),
        ("all: package\n", False),
        ("\tpackage:\n", False),
        (".PHONY: package\n", False),
    ],
)
def test_has_target(text: str, there: bool) -> None:
    assert has_target(text.encode()) is there


@pytest.mark.parametrize("folder", ["", "services/my api"])
def test_workflow(folder: str) -> None:
    job = yaml.safe_load(workflow(TARGET, folder=folder))["jobs"]["package"]
    assert job["runs-on"] == "ubuntu-24.04-arm"
    assert job.get("defaults", {}).get("run", {}).get("working-directory", "") == folder
    assert job["steps"][1]["with"]["python-version"] == "3.13"
    assert job["steps"][-1]["with"]["path"] == (f"{folder}/dist/" if folder else "dist/")
