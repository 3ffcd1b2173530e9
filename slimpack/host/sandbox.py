"""Run a probe in the target's interpreter as Lambda would: nothing of the host on its path or in its environment.

What holds a probed program back: a fresh process group that is killed afterwards, its own home and temporary folder,
no network (a network namespace where the host permits one; the probe's audit hook refuses connections everywhere),
and writes below the code fail as on Lambda's read-only mount (audit hook). Answers come over a pipe of their own, line
by line as they happen: a program may print anything, crash, or leave through `os._exit`, and what it did is known.
"""

import contextlib
import os
import resource
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from slimpack.errors import Problem, ToolError
from slimpack.host.disk import temporary_folder
from slimpack.host.python import Interpreter

PATIENCE = 120.0
"""Seconds without an answer after which a program counts as hung."""
_GRACE = 5.0
_MEMORY = 10_240 * 1024**2
"""Bytes of memory that a program may write to: the most that a Lambda function can have."""
OUTPUT_LIMIT = 256 * 1024
"""Bytes of what a program prints that are kept: the last ones."""
_CHUNK = 64 * 1024
_FAKE_KEY = "AKIAIOSFODNN7EXAMPLE"  # the example key of AWS's own documentation

Answer = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a probe ended. `code` is negative for a signal; `output` the last of what it printed.

    `stopped`: it was ended because nothing more was wanted of it.
    """

    code: int
    answers: tuple[Answer, ...]
    output: str
    hung: bool
    stopped: bool = False
    patience: float = PATIENCE

    @property
    def how(self) -> str:
        """The end in words: `ended with signal SIGSEGV`."""
        if self.hung:
            return f"gave no sign of life for {self.patience:g} s"
        if self.code < 0:
            return f"was killed by {signal.Signals(-self.code).name}"
        return f"ended the process with status {self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """Where code runs: `code` is its folder (Lambda's /var/task), `path` what goes first on sys.path.

    `variables` are what the user gives the function, over what Lambda itself sets. `stop` is a descriptor that becomes
    readable when everything that runs here is to be ended.
    """

    interpreter: Interpreter
    code: Path
    path: tuple[Path, ...]
    network: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    stop: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One program in a sandbox. `home` is its temporary folder; `stop` a descriptor: readable when it may be ended."""

    sandbox: Sandbox
    home: Path
    patience: float = PATIENCE
    output_limit: int = OUTPUT_LIMIT
    stop: int | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    passed: tuple[int, ...] = ()


def probe_source(name: str) -> str:
    """The text of a probe and of what it imports; part of the key under which its findings are cached."""
    folder = resources.files("slimpack").joinpath("probe")
    return "".join(folder.joinpath(f"{part}.py").read_text("utf-8") for part in (name, "telling", "watching"))


def run_probe(
    name: str,
    sandbox: Sandbox,
    *,
    request: Sequence[Sequence[str]] = (),
    options: Sequence[str] = (),
    patience: float = PATIENCE,
    output_limit: int = OUTPUT_LIMIT,
) -> Ended:
    """Run `slimpack/probe/<name>.py` on the rows of `request`. Raises ToolError if it cannot be started."""
    with temporary_folder() as home:
        run = Run(sandbox=sandbox, home=home, patience=patience, output_limit=output_limit)
        command = probe_command(name, sandbox, home, request=request, options=options)
        if not sandbox.network and (unshare := shutil.which("unshare")):
            ended = attend([unshare, "--net", "--", *command], run)
            if ended.answers:
                return ended
            # Not permitted here (a container without CAP_SYS_ADMIN): the probe's audit hook alone must do.
        return attend(command, run)


def probe_command(
    name: str, sandbox: Sandbox, home: Path, *, request: Sequence[Sequence[str]], options: Sequence[str] = ()
) -> list[str]:
    """Write the request below `home`, and return the command that runs a probe on it."""
    lines = [_row(("path", *map(str, sandbox.path))), *map(_row, request)]
    (home / "request").write_bytes(b"".join(lines))
    return [sandbox.interpreter.executable, "-s", "-S", "-B", *options, probe_file(name), str(home / "request")]


def probe_file(name: str) -> str:
    """Where a probe is."""
    return str(resources.files("slimpack").joinpath("probe", f"{name}.py"))


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


def attend(command: Sequence[str], run: Run) -> Ended:
    """Start a command, hear it out, and leave nothing of it behind. Raises ToolError if it cannot be started."""
    reader, writer = os.pipe()
    sandbox = run.sandbox
    try:
        child = subprocess.Popen(
            [*command, str(writer), str(time.monotonic_ns())],
            env={
                **environment(sandbox.code, run.home, sandbox.interpreter.python),
                **sandbox.variables,
                **run.variables,
            },
            cwd=sandbox.code,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(writer, *run.passed),
            start_new_session=True,
        )
    except OSError as error:
        os.close(reader)
        raise ToolError(
            Problem(what=f"cannot start {command[0]}: {error.strerror}", do="install it, or put it on PATH")
        ) from error
    finally:
        os.close(writer)
        for descriptor in run.passed:
            os.close(descriptor)
    heard = _Heard(stopped=False, hung=True)
    try:
        _limit(child)
        assert child.stdout is not None  # noqa: S101 it was asked for
        heard = _listen(heard, reader, child.stdout.fileno(), child, run)
    finally:
        _end(child, grace=0 if heard.hung or heard.stopped else _GRACE)
        os.close(reader)
    return Ended(
        code=child.returncode,
        answers=tuple(_fields(line) for line in bytes(heard.answers).split(b"\n")[:-1]),
        output=heard.output.decode("utf-8", "replace"),
        hung=heard.hung,
        stopped=heard.stopped,
        patience=run.patience,
    )


def _limit(child: "subprocess.Popen[bytes]") -> None:
    """Bound what the program and all that it starts may take, where the system lets us.

    Not the address space: V8 and WebAssembly reserve far more of it than they ever write to.
    """
    if sys.platform != "linux":
        return
    for kind, most in ((resource.RLIMIT_DATA, _MEMORY), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(OSError, ValueError):  # it has ended already, or a limit of the host's is lower
            resource.prlimit(child.pid, kind, (most, most))


@dataclass(slots=True)
class _Heard:
    stopped: bool
    hung: bool
    answers: bytearray = field(default_factory=bytearray)
    output: bytearray = field(default_factory=bytearray)


def _listen(heard: _Heard, reader: int, printed: int, child: "subprocess.Popen[bytes]", run: Run) -> _Heard:
    """Hear until the program ends (grandchildren may hold the pipes), stays silent too long, or is to be stopped."""
    with selectors.DefaultSelector() as selector:
        selector.register(reader, selectors.EVENT_READ, heard.answers)
        selector.register(printed, selectors.EVENT_READ, heard.output)
        stops = {descriptor for descriptor in (run.stop, run.sandbox.stop) if descriptor is not None}
        for descriptor in stops:
            selector.register(descriptor, selectors.EVENT_READ, None)
        last = time.monotonic()
        while len(selector.get_map()) > len(stops):
            ready = selector.select(0 if heard.stopped else 0.2)
            for key, _ in ready:
                if key.data is None:
                    heard.stopped = True
                    selector.unregister(key.fd)
                    stops.discard(key.fd)
                elif data := os.read(key.fd, _CHUNK):
                    key.data.extend(data)
                    if key.data is heard.answers:  # what it prints is no sign of life: a loop may print for ever
                        last = time.monotonic()
                else:
                    selector.unregister(key.fd)
            if len(heard.output) > 2 * run.output_limit:
                del heard.output[: -run.output_limit]
            if not ready and (heard.stopped or child.poll() is not None):
                break
            if time.monotonic() - last > run.patience:
                return heard
    del heard.output[: -run.output_limit]
    heard.hung = False
    return heard


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
