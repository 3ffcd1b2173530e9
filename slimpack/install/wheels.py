"""Fetch, check and open every pinned wheel at once, and lay them over one another."""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from slimpack.errors import InstallError, Problem
from slimpack.host.tools import Tools
from slimpack.install import fetch, index
from slimpack.install.content import WheelFile
from slimpack.install.index import Index
from slimpack.install.merge import merge
from slimpack.model.lock import Lock, Pin
from slimpack.model.project import Project
from slimpack.model.tree import Tree

_T = TypeVar("_T")
_DOWNLOADS = 8
"""Threads: downloads wait for the network, and checking releases the GIL, so more than the processors is right."""


def install(lock: Lock, *, project: Project, tools: Tools) -> Tree:
    """Fetch and check every wheel. Raises InstallError with all that is wrong; nothing is unpacked."""
    opened: dict[str, tuple[WheelFile, Index]] = {}

    def look(pin: Pin) -> bool:
        path = fetch.cached(pin, project=project, tools=tools)
        if path is not None:
            opened[pin.name] = _open(path, pin=pin, tools=tools)
        return path is not None

    with ThreadPoolExecutor(_DOWNLOADS, "install") as threads:
        found = _all(threads.submit(look, pin) for pin in lock.pins)
        missing = tuple(pin for pin, there in zip(lock.pins, found, strict=True) if not there)
        if missing and project.resolution.offline:
            raise fetch.refuse_offline(missing, lock=lock)
        if missing:
            _download(missing, opened, threads=threads, project=project, tools=tools)
    return merge([(one.distribution, one.files(file)) for _, (file, one) in sorted(opened.items())])


def _download(
    pins: tuple[Pin, ...],
    opened: dict[str, tuple[WheelFile, Index]],
    *,
    threads: ThreadPoolExecutor,
    project: Project,
    tools: Tools,
) -> None:
    progress = fetch.progress(pins, tools)
    with fetch.session(project, tools) as session:

        def get(pin: Pin) -> None:
            def use(path: Path) -> None:
                opened[pin.name] = _open(path, pin=pin, tools=tools)

            fetch.fetched(pin, tools=tools, session=session, progress=progress, use=use)

        # The largest first: the last to come should be a small one.
        _all(threads.submit(get, pin) for pin in sorted(pins, key=lambda pin: (-pin.size, pin.name)))


def _open(path: Path, *, pin: Pin, tools: Tools) -> tuple[WheelFile, Index]:
    """The wheel's index, from the cache where the wheel was opened before."""
    key = sha256(f"{index.VERSION}\0{pin.sha256}\0{pin.filename}\0{pin.name}\0{pin.version}".encode()).hexdigest()
    if (blob := tools.cache.get("wheel-index", key)) is not None:
        return WheelFile(path, name=pin.filename), index.load(blob)
    from slimpack.install import wheel  # noqa: PLC0415 email and packaging cost 40 ms, which a warm build saves

    try:
        file, found = wheel.read(path, pin=pin)
    except OSError as error:
        raise InstallError(Problem(what=f"{pin.filename} cannot be read: {error.strerror}", where=str(path))) from error
    tools.cache.put("wheel-index", key, index.dump(found))
    return file, found


def _all(futures: Iterable[Future[_T]]) -> list[_T]:
    """The results in order; of several errors all are raised as one, an interrupt cancels what has not begun."""
    waiting = list(futures)
    try:
        wait(waiting)
    except BaseException:
        for future in waiting:
            future.cancel()
        raise
    failures = [error for future in waiting if (error := future.exception()) is not None]
    known = [error for error in failures if isinstance(error, InstallError)]
    if others := [error for error in failures if not isinstance(error, InstallError)]:
        raise others[0]
    if known:
        # An index that is down is one problem, however many wheels were to come from it.
        problems = {problem for error in known for problem in error.problems}
        raise InstallError(*sorted(problems, key=lambda problem: (problem.what, problem.where)))
    return [future.result() for future in waiting]
