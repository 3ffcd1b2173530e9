"""A folder of any origin -> its files, every one: unlike a source root, all that is in a package ships."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from slimpack.errors import InstallError, Problem
from slimpack.install.own_code import OwnFile
from slimpack.model.tree import File

_LARGEST = 2 * 1024**3
_MOST = 200_000
_SHOWN = 5
_WHAT_FOR = "name the folder that the function is deployed from"


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One walk: what was found, and which paths cannot be packaged, and why."""

    root: str
    name: str
    size: int = 0
    files: dict[str, File] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def files_of(path: Path) -> Mapping[str, File]:
    """The files by path; links that stay inside are followed. Raises InstallError for all that cannot be packaged."""
    root = os.path.realpath(path)
    walk = _Walk(root=root, name=path.name or root)
    _descend(walk, folder=root, prefix="", above=(root,))
    if walk.refused:
        rest = len(walk.refused) - _SHOWN
        more = f" (and {rest} more)" if rest > 0 else ""
        shown = "; ".join(f"{where} {why}" for where, why in sorted(walk.refused.items())[:_SHOWN])
        raise InstallError(
            Problem(
                what=f"{walk.name} cannot be packaged: {shown}{more}",
                where=str(path),
                do="put copies there (cp -rL), or leave them out",
            )
        )
    return walk.files


def times_of(files: Mapping[str, File]) -> Mapping[str, int]:
    """When each file was changed, in seconds."""
    return {
        path: int(os.stat(file.content.path).st_mtime)  # noqa: PTH116 thousands of files
        for path, file in files.items()
        if isinstance(file.content, OwnFile)
    }


def _descend(walk: _Walk, *, folder: str, prefix: str, above: tuple[str, ...]) -> None:
    """List one folder and those below it; `above` are the real folders on the way, so that no link goes in circles."""
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        walk.refused[prefix.rstrip("/") or "."] = f"cannot be listed: {error.strerror}"
        return
    for entry in entries:
        path = prefix + entry.name
        if "\\" in entry.name or not _is_text(entry.name):
            walk.refused[ascii(path)] = "has a name that cannot be in a zip"
        elif entry.is_symlink():
            _follow(walk, entry, path=path, above=above)
        elif entry.is_dir():
            _descend(walk, folder=entry.path, prefix=f"{path}/", above=(*above, entry.path))
        else:
            _add(walk, path, entry.path, entry.stat())


def _follow(walk: _Walk, entry: os.DirEntry[str], *, path: str, above: tuple[str, ...]) -> None:
    real = os.path.realpath(entry.path)
    if not real.startswith(f"{walk.root}/") and real != walk.root:
        walk.refused[path] = "is a link that leads out of it"
    elif not Path(real).exists():
        walk.refused[path] = "is a link to nothing"
    elif not entry.is_dir():
        _add(walk, path, real, entry.stat())
    elif real in above:
        walk.refused[path] = "is a link to a folder that it is in"
    else:
        _descend(walk, folder=real, prefix=f"{path}/", above=(*above, real))


def _add(walk: _Walk, path: str, source: str, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        walk.refused[path] = "is a device, pipe or socket"
        return
    walk.files[path] = File(OwnFile(source, status.st_size), bool(status.st_mode & stat.S_IXUSR))
    walk.size += status.st_size
    if walk.size > _LARGEST or len(walk.files) > _MOST:
        much = "2 GB" if walk.size > _LARGEST else f"{_MOST:,} files"
        what = f"{walk.name} holds more than {much}, which no function can hold"
        raise InstallError(Problem(what=what, where=walk.root, do=_WHAT_FOR))


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
