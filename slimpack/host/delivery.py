"""Where artifacts are made and how they reach their place: proven in a staging folder first, then put there whole."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from slimpack.errors import EmitError, Problem
from slimpack.host.disk import temporary_folder, write_atomically
from slimpack.host.tools import Tools
from slimpack.model.artifact import Artifact
from slimpack.model.project import Layout, Project

_CHUNK = 1 << 20


def refuse_unwritable(project: Project) -> None:
    """Raise EmitError now rather than after the build where the output cannot be written."""
    folder = project.output.path.parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise EmitError(
            Problem(
                what=f"cannot write {project.output.path.name}: {folder.name or folder} is not a writable folder",
                where=str(project.output.path),
                do="make the folder writable, or choose another --output",
            )
        )
    if project.output.layout is not Layout.DIRECTORY and project.output.path.is_dir():
        raise EmitError(
            Problem(
                what=f"cannot write {project.output.path.name}: there is a folder of that name",
                where=str(project.output.path),
                do="choose another --output, or --format directory",
            )
        )


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
