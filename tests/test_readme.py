"""What the README claims is so: its tables are the program's, and its examples run."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from readme import README, written

import slimpack
from slimpack import rules
from slimpack.project import Options, load

TEXT = README.read_text()
BLOCKS: list[tuple[str, str]] = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)
HANDLER = "def handler(event, context):\n    return 'answer'\n"


def block(language: str, holding: str) -> str:
    """The one code block of a language that holds some words."""
    (found,) = (text for kind, text in BLOCKS if kind == language and holding in text)
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "my-function"
    folder.mkdir()
    (folder / "app.py").write_text(HANDLER)
    (folder / "requirements.txt").write_text("")
    return folder


def shell(command: str, folder: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with the slimpack of this environment first on PATH."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "SLIMPACK_CACHE_DIR": str(cache),
    }
    return subprocess.run(
        ["bash", "-ec", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_tables_are_what_the_program_says() -> None:
    assert written(TEXT) == TEXT, "run python scripts/readme.py"


def test_every_exit_code_option_and_finding_is_in_the_tables() -> None:
    for name in ("exit-codes", "settings", "findings", "passes", "runtimes", "commands"):
        assert f"<!-- made: {name} -->\n|" in TEXT


def test_first_build_gives_what_the_readme_says(project: Path, tmp_path: Path) -> None:
    lines = block("console", "cd my-function").splitlines()
    (command,) = (line.partition("#")[0] for line in lines if line.startswith("slimpack build"))
    done = shell(f"{command} --no-measure", project, tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (project / "dist").iterdir()) == ["app.report.json", "app.zip"]
    asked = shell("slimpack why app", project, tmp_path / "cache")
    assert "entry point" in asked.stdout


def test_configuration_example_is_valid(tmp_path: Path) -> None:
    text = block("toml", "[tool.slimpack.functions.api]")
    assert tomllib.loads(text)
    (tmp_path / "jobs").mkdir()
    for path in ("api.py", "jobs/worker.py"):
        (tmp_path / path).write_text(HANDLER)
    (tmp_path / "pyproject.toml").write_text(text)
    options = Options(root=tmp_path, cwd=tmp_path)
    projects = load(options, environment={}, runtimes=rules.runtimes())
    assert [one.name for one in projects] == ["api", "worker"]
    assert projects[0].budget.max_zip == 10 * 1024 * 1024
    assert projects[1].budget.max_init == 300.0


def test_python_example_runs(project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("SLIMPACK_CACHE_DIR", str(tmp_path / "cache"))
    names: dict[str, object] = {}
    exec(block("python", "slimpack.build"), names)  # noqa: S102 the example itself
    report = names["report"]
    assert (project / "dist" / "app.zip").stat().st_size == report.artifact.size  # type: ignore[attr-defined]


def test_errors_of_the_python_interface_are_slimpack_errors(project: Path) -> None:
    with pytest.raises(slimpack.SlimpackError, match=r"app\.py defines no nothing"):
        slimpack.build("app.nothing", root=str(project), runs=0)


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make on this machine")
def test_make_examples_run(project: Path, tmp_path: Path) -> None:
    (project / "Makefile").write_text(block("make", "dist/app.zip:") + "\n" + block("make", "build-Orders:"))
    done = shell("make dist/app.zip && make dist/app.zip", project, tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    assert "up to date" in done.stdout
    artifacts = tmp_path / "artifacts"
    artifacts.mkdir()
    done = shell(f"make build-Orders ARTIFACTS_DIR={artifacts}", project, tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in artifacts.iterdir()] == ["app.py"]


def test_no_machine_path_and_no_registry_is_in_the_readme() -> None:
    assert not re.search(r"/(?:root|home|work|tmp)/|pypi\.org|pythonhosted", TEXT)
