"""Interpreter -> where Lambda's runtime client for it is: installed with slimpack, else fetched once, else without C++.

awslambdaric has one C++ extension, for Linux alone. Where no wheel fits, its Python part runs on the four functions in
`probe/runtime_client.py`. The client is compiled when it is stored: Lambda's own is, and it is 40 ms of an init.
"""

import contextlib
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib import metadata
from pathlib import Path

from slimpack.errors import Problem, ToolError
from slimpack.host import process
from slimpack.host.python import Interpreter, uv_executable
from slimpack.host.tools import Tools

_NAME = "awslambdaric"
_PARTS = (_NAME, "simplejson", "snapshot-restore-py")
_EXTENSION = "runtime_client*.so"
_ANY_LINUX = "x86_64-manylinux_2_28"
_PATIENCE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """`folder` goes behind the artifact on sys.path; `native` tells whether the C++ extension is there."""

    folder: Path
    native: bool


def client(interpreter: Interpreter, tools: Tools, *, offline: bool = False) -> Client:
    """Find the client for an interpreter. Raises ToolError where it is not to be had."""
    stamp = (interpreter.python, interpreter.machine, interpreter.system, interpreter.magic, _installed_version())
    key = sha256(repr(stamp).encode()).hexdigest()
    problems: list[str] = []

    def fill(part: Path) -> None:
        if not any(way(part) for way in _ways(interpreter, tools, offline=offline, problems=problems)):
            raise _not_to_be_had(interpreter, problems)
        _compile(part, interpreter)

    folder = tools.cache.folder("client", key, fill)
    return Client(folder=folder, native=any(folder.glob(_EXTENSION)))


def _ways(
    interpreter: Interpreter, tools: Tools, *, offline: bool, problems: list[str]
) -> Iterator[Callable[[Path], bool]]:
    ours = interpreter.python == sys.version_info[:2] and interpreter.system == "Linux"
    if ours:
        yield _from_own_environment
    if not offline:
        yield _Fetch(("--python", interpreter.executable), tools, problems)
    yield _from_own_environment
    if not offline and interpreter.system != "Linux":
        version = ".".join(map(str, interpreter.python))
        yield _Fetch(("--python-version", version, "--python-platform", _ANY_LINUX), tools, problems)


def _installed_version() -> str:
    try:
        return metadata.version(_NAME)
    except metadata.PackageNotFoundError:
        return ""


def _from_own_environment(part: Path) -> bool:
    """Copy what is installed beside slimpack; the extension is of use to its own version of Python alone."""
    try:
        files = [file for name in _PARTS for file in metadata.files(name) or ()]
    except metadata.PackageNotFoundError:
        return False
    for file in files:
        if ".." in file.parts or "__pycache__" in file.parts:
            continue
        place = part.joinpath(*file.parts)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.locate(), place)
    return True


@dataclass(frozen=True, slots=True)
class _Fetch:
    """Have uv install it, from the index that uv and pip are set to."""

    target: tuple[str, ...]
    tools: Tools
    problems: list[str]

    def __call__(self, part: Path) -> bool:
        options = ["--quiet", "--only-binary", ":all:", "--target", str(part), *self.target]
        command = [uv_executable(), "pip", "install", *options, _NAME]
        try:
            done = process.run(command, environment=self.tools.environment, timeout=_PATIENCE)
        except ToolError as error:
            self.problems.append(str(error))
            return False
        if done.code:
            self.problems.append(done.stderr.strip()[-500:])
        return done.code == 0


def _compile(part: Path, interpreter: Interpreter) -> None:
    for extension in part.glob(_EXTENSION):
        if f".cpython-{interpreter.python[0]}{interpreter.python[1]}-" not in extension.name:
            extension.unlink()
    command = [interpreter.executable, "-I", "-S", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    with contextlib.suppress(ToolError):  # it runs without as well
        process.run([*command, str(part)], environment={"PATH": "/usr/bin:/bin"}, timeout=_PATIENCE)


def _not_to_be_had(interpreter: Interpreter, problems: list[str]) -> ToolError:
    version = ".".join(map(str, interpreter.python))
    said = f": {problems[-1]}" if problems else ""
    return ToolError(
        Problem(
            what=f"Lambda's runtime client (awslambdaric) for Python {version} is not to be had{said}",
            do="pip install 'slimpack[verify]' beside slimpack, or let it reach a package index once",
        )
    )
