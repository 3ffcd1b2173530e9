"""Source root -> Tree of candidates: every own file that could ship; the trace and `include` decide which do.

Folders that never hold a function's code are not descended into, and nothing is read: a root of 100,000 files costs a
listing. A link is followed where it stays inside; one that leads out or nowhere is no candidate, and an error only
where `include` or an import of own code wants it, for a checkout has many links that no function needs.
"""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from slimpack.errors import InstallError, Problem
from slimpack.model.glob import matcher
from slimpack.model.naming import is_shared_object
from slimpack.model.project import Layout, Project
from slimpack.model.tree import OWN, Deflated, File, Tree

_IGNORED = frozenset(
    {".git", ".hg", ".svn", "__pycache__", "node_modules", "__pypackages__"}
    | {".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".tox", ".nox", ".eggs", ".ipynb_checkpoints"}
    | {".aws-sam", "cdk.out", ".serverless", ".terraform", ".chalice"}
)
"""Folders by name: histories, caches, and what other deployment tools put into a project."""

_ENVIRONMENT = frozenset({"pyvenv.cfg", "conda-meta"})
"""A folder that holds one of these is a virtual environment, whatever its name."""

_RACE = "it was changed while it was being packaged"


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file on disk, not read before it is asked for; its digest is taken once."""

    path: str
    size: int
    _digest: list[str] = field(default_factory=list, repr=False, compare=False)

    @property
    def sha256(self) -> str:
        """Hex digest of what the file holds."""
        if not self._digest:
            self.read()
        return self._digest[0]

    def read(self) -> bytes:
        """All bytes. Raises InstallError where the file cannot be read or changed since it was listed."""
        try:
            data = Path(self.path).read_bytes()
        except OSError as error:
            raise InstallError(Problem(what=f"cannot read {self.path}: {error.strerror}", where=self.path)) from error
        digest = sha256(data).hexdigest()
        if not self._digest:
            self._digest.append(digest)
        if len(data) != self.size or digest != self._digest[0]:
            raise InstallError(Problem(what=f"cannot package {self.path}: {_RACE}", where=self.path, do="build again"))
        return data

    def deflated(self) -> Deflated | None:
        """Nothing ready-made."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """One walk over a source root: what to leave out, what was found, and which paths were refused, and why."""

    root: str
    skipped: frozenset[str]
    follow: bool
    files: dict[str, File] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def own_code(project: Project) -> Tree:
    """The candidates of the source root. Raises InstallError for a wanted file that cannot be had."""
    root = os.path.realpath(project.root)
    walk = _Walk(root=root, skipped=frozenset(_outputs(project)), follow=project.policy.follow_symlinks)
    _descend(walk, folder=root, prefix="", above=(root,))
    _refuse_wanted(walk, project.policy.include)
    return Tree(walk.files)


def merged(tree: Tree, own: Tree) -> Tree:
    """The installed distributions with the candidates laid over them, as in a folder that both were copied to.

    An own module wins over a distribution's of the same path, as the source root comes first on `sys.path`; any other
    own file is a mere candidate and takes nobody's place.
    """
    folders = {folder for path in tree for folder in _parents(path)}
    files = dict(tree.files)
    for path, file in own.files.items():
        in_the_way = path in folders or any(parent in tree for parent in _parents(path))
        if not in_the_way and (path not in tree or _is_module(path)):
            files[path] = file
    return tree.with_files(files)


def _is_module(path: str) -> bool:
    return path.endswith(".py") or is_shared_object(path)


def _parents(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def _outputs(project: Project) -> Iterator[str]:
    """What this or an earlier build wrote: never part of the next one."""
    output = project.output
    yield from (os.path.realpath(output.path), os.path.realpath(output.report))
    yield os.path.realpath(output.path.with_name(f".{output.path.name}.slimpack"))
    if output.layout is Layout.DIRECTORY:
        return
    folder = output.path.parent
    if folder.name == "dist" and not (folder / "__init__.py").exists():
        yield os.path.realpath(folder)


def _descend(walk: _Walk, *, folder: str, prefix: str, above: tuple[str, ...]) -> None:
    """List one folder and those below it; `above` are the real folders on the way, so that no link goes in circles."""
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        walk.refused[prefix.rstrip("/")] = f"cannot be listed: {error.strerror}"
        return
    if prefix and any(entry.name in _ENVIRONMENT for entry in entries):
        return
    for entry in entries:
        path = prefix + entry.name
        if entry.name in _IGNORED or entry.path in walk.skipped or entry.name.endswith(".egg-info"):
            continue
        if "\\" in entry.name or not _is_text(entry.name):
            walk.refused[path] = "has a name that cannot be in a zip"
        elif entry.is_symlink():
            _follow(walk, entry, path=path, above=above)
        elif entry.is_dir():
            _descend(walk, folder=entry.path, prefix=f"{path}/", above=(*above, entry.path))
        else:
            _add(walk, path, entry.path, entry.stat())


def _follow(walk: _Walk, entry: os.DirEntry[str], *, path: str, above: tuple[str, ...]) -> None:
    real = os.path.realpath(entry.path)
    if not walk.follow:
        walk.refused[path] = "is a link, and follow-symlinks is false"
    elif not real.startswith(f"{walk.root}/") and real != walk.root:
        walk.refused[path] = "is a link that leads out of the source root"
    elif not Path(real).exists():
        walk.refused[path] = "is a link to nothing"
    elif not entry.is_dir():
        _add(walk, path, real, entry.stat())
    elif real in above:
        walk.refused[path] = "is a link to a folder that it is in"
    elif real not in walk.skipped:
        _descend(walk, folder=real, prefix=f"{path}/", above=(*above, real))


def _add(walk: _Walk, path: str, source: str, status: os.stat_result) -> None:
    if stat.S_ISREG(status.st_mode):
        executable = bool(status.st_mode & stat.S_IXUSR)
        walk.files[path] = File(OwnFile(source, status.st_size), executable, OWN)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse_wanted(walk: _Walk, include: tuple[str, ...]) -> None:
    """Raise for refused paths that `include` names or that some own code imports."""
    included = matcher(include)
    imported = _importer(walk) if any(_module_of(path) for path in walk.refused) else None
    problems: list[Problem] = []
    for path, why in sorted(walk.refused.items()):
        module = _module_of(path)
        if included(path) or any(pattern.startswith(f"{path}/") for pattern in include):
            wanted = "include names it"
        elif module and imported and (importer := imported(module)):
            wanted = f"{importer} imports it"
        else:
            continue
        do = "put a copy there, or set source to a folder that holds all of the code"
        problems.append(Problem(what=f"{path} {why}, and {wanted}", where=f"{walk.root}/{path}", do=do))
    if problems:
        raise InstallError(*problems)


def _module_of(path: str) -> str:
    """The dotted name that a link's path would have; empty where no import can name it."""
    parts = path.removesuffix(".py").split("/")
    return ".".join(parts) if all(part.isidentifier() for part in parts) else ""


class _importer:  # noqa: N801 a function with memory: texts are read once, and only where a link was refused
    """Find the first own module whose text imports a dotted name."""

    def __init__(self, walk: _Walk) -> None:
        self._texts = {path: file.content.read() for path, file in walk.files.items() if path.endswith(".py")}

    def __call__(self, module: str) -> str:
        name = re.escape(module).encode()
        parent, _, last = (re.escape(part).encode() for part in module.rpartition("."))
        forms = rb"^\s*(?:from|import)\s+" + name + rb"\b"
        if parent:
            forms += rb"|^\s*from\s+(?:" + parent + rb"|\.+)\s+import\s.*\b" + last + rb"\b"
        pattern = re.compile(forms, re.MULTILINE)
        return next((path for path, text in self._texts.items() if pattern.search(text)), "")
