"""Pools of processes of the target's interpreter that answer requests one by one; a crash costs one answer.

The extractor's takes (path, filename, source) and gives (packed facts, bytecode); others are asked with `ask`.
"""

import contextlib
import marshal
import os
import select
import struct
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from slimpack.errors import Problem, ToolError
from slimpack.model.facts import Facts, Packed, pack

_PROBE = Path(__file__).parent.parent / "probe"
_SOURCES = (
    "extract.py",
    "serving.py",
    "canonical.py",
    "loaders.py",
    "lookups.py",
    "paths.py",
    "collect.py",
    "evaluate.py",
    "narrow.py",
    "scopes.py",
    "values.py",
)
_BOOT = (
    "import sys,types;"
    "sys.path[:]=[p for p in sys.path if p];"
    "probe=types.ModuleType('probe');probe.__path__=[{folder!r}];sys.modules['probe']=probe;"
    "from probe.{server} import serve;serve()"
)
# Not -I: it would ignore PYTHONHASHSEED, and before 3.11 a set constant is marshalled in hash order.
_ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8"}
_PATIENCE = 120.0
"""Seconds for one file; the largest file of the corpus takes under two."""


def version() -> str:
    """Digest of the extractor's source: what it says depends on nothing else of ours."""
    digest = sha256()
    for name in _SOURCES:
        digest.update((_PROBE / name).read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One file to study."""

    path: str
    filename: str
    read: Callable[[], bytes]
    own: bool = False


Done = Callable[[Job, Packed, bytes | None], None]


class Pool:
    """Worker processes of one interpreter, started when first needed."""

    def __init__(self, executable: str, *, count: int, debug_ranges: bool, server: str = "extract") -> None:
        flags = [] if debug_ranges else ["-X", "no_debug_ranges"]
        self._command = [executable, "-s", "-S", *flags, "-c", _BOOT.format(folder=str(_PROBE), server=server)]
        self._workers: list[_Worker | None] = [None] * max(count, 1)
        self._idle: SimpleQueue[int] = SimpleQueue()
        for index in range(len(self._workers)):
            self._idle.put(index)

    def ask(self, request: tuple[Any, ...]) -> Any:
        """What a worker answers, from any thread; None where it fails or takes too long."""
        index = self._idle.get()
        try:
            worker = self._workers[index] = self._workers[index] or _Worker(self._command)
            worker.send(request)
            answer = worker.receive()
            if answer is None:
                worker.close()
                self._workers[index] = None
            return answer
        finally:
            self._idle.put(index)

    def run(self, jobs: Iterable[Job], done: Done) -> None:
        """Study every job and call `done` for each, from several threads."""
        queue: SimpleQueue[Job] = SimpleQueue()
        count = 0
        for job in jobs:
            queue.put(job)
            count += 1
        errors: list[BaseException] = []
        threads = [
            Thread(target=self._drain, args=(index, queue, done, errors), daemon=True)
            for index in range(min(len(self._workers), count))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]

    def _drain(self, index: int, queue: SimpleQueue[Job], done: Done, errors: list[BaseException]) -> None:
        try:
            pending = self._next(index, queue)
            while pending is not None:
                answer = self._answer(index)
                following = self._next(index, queue)  # before the answer is worked on, so that the worker never waits
                done(pending, *answer)
                pending = following
        except BaseException as error:  # noqa: BLE001 it is raised again by the thread that asked
            errors.append(error)

    def _next(self, index: int, queue: SimpleQueue[Job]) -> Job | None:
        try:
            job = queue.get_nowait()
        except Empty:
            return None
        worker = self._workers[index]
        if worker is None:
            worker = self._workers[index] = _Worker(self._command)
        worker.send((job.path, job.filename, 0, job.read(), job.own))
        return job

    def _answer(self, index: int) -> tuple[Packed, bytes | None]:
        worker = self._workers[index]
        answer = worker.receive() if worker is not None else None
        if answer is None:
            if worker is not None:
                worker.close()
            self._workers[index] = None
            return pack(Facts(error="the interpreter failed or took too long over this file")), None
        packed, bytecode = answer
        return packed, bytecode

    def close(self) -> None:
        """End all workers."""
        for index, worker in enumerate(self._workers):
            if worker is not None:
                worker.close()
            self._workers[index] = None


class _Worker:
    """One process; after a failure it is dead and answers None."""

    def __init__(self, command: list[str]) -> None:
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_ENVIRONMENT,
                cwd="/",
            )
        except OSError as error:
            raise ToolError(Problem(what=f"cannot start {command[0]}: {error.strerror}")) from error

    def send(self, request: tuple[Any, ...]) -> None:
        frame = marshal.dumps(request, 2)
        stream = self._process.stdin
        with contextlib.suppress(OSError):  # it has died: receive() will tell
            if stream is not None:
                stream.write(struct.pack(">I", len(frame)) + frame)
                stream.flush()

    def receive(self) -> Any:
        end = time.monotonic() + _PATIENCE
        head = self._read(4, end)
        body = self._read(struct.unpack(">I", head)[0], end) if head is not None else None
        if body is None:
            return None
        return marshal.loads(body)  # noqa: S302 our own worker wrote it

    def _read(self, count: int, end: float) -> bytes | None:
        stream = self._process.stdout
        parts: list[bytes] = []
        while count and stream is not None:
            ready, _, _ = select.select([stream], [], [], max(end - time.monotonic(), 0))
            chunk = os.read(stream.fileno(), min(count, 1 << 20)) if ready else b""
            if not chunk:
                return None
            parts.append(chunk)
            count -= len(chunk)
        return b"".join(parts)

    def close(self) -> None:
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        self._process.wait()
