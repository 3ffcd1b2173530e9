"""The command line, run in this process with a pipeline that only answers: what is printed where, and exit codes."""

import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from report_samples import a_report

import slimpack
from slimpack import report as reports
from slimpack.cli import run
from slimpack.errors import Problem, ResolveError
from slimpack.model.finding import Finding, Severity
from slimpack.model.project import Project
from slimpack.model.report import Report

HANDLER = "def handler(event, context):\n    return event\n"


class Pipeline(SimpleNamespace):
    """Stands for slimpack.building: remembers the projects, and answers with a sample or raises."""

    def __init__(self) -> None:
        super().__init__(projects=[], fails=None, findings=(), lock_texts=None)

    def build(self, project: Project, *, tools: Any) -> Report:
        self.projects.append(project)
        tools.listener.stage_finished("resolve", detail="3 distributions")
        tools.listener.noticed("a notice")
        if self.fails is not None:
            raise self.fails
        done = a_report()
        artifact = replace(done.artifact, path=project.output.path)
        return replace(done, name=project.name, artifact=artifact, findings=self.findings)

    def lock(self, project: Project, *, tools: Any) -> str:
        self.projects.append(project)
        return str((self.lock_texts or {}).get(project.name, "lock-version = '1.0'\n"))


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pipeline:
    fake = Pipeline()
    monkeypatch.setitem(sys.modules, "slimpack.building", fake)
    monkeypatch.setattr(slimpack, "building", fake, raising=False)
    monkeypatch.setenv("SLIMPACK_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(HANDLER)
    return fake


def test_build_prints_the_report_and_nothing_else_on_stdout(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["build", "app.handler", "--python", "3.13", "--keep", "a/**", "--keep", "b/**", "--no-measure"]) == 0
    (project,) = pipeline.projects
    assert (project.target.python, project.policy.keep, project.runs) == ((3, 13), ("a/**", "b/**"), 0)
    out, err = capsys.readouterr()
    assert str(tmp_path / "dist/app.zip") in out
    assert reports.from_json((tmp_path / "dist/app.report.json").read_text()).name == "app"
    assert err == "a notice\n"
    assert "\x1b" not in out


def test_quiet_prints_the_path_alone(pipeline: Pipeline, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["build", "app.handler", "--quiet"]) == 0
    assert capsys.readouterr() == (f"{tmp_path / 'dist/app.zip'}\n", "")


def test_verbose_says_what_the_stages_did(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "app.handler", "--verbose"]) == 0
    assert "resolve: 3 distributions\n" in capsys.readouterr().err


def test_json_is_a_report_or_a_list_of_them(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["build", "app.handler", "--json"]) == 0
    assert reports.from_json(capsys.readouterr().out).name == "app"
    (tmp_path / "two.py").write_text(HANDLER)
    assert run(["build", "app.handler", "two.handler", "--json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)] == ["app", "two"]


def test_markdown_goes_to_its_file(pipeline: Pipeline, tmp_path: Path) -> None:
    assert run(["build", "app.handler", "--quiet", "--markdown", "out/summary.md"]) == 0
    assert (tmp_path / "out/summary.md").read_text() == reports.markdown(
        replace(
            a_report(), name="app", artifact=replace(a_report().artifact, path=tmp_path / "dist/app.zip"), findings=()
        )
    )


def test_html_goes_to_its_file_or_to_one_for_each_function(pipeline: Pipeline, tmp_path: Path) -> None:
    assert run(["build", "app.handler", "--quiet", "--html", "out/page.html"]) == 0
    built = reports.from_json((tmp_path / "dist/app.report.json").read_text())
    assert (tmp_path / "out/page.html").read_text() == reports.html(built)
    (tmp_path / "two.py").write_text(HANDLER)
    assert run(["build", "app.handler", "two.handler", "--quiet", "--html", "each/page.html"]) == 0
    assert sorted(path.name for path in (tmp_path / "each").iterdir()) == ["page.app.html", "page.two.html"]
    assert "<h1>two</h1>" in (tmp_path / "each/page.two.html").read_text()


def test_html_of_a_finished_build_is_written_and_named(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["build", "app.handler", "--quiet"]) == 0
    capsys.readouterr()
    assert run(["report", "--html", "page.html"]) == 0
    assert capsys.readouterr() == ("page.html\n", "")
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    (tmp_path / "folder").mkdir()
    assert run(["report", "--html", "folder"]) == 6
    assert "or choose another --html" in capsys.readouterr().err


def test_a_gate_that_does_not_hold_is_exit_1(pipeline: Pipeline) -> None:
    pipeline.findings = (Finding(code="SLP050", where="dist/app.zip", message="over", severity=Severity.ERROR),)
    assert run(["build", "app.handler"]) == 1


def test_what_stops_the_build_is_a_message_and_its_exit_code(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.fails = ResolveError(Problem(what="no such distribution", where="requirements.txt:1", do="mend it"))
    assert run(["build", "app.handler", "-q"]) == 3
    assert capsys.readouterr() == ("", "error: no such distribution\n  where: requirements.txt:1\n  do:    mend it\n")
    assert run(["build", "app.handler", "-q", "--debug"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_a_bug_is_exit_70_with_a_traceback(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline.fails = ZeroDivisionError("oops")
    assert run(["build", "app.handler"]) == 70
    err = capsys.readouterr().err
    assert "ZeroDivisionError: oops" in err
    assert "bug in slimpack" in err


def test_an_interrupt_is_exit_130(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline.fails = KeyboardInterrupt()
    assert run(["build", "app.handler"]) == 130
    assert capsys.readouterr().err.endswith("interrupted\n")


def test_a_reader_that_went_away_is_no_bug(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(sys, "stdout", Closed())
    with pytest.raises(SystemExit) as left:
        run(["build", "app.handler", "-q"])
    assert left.value.code == 1
    assert capsys.readouterr().err == ""


WRONG = [
    (["build", "app.handler", "--levle", "x"], 2, "no such option: --levle", "did you mean --level?"),
    (["build", "app.handler", "--level"], 2, "option '--level' requires an argument", "see slimpack build --help"),
    (["biuld", "app.handler"], 2, "no such command 'biuld'", "did you mean build?"),
    (["app.handler"], 2, "no such command 'app.handler'", "did you mean slimpack build app.handler?"),
    (["build", "app.handler", "--layer", "--format", "zip"], 2, "--layer and --format zip exclude one another", ""),
    (["build", "app.handler", "--no-measure", "--runs", "3"], 2, "--no-measure and --runs 3 exclude one another", ""),
    (["build"], 2, "there is nothing to build", "slimpack build app.handler"),
    (["build", "app"], 2, '"app" is not a handler', "as in app.handler"),
    (["build", "app:handler"], 2, '"app:handler" is not a handler', "did you mean app.handler?"),
    (["build", "app.py"], 2, "app.py names a file", "app.handler"),
    (["build", "app.handle"], 5, "app.py defines no handle", "did you mean app.handler?"),
    (["build", "apps.handler"], 5, "there is no module apps", "did you mean app?"),
    (["build", "app.handler", "--root", "nowhere"], 2, "the root nowhere is not a folder", ""),
    (["build", "app.handler", "--source", "nowhere"], 2, "the source folder nowhere is not there", ""),
    (["build", "app.handler", "--python", "3.99"], 2, "there is no Lambda runtime python3.99", "choose one of 3.9"),
    (["build", "app.handler", "--python", "2.7"], 2, "python2.7 is retired since 2021-07-15", "choose one of"),
    (["build", "app.handler", "--python", "three"], 2, 'python cannot be "three"', 'as in "3.13"'),
    (["build", "app.handler", "--arch", "aarch64"], 2, 'arch cannot be "aarch64"', "did you mean arm64?"),
    (["build", "app.handler", "--level", "trace"], 2, 'level cannot be "trace"', "did you mean traced?"),
    (["build", "app.handler", "--optimize", "siz"], 2, 'optimize cannot be "siz"', "did you mean size?"),
    (["build", "app.handler", "--bytecode", "non"], 2, 'bytecode cannot be "non"', "auto or source or both or only"),
    (["build", "app.handler", "--format", "tar"], 2, 'format cannot be "tar"', "zip or layer or directory"),
    (["build", "app.handler", "--format", "zip", "-o", "x/"], 2, "a zip cannot be written to the folder x/", ""),
    (["build", "app.handler", "--format", "directory", "-o", "."], 2, "holds the project's own code", ""),
    (["build", "app.handler", "-o", "folder"], 2, "the output folder is a folder", "end it in /"),
    (["build", "app.handler", "--import", "a-b"], 2, '"a-b" is not a module', "as in package.module"),
    (["build", "app.handler", "-r", "requirement.txt"], 2, "there is no file requirement.txt", "requirements.txt?"),
    (["build", "app.handler", "--group", "dev"], 2, "has no groups", ""),
    (["build", "app.handler", "--extra", "dev"], 2, "has no extras", ""),
    (["build", "app.handler", "--resolver", "pip"], 2, 'resolver cannot be "pip"', "did you mean pip-tools?"),
    (["build", "app.handler", "--index-url", "https://${NOPE}@x"], 2, "the environment has no NOPE", "set NOPE"),
    (["build", "app.handler", "--extra-index-url", "https://${NOPE}"], 2, "the environment has no NOPE", "set NOPE"),
    (["build", "app.handler", "--find-links", "${NOPE}"], 2, "the environment has no NOPE", "set NOPE"),
    (["build", "app.handler", "--build-sdist", ""], 2, 'build-sdist cannot be [""]', "a list of texts"),
    (["build", "app.handler", "--include", "../x"], 2, 'include cannot be ["../x"]', ""),
    (["build", "app.handler", "--keep", "/x"], 2, 'keep cannot be ["/x"]', ""),
    (["build", "app.handler", "--drop", "a**"], 2, 'drop cannot be ["a**"]', ""),
    (["build", "app.handler", "--allow-secret", "a\\b"], 2, "allow-secrets cannot be", "--allow-secret"),
    (["build", "app.handler", "--ignore", "SLP"], 2, 'ignore cannot be ["SLP"]', "as in SLP001"),
    (["build", "app.handler", "--fail-on", "SLP999"], 2, 'fail-on cannot be ["SLP999"]', "as in SLP001"),
    (["build", "app.handler", "--repair", "--no-verify"], 2, "repair needs the artifact to be verified", ""),
    (["build", "app.handler", "--repair", "--no-run"], 2, "repair needs the artifact to be verified", ""),
    (["build", "app.handler", "--runs", "-1"], 2, 'runs cannot be "-1"', "a whole number"),
    (["build", "app.handler", "--max-zip", "10Mbit"], 2, 'max-zip cannot be "10Mbit"', "KB, MB, GB"),
    (["build", "app.handler", "--max-unzipped", "0"], 2, 'max-unzipped cannot be "0"', "over 0"),
    (["build", "app.handler", "--max-init", "300"], 2, 'max-init cannot be "300"', "the unit ms or s"),
    (["build", "app.handler", "--max-init", "3s", "--no-measure"], 2, "max-init needs a measurement", ""),
    (["build", "app.handler", "--max-init", "3s", "--no-run"], 2, "which --no-run forbids", ""),
    (["lock", "--python", "3.1"], 2, "there is no Lambda runtime python3.1", "choose one of"),
    (["lock", "--keep", "x"], 2, "no such option: --keep", ""),
    (["why"], 2, "missing argument", "see slimpack why --help"),
    (["why", "boto3"], 2, "there is no report yet", "build first"),
    (["why", "boto3", "--report", "no.json"], 2, "cannot read the report", ""),
    (["report", "app.py"], 2, "not a slimpack report", "where: app.py"),
    (["report", "--format", "pdf"], 2, "--format is text, json, markdown or sarif, not pdf", ""),
    (["cache", "prune", "--max-size", "3X"], 2, '--max-size cannot be "3X"', "see slimpack cache prune --help"),
]


@pytest.mark.parametrize(
    ("arguments", "code", "what", "do"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, list) else None
)
def test_a_mistake_in_any_argument_is_one_clear_error(  # noqa: PLR0917 fixtures and parameters
    pipeline: Pipeline,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: list[str],
    code: int,
    what: str,
    do: str,
) -> None:
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "folder").mkdir()
    assert run(arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert what in err.splitlines()[0]
    assert do in err
    assert pipeline.projects == []


def test_all_mistakes_are_named_at_once(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "app.handler", "--level", "x", "--max-zip", "y", "--python", "3.99"]) == 2
    assert capsys.readouterr().err.count("error: ") == 3


def test_lock_writes_a_pylock(pipeline: Pipeline, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["lock"]) == 2
    assert "there are no requirements to lock" in capsys.readouterr().err
    (tmp_path / "requirements.txt").write_text("epsilon\n")
    assert run(["lock", "-o", "requirements.txt"]) == 2
    assert "it would be overwritten" in capsys.readouterr().err
    assert run(["lock"]) == 0
    assert run(["lock"]) == 0
    assert capsys.readouterr().out == "pylock.toml\n" * 2
    assert run(["lock"]) == 0
    assert (tmp_path / "pylock.toml").read_text() == "lock-version = '1.0'\n"
    assert capsys.readouterr().out == "pylock.toml\n"
    assert run(["lock", "-o", "-"]) == 0
    assert capsys.readouterr().out == "lock-version = '1.0'\n"


def test_functions_with_different_locks_get_one_each(pipeline: Pipeline, tmp_path: Path) -> None:
    text = (
        '[tool.slimpack.functions.a]\nhandler = "app.handler"\n[tool.slimpack.functions.b]\nhandler = "app.handler"\n'
    )
    (tmp_path / "pyproject.toml").write_text(text)
    (tmp_path / "requirements.txt").write_text("epsilon\n")
    pipeline.lock_texts = {"a": "1\n", "b": "2\n"}
    assert run(["lock", "-o", "x.toml"]) == 2
    assert run(["lock"]) == 0
    assert sorted(path.name for path in tmp_path.glob("*.toml")) == ["pylock.a.toml", "pylock.b.toml", "pyproject.toml"]


def test_why_and_report_read_the_last_report(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sample = a_report()
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/app.report.json").write_text(reports.to_json(sample))
    assert run(["why", sample.files[0].path]) == 0
    assert sample.files[0].path in capsys.readouterr().out
    assert run(["why", "no.such.thing"]) == 1
    capsys.readouterr()
    assert run(["report", "--format", "json"]) == (0 if sample.gates_hold else 1)
    assert reports.from_json(capsys.readouterr().out) == sample
    run(["report", "dist/app.report.json", "--format", "markdown"])
    assert capsys.readouterr().out.strip() == reports.markdown(sample).strip()


def test_the_cache_is_shown_shrunk_and_emptied(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["cache", "dir"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'cache'}\n"
    blob = tmp_path / "cache/kind/ab/abcd"
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"x" * 4096)
    assert run(["cache", "prune", "--max-size", "1MB"]) == 0
    assert blob.exists()
    assert run(["cache", "prune", "--max-size", "1KB"]) == 0
    assert not blob.exists()
    assert run(["cache", "clear"]) == 0
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("arguments", [[], ["--help"], ["build", "--help"], ["cache"], ["--version"]])
def test_help_and_version_are_products(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 0
    out, err = capsys.readouterr()
    assert out.startswith("slimpack " if arguments == ["--version"] else "Usage: slimpack")
    assert err == ""
