"""Remember whole builds: the same inputs need no work but writing the artifact again.

The key holds everything a build depends on: the decisions, the lock, the bytes of the project's own files, the rules,
the interpreter, and slimpack's own code. What does not match is simply built.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from slimpack.host.cache import Cache
from slimpack.host.disk import write_atomically
from slimpack.host.python import Interpreter
from slimpack.model.lock import Lock
from slimpack.model.project import Layout, Project
from slimpack.model.tree import Tree

_REPORTS, _ARTIFACTS = "build", "artifact"


@dataclass(frozen=True, slots=True)
class Memory:
    """One build's place in the cache."""

    cache: Cache
    key: str

    def recall(self, project: Project) -> str | None:
        """Put the artifact in its place and return the report's JSON; None where the build is not known."""
        if (stored := self.cache.get(_REPORTS, self.key)) is None:
            return None
        digest, _, report = stored.decode().partition("\n")
        path = self.cache.file(_ARTIFACTS, digest)
        try:
            data = path.read_bytes() if path else b""
        except OSError:  # a parallel build has just pruned it, or it may not be read
            return None
        if sha256(data).hexdigest() != digest:
            self.cache.discard(_ARTIFACTS, digest)
            return None
        write_atomically(project.output.path, (data,))
        return report

    def remember(self, report: str, project: Project) -> None:
        """Store a finished build; a folder is not stored, and a cache that cannot be written is left as it is."""
        if project.output.layout is Layout.DIRECTORY:
            return
        try:
            data = project.output.path.read_bytes()
            digest = sha256(data).hexdigest()
            self.cache.store_file(_ARTIFACTS, digest, lambda part: part.write_bytes(data))
        except OSError:
            return
        self.cache.put(_REPORTS, self.key, f"{digest}\n{report}".encode())


def place(cache: Cache, *, project: Project, lock: Lock, own: Tree, interpreter: Interpreter | None) -> Memory:
    """Find the place of a build by all that it depends on."""
    digest = sha256()
    for part in (project, lock, interpreter, code_digest()):
        digest.update(f"{part!r}\0".encode())
    for path, file in own.files.items():
        digest.update(f"{path}\0{file.content.sha256}\0{file.executable}\0".encode())
    return Memory(cache, digest.hexdigest())


def code_digest() -> str:
    """Return a digest of slimpack's own files by name, size and time: a changed slimpack remembers nothing."""
    package = Path(__file__).parent.parent
    stats = (
        (path.relative_to(package), path.stat()) for path in sorted(package.rglob("*")) if path.suffix in _SUFFIXES
    )
    listing = "".join(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\0" for name, stat in stats)
    return sha256(listing.encode()).hexdigest()


_SUFFIXES = {".py", ".toml", ".json"}
