"""Run a probe in the target's interpreter as Lambda would: nothing of the host on its path or in its environment.

What holds a probed program back: a fresh process group that is killed afterwards, its own home and temporary folder,
no network (a network namespace where the host permits one; the probe's audit hook refuses connections everywhere),
and writes below the code fail as on Lambda's read-only mount (audit hook). Answers come over a pipe of their own, line
by line as they happen: a program may print anything, crash, or leave through `os._exit`, and what it did is known.
"""

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from slimpack.errors import Problem, ToolError
from slimpack.host.disk import temporary_folder
from slimpack.host.python import Interpreter

PATIENCE = 120.0
"""Seconds without an answer after which a program counts as hung."""
_GRACE = 5.0
_OUTPUT_LIMIT = 256 * 1024
_CHUNK = 64 * 1024
_FAKE_KEY = "AKIAIOSFODNN7EXAMPLE"  # the example key of AWS's own documentation

Answer = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a probe ended. `code` is negative for a signal; `output` the last of what it printed."""

    code: int
    answers: tuple[Answer, ...]
    output: str
    hung: bool

    @property
    def how(self) -> str:
        """The end in words: `ended with signal SIGSEGV`."""
        if self.hung:
            return f"gave no sign of life for {PATIENCE:g} s"
        if self.code < 0:
            return f"was killed by {signal.Signals(-self.code).name}"
        return f"ended the process with status {self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """Where code runs: `code` is its folder (Lambda's /var/task), `path` what goes first on sys.path."""

    interpreter: Interpreter
    code: Path
    path: tuple[Path, ...]
    network: bool = False


def probe_source(name: str) -> str:
    """The text of a probe and of what it imports; part of the key under which its findings are cached."""
    folder = resources.files("slimpack").joinpath("probe")
    return "".join(folder.joinpath(f"{part}.py").read_text("utf-8") for part in (name, "telling"))


def run_probe(
    name: str,
    sandbox: Sandbox,
    *,
    request: Sequence[Sequence[str]] = (),
    options: Sequence[str] = (),
    patience: float = PATIENCE,
    output_limit: int = _OUTPUT_LIMIT,
) -> Ended:
    """Run `slimpack/probe/<name>.py` on the rows of `request`. Raises ToolError if it cannot be started."""
    with temporary_folder() as home:
        lines = [_row(("path", *map(str, sandbox.path))), *map(_row, request)]
        (home / "request").write_bytes(b"".join(lines))
        script = str(resources.files("slimpack").joinpath("probe", f"{name}.py"))
        command = [sandbox.interpreter.executable, "-s", "-S", "-B", *options, script, str(home / "request")]
        if not sandbox.network and (unshare := shutil.which("unshare")):
            ended = _attend([unshare, "--net", "--", *command], sandbox, home, patience, output_limit)
            if ended.answers:
                return ended
            # Not permitted here (a container without CAP_SYS_ADMIN): the probe's audit hook alone must do.
        return _attend(command, sandbox, home, patience, output_limit)


def environment(code: Path, home: Path, python: tuple[int, int]) -> dict[str, str]:
    """What a Lambda function finds in its environment, and nothing of the host's."""
    return {
        "AWS_ACCESS_KEY_ID": _FAKE_KEY,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{python[0]}.{python[1]}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/function",
        "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
        "AWS_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_SESSION_TOKEN": "example",
        "HOME": str(home),
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": str(code),
        "LANG": "en_US.UTF-8",
        "LD_LIBRARY_PATH": f"{code}:{code}/lib",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "TMPDIR": str(home),
        "TZ": ":UTC",
    }


def _row(fields: Sequence[str]) -> bytes:
    escaped = (field.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n") for field in fields)
    return "\t".join(escaped).encode("utf-8", "surrogateescape") + b"\n"


def _fields(line: bytes) -> Answer:
    text = line.decode("utf-8", "surrogateescape")
    if "\\" not in text:
        return tuple(text.split("\t"))
    return tuple(_unescaped(field) for field in text.split("\t"))


def _unescaped(field: str) -> str:
    parts = field.split("\\\\")
    return "\\".join(part.replace("\\t", "\t").replace("\\n", "\n") for part in parts)


def _attend(command: Sequence[str], sandbox: Sandbox, home: Path, patience: float, limit: int) -> Ended:
    reader, writer = os.pipe()
    try:
        child = subprocess.Popen(
            [*command, str(writer), str(time.monotonic_ns())],
            env=environment(sandbox.code, home, sandbox.interpreter.python),
            cwd=sandbox.code,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(writer,),
            start_new_session=True,
        )
    except OSError as error:
        os.close(reader)
        raise ToolError(
            Problem(what=f"cannot start {command[0]}: {error.strerror}", do="install it, or put it on PATH")
        ) from error
    finally:
        os.close(writer)
    hung = True
    try:
        assert child.stdout is not None  # noqa: S101 it was asked for
        answers, output = bytearray(), bytearray()
        hung = _listen(answers, reader, output, child.stdout.fileno(), child, patience=patience, limit=limit)
    finally:
        _end(child, grace=0 if hung else _GRACE)
        os.close(reader)
    return Ended(
        code=child.returncode,
        answers=tuple(_fields(line) for line in bytes(answers).split(b"\n")[:-1]),
        output=output.decode("utf-8", "replace"),
        hung=hung,
    )


def _listen(
    answers: bytearray,
    reader: int,
    output: bytearray,
    printed: int,
    child: "subprocess.Popen[bytes]",
    *,
    patience: float,
    limit: int,
) -> bool:
    """Fill the buffers until the program ends (grandchildren may hold the pipes); True if it stayed silent too long."""
    with selectors.DefaultSelector() as selector:
        selector.register(reader, selectors.EVENT_READ, answers)
        selector.register(printed, selectors.EVENT_READ, output)
        heard = time.monotonic()
        while selector.get_map():
            ready = selector.select(0.2)
            for key, _ in ready:
                if data := os.read(key.fd, _CHUNK):
                    key.data.extend(data)
                    heard = time.monotonic()
                else:
                    selector.unregister(key.fd)
            if len(output) > 2 * limit:
                del output[:-limit]
            if not ready and child.poll() is not None:
                break
            if time.monotonic() - heard > patience:
                return True
    del output[:-limit]
    return False


def _end(child: "subprocess.Popen[bytes]", *, grace: float) -> None:
    """Give it a moment to leave by itself (its pipes are closed), then end its whole group."""
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(grace)
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if child.stdout is not None:
            child.stdout.close()
