"""What the README claims is so: its tables are the program's, and its examples run."""

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer.main
from readme import README, demo, shortened, written

import slimpack
from slimpack import rules
from slimpack.cli import app
from slimpack.errors import SlimpackError
from slimpack.model.finding import CATALOGUE
from slimpack.model.project import Layout, Level, Project
from slimpack.project import Options, load
from slimpack.project.settings import SETTINGS

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


def test_nothing_that_the_program_says_is_left_out() -> None:
    names = ("commands", "exit-codes", "settings", "values", "requirements", "findings", "passes", "runtimes")
    assert sorted(re.findall(r"<!-- made: ([a-z-]+) -->\n[|\-0-9]", TEXT)) == sorted(names)
    for told in (*CATALOGUE, *(f"`{setting.name}`" for setting in SETTINGS), *(setting.option for setting in SETTINGS)):
        assert told in TEXT
    for kind in SlimpackError.__subclasses__():
        assert f"| {kind.exit_code} | " in TEXT


def test_a_change_of_the_program_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CATALOGUE, "SLP999", "a new one")
    assert "SLP999" in written(TEXT)
    assert written(TEXT) != TEXT


def test_environment_variables_are_those_that_the_program_reads() -> None:
    rows = re.search(r"\| variable \| effect \|\n(.*?)\n\n", TEXT, re.DOTALL)
    assert rows
    named = set(re.findall(r"`([A-Z][A-Z_]+)(?:=\w+)?`", rows[1]))
    source = "".join(path.read_text() for path in (README.parent / "slimpack").rglob("*.py"))
    composed = {name for name in named if name.endswith("_PROXY") or name.startswith("UV_INDEX_NAME_")}
    assert {name for name in named - composed if f'"{name}"' not in source} == set()
    assert set(re.findall(r'"(SLIMPACK_\w+)"', source)) <= named


COMMANDS = sorted(
    set(
        re.findall(
            r"(?:^|run: |\t|`)(slimpack (?:build|lock|measure|verify|why|report|cache)\b[^\n#`]*)", TEXT, re.MULTILINE
        )
    )
)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_line_parses(line: str) -> None:
    command = typer.main.get_command(app)
    _, *arguments = shlex.split(line)
    while commands := getattr(command, "commands", None):
        command = commands[arguments.pop(0)]
    assert command.make_context("slimpack", arguments or ["PATTERN"] * (command.name == "why")).params


def test_first_build_gives_what_the_readme_says(project: Path, tmp_path: Path) -> None:
    lines = block("console", "cd my-function").splitlines()
    (command,) = (line.partition("#")[0] for line in lines if line.startswith("slimpack build"))
    done = shell(f"{command} --no-measure", project, tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (project / "dist").iterdir()) == ["app.report.json", "app.zip"]
    asked = shell("slimpack why app", project, tmp_path / "cache")
    assert "entry point" in asked.stdout


def loaded(text: str, folder: Path) -> tuple[Project, ...]:
    """The projects that a pyproject.toml of this text makes."""
    tables = tomllib.loads(text)["tool"]["slimpack"]
    for function in tables.get("functions", {}).values():
        if "handler" in function:
            path = folder / f"{function['handler'].removesuffix('.handler')}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(HANDLER)
    (folder / "pyproject.toml").write_text(text)
    return load(Options(root=folder, cwd=folder), environment={}, runtimes=rules.runtimes())


def test_configuration_example_is_valid(tmp_path: Path) -> None:
    api, worker = loaded(block("toml", "[tool.slimpack.functions.api]"), tmp_path)
    assert (api.name, worker.name) == ("api", "worker")
    assert api.budget.max_zip == 10 * 1024 * 1024
    assert worker.budget.max_init == 300.0
    assert {one.target.python for one in (api, worker)} == {(3, 13)}
    assert api.policy.keep == worker.policy.keep == ("plugins/**",)


def test_layer_example_is_valid(tmp_path: Path) -> None:
    (layer,) = loaded(block("toml", 'format = "layer"'), tmp_path)
    assert layer.output.layout is Layout.LAYER
    assert layer.policy.level is Level.TRACED


def test_python_example_runs(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("SLIMPACK_CACHE_DIR", str(tmp_path / "cache"))
    names: dict[str, object] = {}
    exec(block("python", "slimpack.build"), names)  # noqa: S102 the example itself
    report, analysis = names["report"], names["analysis"]
    assert isinstance(report, slimpack.Report)
    assert isinstance(analysis, slimpack.Analysis)
    assert (project / "dist" / "app.zip").stat().st_size == report.artifact.size
    assert capsys.readouterr().out == f"{report.artifact.size} {report.artifact.code_sha256}\napp.py entry point\n"


def test_public_names_are_all_there_and_cost_nothing_before() -> None:
    assert {type(getattr(slimpack, name)).__name__ for name in slimpack.__all__} <= {"type", "str", "function"}
    with pytest.raises(AttributeError, match="has no attribute 'biuld'"):
        slimpack.biuld  # noqa: B018 as a user mistypes it
    code = "import sys, slimpack; print(sum(name.startswith('slimpack.') for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == 2, "only errors and version"


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


def test_actions_example_runs(project: Path, tmp_path: Path) -> None:
    lines = re.findall(r"- run: (.*)", block("yaml", "GITHUB_STEP_SUMMARY"))
    summary = tmp_path / "summary"
    done = shell(f"export GITHUB_STEP_SUMMARY={summary}; " + " && ".join(lines), project, tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    assert summary.read_text().startswith("### app: ")


def test_cdk_example_is_python() -> None:
    ast.parse(block("python", "aws_lambda.Function"))


def labels(output: str) -> list[str]:
    """The first words of the lines that every report of the demo has."""
    lines = re.split(r"\n", output)
    known = re.compile(
        r"app:|zip |unpacked |files |init \(CPU\)|where |why |slowest |app\.handler |sha256|CodeSha256|content_"
    )
    return [found[0] for line in lines if (found := known.match(line))]


@pytest.mark.e2e
def test_the_first_screen_is_what_the_demo_prints() -> None:
    found = re.search(r"<!-- demo -->\n```console\n\$ make demo\n(.*?)```", TEXT, re.DOTALL)
    assert found
    assert labels(demo()) == labels(found[1])


def test_long_tables_of_the_first_screen_are_cut() -> None:
    rows = [f"row {place}" for place in range(9)]
    text = "\n".join(["app: x", "", "why bytes went  files", *rows, "", "sha256  1", ""])
    assert shortened(text) == "app: x\n\nwhy bytes went  files\nrow 0\nrow 1\nrow 2\n…\n\nsha256  1"


def test_no_path_of_a_machine_is_in_the_readme() -> None:
    assert not re.search(r"/(?:root|home|tmp)/", TEXT)
