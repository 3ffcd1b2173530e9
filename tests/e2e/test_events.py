"""Events through the real command line: observed, compared, refused, repaired, verified later."""

import json
import os
import pty
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_projects import BUILD, PYTHON, command, environment, project, slimpack
from local_index import LocalIndex, serve
from wheels import make_wheel

from slimpack.model.report import Report
from slimpack.report import from_json

APP = """
import os
import shop

def handler(event, context):
    if event.get("secret"):
        return len(os.environ["TOKEN"])
    return {"price": shop.price(event["kind"]), "body": '{"at": %d}' % os.getpid()}
"""
SHOP = {
    "shop/__init__.py": """
import importlib

def price(kind):
    module = "".join(reversed(kind[::-1]))
    return importlib.import_module("shop_" + "kinds." + module).PRICE
""",
    "shop_kinds/__init__.py": "",
    "shop_kinds/apple.py": "PRICE = 1\n",
    "shop_kinds/pear.py": "PRICE = 2\n",
    "shop_kinds/plum.py": "raise ValueError('out of stock')\n",
}
VERIFY = ("verify", "app.handler", "--python", PYTHON)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIndex]:
    shelf = tmp_path_factory.mktemp("shelf")
    make_wheel(shelf, "shop", "1.0", SHOP)
    with serve(shelf) as served:
        yield served


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    events = {f"events/{kind}.json": json.dumps({"kind": kind}) for kind in ("apple", "pear", "plum")}
    return project(tmp_path / "project", {"app.py": APP, "requirements.txt": "shop\n", **events})


def settings(index: LocalIndex, folder: Path) -> dict[str, str]:
    # The runtime client is part of the development environment; beside it, one cache for all tests of this file.
    return environment(index, folder.parent.parent / "cache")


def report_of(folder: Path) -> Report:
    return from_json((folder / "dist" / "app.report.json").read_text())


def test_a_build_answers_its_events_and_later_ones(index: LocalIndex, folder: Path) -> None:
    built = slimpack(folder, settings(index, folder), *BUILD, "--event", "events/apple.json")
    assert built.returncode == 0, built.stderr
    assert "app.handler answered 1 event like the original" in built.stdout
    assert "differ at /body" in built.stdout
    verdict = report_of(folder).verdict
    assert verdict is not None
    assert [(event.original.event, event.difference, event.noise) for event in verdict.events] == [
        ("events/apple.json", "", ("/body/at",))
    ]
    later = slimpack(folder, settings(index, folder), *VERIFY, "--event", "events/*.json")
    assert later.returncode == 0, later.stderr
    assert "the artifact holds" in later.stdout
    assert "events/plum.json: both raised an error: ValueError: out of stock" in later.stdout


def test_ignored_pointers_are_not_compared(index: LocalIndex, folder: Path) -> None:
    options = ("--event", "events/apple.json", "--ignore-answer", "/body/at")
    built = slimpack(folder, settings(index, folder), *BUILD, *options)
    assert built.returncode == 0, built.stderr
    assert "differ at" not in built.stdout


def test_what_is_dropped_and_wanted_fails_the_build_and_is_named(index: LocalIndex, folder: Path) -> None:
    options = ("--event", "events/apple.json", "--drop", "shop_kinds/apple.py")
    built = slimpack(folder, settings(index, folder), *BUILD, *options)
    assert built.returncode == 7
    assert "shop_kinds/apple.py is imported at run time, but dropped by the pass 'user'" in built.stderr
    assert 'keep = ["shop_kinds/apple.py"]' in built.stderr
    assert "answers events/apple.json differently" in built.stderr
    assert "ModuleNotFoundError" in built.stderr
    assert not (folder / "dist" / "app.zip").exists()


def test_repair_puts_it_back_and_says_what_to_write(index: LocalIndex, folder: Path) -> None:
    options = ("--event", "events/apple.json", "--drop", "shop_kinds/apple.py", "--repair")
    built = slimpack(folder, settings(index, folder), *BUILD, *options)
    assert built.returncode == 0, built.stderr
    assert "put back on the way: shop_kinds/apple.py" in built.stdout
    assert 'keep = ["shop_kinds/apple.py"]' in built.stdout


def test_without_a_fallback_only_what_events_touched_ships(index: LocalIndex, folder: Path) -> None:
    options = ("--event", "events/apple.json", "--level", "observed", "--fallback", "none")
    built = slimpack(folder, settings(index, folder), *BUILD, *options)
    assert built.returncode == 0, built.stderr
    kept = {row.path for row in report_of(folder).files if row.shipped and row.path.endswith(".py")}
    assert kept == {"app.py", "shop/__init__.py", "shop_kinds/__init__.py", "shop_kinds/apple.py"}
    later = slimpack(folder, settings(index, folder), *VERIFY, "--event", "events/pear.json")
    assert later.returncode == 7
    assert "the artifact does not hold" in later.stdout
    assert "shop_kinds/pear.py is imported at run time, but dropped by the pass 'unobserved'" in later.stderr


def test_variables_reach_the_function_and_nothing_else(index: LocalIndex, folder: Path) -> None:
    (folder / "events" / "secret.json").write_text('{"secret": true}')
    (folder / "vars.env").write_text('TOKEN="s3cr3t-value"\n')
    options = ("--event", "events/secret.json", "--env-file", "vars.env")
    built = slimpack(folder, settings(index, folder), *BUILD, *options, "--debug")
    assert built.returncode == 0, built.stderr
    verdict = report_of(folder).verdict
    assert verdict is not None
    assert [event.artifact.text for event in verdict.events] == ["12"]
    written = built.stdout + built.stderr + (folder / "dist" / "app.report.json").read_text()
    assert "s3cr3t-value" not in written


def test_a_function_that_cannot_be_initialised_says_why(index: LocalIndex, folder: Path) -> None:
    (folder / "app.py").write_text(
        "import os\nTABLE = os.environ['TABLE']\ndef handler(event, context): return TABLE\n"
    )
    built = slimpack(folder, settings(index, folder), *BUILD, "--event", "events/apple.json")
    assert built.returncode == 5
    assert "KeyError: 'TABLE'" in built.stderr
    again = slimpack(folder, settings(index, folder), *BUILD, "--event", "events/apple.json", "--env", "TABLE=t")
    assert again.returncode == 0, again.stderr


def test_the_same_events_are_not_run_again(index: LocalIndex, folder: Path) -> None:
    app = "import time\ndef handler(event, context):\n    time.sleep(1.5)\n    return 1\n"
    (folder / "app.py").write_text(app)
    options = ("--event", "events/apple.json")
    assert slimpack(folder, settings(index, folder), *BUILD, *options).returncode == 0
    (folder / "dist" / "app.zip").unlink()
    again = slimpack(folder, settings(index, folder), *BUILD, *options, "--verbose")
    assert again.returncode == 0
    assert (folder / "dist" / "app.zip").exists()
    assert report_of(folder).verdict is not None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda folder: (folder / "dist" / "app.report.json").unlink(), "there is nothing to verify"),
        (lambda folder: (folder / "dist" / "app.zip").write_bytes(b"PK"), "is not what its report describes"),
        (lambda folder: (folder / "requirements.txt").write_text(""), "the requirements are not those of the build"),
    ],
    ids=["no-report", "another-zip", "other-requirements"],
)
def test_verify_refuses_what_was_not_built(index: LocalIndex, folder: Path, change: object, says: str) -> None:
    assert slimpack(folder, settings(index, folder), *BUILD).returncode == 0
    assert callable(change)
    change(folder)
    done = slimpack(folder, settings(index, folder), *VERIFY)
    assert done.returncode in {2, 7}
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_person_at_a_terminal_is_asked_whether_to_repair(index: LocalIndex, folder: Path) -> None:
    ours, theirs = pty.openpty()
    options = ("--event", "events/apple.json", "--drop", "shop_kinds/apple.py")
    env = {name: value for name, value in settings(index, folder).items() if name != "CI"}
    with subprocess.Popen(
        command(*BUILD, *options), cwd=folder, env=env, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, text=True
    ) as build:
        os.close(theirs)
        seen = ""
        while "[y/N]" not in seen:
            seen += os.read(ours, 4096).decode()
        os.write(ours, b"y\n")
        assert build.stdout is not None
        printed = build.stdout.read()
    os.close(ours)
    assert "the artifact misses shop_kinds/apple.py; put back and build again?" in seen
    assert build.returncode == 0
    assert "put back on the way: shop_kinds/apple.py" in printed


def run_of(folder: Path, kind: str) -> "subprocess.CompletedProcess[str]":
    """The handler of the artifact alone, on an event of that kind."""
    code = folder / "code"
    with zipfile.ZipFile(folder / "dist" / "app.zip") as archive:
        archive.extractall(code)
    program = (
        f"import sys; sys.path.insert(0, {str(code)!r}); import app; print(app.handler({{'kind': {kind!r}}}, None))"
    )
    return subprocess.run(
        [sys.executable, "-S", "-s", "-B", "-c", program], cwd=folder, capture_output=True, text=True, check=False
    )


def test_what_no_event_touched_is_loaded_from_the_archive_with_a_warning(index: LocalIndex, folder: Path) -> None:
    options = ("--event", "events/apple.json", "--level", "observed")
    built = slimpack(folder, settings(index, folder), *BUILD, *options)
    assert built.returncode == 0, built.stderr
    with zipfile.ZipFile(folder / "dist" / "app.zip") as archive:
        names = set(archive.namelist())
    assert not any(name.startswith("shop_kinds/pear") for name in names)
    assert any(name.startswith("_slimpack/shop.") for name in names)
    seen, unseen = run_of(folder, "apple"), run_of(folder, "pear")
    assert (seen.stderr, "'price': 1" in seen.stdout) == ("", True)
    assert "'price': 2" in unseen.stdout
    assert "shop_kinds.pear" in unseen.stderr
    assert "keep = " in unseen.stderr
    later = slimpack(folder, settings(index, folder), *VERIFY, "--event", "events/*.json")
    assert later.returncode == 0, later.stderr
    why = slimpack(folder, settings(index, folder), "why", "shop_kinds.pear")
    assert "cold" in why.stdout
    assert "no event touched it" in why.stdout


def test_what_no_event_touched_is_explained(index: LocalIndex, folder: Path) -> None:
    options = ("--event", "events/apple.json", "--level", "observed", "--fallback", "explain")
    built = slimpack(folder, settings(index, folder), *BUILD, *options)
    assert built.returncode == 0, built.stderr
    assert "'price': 1" in run_of(folder, "apple").stdout
    unseen = run_of(folder, "pear")
    assert "ModuleNotFoundError" in unseen.stderr
    assert "slimpack" in unseen.stderr
    assert "keep = " in unseen.stderr


def test_a_layer_has_no_handler_for_events(index: LocalIndex, folder: Path) -> None:
    options = ("--layer", "--import", "shop", "--event", "events/apple.json")
    built = slimpack(folder, settings(index, folder), *BUILD[:1], *BUILD[2:], *options)
    assert built.returncode == 2
    assert "a layer has no handler to run events on" in built.stderr
