"""File -> Study: facts and bytecode, made by workers of the target's interpreter and cached per wheel.

Both are functions of the wheel's bytes, the extractor and the interpreter; the key says all of that, so an entry is
never stale. A build that is killed leaves the cache as it was: what was learnt is written at `flush()`, whole files
through a rename.
"""

import contextlib
import marshal
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import Self

from slimpack.host import compiled, workers
from slimpack.host.compiled import Compiled
from slimpack.host.python import Interpreter
from slimpack.host.tools import Tools
from slimpack.host.workers import Job, Pool
from slimpack.model import elf
from slimpack.model.facts import NOTHING, Facts, Packed, pack, unpack
from slimpack.model.naming import is_shared_object
from slimpack.model.target import Target
from slimpack.model.tree import OWN, Content, File, Tree

_KIND = "facts"
_SOURCE = (".py", ".pyi", ".pyc")
_NAME = re.compile(rb"\0([A-Za-z_][A-Za-z0-9_]{0,60}(?:\.[A-Za-z_][A-Za-z0-9_]{0,60}){1,8})(?=\0)")
_EXECUTABLE, _WRITABLE = 1, 2
_NATIVE_VERSION = "1"
"""Raised when what is read of shared objects changes; sources have the digest of the extractor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What was learnt of one file; no bytecode where it does not compile or no interpreter of the target is at hand."""

    facts: Facts
    bytecode: Content | None


@dataclass(slots=True)
class _Shelf:
    """What is known of one wheel (or of one own file)."""

    facts: dict[str, Packed] = field(default_factory=dict)
    bytecode: dict[str, Compiled] = field(default_factory=dict)
    grown: bool = False


class Studio:
    """Studies files; close it (or use it as a context manager), so that its workers end."""

    def __init__(
        self,
        tools: Tools,
        interpreter: Interpreter | None,
        target: Target,
        prefix: str,
        debug_ranges: bool = False,  # noqa: FBT001, FBT002 the last of a fixed list; the contract's order
    ) -> None:
        self._tools, self._prefix = tools, prefix
        self._compiles = interpreter is not None and interpreter.python == target.python
        executable = interpreter.executable if interpreter is not None else sys.executable
        self._pool = Pool(executable, count=tools.workers, debug_ranges=debug_ranges)
        made_by = (interpreter.version, interpreter.magic) if interpreter is not None else (sys.version, "")
        about = (workers.version(), _NATIVE_VERSION, *made_by, str(self._compiles), prefix, str(debug_ranges))
        self._about = "\0".join(about)
        self._shelves: dict[str, _Shelf] = {}
        self._known: dict[tuple[str, str], Study] = {}
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def study(self, files: Mapping[str, File], *, tree: Tree) -> Mapping[str, Study]:
        """Facts and bytecode of each of `files`."""
        hashes = {distribution.name: distribution.sha256 for distribution in tree.distributions}
        keys = {path: self._key(path, file, hashes) for path, file in files.items()}
        missing = [
            path for path in files if (keys[path], path) not in self._known and not self._recall(keys[path], path)
        ]
        self._learn({path: files[path] for path in missing}, keys)
        return {path: self._known[keys[path], path] for path in files}

    def _key(self, path: str, file: File, hashes: Mapping[str, str]) -> str:
        wheel = hashes.get(file.owner, "") if file.owner != OWN else ""
        what = wheel or f"{path}\0{file.content.sha256}"
        return sha256(f"{self._about}\0{what}".encode()).hexdigest()

    def _recall(self, key: str, path: str) -> bool:
        shelf = self._shelves.get(key)
        if shelf is None:
            shelf = self._shelves[key] = self._open(key)
        packed = shelf.facts.get(path)
        if packed is None:
            return False
        bytecode = shelf.bytecode.get(path)
        facts = unpack(packed)
        if bytecode is None and self._compiles and path.endswith(".py") and not facts.error:
            return False
        self._known[key, path] = Study(facts=facts, bytecode=bytecode)
        return True

    def _open(self, key: str) -> _Shelf:
        blob = self._tools.cache.get(_KIND, key)
        if blob is None:
            return _Shelf()
        try:
            facts: dict[str, Packed] = marshal.loads(blob)  # noqa: S302 the cache checked its digest
        except (ValueError, EOFError, TypeError):
            self._tools.cache.discard(_KIND, key)
            return _Shelf()
        return _Shelf(facts=facts, bytecode=compiled.load(self._tools.cache, key) if self._compiles else {})

    def _learn(self, files: Mapping[str, File], keys: Mapping[str, str]) -> None:
        jobs: list[Job] = []
        # The largest first, so that no worker is left alone with one at the end.
        for path in sorted(files, key=lambda item: (-files[item].content.size, item)):
            if path.endswith(_SOURCE):
                filename = f"{self._prefix}/{path}"
                own = files[path].owner == OWN
                jobs.append(Job(path=path, filename=filename, read=files[path].content.read, own=own))
            else:
                self._keep(keys[path], path, _native(path, files[path]), None)

        def done(job: Job, packed: Packed, bytecode: bytes | None) -> None:
            made = compiled.compiled(bytecode) if bytecode is not None and self._compiles else None
            self._keep(keys[job.path], job.path, packed, made)

        if jobs:
            self._pool.run(jobs, done)

    def _keep(self, key: str, path: str, packed: Packed, bytecode: Compiled | None) -> None:
        with self._lock:
            shelf = self._shelves[key]
            shelf.facts[path] = packed
            if bytecode is not None:
                shelf.bytecode[path] = bytecode
            shelf.grown = True
            self._known[key, path] = Study(facts=unpack(packed), bytecode=bytecode)

    def flush(self) -> None:
        """Write what was learnt into the cache; one that cannot be written is left as it is."""
        for key in sorted(self._shelves):
            shelf = self._shelves[key]
            if not shelf.grown:
                continue
            if shelf.bytecode:
                with contextlib.suppress(OSError):
                    compiled.save(self._tools.cache, key, shelf.bytecode)
            self._tools.cache.put(_KIND, key, marshal.dumps(dict(sorted(shelf.facts.items())), 4))
            shelf.grown = False

    def close(self) -> None:
        """End the workers."""
        self._pool.close()


def _native(path: str, file: File) -> Packed:
    if not is_shared_object(path):
        return pack(NOTHING)
    data = file.content.read()
    try:
        parsed = elf.parse(data)
    except elf.ElfError as error:
        return pack(Facts(error=f"not a valid shared object: {error}"))
    strings = () if path.rpartition("/")[0].endswith(".libs") else _dotted_names(data, parsed)
    return pack(Facts(strings=strings, needed=parsed.needed, soname=parsed.soname, runpath=parsed.search))


def _dotted_names(data: bytes, parsed: elf.Elf) -> tuple[str, ...]:
    """Dotted names among the constants: what C code imports when a function is first called shows nowhere else."""
    loads = [segment for segment in parsed.segments if segment.kind == elf.PT_LOAD and not segment.flags & _WRITABLE]
    constant = [segment for segment in loads if not segment.flags & _EXECUTABLE] or loads
    found: set[bytes] = set()
    for segment in constant:
        if not segment.filesz:
            continue  # of no bytes: its offset may be any number, beyond what a regular expression takes
        found.update(_NAME.findall(data, segment.offset, segment.offset + segment.filesz))
    return tuple(sorted(name.decode("ascii") for name in found))
