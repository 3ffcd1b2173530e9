"""Run a program and wait: the only place that starts one; a failure becomes a ToolError that names it."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slimpack.errors import Problem, ToolError

LAST_LINES = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """What a finished program left: exit code (negative: killed by that signal) and its decoded output."""

    code: int
    stdout: str
    stderr: str


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    cwd: Path | None = None,
    stdin: bytes = b"",
    timeout: float | None = None,
) -> Completed:
    """Run to the end. Raises ToolError if the program cannot be started or takes longer than `timeout` seconds."""
    done = _run(command, environment=environment, cwd=cwd, stdin=stdin, timeout=timeout)
    return Completed(
        code=done.returncode,
        stdout=done.stdout.decode("utf-8", "replace"),
        stderr=done.stderr.decode("utf-8", "replace"),
    )


def run_bytes(
    command: Sequence[str], *, environment: Mapping[str, str], cwd: Path | None = None, timeout: float | None = None
) -> bytes | None:
    """What the program writes, as it is; None where it fails. Raises ToolError as `run` does."""
    done = _run(command, environment=environment, cwd=cwd, stdin=b"", timeout=timeout)
    return None if done.returncode else done.stdout


def _run(
    command: Sequence[str], *, environment: Mapping[str, str], cwd: Path | None, stdin: bytes, timeout: float | None
) -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(
            list(command),
            env=dict(environment),
            cwd=cwd,
            input=stdin,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except OSError as error:
        raise ToolError(
            Problem(what=f"cannot start {command[0]}: {error.strerror}", do="install it, or put it on PATH")
        ) from error
    except subprocess.TimeoutExpired as error:
        raise ToolError(
            Problem(what=f"{command[0]} did not finish within {timeout:g} s", where=" ".join(command))
        ) from error


def last_lines(text: str) -> str:
    """The end of a program's output, enough to see why it failed."""
    return "\n".join(text.strip().splitlines()[-LAST_LINES:])
