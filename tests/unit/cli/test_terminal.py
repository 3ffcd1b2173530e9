"""The command line as a process of its own: a terminal, signals, a closed pipe, its cost, completion."""

import os
import pty
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from slimpack.cli.console import Console
from slimpack.cli.progress import Drawn, Lines, drawing

SLIMPACK = [sys.executable, "-m", "slimpack"]
ROOT = Path(__file__).resolve().parents[3]
_STUB = """
import sys, time, types
import slimpack
fake = types.ModuleType("slimpack.building")
def build(project, *, tools):
    tools.listener.stage_started("resolve")
    tools.listener.progressed("resolve", done=1, total=4)
    {body}
fake.build = build
sys.modules["slimpack.building"] = slimpack.building = fake
from slimpack.cli import run
sys.exit(run(["build", "app.handler"]))
"""


def in_a_terminal(code: str, cwd: Path, **environment: str) -> str:
    """Run Python code with stderr on a terminal; return what the terminal saw."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "COLUMNS": "80", **environment}
    for name in {"NO_COLOR", "CI"} - environment.keys():
        env.pop(name, None)
    with subprocess.Popen([sys.executable, "-c", code], cwd=cwd, stderr=theirs, stdout=subprocess.DEVNULL, env=env):
        os.close(theirs)
        seen = b""
        try:
            while chunk := os.read(ours, 65536):
                seen += chunk
        except OSError:  # how Linux says that the other end is closed
            pass
    os.close(ours)
    return seen.decode()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text("def handler(event, context): ...\n")
    return tmp_path


SLOW = _STUB.format(body="time.sleep(2); tools.listener.noticed('a notice'); raise SystemExit(0)")
FAST = _STUB.format(body="tools.listener.noticed('a notice'); raise SystemExit(0)")


def test_ci_draws_nothing_even_on_a_terminal(project: Path) -> None:
    assert in_a_terminal(SLOW, project, CI="true") == "a notice\r\n"


def test_what_takes_longer_than_a_second_is_drawn_and_leaves_nothing(project: Path) -> None:
    seen = in_a_terminal(SLOW, project)
    assert "resolve" in seen
    assert "25%" in seen
    assert "a notice" in seen
    assert seen.rstrip().endswith(("\x1b[2K", "\x1b[?25h")) or "\x1b[2K" in seen


def test_what_is_fast_is_not_drawn(project: Path) -> None:
    assert in_a_terminal(FAST, project) == "a notice\r\n"


def test_no_color_means_no_escapes(project: Path) -> None:
    assert in_a_terminal(SLOW, project, NO_COLOR="1") == "a notice\r\n"


def test_errors_are_red_on_a_terminal_alone(project: Path) -> None:
    code = "import sys\nfrom slimpack.cli import run\nsys.exit(run(['build', 'nope.handler']))"
    assert in_a_terminal(code, project).startswith("\x1b[1;31merror:\x1b[0m there is no module nope")
    assert in_a_terminal(code, project, NO_COLOR="1").startswith("error: there is no module nope")


def test_without_a_terminal_there_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with drawing(Console(verbose=True)) as listener:
        listener.stage_started("resolve")
        listener.progressed("resolve", done=1, total=2)
        listener.detailed("uv pip compile")
        listener.stage_finished("resolve", detail="3 distributions")
    assert isinstance(listener, Lines)
    assert not isinstance(listener, Drawn)
    assert capsys.readouterr().err == "  uv pip compile\nresolve: 3 distributions\n"


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with drawing(Console(quiet=True)) as listener:
        listener.noticed("x")
    assert capsys.readouterr() == ("", "")


def test_ctrl_c_is_exit_130_without_a_traceback(project: Path) -> None:
    code = _STUB.format(body="print('started', file=sys.stderr, flush=True); time.sleep(30)")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", code], cwd=project, stderr=subprocess.PIPE, env=env) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"started\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert (process.returncode, rest) == (130, b"interrupted\n")


def test_a_closed_pipe_is_silent(project: Path) -> None:
    command = f"{sys.executable} -m slimpack build --help | true"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, check=False)
    assert done.stderr == b""


def test_help_is_cheap() -> None:
    """The budget is 150 ms of CPU; held here at twice that, for a test must not fail on a busy machine."""
    costs = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*SLIMPACK, "--help"], cwd=ROOT, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(costs) < 0.3


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, slimpack.cli\nslimpack.cli.run(['build', '--help'])\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert not loaded & {"rich", "packaging", "urllib3", "zstandard", "tomllib", "slimpack.building", "slimpack.report"}


def test_the_shell_is_told_what_completes() -> None:
    env = {**os.environ, "_SLIMPACK_COMPLETE": "complete_bash", "COMP_WORDS": "slimpack build --max", "COMP_CWORD": "2"}
    code = "from slimpack.cli import main\nmain()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, env=env, check=False)
    assert {"--max-zip", "--max-unzipped", "--max-init"} <= set(done.stdout.split())
