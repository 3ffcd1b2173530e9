"""Write files atomically and make temporary folders: what is seen on disk is whole or not there."""

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from slimpack.errors import EmitError, Problem

FOLDER_PREFIX = "slimpack-"
_OUT_OF_SPACE = {errno.ENOSPC, errno.EDQUOT}


def write_atomically(path: Path, chunks: Iterable[bytes], *, mode: int = 0o644, option: str = "--output") -> None:
    """Write `chunks` to `path` through a temporary sibling; on any failure `path` is as it was.

    Raises EmitError when the folder cannot be written or the disk is full; `option` is what chooses another path.
    """
    try:
        refuse_special(path, option)
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise cannot_write(path, error, option) from error
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            for chunk in chunks:
                stream.write(chunk)
        part.chmod(mode)
        part.replace(path)
    except OSError as error:
        raise cannot_write(path, error, option) from error
    finally:
        part.unlink(missing_ok=True)


def append(path: Path, text: str) -> None:
    """Write `text` behind what a file holds that somebody else made, and may hold open."""
    try:
        with path.open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise cannot_write(path, error, "file") from error


def digest_of(path: Path) -> str:
    """The SHA-256 of a file in hex; empty where it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def refuse_special(path: Path, option: str = "--output") -> None:
    """Raise EmitError where a device, pipe or socket is: renaming a file over /dev/null would end the machine's own."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        kind = path.stat().st_mode
        if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
            what = f"cannot write {path.name}: it is a device, pipe or socket"
            raise EmitError(Problem(what=what, where=str(path), do=f"choose a file with {option}"))


def cannot_write(path: Path, error: OSError, option: str = "--output") -> EmitError:
    """The error for a path that the system does not let us write."""
    if error.errno in _OUT_OF_SPACE:
        do = f"free some space, or choose another {option}"
    elif error.errno == errno.EISDIR:
        do = f"remove the folder of that name, or choose another {option}"
    elif error.errno == errno.ENAMETOOLONG:
        do = f"choose a shorter {option}"
    else:
        do = f"make the folder writable, or choose another {option}"
    return EmitError(Problem(what=f"cannot write {path.name}: {error.strerror}", where=str(path), do=do))


@contextlib.contextmanager
def temporary_folder(parent: Path | None = None) -> Iterator[Path]:
    """Yield a fresh folder that is gone afterwards, read-only members included."""
    if parent is not None:
        parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=parent))
    try:
        yield folder
    finally:
        remove_folder(folder)


def remove_folder(folder: Path) -> None:
    """Remove a folder and all in it, read-only or not; a missing one is fine."""
    for path, folders, _ in os.walk(folder):
        for name in (".", *folders):
            with contextlib.suppress(OSError):
                os.chmod(os.path.join(path, name), 0o700)  # noqa: PTH101, PTH118 as os.walk gives it: tens of thousands of paths
    shutil.rmtree(folder, ignore_errors=True)
