"""Where artifacts are made and how they reach their place: proven in a staging folder first, then put there whole."""

import contextlib
import errno
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from slimpack.errors import EmitError, Problem
from slimpack.host.disk import cannot_write, refuse_special, temporary_folder, write_atomically
from slimpack.host.tools import Tools
from slimpack.model.artifact import Artifact
from slimpack.model.project import Layout, Project

_CHUNK = 1 << 20


def refuse_unwritable(project: Project) -> None:
    """Raise EmitError now rather than after the build where the output cannot be written."""
    path = project.output.path
    try:
        _refuse_foreign(project)
        folder = path.parent
        while not folder.exists():
            folder = folder.parent
    except OSError as error:
        raise cannot_write(path, error) from error
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise EmitError(
            Problem(
                what=f"cannot write {project.output.path.name}: {folder.name or folder} is not a writable folder",
                where=str(project.output.path),
                do="make the folder writable, or choose another --output",
            )
        )


def _refuse_foreign(project: Project) -> None:
    """Raise EmitError where something else than an earlier artifact or report would be overwritten."""
    path, report = project.output.path, project.output.report
    if report.is_dir():
        raise cannot_write(report, IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)))
    refuse_special(report)
    if project.output.layout is Layout.DIRECTORY:
        return
    if path.is_dir():
        what = f"cannot write {path.name}: there is a folder of that name"
        do = "choose another --output, or --format directory"
        raise EmitError(Problem(what=what, where=str(path), do=do))
    refuse_special(path)
    if path.is_file() and path.suffix != ".zip" and not _is_zip(path):
        what = f"{path.name} is there and is no zip: it would be overwritten"
        raise EmitError(Problem(what=what, where=str(path), do="choose another --output, or remove the file"))


def _is_zip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(2) in {b"", b"PK"}


@contextlib.contextmanager
def staged(project: Project, tools: Tools) -> Iterator[Project]:
    """Yield the project with its output in a folder that is gone afterwards."""
    parent: Path | None = tools.cache.root / "staging"
    try:
        tools.cache.root.mkdir(parents=True, exist_ok=True)
        if not os.access(tools.cache.root, os.W_OK):
            parent = None
    except OSError:
        parent = None
    with temporary_folder(parent) as folder:
        yield replace(project, output=replace(project.output, path=folder / project.output.path.name))


def hand_over(artifact: Artifact, project: Project) -> Artifact:
    """Put a proven zip where the project wants it; whole or not at all."""
    write_atomically(project.output.path, _chunks(artifact.path))
    return replace(artifact, path=project.output.path)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
