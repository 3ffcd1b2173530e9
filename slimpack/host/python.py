"""Find an interpreter of the target's minor version on this machine, and say what it is."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from slimpack.errors import ToolError
from slimpack.host import process
from slimpack.host.tools import Tools

_ASK = (
    "import importlib.util,json,platform,sys;"
    "print(json.dumps({'version':platform.python_version(),'machine':platform.machine(),'system':platform.system(),"
    "'implementation':sys.implementation.name,'magic':importlib.util.MAGIC_NUMBER.hex()}))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """One CPython: `executable` is absolute, `magic` its bytecode magic number in hex, `machine` as in wheel tags."""

    executable: str
    version: str
    machine: str
    system: str
    implementation: str
    magic: str

    @property
    def python(self) -> tuple[int, int]:
        """(major, minor)."""
        major, minor, *_ = self.version.split(".")
        return int(major), int(minor)


def find(python: tuple[int, int], tools: Tools) -> Interpreter | None:
    """Return the first CPython of that minor version: ours, on PATH, under pyenv, or one that uv knows; else None."""
    if python == sys.version_info[:2] and (own := describe(sys.executable, tools)) is not None:
        return own
    for executable in _candidates(python, tools.environment):
        found = describe(executable, tools)
        if found is not None and found.python == python and found.implementation == "cpython":
            return found
    return None


def describe(executable: str, tools: Tools) -> Interpreter | None:
    """Ask an interpreter what it is; remembered by path, size and time of its file. None where it does not answer."""
    try:
        path = Path(executable).resolve(strict=True)
        status = path.stat()
    except (OSError, ValueError):  # ValueError: no path at all, with a zero byte
        return None
    stamp = f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0{_ASK}"
    key = sha256(stamp.encode()).hexdigest()
    if (known := tools.cache.get("interpreter", key)) is not None:
        return Interpreter(**{**json.loads(known), "executable": executable})
    try:
        done = process.run([executable, "-I", "-S", "-c", _ASK], environment={"PATH": "/usr/bin:/bin"}, timeout=30)
        answer = Interpreter(executable=executable, **json.loads(done.stdout))
    except (ToolError, ValueError, TypeError):
        return None
    tools.cache.put("interpreter", key, json.dumps(asdict(answer)).encode())
    return answer


def _candidates(python: tuple[int, int], environment: Mapping[str, str]) -> Iterator[str]:
    name = f"python{python[0]}.{python[1]}"
    pyenv = Path(environment.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for folder in environment.get("PATH", "").split(":"):
        # A pyenv shim refuses versions that are not selected; the real ones are looked up below.
        if folder and Path(folder, name).is_file() and Path(folder) != pyenv / "shims":
            yield str(Path(folder, name))
    for version in sorted((pyenv / "versions").glob(f"{python[0]}.{python[1]}.*"), key=_patch, reverse=True):
        yield str(version / "bin" / name)
    yield from _known_to_uv(python, environment)


def _patch(folder: Path) -> int:
    last = folder.name.rpartition(".")[2]
    return int(last) if last.isdecimal() else -1


def _known_to_uv(python: tuple[int, int], environment: Mapping[str, str]) -> Iterator[str]:
    command = [
        uv_executable(),
        "python",
        "find",
        "--no-project",
        "--no-python-downloads",
        f"{python[0]}.{python[1]}",
    ]
    try:
        done = process.run(command, environment=environment, timeout=30)
    except ToolError:
        return
    if done.code == 0:
        yield done.stdout.strip()


def uv_executable() -> str:
    """The uv that was installed with slimpack, else whatever `uv` PATH has."""
    beside = Path(sys.executable).parent / "uv"
    return str(beside) if beside.is_file() else "uv"
