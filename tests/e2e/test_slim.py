"""`slimpack slim` on packages that uv installed: zips, folders, layers; proof, refusals, and what is left untouched."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from cli_projects import slimpack
from packages import APP, PYTHON, copied, environment, installed, members, shelf, zipped

from slimpack.model.plan import Action
from slimpack.model.report import Report
from slimpack.report import from_json

SLIM = ("--python", PYTHON, "--no-measure")
CALL = "import app, json, sys; print(json.dumps(app.handler({'kind': sys.argv[1]}, None)))"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shelf(tmp_path_factory.mktemp("shelf"))


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Path:
    return installed(tmp_path_factory.mktemp("packages") / "fn", wheels, "shop==1.0", compiled=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "events").mkdir()
    for kind in ("apple", "pear"):
        (tmp_path / f"events/{kind}.json").write_text(json.dumps({"kind": kind}))
    return tmp_path


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return dict(environment(tmp_path_factory.mktemp("cache")))


def answer(artifact: Path, kind: str, folder: Path) -> str:
    """What the artifact alone answers, in a process with nothing else on its path."""
    code = folder / "unpacked"
    if artifact.is_dir():
        code = artifact
    else:
        zipfile.ZipFile(artifact).extractall(code)
    done = subprocess.run(
        [sys.executable, "-S", "-B", "-c", CALL, kind], cwd=code, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(code)},
    )  # fmt: skip
    return done.stdout.strip() or done.stderr


def report_of(path: Path) -> Report:
    return from_json(path.with_name(f"{path.name.removesuffix('.zip')}.report.json").read_text())


def test_a_folder_becomes_a_proven_zip(package: Path, folder: Path, settings: dict[str, str]) -> None:
    before = members(package)
    asked = (*SLIM, "--event", "events/apple.json", "--html", "page.html")
    done = slimpack(folder, settings, "slim", str(package), "app.handler", *asked)
    assert done.returncode == 0, done.stderr
    assert "app.handler answered 1 event like the original" in (folder / "page.html").read_text()
    assert "app.handler answered 1 event like the original" in done.stdout
    assert "dropped whole: idle 1.0" in done.stdout
    artifact = folder / "dist/fn.slim.zip"
    names = set(members(artifact))
    assert not any(path.startswith(("idle", "requirements", "bin/")) or "__pycache__" in path for path in names)
    assert "shop/data.pyi" not in names
    assert {"shop/prices.pyc", "shop_kinds/pear.pyc"} <= names
    assert answer(artifact, "pear", folder) == '{"price": 2}'
    report = report_of(artifact)
    assert [(pin.name, pin.version) for pin in report.pins] == [("idle", "1.0"), ("shop", "1.0")]
    assert report.source == "fn"
    assert report.before_unpacked == sum(map(len, before.values()))
    assert {row.path for row in report.files} == set(before)
    assert members(package) == before


def test_a_zip_gives_the_same_bytes_as_its_folder(package: Path, folder: Path, settings: dict[str, str]) -> None:
    path = zipped(package, folder / "fn.zip")
    for source, output in ((package, "one.zip"), (path, "two.zip")):
        done = slimpack(folder, settings, "slim", str(source), "app.handler", *SLIM, "-q", "-o", output)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{output}\n", "")
    assert (folder / "one.zip").read_bytes() == (folder / "two.zip").read_bytes()
    assert report_of(folder / "two.zip").before_zip == path.stat().st_size


def test_slimming_gives_what_building_gives(
    package: Path, wheels: Path, folder: Path, settings: dict[str, str]
) -> None:
    (folder / "app.py").write_text(APP)
    (folder / "requirements.txt").write_text("shop==1.0\n")
    online = {**settings, "UV_OFFLINE": "0"}
    build = slimpack(folder, online, "build", "app.handler", *SLIM, "-q", "-o", "built.zip", "--find-links", str(wheels),
                     "--index-url", wheels.as_uri())  # fmt: skip
    assert build.returncode == 0, build.stderr
    slim = slimpack(folder, settings, "slim", str(package), "app.handler", *SLIM, "-q", "-o", "slim.zip")
    assert slim.returncode == 0, slim.stderr
    assert members(folder / "slim.zip") == members(folder / "built.zip")


def test_twice_is_as_once_and_the_second_time_remembered(package: Path, folder: Path, settings: dict[str, str]) -> None:
    again = (folder, settings, "slim", str(package), "app.handler", *SLIM, "-q", "-o", "one.zip")
    assert slimpack(*again).returncode == 0
    first, report = (folder / "one.zip").read_bytes(), (folder / "one.report.json").read_text()
    (folder / "one.zip").unlink()
    assert slimpack(*again).returncode == 0
    assert ((folder / "one.zip").read_bytes(), (folder / "one.report.json").read_text()) == (first, report)
    done = slimpack(folder, settings, "slim", "one.zip", "app.handler", *SLIM, "-q", "-o", "two.zip")
    assert done.returncode == 0, done.stderr
    assert set(members(folder / "two.zip")) == set(members(folder / "one.zip"))
    assert (folder / "two.zip").stat().st_size <= len(first)
    assert answer(folder / "two.zip", "apple", folder) == '{"price": 1}'


def test_in_place_a_folder_stays_a_folder_and_a_zip_a_zip(
    package: Path, folder: Path, settings: dict[str, str]
) -> None:
    build = copied(package, folder / "build/Fn")
    path = zipped(package, folder / "fn.zip")
    for one in ("build/Fn", "fn.zip"):
        before = len(members(folder / one))
        done = slimpack(folder, settings, "slim", one, "app.handler", *SLIM, "-q", "--in-place")
        assert done.returncode == 0, done.stderr
        assert len(members(folder / one)) < before
        assert answer(folder / one, "pear", folder) == '{"price": 2}'
    assert members(build) == members(path)
    assert not (folder / "build/Fn.report.json").exists()
    shown = slimpack(folder, settings, "why", "shop", "--report", "dist/Fn.report.json")
    assert shown.stdout.startswith("shop: "), shown.stderr


def test_in_place_leaves_all_as_it_was_where_it_cannot(package: Path, folder: Path, settings: dict[str, str]) -> None:
    copied(package, folder / "Fn")
    before = members(folder / "Fn")
    done = slimpack(folder, settings, "slim", "Fn", "app.handler", *SLIM, "--in-place", "--drop", "shop_kinds/apple.py",
                    "--event", "events/apple.json")  # fmt: skip
    assert done.returncode == 7, done.stderr
    assert "shop_kinds/apple.py" in done.stderr
    assert members(folder / "Fn") == before
    assert sorted(path.name for path in folder.iterdir()) == ["Fn", "events"]


def test_an_output_folder_ends_in_a_slash(package: Path, folder: Path, settings: dict[str, str]) -> None:
    done = slimpack(folder, settings, "slim", str(package), "app.handler", *SLIM, "-q", "-o", "out/fn/")
    assert done.returncode == 0, done.stderr
    assert answer(folder / "out/fn", "apple", folder) == '{"price": 1}'


def test_later_events_are_verified_against_the_package(package: Path, folder: Path, settings: dict[str, str]) -> None:
    done = slimpack(folder, settings, "slim", str(package), "app.handler", *SLIM, "-q", "-o", "fn.zip")
    assert done.returncode == 0, done.stderr
    verify = ("verify", "app.handler", "--python", PYTHON, "--original", str(package), "-o", "fn.zip")
    later = slimpack(folder, settings, *verify, "--event", "events/*.json")
    assert later.returncode == 0, later.stderr
    assert "the artifact holds" in later.stdout
    assert "events/pear.json: both" in later.stdout


def test_the_level_observed_and_a_configured_handler(package: Path, folder: Path, settings: dict[str, str]) -> None:
    (folder / "pyproject.toml").write_text(
        f'[tool.slimpack]\nhandler = "app.handler"\npython = "{PYTHON}"\nlevel = "observed"\n'
        'events = ["events/apple.json"]\nruns = 0\n'
    )
    done = slimpack(folder, settings, "slim", str(package), "-q", "-o", "fn.zip")
    assert done.returncode == 0, done.stderr
    report = report_of(folder / "fn.zip")
    cold = [row.path for row in report.files if row.decision.action is Action.COLD]
    assert cold == ["idle/__init__.py", "shop/unused.py", "shop_kinds/pear.py"]
    assert answer(folder / "fn.zip", "pear", folder) == '{"price": 2}'
    again = slimpack(folder, settings, "slim", "fn.zip", "app.handler", "-o", "two.zip")
    assert again.returncode == 4
    assert "was made by slimpack at the level observed" in again.stderr


def test_a_layer_is_traced_from_what_its_users_import(package: Path, folder: Path, settings: dict[str, str]) -> None:
    path = zipped(package, folder / "layer.zip", below="python/")
    done = slimpack(folder, settings, "slim", "layer.zip", "--import", "shop", *SLIM, "-q", "-o", "slim.zip")
    assert done.returncode == 0, done.stderr
    site = f"python/lib/python{PYTHON}/site-packages/"
    names = set(members(folder / "slim.zip"))
    assert all(name.startswith(site) for name in names)
    assert f"{site}shop/prices.pyc" in names
    assert not any("idle" in name or name.endswith("app.py") for name in names)
    whole = slimpack(folder, settings, "slim", "layer.zip", *SLIM, "-q", "-o", "whole.zip")
    assert whole.returncode == 0, whole.stderr
    assert f"{site}idle/__init__.pyc" in set(members(folder / "whole.zip"))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("bin/tool", "#!")
    refused = slimpack(folder, settings, "slim", "layer.zip", "--import", "shop", *SLIM)
    assert refused.returncode == 4
    assert "holds files outside of python/: bin/tool" in refused.stderr


def test_packages_that_were_cut_before_still_work(package: Path, folder: Path, settings: dict[str, str]) -> None:
    """Without dist-info (Serverless' `slim`), and with bytecode alone: what is own code then is traced as such."""
    cut = copied(package, folder / "cut")
    subprocess.run([sys.executable, "-m", "compileall", "-q", "-b", str(cut)], check=True)
    for file in sorted(cut.rglob("*")):
        if ".dist-info" in file.name and file.is_dir():
            subprocess.run(["rm", "-r", str(file)], check=True)
        elif file.suffix == ".py" and file.name != "app.py":
            file.unlink()
    done = slimpack(folder, settings, "slim", "cut", "app.handler", *SLIM, "-q", "-o", "fn.zip", "--event",
                    "events/*.json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert answer(folder / "fn.zip", "pear", folder) == '{"price": 2}'
    assert report_of(folder / "fn.zip").pins == ()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("missing.zip", "app.handler"), 2, "there is no package missing.zip"),
        (("pure.zip", "app.handler"), 2, "which Python pure.zip is for is not known"),
        (
            ("{package}",),
            2,
            "which handler fn is for is not known\n  do:    name it, as in slimpack slim fn app.handler",
        ),
        (
            ("{package}", "app.handle"),
            5,
            "app.py defines no handle\n  where: HANDLER\n  do:    did you mean app.handler?",
        ),
        (("{package}", "apq.handler"), 5, "there is no module apq in fn\n  where: HANDLER\n  do:    did you mean app?"),
        (("{package}", "prices.price"), 5, "did you mean shop.prices.price?"),
        (("{package}", "app"), 2, '"app" is not a handler'),
        (("{package}", "app.handler", "-o", "{package}/x.zip"), 2, "the output would lie in the package fn"),
        (("{package}", "app.handler", "-o", "{package}"), 2, "the output would overwrite the package fn"),
        (("{package}", "app.handler", "--in-place", "-o", "x.zip"), 2, "--in-place and --output exclude one another"),
        (("{package}", "app.handler", "--event", "no.json"), 2, "there is no event no.json"),
        (("{package}", "app.handler", "--python", "2.7"), 2, "python2.7 is retired"),
        (("{package}", "app.handler", "--level", "observed"), 2, "the level observed needs events"),
        (("{package}", "app.handler", "--source", "src"), 2, "no such option: --source"),
        (("broken.zip", "app.handler"), 4, "broken.zip is damaged: it is not a whole zip archive"),
        (("slip.zip", "app.handler"), 4, "slip.zip holds an unsafe member: '../app.py' leaves the package"),
        (("{package}", "app.handler", "-o", "notes.txt"), 6, "notes.txt is there and is no zip"),
    ],
)
def test_what_cannot_be_done_is_one_message(
    *, package: Path, folder: Path, settings: dict[str, str], arguments: tuple[str, ...], code: int, said: str
) -> None:
    (folder / "broken.zip").write_bytes(b"no zip")
    (folder / "notes.txt").write_text("keep me")
    with zipfile.ZipFile(folder / "pure.zip", "w") as archive:
        archive.writestr("app.py", APP)
    with zipfile.ZipFile(folder / "slip.zip", "w") as archive:
        archive.writestr("../app.py", APP)
    done = slimpack(folder, settings, "slim", *(text.format(package=package) for text in arguments))
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not (folder / "dist").exists()
    assert (folder / "notes.txt").read_text() == "keep me"


def test_a_folder_that_cannot_be_read_whole_is_refused(package: Path, folder: Path, settings: dict[str, str]) -> None:
    (copied(package, folder / "fn") / "out").symlink_to(os.devnull)
    done = slimpack(folder, settings, "slim", "fn", "app.handler", *SLIM)
    assert done.returncode == 4
    assert "fn cannot be packaged: out is a link that leads out of it" in done.stderr
