"""Pin -> a wheel file whose digest is right: from the cache, from a local path, or downloaded into the cache."""

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from slimpack.errors import InstallError, Problem
from slimpack.host import credentials, download
from slimpack.host.disk import temporary_folder
from slimpack.host.tools import Tools
from slimpack.model.lock import Lock, Pin
from slimpack.model.project import Project

KIND = "wheel"
_CONNECTIONS = 8


@dataclass(slots=True, kw_only=True)
class Progress:
    """Adds up what all threads have received; bytes where the lock knows every size, else whole wheels."""

    tools: Tools
    total: int
    unit: str
    done: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, count: int) -> None:
        """`count` more bytes or wheels."""
        with self._lock:
            self.done += count
            done = min(self.done, self.total)
        self.tools.listener.progressed("install", done=done, total=self.total, unit=self.unit)


def progress(pins: tuple[Pin, ...], tools: Tools) -> Progress:
    """Start counting the wheels that must be downloaded."""
    known = all(pin.size for pin in pins)
    total = sum(pin.size for pin in pins) if known else len(pins)
    return Progress(tools=tools, total=total, unit="bytes" if known else "wheels")


@contextlib.contextmanager
def session(project: Project, tools: Tools) -> Iterator[download.Session]:
    """Connections with every credential that the user's configuration holds; closed afterwards."""
    resolution = project.resolution
    texts = [resolution.index_url, *resolution.extra_index_urls, *resolution.find_links]
    files = [project.requirements.path, project.config, project.root / "pyproject.toml", project.root / "uv.toml"]
    known = credentials.gather(
        tools.environment, texts=texts, files=dict.fromkeys(path for path in files if path is not None)
    )
    opened = download.Session(environment=tools.environment, known=known, connections=_CONNECTIONS)
    try:
        yield opened
    finally:
        opened.stopped.set()  # after an interrupt: what still runs ends with its next chunk
        opened.close()


def cached(pin: Pin, *, project: Project, tools: Tools) -> Path | None:
    """The wheel where no download is needed; a cached one with wrong bytes is forgotten, a local one is an error."""
    if local := local_path(pin, project):
        _check_local(local, pin)
        return local
    path = tools.cache.file(KIND, pin.sha256)
    if path is None:
        return None
    try:
        if digest(path) == pin.sha256:
            return path
    except OSError:
        pass
    tools.listener.detailed(f"{pin.filename}: the cached wheel is damaged; it is fetched again")
    tools.cache.discard(KIND, pin.sha256)
    return None


def fetched(
    pin: Pin, *, tools: Tools, session: download.Session, progress: Progress, use: Callable[[Path], None]
) -> None:
    """Download a wheel into the cache and `use` it; where the cache cannot be written, use it from a passing file."""
    by_bytes = progress.unit == "bytes"

    def fill(part: Path) -> None:
        download.fetch(
            pin.url,
            part,
            sha256=pin.sha256,
            name=pin.filename,
            session=session,
            received=progress.add if by_bytes else lambda _: None,
        )
        if not by_bytes:
            progress.add(1)

    tools.listener.detailed(f"downloading {pin.filename}")
    try:
        path = tools.cache.store_file(KIND, pin.sha256, fill)
    except OSError as error:
        tools.listener.noticed(f"the cache cannot be written: {error.strerror}")
        with _elsewhere(pin) as part:
            fill(part)
            use(part)
        return
    use(path)


@contextlib.contextmanager
def _elsewhere(pin: Pin) -> Iterator[Path]:
    try:
        with temporary_folder() as folder:
            yield folder / pin.filename
    except OSError as error:
        do = "free some space, or point SLIMPACK_CACHE_DIR and TMPDIR to a folder that can be written"
        raise InstallError(Problem(what=f"cannot store {pin.filename}: {error.strerror}", do=do)) from error


def refuse_offline(missing: tuple[Pin, ...], *, lock: Lock) -> InstallError:
    """The error of an offline build whose wheels are not all in the cache."""
    names = ", ".join(f"{pin.name} {pin.version}" for pin in missing)
    return InstallError(
        Problem(
            what=f"offline, and the cache does not have {names}",
            where=lock.source,
            do="build once without --offline on a machine with the index, or point SLIMPACK_CACHE_DIR to a full cache",
        )
    )


def digest(path: Path) -> str:
    """Hex SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def local_path(pin: Pin, project: Project) -> Path | None:
    """Where a wheel lies that is not fetched: `path` (relative to the project), or a file URL."""
    if pin.path:
        return project.root / pin.path
    parts = urlsplit(pin.url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def _check_local(path: Path, pin: Pin) -> None:
    try:
        found = digest(path)
    except OSError as error:
        raise InstallError(
            Problem(
                what=f"{pin.filename} cannot be read: {error.strerror}",
                where=str(path),
                do="lock again, or put the wheel where the lock says",
            )
        ) from error
    if found != pin.sha256:
        raise InstallError(
            Problem(
                what=f"{pin.filename} does not have the hash that the lock gives it\n"
                f"  expected: sha256:{pin.sha256}\n  got:      sha256:{found}",
                where=str(path),
                do="lock again if the wheel was rebuilt on purpose; otherwise do not use it",
            )
        )
