"""Open files as the kernel sees it: what C code and started programs open shows in no audit event of Python.

`strace` is used where it is there and permitted. Of what it tells, only what nobody else can tell is taken: files that
are no Python (the import system's own accesses are told apart by the probe), and all files of programs that were
started, which have no probe in them.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from slimpack.errors import ToolError
from slimpack.host import process

_PYTHON = (b".py", b".pyc")
_LINE = re.compile(rb"(\d+) +(\d+\.\d+) (.*)")
_OPEN = re.compile(rb'open(?:at)?\((?:AT_FDCWD, )?"((?:[^"\\]|\\.)*)", ([A-Z_|0-9]+).*\) += +(-?\d+)')
_EXEC = re.compile(rb'execve\("((?:[^"\\]|\\.)*)", .*\) += 0')
_CHILD = re.compile(rb"(?:clone3?|v?fork)\(.*\) += (\d+)")
_UNFINISHED = re.compile(rb"(.*) <unfinished \.\.\.>$")
_RESUMED = re.compile(rb"<\.\.\. \w+ resumed>(.*)")
_OCTAL = re.compile(rb"\\([0-7]{1,3}|.)")
_PATIENCE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """`path` was opened, or asked for in vain, at `when` (seconds since the epoch)."""

    when: float
    path: str


def command(output: Path) -> list[str]:
    """What goes before a command to have its system calls written to `output`; nothing where that cannot be."""
    if not _permitted():
        return []
    calls = "trace=open,openat,execve,clone,clone3,fork,vfork"
    quiet = ["-qq", "-e", "signal=none", "-s", "0"]
    return [_strace(), "-f", "--seccomp-bpf", "-ttt", *quiet, "-e", calls, "-o", str(output), "--"]


def opened(output: Path, cwd: Path) -> Iterator[Opened]:
    """Read what strace wrote."""
    try:
        data = output.read_bytes()
    except OSError:
        return
    reading = _Reading()
    for raw in data.splitlines():
        match = _LINE.match(raw)
        if match is None:
            continue
        pid, call = int(match[1]), reading.whole(int(match[1]), match[3])
        if call is None:
            continue
        if (found := reading.path(pid, call)) is not None:
            text = _decoded(found)
            yield Opened(when=float(match[2]), path=text if text.startswith("/") else f"{cwd}/{text}")


@dataclass(slots=True)
class _Reading:
    """What was read so far: calls that are not finished, and the processes that became another program."""

    pending: dict[int, bytes] = field(default_factory=dict)
    foreign: set[int] = field(default_factory=set)
    begun: bool = False

    def whole(self, pid: int, text: bytes) -> bytes | None:
        """A call with its result, joined where another process came between."""
        if match := _UNFINISHED.match(text):
            self.pending[pid] = match[1]
            return None
        if match := _RESUMED.match(text):
            return self.pending.pop(pid, b"") + match[1]
        return text

    def path(self, pid: int, call: bytes) -> bytes | None:
        """The file that a call opens, where nobody else tells of it."""
        if match := _EXEC.match(call):
            first, self.begun = not self.begun, True
            if not first:  # the first is the function's own process
                self.foreign.add(pid)
            return None if first else match[1]
        if match := _CHILD.match(call):
            if pid in self.foreign:
                self.foreign.add(int(match[1]))
            return None
        match = _OPEN.match(call)
        if match is None or b"O_DIRECTORY" in match[2] or b"O_WRONLY" in match[2]:
            return None
        python = match[1].endswith(_PYTHON)
        return None if python and pid not in self.foreign else match[1]


def _decoded(text: bytes) -> str:
    def one(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes([int(code, 8)]) if code.isdigit() else {b"n": b"\n", b"t": b"\t"}.get(code, code)

    return _OCTAL.sub(one, text).decode("utf-8", "surrogateescape")


def _strace() -> str:
    return shutil.which("strace") or ""


@cache
def _permitted() -> bool:
    """Tell whether one process may trace another here: containers mostly forbid it."""
    if not _strace():
        return False
    try:
        tried = process.run(
            [_strace(), "-f", "--seccomp-bpf", "-qq", "-e", "trace=openat", "-o", "/dev/null", "--", "/bin/true"],
            environment={},
            timeout=_PATIENCE,
        )
    except ToolError:
        return False
    return tried.code == 0
