"""What fixtures/integrations and the two files at the root offer, run as far as it goes without the cloud."""

import importlib.util
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli_projects import HANDLER, PYTHON, environment, project, slimpack
from local_index import LocalIndex, serve, stock

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / "fixtures" / "integrations"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
RUNS = [step for step in ACTION["runs"]["steps"] if "run" in step]
APP = f"import epsilon\n{HANDLER}"
BIN = Path(sys.executable).parent

Settings = dict[str, str]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIndex]:
    with serve(stock(tmp_path_factory.mktemp("shelf"))) as served:
        yield served


@pytest.fixture
def settings(index: LocalIndex, tmp_path: Path) -> Settings:
    """The environment of a build machine: slimpack is on PATH."""
    found = environment(index, tmp_path / "cache")
    return {**found, "PATH": f"{BIN}{os.pathsep}{found['PATH']}"}


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    configured = f'[tool.slimpack]\nhandler = "app.handler"\npython = "{PYTHON}"\nruns = 0\n'
    files = {"app.py": APP, "requirements.txt": "epsilon==1.0\n", "pyproject.toml": configured}
    return project(tmp_path / "orders", files)


def run(command: list[str], folder: Path, settings: Settings, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=settings, capture_output=True, text=True, check=False, timeout=120, **more
    )


def needs(tool: str) -> str:
    """The path of a tool that not every machine has."""
    found = shutil.which(tool)
    if found is None:
        pytest.skip(f"{tool} is not on PATH")
    return found


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def has_epsilon(package: Path) -> None:
    names = zipfile.ZipFile(package).namelist() if package.is_file() else names_in(package)
    assert {"app.py", "epsilon.pyc"} <= set(names) or {"app.py", "epsilon.py"} <= set(names)


class Runner:
    """As much of GitHub's runner as a composite action's `run` steps see."""

    def __init__(self, folder: Path, settings: Settings, **inputs: str) -> None:
        given = {name: str(value.get("default", "")) for name, value in ACTION["inputs"].items()}
        assert set(inputs) <= set(given)
        self.values = {f"inputs.{name}": text for name, text in (given | inputs).items()}
        self.values["github.action_path"] = str(ROOT)
        self.folder, self.output, self.summary = folder, folder.parent / "output", folder.parent / "summary.md"
        for file in (self.output, self.summary):
            file.touch()
        temporary = folder.parent / "runner"
        temporary.mkdir(exist_ok=True)
        self.settings = {
            **settings,
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION": "package",
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_WORKSPACE": str(folder),
            "RUNNER_TEMP": str(temporary),
        }

    def filled(self, text: str) -> str:
        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda match: self.values[match[1]], str(text))

    def step(self, name: str, **more: str) -> subprocess.CompletedProcess[str]:
        (step,) = (step for step in RUNS if step["name"] == name)
        assert step["shell"] == "bash"
        script = self.folder.parent / "step.sh"
        script.write_text(step["run"])
        folder = self.folder / self.filled(step.get("working-directory", "."))
        own = {key: self.filled(value) for key, value in step.get("env", {}).items()}
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]  # as documented for `shell: bash`
        return run(shell, folder, {**self.settings, **own, **more})

    @property
    def outputs(self) -> dict[str, str]:
        found = re.findall(r"^([\w-]+)(?:=(.*)|<<END\n((?:.*\n)*?)END)$", self.output.read_text(), re.MULTILINE)
        return {name: line or lines.strip() for name, line, lines in found}


def test_the_action_builds_and_reports(orders: Path, settings: Settings) -> None:
    runner = Runner(orders, settings)
    done = runner.step("Build")
    assert done.returncode == 0, done.stderr
    package = orders / runner.outputs["artifact"]
    has_epsilon(package)
    assert runner.outputs["code-sha256"] == b64encode(sha256(package.read_bytes()).digest()).decode()
    assert "epsilon" in runner.summary.read_text()
    sarif = json.loads((Path(runner.outputs["sarif"]) / "app.sarif").read_text())
    assert sarif["version"] == "2.1.0"
    parts = json.loads((orders / "dist" / "app.cdx.json").read_text())["components"]
    assert "epsilon" in {part["name"] for part in parts}


def test_the_action_shows_what_a_gate_stopped(orders: Path, settings: Settings) -> None:
    runner = Runner(orders, settings, arguments="--max-zip 10B")
    done = runner.step("Build")
    assert done.returncode == 1, done.stderr
    assert runner.outputs["artifact"] == "dist/app.zip"
    assert "SLP050" in runner.summary.read_text()


def test_the_action_fails_as_the_build_fails(orders: Path, settings: Settings) -> None:
    runner = Runner(orders, settings, handler="app.handle")
    done = runner.step("Build")
    assert done.returncode == 5
    assert "app.py defines no handle" in done.stderr
    assert runner.outputs == {}


def test_inputs_of_the_action_are_never_run(orders: Path, settings: Settings) -> None:
    runner = Runner(
        orders, settings, handler="app.handler;touch${IFS}hacked", arguments="$(touch hacked) `touch hacked`"
    )
    assert runner.step("Build").returncode == 2
    assert not (orders / "hacked").exists()
    assert all("${{" not in step["run"] for step in RUNS)


def test_the_action_compares(orders: Path, settings: Settings) -> None:
    assert slimpack(orders, settings, "build").returncode == 0
    shutil.copy(orders / "dist" / "app.report.json", orders / "before.json")
    (orders / "more.py").write_text("VALUE = 1\n" * 400)
    (orders / "app.py").write_text(f"import more\n{APP}")
    runner = Runner(orders, settings, baseline="before.json", **{"fail-on": "zip +500%\nfiles +0\n"})
    assert runner.step("Build").returncode == 0
    done = runner.step("Compare")
    assert done.returncode == 1, done.stderr
    assert '"files +0"' in done.stderr
    assert "zip +500%" not in done.stderr
    comment = Path(runner.outputs["comment"]).read_text()
    assert runner.summary.read_text().endswith(comment)
    passing = Runner(orders, settings, baseline="before.json")
    done = passing.step("Compare")
    assert done.returncode == 0, done.stderr


@pytest.mark.e2e
def test_the_action_installs_slimpack(orders: Path, settings: Settings, tmp_path: Path) -> None:
    """From the folder of the action; its requirements are those of this environment."""
    venv = tmp_path / "venv"
    assert run([sys.executable, "-m", "venv", "--without-pip", str(venv)], tmp_path, settings).returncode == 0
    (site,) = venv.glob("lib/python*/site-packages")
    (site / "outer.pth").write_text(sysconfig.get_path("purelib"))
    pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    pip.setdefault("PIP_CONFIG_FILE", "")
    path = f"{venv / 'bin'}{os.pathsep}{settings['PATH']}"
    done = Runner(orders, settings).step("Install slimpack", **pip, PATH=path)
    assert done.returncode == 0, done.stderr
    assert (site / "slimpack" / "cli" / "__init__.py").is_file()
    assert run([str(venv / "bin" / "slimpack"), "--version"], tmp_path, settings).stdout.startswith("slimpack ")


def test_the_action_names_only_what_there_is() -> None:
    text = (ROOT / "action.yml").read_text()
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(ACTION["inputs"])
    ids = {step["id"]: step["run"] for step in RUNS if "id" in step}
    for output in ACTION["outputs"].values():
        (where,) = re.findall(r"\$\{\{ steps\.([\w-]+)\.outputs\.([\w-]+) \}\}", output["value"])
        assert re.search(rf'echo "{where[1]}(=|<<)', ids[where[0]])


def test_the_workflow_uses_the_action_as_it_is() -> None:
    text = (SHARED / "github" / "package.yml").read_text()
    steps = yaml.safe_load(text)["jobs"]["package"]["steps"]
    (used,) = (step for step in steps if step.get("uses", "").startswith("OWNER/slimpack@"))
    assert set(used["with"]) <= set(ACTION["inputs"])
    assert set(re.findall(r"steps\.package\.outputs\.([\w-]+)", text)) <= set(ACTION["outputs"])


def commit(folder: Path, settings: Settings) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-q", "-m", "one"]):
        assert run(["git", *words], folder, settings).returncode == 0


def test_the_hook_is_run_by_pre_commit(orders: Path, settings: Settings, tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    commit(hooks, settings)
    text = (SHARED / "pre-commit" / ".pre-commit-config.yaml").read_text()
    # `language: python` would install slimpack from the index; what is on PATH takes its place.
    text = (
        text.replace("REPOSITORY", str(hooks))
        .replace("REVISION", "HEAD")
        .replace("- id: slimpack", "- id: slimpack\n        language: system")
    )
    (orders / ".pre-commit-config.yaml").write_text(text)
    (orders / ".gitignore").write_text("dist/\n")
    commit(orders, settings)
    settings["PRE_COMMIT_HOME"] = str(tmp_path / "pre-commit")
    hook = [str(BIN / "pre-commit"), "run", "--hook-stage", "pre-push", "--all-files"]
    done = run(hook, orders, settings)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "slimpack build" in done.stdout
    has_epsilon(orders / "dist" / "app.zip")
    (orders / "app.py").write_text("import does_not_exist\n" + HANDLER)
    done = run(hook, orders, settings)
    assert done.returncode == 1
    assert "does_not_exist" in done.stdout


def test_the_hook_looks_at_what_a_package_depends_on() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    wanted = ("app.py", "uv.lock", "pylock.api.toml", "requirements-dev.txt", "sub/pyproject.toml")
    assert all(re.search(hook["files"], path) for path in wanted)
    assert not re.search(hook["files"], "README.md")


def test_make_builds(orders: Path, settings: Settings) -> None:
    make = needs("make")
    for name in ("Makefile", "slimpack.mk"):
        shutil.copy(SHARED / "make" / name, orders)
    done = run([make, "package-sbom", "package-findings"], orders, settings)
    assert done.returncode == 0, done.stderr
    has_epsilon(orders / "dist" / "app.zip")
    assert json.loads((orders / "dist" / "app.cdx.json").read_text())["bomFormat"] == "CycloneDX"
    assert json.loads((orders / "dist" / "app.sarif").read_text())["version"] == "2.1.0"
    done = run([make, "package", "SLIMPACK_HANDLER=app.nothing"], orders, settings)
    assert done.returncode == 2
    assert "app.py defines no nothing" in done.stderr


@pytest.fixture
def sam_project(tmp_path: Path) -> Path:
    """The template beside its function, for the Python that runs here."""
    folder = Path(shutil.copytree(SHARED / "sam", tmp_path / "sam"))
    project(folder / "orders", {"app.py": APP, "requirements.txt": "epsilon==1.0\n"})
    for file in (folder / "template.yaml", folder / "orders" / "Makefile"):
        text = file.read_text()
        assert "3.13" in text
        file.write_text(text.replace("3.13", PYTHON))
    return folder


def test_the_makefile_of_sam_builds_as_sam_calls_it(sam_project: Path, settings: Settings) -> None:
    make = needs("make")
    artifacts = sam_project / ".aws-sam" / "build" / "Orders"
    artifacts.mkdir(parents=True)
    command = [make, "--makefile", "Makefile", "build-Orders", f"ARTIFACTS_DIR={artifacts}"]
    done = run(command, sam_project / "orders", {**settings, "ARTIFACTS_DIR": str(artifacts)})
    assert done.returncode == 0, done.stderr
    has_epsilon(artifacts)
    assert "Makefile" not in names_in(artifacts)


def test_sam_builds(sam_project: Path, settings: Settings) -> None:
    sam = needs("sam")
    needs("make")
    home = {"HOME": str(sam_project / "home"), "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "eu-west-1"}
    done = run([sam, "build"], sam_project, {**settings, **home})
    assert done.returncode == 0, done.stderr
    has_epsilon(sam_project / ".aws-sam" / "build" / "Orders")
    built = yaml.safe_load((sam_project / ".aws-sam" / "build" / "template.yaml").read_text())
    assert built["Resources"]["Orders"]["Properties"]["CodeUri"] == "Orders"


def in_environment(monkeypatch: pytest.MonkeyPatch, settings: Mapping[str, str]) -> None:
    for name in os.environ:
        if name.startswith(("UV_", "PIP_", "SLIMPACK_")):
            monkeypatch.delenv(name)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


def test_what_cdk_bundles(orders: Path, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(monkeypatch, settings)
    build_into = runpy.run_path(str(SHARED / "cdk" / "slimpack_code.py"))["build_into"]
    folder = tmp_path / "bundling"
    folder.mkdir()
    build_into(str(folder), project=str(orders), handler="app.handler", python=PYTHON, arch="x86_64")
    assert names_in(folder) == ["app.zip"]  # `ARCHIVED` wants a single file
    has_epsilon(folder / "app.zip")
    with pytest.raises(subprocess.CalledProcessError):
        build_into(str(folder), project=str(orders), handler="app.handle", python=PYTHON, arch="x86_64")


def test_cdk_synthesises(orders: Path, settings: Settings, tmp_path: Path) -> None:
    cdk = importlib.util.find_spec("aws_cdk")  # importing it would start node
    if cdk is None or cdk.origin is None:
        pytest.skip("aws-cdk-lib is not installed")
    needs("node")
    out = tmp_path / "cdk.out"
    names = {"ORDERS": str(orders), "ORDERS_PYTHON": PYTHON, "CDK_OUTDIR": str(out)}
    names["PYTHONPATH"] = str(Path(cdk.origin).parents[1])
    done = run([sys.executable, str(SHARED / "cdk" / "app.py")], tmp_path, {**settings, **names})
    assert done.returncode == 0, done.stderr
    (asset,) = out.glob("asset.*.zip")
    assert asset.read_bytes() == (orders / "dist" / "app.zip").read_bytes()


def test_the_external_program_of_terraform(orders: Path, settings: Settings) -> None:
    script = str(SHARED / "terraform" / "package.sh")
    query = {"project": str(orders), "handler": "app.handler", "python": PYTHON, "arch": "x86_64"}
    done = run([script], orders.parent, settings, input=json.dumps(query))
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert all(isinstance(value, str) for value in result.values())  # external refuses anything else
    data = Path(result["path"]).read_bytes()
    assert result["code_sha256"] == b64encode(sha256(data).digest()).decode()
    assert result["size"] == str(len(data))
    done = run([script], orders.parent, settings, input=json.dumps({**query, "handler": "app.handle"}))
    assert (done.returncode, done.stdout) == (5, "")
    text = (SHARED / "terraform" / "main.tf").read_text()
    assert set(re.findall(r"package\.result\.(\w+)", text)) <= set(result)
    block = re.search(r"query = \{(.*?)\}\n", text, re.DOTALL)
    assert block
    assert set(re.findall(r"^ +(\w+) +=", block[1], re.MULTILINE)) == set(query)


def test_terraform_builds_when_something_changed(orders: Path, settings: Settings, tmp_path: Path) -> None:
    terraform = needs("terraform")
    folder = Path(shutil.copytree(SHARED / "terraform" / "apply", tmp_path / "terraform"))
    settings = {**settings, "TF_VAR_project": str(orders), "TF_VAR_python": PYTHON, "CHECKPOINT_DISABLE": "1"}
    assert run([terraform, "init", "-input=false"], folder, settings).returncode == 0
    apply = [terraform, "apply", "-auto-approve", "-input=false", "-no-color"]
    done = run(apply, folder, settings)
    assert done.returncode == 0, done.stderr
    has_epsilon(orders / "dist" / "orders.zip")
    again = run(apply, folder, settings)
    assert "0 added, 0 changed, 0 destroyed" in again.stdout
    (orders / "app.py").write_text(f"{APP}# edited\n")
    edited = run(apply, folder, settings)
    assert "1 added, 0 changed, 1 destroyed" in edited.stdout


def test_terraform_reads_what_is_offered(settings: Settings) -> None:
    terraform = needs("terraform")
    done = run([terraform, "fmt", "-check", "-recursive", "-diff", str(SHARED / "terraform")], ROOT, settings)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_job_of_gitlab(orders: Path, settings: Settings) -> None:
    (job,) = yaml.safe_load((SHARED / "gitlab" / "package.gitlab-ci.yml").read_text()).values()
    assert job["before_script"] == ["python -m pip install --quiet 'slimpack[sbom]'"]  # what this environment is
    folder = job["variables"]["SLIMPACK_CACHE_DIR"].replace("$CI_PROJECT_DIR", str(orders))
    done = run(
        ["bash", "-eo", "pipefail", "-c", "\n".join(job["script"])], orders, {**settings, "SLIMPACK_CACHE_DIR": folder}
    )
    assert done.returncode == 0, done.stderr
    has_epsilon(orders / "dist" / "app.zip")
    assert list(orders.glob(job["artifacts"]["reports"]["cyclonedx"])) == [orders / "dist" / "app.cdx.json"]
    assert all(any(orders.glob(f"{path}/*")) for path in job["cache"]["paths"])
    assert {path.name for path in (orders / "dist").iterdir()} >= {"app.report.json", "report.html", "report.md"}
