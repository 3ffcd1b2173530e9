"""`slimpack compare` through the real command line: reports, zips, folders, git revisions; gates; GitHub Actions."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from cli_projects import slimpack
from packages import APP, PYTHON, copied, environment, installed, shelf, zipped
from wheels import make_wheel

HEAVY = "import time\nend = time.process_time() + 0.08\nwhile time.process_time() < end:\n    pass\n"
SLIM = ("app.handler", "--python", PYTHON, "-q")
GIT = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return dict(environment(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, settings: dict[str, str]) -> Path:
    """A folder with two packages, slimmed and measured: `one` as it was, `two` with one heavy import more."""
    folder = tmp_path_factory.mktemp("made")
    wheels = shelf(folder / "shelf")
    make_wheel(wheels, "heavy", "3.1", {"heavy/__init__.py": "import heavy.core\n", "heavy/core.py": HEAVY})
    installed(folder / "one", wheels, "shop==1.0")
    installed(folder / "two", wheels, "shop==2.0", "heavy", app=f"import json\nimport heavy\n{APP}")
    for name in ("one", "two"):
        zipped(folder / name, folder / f"{name}-plain.zip")
        done = slimpack(folder, settings, "slim", name, *SLIM, "--runs", "5", "-o", f"{name}.zip")
        assert done.returncode == 0, done.stderr
    return folder


def test_the_heavy_import_is_in_the_first_screen(made: Path, settings: dict[str, str]) -> None:
    done = slimpack(made, settings, "compare", "one.report.json", "two.report.json",
                    "--fail-on", "init +10%", "--fail-on", "zip +1MB")  # fmt: skip
    assert done.returncode == 1, done.stderr
    screen = done.stdout.splitlines()[:24]
    (line,) = (line for line in screen if line.startswith("+ heavy") and line.endswith("app.py:2"))
    name, cost, unit, *_, place = line.removeprefix("+ ").split()
    assert (name, unit, place) == ("heavy", "ms", "app.py:2")
    assert 70 < int(cost) < 200
    assert any("init: slower; 95 %: +" in line for line in screen)
    (error,) = done.stderr.splitlines()
    assert error.startswith("error: init is ")
    assert 'allowed is "init +10%"' in error


def test_back_again_nothing_is_to_blame(made: Path, settings: dict[str, str]) -> None:
    done = slimpack(made, settings, "compare", "two.zip", "one.zip", "--fail-on", "init +10%", "--fail-on", "zip +0",
                    "--fail-on", "new-finding")  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "init: faster" in done.stdout
    assert "- heavy" in done.stdout
    assert "new imports" not in done.stdout


def test_any_zip_and_folder_can_be_compared(made: Path, settings: dict[str, str]) -> None:
    done = slimpack(made, settings, "compare", "one-plain.zip", "two", "--json", "--fail-on", "unpacked +1MB")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["comparison"]
    versions = {one["name"]: (one["before"] and one["before"]["version"], one["after"] and one["after"]["version"])
                for one in found["distributions"]}  # fmt: skip
    assert versions["shop"] == ("1.0", "2.0")
    assert versions["heavy"] == (None, "3.1")
    assert "shop/more.py" in {path for path, _ in found["added"]}
    assert (found["init"], found["new"], found["gone"]) == (None, None, None)
    zipped_before, unpacked, files = (one["before"] for one in found["quantities"][:3])
    assert zipped_before == (made / "one-plain.zip").stat().st_size
    sizes = [path.stat().st_size for path in (made / "one").rglob("*") if path.is_file()]
    assert (unpacked, files) == (sum(sizes), len(sizes))


def test_a_report_beside_a_zip_counts_only_if_it_is_of_that_zip(
    made: Path, tmp_path: Path, settings: dict[str, str]
) -> None:
    for name in ("one.zip", "two.zip", "one.report.json"):
        (tmp_path / name).write_bytes((made / name).read_bytes())
    known = slimpack(tmp_path, settings, "compare", "one.zip", "one.zip", "--json")
    assert json.loads(known.stdout)["comparison"]["new"] == []
    (tmp_path / "one.zip").write_bytes((made / "two.zip").read_bytes())
    foreign = slimpack(tmp_path, settings, "compare", "one.zip", "two.zip", "--json")
    assert foreign.returncode == 0, foreign.stderr
    assert json.loads(foreign.stdout)["comparison"]["new"] is None


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, env={**os.environ, **GIT})


@pytest.fixture
def repository(made: Path, tmp_path: Path) -> Path:
    """One commit with the first report and zip in dist/, and the second one in the working tree."""
    folder = tmp_path / "repository"
    (folder / "dist").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / "dist/app.report.json").write_bytes((made / "one.report.json").read_bytes())
    (folder / "dist/app.zip").write_bytes((made / "one.zip").read_bytes())
    git(folder, "add", "-f", "dist")
    git(folder, "commit", "-q", "-m", "one")
    (folder / "dist/app.report.json").write_bytes((made / "two.report.json").read_bytes())
    return folder


def test_a_revision_is_named_as_git_names_it(repository: Path, settings: dict[str, str]) -> None:
    (repository / "sub").mkdir()
    for folder, name in ((repository, "main:dist/app.report.json"), (repository / "sub", "HEAD:../dist/app.report.json"),
                         (repository / "dist", "main:./app.report.json")):  # fmt: skip
        done = slimpack(folder, settings, "compare", name, str(repository / "dist/app.report.json"))
        assert done.returncode == 0, done.stderr
        assert "+ heavy" in done.stdout
    zips = slimpack(repository, settings, "compare", "main:dist/app.zip", "--json")
    assert zips.returncode == 0, zips.stderr
    assert json.loads(zips.stdout)["comparison"]["after"] == "dist/app.report.json"


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("main:dist/nothing.json", "main has no dist/nothing.json (paths are from the root of the repository"),
        ("nowhere:dist/app.zip", "there is no revision nowhere"),
        ("main:dist", "dist is a folder there"),
        ("--output=x:y", "no such option"),
        ("-x:dist/app.zip", "no such option"),
        ("nothing.json", "there is no nothing.json to compare"),
        ("notes.txt", "not a slimpack report"),
        ("binary", "binary is neither a zip nor a slimpack report"),
        ("truncated.zip", "truncated.zip is damaged"),
        ("older.json", "report has schema 0"),
    ],
)
def test_what_cannot_be_compared_is_one_error(
    repository: Path, settings: dict[str, str], before: str, said: str
) -> None:
    (repository / "notes.txt").write_text("notes")
    (repository / "binary").write_bytes(b"\xff\xfe\0")
    (repository / "truncated.zip").write_bytes((repository / "dist/app.zip").read_bytes()[:300])
    (repository / "older.json").write_text('{"schema": 0}')
    done = slimpack(repository, settings, "compare", before, "dist/app.report.json")
    assert done.returncode in {2, 4}
    assert said in done.stderr
    assert done.stderr.count("error:") == 1
    assert "Traceback" not in done.stderr


def test_outside_of_a_repository(made: Path, tmp_path: Path, settings: dict[str, str]) -> None:
    alone = {**settings, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    done = slimpack(tmp_path, alone, "compare", "main:app.zip", str(made / "one.zip"))
    assert (done.returncode, "here is no git repository" in done.stderr) == (2, True), done.stderr


def test_github_gets_a_summary_and_annotations(made: Path, tmp_path: Path, settings: dict[str, str]) -> None:
    source = copied(made / "one", tmp_path / "checkout/functions/orders")
    summary = tmp_path / "summary.md"
    summary.write_text("### before\n\n")
    actions = {**settings, "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_WORKSPACE": str(tmp_path / "checkout")}
    done = slimpack(source, actions, "compare", str(made / "one.report.json"), str(made / "two.report.json"), "--github",
                    "--quiet", "--markdown", str(tmp_path / "comment.md"), "--fail-on", "files +1")  # fmt: skip
    assert done.returncode == 1, done.stderr
    comment = (tmp_path / "comment.md").read_text()
    assert comment.startswith("<!-- slimpack compare two -->\n### :x: slimpack: two: ")
    assert summary.read_text() == f"### before\n\n{comment}"
    gate, cause, *_ = done.stdout.splitlines()
    assert gate.startswith("::error title=slimpack%3A a limit is broken::files is ")
    assert cause.startswith("::warning file=functions/orders/app.py,line=2,title=slimpack%3A heavy::imports heavy: ")
    elsewhere = slimpack(source, settings, "compare", "app.py", "--github")
    assert (elsewhere.returncode, "this is not GitHub Actions" in elsewhere.stderr) == (2, True)


def test_what_excludes_one_another_and_what_is_missing(made: Path, tmp_path: Path, settings: dict[str, str]) -> None:
    both = slimpack(made, settings, "compare", "one", "two", "--json", "--markdown", "-")
    assert (both.returncode, "both print" in both.stderr) == (2, True)
    none = slimpack(tmp_path, settings, "compare", str(made / "one.zip"))
    assert (none.returncode, "there is no report in dist/ to compare" in none.stderr) == (2, True)
    printed = slimpack(made, settings, "compare", "one", "two", "--markdown", "-")
    assert printed.stdout.startswith("<!-- slimpack compare two -->\n")
