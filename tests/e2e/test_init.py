"""`slimpack init` through the real command line: what it finds, what it writes, what it leaves alone."""

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cli_projects import HANDLER, PYTHON, environment, project, slimpack
from local_index import LocalIndex, serve, stock
from packages import members

from slimpack import rules
from slimpack.project import Options, load

APP = f"import epsilon\n{HANDLER}"
EXISTING = '# mine\r\n[project]\r\nname = "x"\r\nversion = "1"\r\n\r\n[tool.black]\r\nline-length = 99'

Settings = dict[str, str]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIndex]:
    with serve(stock(tmp_path_factory.mktemp("shelf"))) as served:
        yield served


@pytest.fixture
def settings(index: LocalIndex, tmp_path: Path) -> Settings:
    return environment(index, tmp_path / "cache")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {"app.py": APP, "requirements.txt": "epsilon==1.0\n", ".python-version": f"{PYTHON}.4\n"}
    return project(tmp_path / "orders", files)


def files(folder: Path) -> dict[str, bytes]:
    return members(folder)


def test_what_is_found_builds(folder: Path, settings: Settings) -> None:
    done = slimpack(folder, settings, "init")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"pyproject.toml: [tool.slimpack] for app.handler; python{PYTHON} x86_64; requirements: requirements.txt\n"
        "next: slimpack build\n"
    )
    written = tomllib.loads((folder / "pyproject.toml").read_text())
    assert written == {"tool": {"slimpack": {"handler": "app.handler", "python": PYTHON, "arch": "x86_64"}}}
    built = slimpack(folder, settings, "build", "--no-measure", "--quiet")
    assert built.returncode == 0, built.stderr
    assert any(path.startswith("epsilon.py") for path in members(folder / "dist" / "app.zip"))


def test_several_functions_build(tmp_path: Path, settings: Settings) -> None:
    one = {"functions/api/app.py": APP, "functions/api/requirements.txt": "epsilon\n"}
    two = {"functions/jobs/app.py": HANDLER, "functions/jobs/requirements.txt": "gamma\n"}
    test = {
        "tests/test_app.py": HANDLER,
        "functions/api/test_app.py": HANDLER,
        ".venv/x.py": HANDLER,
        "env/pyvenv.cfg": "",
        "env/y.py": HANDLER,
    }
    folder = project(tmp_path / "shop", {**one, **two, **test, "src/mail.py": HANDLER})
    (folder / "app.py").unlink()
    assert slimpack(folder.parent, settings, "init", "--root", "shop").stdout.endswith(
        "next: slimpack build --root shop\n"
    )
    found = load(Options(root=folder, cwd=folder), environment={}, runtimes=rules.runtimes())
    assert [(one.name, one.root.relative_to(folder).as_posix()) for one in found] == [
        ("api", "functions/api"), ("jobs", "functions/jobs"), ("mail", "src"),
    ]  # fmt: skip
    assert [one.requirements.path for one in found] == [
        folder / "functions/api/requirements.txt", folder / "functions/jobs/requirements.txt", folder / "requirements.txt",
    ]  # fmt: skip
    built = slimpack(folder, settings, "build", "--no-measure", "--quiet")
    assert built.returncode == 0, built.stderr


def test_what_is_there_stays_byte_for_byte(folder: Path, settings: Settings) -> None:
    (folder / "pyproject.toml").write_bytes(EXISTING.encode())
    (folder / "pyproject.toml").chmod(0o640)
    assert slimpack(folder, settings, "init").returncode == 0
    data = (folder / "pyproject.toml").read_bytes()
    assert data.startswith(EXISTING.encode() + b"\r\n\r\n[tool.slimpack]\r\n")
    assert data.count(b"\n") == data.count(b"\r\n")
    assert (folder / "pyproject.toml").stat().st_mode & 0o777 == 0o640
    before = files(folder)
    again = slimpack(folder, settings, "init")
    assert again.returncode == 2
    assert again.stderr.startswith("error: [tool.slimpack] is there already, and stays as it is\n")
    assert files(folder) == before


def test_the_makefile_and_the_workflow_run(folder: Path, settings: Settings, tmp_path: Path) -> None:
    (folder / "Makefile").write_text("package-all: app.py\n\ttrue\npackage := 1\n")
    (tmp_path / ".git").mkdir()
    done = slimpack(folder, settings, "init", "--makefile", "--workflow")
    assert done.returncode == 0, done.stderr
    text = (folder / "Makefile").read_text()
    assert text.startswith("package-all: app.py\n\ttrue\npackage := 1\n\n.PHONY: package\npackage:\n\tslimpack build\n")
    workflow = yaml.safe_load((tmp_path / ".github" / "workflows" / "package.yml").read_text())["jobs"]["package"]
    assert workflow["defaults"]["run"]["working-directory"] == "orders"
    scripts = [step["run"] for step in workflow["steps"] if "run" in step]
    assert scripts.pop(0) == "python -m pip install slimpack"
    summary = tmp_path / "summary.md"
    on_path = {"PATH": f"{Path(sys.executable).parent}:{settings['PATH']}"}
    runner = {**settings, **on_path, "RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": str(summary)}
    for command in (["bash", "-e", "-c", "\n".join(scripts)], ["make", "package"]):
        shutil.rmtree(folder / "dist", ignore_errors=True)
        ran = subprocess.run(command, cwd=folder, env=runner, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        assert (folder / "dist" / "app.zip").is_file()
    assert "epsilon" in summary.read_text()


@pytest.mark.parametrize("taken", ["Makefile", ".github/workflows/package.yml"])
def test_where_one_file_is_taken_none_is_written(taken: str, folder: Path, settings: Settings) -> None:
    (folder / taken).parent.mkdir(parents=True, exist_ok=True)
    (folder / taken).write_text("package: app.py\n\ttrue\n")
    before = files(folder)
    done = slimpack(folder, settings, "init", "--makefile", "--workflow")
    assert done.returncode == 2
    assert done.stderr.count("error: ") == 1
    assert "there already" in done.stderr or "already, and stays" in done.stderr
    assert files(folder) == before


def test_the_rest_can_be_had_later(folder: Path, settings: Settings) -> None:
    assert slimpack(folder, settings, "init").returncode == 0
    configured = (folder / "pyproject.toml").read_bytes()
    done = slimpack(folder, settings, "init", "--makefile")
    assert done.stdout == "Makefile: target package\nnext: slimpack build\n"
    assert (folder / "pyproject.toml").read_bytes() == configured


def test_a_dry_run_writes_nothing(folder: Path, settings: Settings) -> None:
    before = files(folder)
    done = slimpack(folder, settings, "init", "--dry-run", "--makefile", "--workflow")
    assert done.returncode == 0, done.stderr
    assert files(folder) == before
    for words in (
        '# pyproject.toml\n[tool.slimpack]\nhandler = "app.handler"',
        "# Makefile\n",
        "# .github/workflows/package.yml\n",
    ):
        assert words in done.stdout


WRONG: dict[str, tuple[dict[str, str], tuple[str, ...], int, str]] = {
    "no handler": ({"app.py": "VALUE = 1\n"}, (), 2, "no handler was found"),
    "no such function": ({}, ("app.handle",), 5, "app.py defines no handle"),
    "no handler at all": ({}, ("app",), 2, "is not a handler"),
    "not TOML": ({"pyproject.toml": "[project\n"}, (), 2, "is not valid TOML"),
    "inline table": ({"pyproject.toml": "tool = {black = {}}\n"}, (), 2, "cannot be added"),
    "no such Python": ({"pyproject.toml": '[project]\nname = "x"\nrequires-python = ">=3.99"\n'}, (), 2, "excludes"),
    "a table of one function": ({"pyproject.toml": "[tool.slimpack.functions.a]\n"}, (), 2, "there already"),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG.keys())
def test_one_clear_error(
    case: tuple[dict[str, str], tuple[str, ...], int, str], folder: Path, settings: Settings
) -> None:
    changed, arguments, code, said = case
    project(folder, {"app.py": APP, **changed})
    before = files(folder)
    done = slimpack(folder, settings, "init", *arguments)
    assert done.returncode == code, done.stderr
    assert (done.stdout, done.stderr.count("error: ")) == ("", 1)
    assert said in done.stderr
    assert files(folder) == before


def test_a_link_stays_a_link(folder: Path, settings: Settings) -> None:
    (folder.parent / "shared.toml").write_text("# shared\n")
    (folder / "pyproject.toml").symlink_to("../shared.toml")
    assert slimpack(folder, settings, "init").returncode == 0
    assert (folder / "pyproject.toml").is_symlink()
    assert (folder.parent / "shared.toml").read_text().startswith("# shared\n\n[tool.slimpack]\n")
