"""Tree -> directory: written beside its place and swapped in whole; a folder with other people's files is not replaced.

What slimpack wrote is listed in a hidden file beside the folder, not in it: everything in it ships.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from slimpack.emit.members import content_sha256, mode, prefix
from slimpack.errors import EmitError, Problem
from slimpack.host.disk import remove_folder, temporary_folder, write_atomically
from slimpack.model.artifact import Artifact, Member
from slimpack.model.project import Project
from slimpack.model.tree import Tree

_SHOWN = 3


def write_directory(tree: Tree, *, project: Project, origins: Mapping[str, str]) -> Artifact:
    """Write the folder. Raises EmitError where it cannot be written, or holds files that slimpack did not write."""
    target = project.output.path
    place = prefix(project.output.layout, project.target)
    if not project.output.replaces:
        _refuse_foreign(target)
    members: list[Member] = []
    lines: list[tuple[str, int, str]] = []
    try:
        with temporary_folder(target.parent) as scratch:
            fresh = scratch / target.name
            fresh.mkdir()
            for path, file in tree.files.items():
                data = file.content.read()
                bits = mode(file, data)
                _write(fresh / place / path, data, bits)
                members.append(
                    Member(
                        path=place + path,
                        size=len(data),
                        stored=len(data),
                        origin=origins.get(path, path),
                        owner=file.owner,
                    )
                )
                lines.append((place + path, bits, file.content.sha256))
            _open_folders(fresh)
            _swap(fresh, target, scratch=scratch)
    except OSError as error:
        raise EmitError(
            Problem(
                what=f"cannot write the folder {target.name}: {error.strerror}",
                where=str(target),
                do="free some space, make the folder writable, or choose another --output",
            )
        ) from error
    write_atomically(_list(target), [f"{member.path}\n".encode() for member in members])
    digest = content_sha256(lines)
    return Artifact(
        path=target,
        layout=project.output.layout,
        size=tree.size,
        unpacked=tree.size,
        sha256=digest,
        content_sha256=digest,
        members=tuple(members),
    )


def _write(path: Path, data: bytes, bits: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(bits)


def _open_folders(root: Path) -> None:
    # By mode and not by umask: Lambda runs the function as another user.
    for folder, _, _ in os.walk(root):
        Path(folder).chmod(0o755)


def _swap(fresh: Path, target: Path, *, scratch: Path) -> None:
    """Put `fresh` in the place of `target`: by renaming, or its members alone where the folder itself cannot move."""
    old = scratch / ".old"
    try:
        if target.exists():
            target.rename(old)
        fresh.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        if not target.is_dir():
            raise
        # A mount point, or a parent that may not be changed, as build containers give: the folder must stay.
        for child in target.iterdir():
            remove_folder(child) if child.is_dir() and not child.is_symlink() else child.unlink()
        for child in sorted(fresh.iterdir()):
            child.rename(target / child.name)


def _refuse_foreign(target: Path) -> None:
    if not target.exists() and not target.is_symlink():
        return
    if not target.is_dir() or target.is_symlink():
        raise EmitError(
            Problem(
                what=f"{target.name} is not a folder", where=str(target), do="remove it, or choose another --output"
            )
        )
    known: frozenset[str] = frozenset()
    with contextlib.suppress(OSError):
        known = frozenset(_list(target).read_text("utf-8").splitlines())
    if foreign := sorted(path for path in _files(target) if path not in known):
        shown = ", ".join(foreign[:_SHOWN]) + (", …" if len(foreign) > _SHOWN else "")
        raise EmitError(
            Problem(
                what=f"{target.name} holds files that slimpack did not write: {shown}",
                where=str(target),
                do="choose an empty folder with --output, or remove these files",
            )
        )


def _files(folder: Path) -> Iterator[str]:
    for root, _, names in os.walk(folder):
        if Path(root).name != "__pycache__":  # left by whoever ran the function from the folder
            yield from (Path(root, name).relative_to(folder).as_posix() for name in names)


def _list(target: Path) -> Path:
    return target.parent / f".{target.name}.slimpack"
