"""What a fuzzer runs: any bytes -> a value or a SlimpackError, for every reader of what others wrote."""

import copy
import functools
import json
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Protocol, Self
from unittest import mock

import elves
import wheels
from fuzz_seeds import Part, fixtures, programs, pylocks, requirements, uv_locks
from fuzz_shapes import PROGRAM, Choices, edited, toml, zipped

from slimpack.apply.symbols import NotCut, cut
from slimpack.errors import Problem, SlimpackError, ToolError
from slimpack.host import process, simple_index, study
from slimpack.host.cache import Cache
from slimpack.host.process import Completed
from slimpack.host.tools import Tools
from slimpack.install import index as wheel_index
from slimpack.install import wheel as wheel_reader
from slimpack.model import elf as elf_reader
from slimpack.model.lock import Pin
from slimpack.model.project import (
    Budget,
    Layout,
    Output,
    Policy,
    Project,
    Requirements,
    Resolution,
    SourceKind,
)
from slimpack.model.target import Architecture, Target
from slimpack.model.tree import Bytes, File, Tree
from slimpack.resolve import built, pdm, pipfile, poetry, remembered, resolve

SEPARATOR = b"\n%%%\n"
"""Between the files of one input: a lock, and what is read beside it."""


class Subject(Protocol):
    """One thing to fuzz."""

    def seeds(self) -> Sequence[bytes]:
        """Inputs to start from."""

    def run(self, data: bytes) -> object:
        """Read the bytes. Raises where the property does not hold."""


class ElfReader:
    """The ELF reader and the cutter: what a loader reads is the same afterwards."""

    def seeds(self) -> Sequence[bytes]:
        """Small files of every class and byte order, and a real one."""
        return [
            elves.shared_object(
                wide=wide,
                order=order,
                needed=["libz.so.1", "libc.so.6"],
                soname="libtiny.so",
                runpath="$ORIGIN",
                versions=[("libc.so.6", ["GLIBC_2.17", "GLIBC_2.28"])],
                between=[(".symtab", b"s" * 64)],
                second=second,
                behind=[(".debug_info", b"d" * 64), (".comment", b"GCC")],
                align=64,
            )
            for wide in (True, False)
            for order in "<>"
            for second in (b"", b"data" * 16)
        ]

    def run(self, data: bytes) -> None:
        """Read, and cut."""
        study._native("x.so", File(Bytes(data)))  # noqa: SLF001 what the tracer takes from it
        try:
            before = elf_reader.parse(data)
        except elf_reader.ElfError:
            return
        assert before.glibc >= (0, 0)
        try:
            done = cut(data)
        except NotCut:
            return
        assert before.same_to_a_loader(elf_reader.parse(done.data))
        assert len(done.data) <= len(data)
        assert done.gain >= 0
        for segment in before.segments:
            low, high = max(64, segment.offset), segment.offset + segment.filesz
            assert data[low:high] == done.data[low:high]
        with suppress(NotCut):
            cut(done.data)


class WheelReader:
    """The wheel reader: RECORD, metadata, members, and every member's content."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="slimpack-fuzz-", dir=_memory()))
        self._wheel = self._folder / "lib-1.0-py3-none-any.whl"

    def seeds(self) -> Sequence[bytes]:
        """A small wheel, compressed and stored, and programs for fuzz_shapes."""
        files: dict[str, str | bytes] = {
            "lib/__init__.py": "import os\n" * 20,
            "lib/x.so": b"\x7fELF",
            "lib-1.0.data/scripts/run": "#!python\n",
        }
        made = []
        for stored in (False, True):
            path = wheels.make_wheel(
                self._folder / "seeds",
                "lib",
                "1.0",
                files,
                entry_points="[a]\nb = c:d\n",
                requires=["x>1"],
                stored=stored,
            )
            made.append(path.read_bytes())
        return [*made, *programs()]

    def run(self, data: bytes) -> None:
        """Read all, through the index's JSON as a second build does."""
        self._wheel.write_bytes(zipped(Choices(data[1:])) if data.startswith(PROGRAM) else data)
        pin = Pin(name="lib", version="1.0", filename=self._wheel.name, sha256="0" * 64, path=str(self._wheel))
        try:
            file, found = wheel_reader.read(self._wheel, pin=pin)
        except SlimpackError:
            return
        assert wheel_index.load(wheel_index.dump(found)) == found
        for path, one in Tree(found.files(file), (found.distribution,)).files.items():
            assert len(one.content.read()) == one.content.size, path
            one.content.deflated()


class _Forgetful(Cache):
    """Nothing is remembered: each input must be read."""

    def get(self, kind: str, key: str) -> bytes | None:
        """Nothing."""
        _ = kind, key
        return None

    def put(self, kind: str, key: str, data: bytes) -> None:
        """Nothing."""


class LockReader:
    """A lock as it is read by a build; what uv and the index answer are further parts of the input."""

    def __init__(self, parts: Callable[[], Sequence[Sequence[Part]]], kind: SourceKind) -> None:
        self._parts, self._kind = parts, kind
        self._folder = Path(tempfile.mkdtemp(prefix="slimpack-fuzz-", dir=_memory()))
        self._environment = {"HOME": str(self._folder), "PIP_CONFIG_FILE": "/dev/null"}

    @functools.cached_property
    def _examples(self) -> Sequence[Sequence[Part]]:
        return self._parts()

    def seeds(self) -> Sequence[bytes]:
        """The fixtures' locks as they are, and programs that edit them."""
        return [*(SEPARATOR.join(part.text for part in parts) for parts in self._examples), *programs()]

    def run(self, data: bytes) -> None:
        """Resolve a project that has these files."""
        texts = self._edited(Choices(data[1:])) if data.startswith(PROGRAM) else data.split(SEPARATOR)
        named = dict(zip((part.name for part in self._examples[0]), texts, strict=False))
        for name, text in named.items():
            if not name.startswith("-"):
                (self._folder / name).write_bytes(text)
        tools = Tools(cache=_Forgetful(self._folder / "cache"), environment=self._environment)
        with ExitStack() as stack:
            for patch in _world(named):
                stack.enter_context(patch)
            with suppress(SlimpackError):
                lock = resolve(self._project(), tools=tools)
                assert list(lock.pins) == sorted(lock.pins, key=lambda pin: pin.name)

    def _edited(self, choices: Choices) -> list[bytes]:
        parts = self._examples[choices.number(len(self._examples))]
        which = choices.number(len(parts) + 2)  # the lock itself, the first part, more often than the others
        documents = {part.name: _document(part) for part in parts}
        documents[parts[0].name] = copy.deepcopy(documents[parts[0].name])  # it is signed; the others are remembered
        name = parts[which if which < len(parts) else 0].name
        documents[name] = edited(documents[name], choices)
        if choices.number(8):
            _sign(documents)
        return [_written(part, documents[part.name]) for part in parts]

    def _project(self) -> Project:
        name = self._examples[0][0].name
        return Project(
            name="app",
            root=self._folder,
            entry_points=(),
            requirements=Requirements(kind=self._kind, path=self._folder / name, groups=(), extras=()),
            resolution=Resolution(build=("sourced",)),
            target=Target(python=(3, 12), architecture=Architecture.X86_64, glibc=(2, 34)),
            policy=Policy(),
            budget=Budget(),
            output=Output(layout=Layout.ZIP, path=self._folder / "out.zip", report=self._folder / "out.json"),
        )


@functools.cache
def _document(part: Part) -> Any:
    match part.kind:
        case "toml":
            return tomllib.loads(part.text.decode())
        case "json":
            return json.loads(part.text)
        case _:
            return part.text.decode().split("\n")


def _written(part: Part, document: Any) -> bytes:
    match part.kind:
        case "toml":
            return toml(document)
        case "json":
            return json.dumps(document, default=str).encode()
        case _:
            return "\n".join(map(str, document)).encode("utf-8", "surrogatepass")


def _sign(documents: dict[str, Any]) -> None:
    """Make the lock's hash of what is declared right again, so that the rest is read."""
    with suppress(Exception):  # the declaration is damaged so far that it has none
        if "poetry.lock" in documents:
            digest = poetry._content_hash(documents["pyproject.toml"], groups=True)  # noqa: SLF001
            documents["poetry.lock"]["metadata"]["content-hash"] = digest
        if "pdm.lock" in documents:
            digest = pdm._content_hash(documents["pyproject.toml"])  # noqa: SLF001
            documents["pdm.lock"]["metadata"]["content_hash"] = f"sha256:{digest}"
        if "Pipfile.lock" in documents:
            digest = pipfile._content_hash(documents["Pipfile"])  # noqa: SLF001
            documents["Pipfile.lock"]["_meta"]["hash"]["sha256"] = digest


class _AtOnce:
    """An executor without threads: starting eight of them took longer than all else."""

    def __init__(self, **_: object) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, work: Callable[..., object], *arguments: object) -> Future[object]:
        """Do it, and return what came of it."""
        future: Future[object] = Future()
        try:
            future.set_result(work(*arguments))
        except Exception as error:  # noqa: BLE001 the future raises it
            future.set_exception(error)
        return future


def _world(named: Mapping[str, bytes]) -> Iterator[Any]:
    """Stand-ins for uv, the index and builds: they answer what the input says."""

    def run(command: Sequence[str], **_: object) -> Completed:
        if "--emit-index-url" in command:
            return Completed(code=0, stdout="--index-url https://index.example/simple\n", stderr="")
        if "-I" in command:
            raise ToolError(Problem(what="no other interpreter here"))
        said = named.get("-stderr", b"").decode("utf-8", "replace")
        answer = named.get("-answer", b"").decode("utf-8", "replace")
        code = 2 if said.startswith("error") and "--check" not in command else 0
        return Completed(code=code, stdout="" if "--check" in command else answer, stderr=said)

    def get(*_: object) -> tuple[int, bytes, str]:
        listing = named.get("-index", b"")
        return 200, listing, "text/html" if listing.startswith(b"<") else "application/vnd.pypi.simple.v1+json"

    def build(*_: object, **__: object) -> None:
        raise ToolError(Problem(what="nothing is built here"))

    def nothing(*_: object, **__: object) -> str:
        return "0" * 64

    yield mock.patch.object(process, "run", run)
    yield mock.patch.object(remembered, "key", nothing)  # it reads much that is the same for all inputs
    yield mock.patch.object(simple_index, "ThreadPoolExecutor", _AtOnce)
    yield mock.patch.object(simple_index, "_get", get)
    yield mock.patch.object(built, "_uv_build", build)
    yield mock.patch.object(built, "_run", build)
    yield mock.patch.object(built, "_digest_of", nothing)


def _memory() -> str | None:
    """A folder in memory where the system has one: a fuzzer writes millions of files."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 a folder of our own is made in it


TARGETS: Mapping[str, Callable[[], Subject]] = {
    "elf": ElfReader,
    "wheel": WheelReader,
    "pylock": lambda: LockReader(pylocks, SourceKind.PYLOCK),
    "uv": lambda: LockReader(uv_locks, SourceKind.UV_LOCK),
    "poetry": lambda: LockReader(
        lambda: fixtures("poetry", "poetry-1", lock="poetry.lock", declared="pyproject.toml"), SourceKind.POETRY_LOCK
    ),
    "pdm": lambda: LockReader(
        lambda: fixtures("pdm", "pdm-flat", lock="pdm.lock", declared="pyproject.toml"), SourceKind.PDM_LOCK
    ),
    "pipfile": lambda: LockReader(
        lambda: fixtures("pipenv", lock="Pipfile.lock", declared="Pipfile"), SourceKind.PIPFILE_LOCK
    ),
    "requirements": lambda: LockReader(requirements, SourceKind.REQUIREMENTS),
}
