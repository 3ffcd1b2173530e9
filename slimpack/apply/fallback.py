"""Tree of cold files -> the package `_slimpack` that finds them, or explains why they are not there.

What no event touched is *cold*. It ships in blobs of `_slimpack`, one or a few of each distribution, and is loaded from
there when it is imported after all (ARCHIVE), or does not ship, and its import says so (EXPLAIN). Measured on pandas
(24.5 MB of sources, 18.5 MB of native code) and numpy (39.9 MB of native code), against libdeflate -9 of each file:

                    sources              native code         build    unpacked
    xz -6           0.64                 0.62, 0.66          1.9 MB/s 120 MB/s
    xz -6 and BCJ                        0.61, 0.61          2.4 MB/s 110 MB/s
    xz -3           0.77                 0.69, 0.72          4.7 MB/s 110 MB/s
    zlib -9, solid  0.90                 1.00                 33 MB/s 330 MB/s

So it is xz -6: a third smaller, at the price of a slow first build; then the cache has it. Sources are cut into blobs
of 4 MB (0.67), so that one late import costs at most 35 ms of a whole processor. liblzma is the host's: another release
of it may make other bytes of the same files.
"""

import json
import lzma
import marshal
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from importlib import resources

from slimpack.host.native import elf_of
from slimpack.host.tools import Tools
from slimpack.model.elf import Elf
from slimpack.model.naming import is_shared_object
from slimpack.model.plan import FALLBACK_PACKAGE
from slimpack.model.project import Fallback
from slimpack.model.target import Architecture, Target
from slimpack.model.tree import OWN, Bytes, Content, File, Lazy, Tree

__all__ = ["FORMAT", "PACKAGE", "fallback_files", "hook_files"]

PACKAGE = FALLBACK_PACKAGE
FORMAT = 1
"""As in slimpack/probe/fallback: an index of another form is ignored there."""
_HOOK = ("__init__", "archive", "loaders", "notice", "spawning")
_SOURCES = (".py", ".pyc")
_CHUNK = 4 << 20
_KIND, _ABOUT, _VERSION = "cold", "cold-about", "xz-6-1"
_ABI3T = (3, 15)


_Index = tuple[int, bool, tuple[tuple[str, str, str], ...], dict[str, str]]
"""(format, archived, (blob, distribution, digest)…, folder -> its files, each blob's behind the blob's number)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Blob:
    """Files that are compressed together; `name` is empty where they do not ship."""

    name: str
    owner: str
    files: Mapping[str, File]
    digest: str
    native: bool = False


def hook_files() -> Mapping[str, File]:
    """The sources of the hook: to be compiled as the project's own code is, since a source costs 8 ms at each start."""
    folder = resources.files("slimpack").joinpath("probe", "fallback")
    return {f"{PACKAGE}/{name}.py": File(Bytes(folder.joinpath(f"{name}.py").read_bytes())) for name in _HOOK}


def fallback_files(
    cold: Tree, *, kind: Fallback, target: Target, tools: Tools, bytecode: Mapping[str, Content] | None = None
) -> Mapping[str, File]:
    """Return what ships for the cold files, by path; nothing without any.

    `bytecode` has the compiled form of `hook_files()` by path; it then ships in their place. Raises ValueError for what
    cannot be loaded on demand: all that is neither source, bytecode nor a shared object.
    """
    if refused := [path for path in cold if not _loadable(path)]:
        raise ValueError(f"neither source, bytecode nor a shared object: {', '.join(refused[:5])}")
    if kind is Fallback.NONE or not len(cold):
        return {}
    blobs = _blobs(cold, archived=kind is Fallback.ARCHIVE, tools=tools)
    index = _index(blobs, archived=kind is Fallback.ARCHIVE, target=target)
    compiled = bytecode or {}
    made = {
        (f"{path}c" if path in compiled else path): File(compiled[path]) if path in compiled else file
        for path, file in hook_files().items()
    }
    made[f"{PACKAGE}/index"] = File(Bytes(marshal.dumps(index, 2)))
    made.update(_compressed([blob for blob in blobs if blob.name], target=target, tools=tools))
    return dict(sorted(made.items()))


def _loadable(path: str) -> bool:
    return not path.startswith(f"{PACKAGE}/") and (path.endswith(_SOURCES) or is_shared_object(path))


def _blobs(cold: Tree, *, archived: bool, tools: Tools) -> list[_Blob]:
    """All cold files by the blob they go into, sorted: natives with whatever natives they need, sources in chunks."""
    sources: dict[str, dict[str, File]] = defaultdict(dict)
    natives: dict[str, dict[str, File]] = defaultdict(dict)
    for path, file in cold.files.items():
        if not path.endswith(_SOURCES):
            natives[file.owner][path] = file
        elif "__pycache__" not in path.split("/"):  # the source is what is loaded
            sources[file.owner][path] = file
    blobs = []
    for owner, files in sorted(sources.items()):
        for number, part in enumerate(_chunks(files)):
            name = f"{owner or '_own'}.{number}.xz" if archived else ""
            blobs.append(_Blob(name=name, owner=owner, files=part, digest=""))
    for owners in _linked(cold, natives, tools=tools) if archived else [[owner] for owner in sorted(natives)]:
        together = {path: file for owner in owners for path, file in natives[owner].items()}
        digest = _digest(together)[:32]
        name = f"{owners[0] or '_own'}.native.xz" if archived else ""
        blobs += [_Blob(name=name, owner=owner, files=together, digest=digest, native=True) for owner in owners]
    return blobs


def _chunks(files: Mapping[str, File]) -> Iterator[Mapping[str, File]]:
    part: dict[str, File] = {}
    size = 0
    for path, file in files.items():
        if part and size + file.content.size > _CHUNK:
            yield part
            part, size = {}, 0
        part[path] = file
        size += file.content.size
    yield part


def _linked(cold: Tree, natives: Mapping[str, Mapping[str, File]], *, tools: Tools) -> list[list[str]]:
    """Distributions whose native files need one another: unpacked into one folder, so that RPATHs lead there."""
    homes: dict[str, set[str]] = defaultdict(set)
    for owner, files in natives.items():
        for path in files:
            homes[path.rpartition("/")[2]].add(owner)
    groups = {owner: {owner} for owner in natives}
    for path, elf in elf_of(cold, tools, paths=[path for files in natives.values() for path in files]).items():
        for needed in elf.needed if isinstance(elf, Elf) else ():
            owner = cold[path].owner
            if needed in homes and owner not in homes[needed]:
                joined = groups[owner].union(*(groups[other] for other in homes[needed]))
                groups.update(dict.fromkeys(joined, joined))
    return sorted({tuple(sorted(group)): sorted(group) for group in groups.values()}.values())


def _index(blobs: Iterable[_Blob], *, archived: bool, target: Target) -> _Index:
    """As the hook reads it: few and plain values, so that 5,000 names cost next to nothing."""
    folders: dict[str, dict[str, tuple[int, int, str]]] = defaultdict(dict)
    rows = []
    suffixes = _suffixes(target)
    for number, blob in enumerate(blobs):
        rows.append((blob.name, blob.owner, blob.digest))
        own = (path for path, file in blob.files.items() if file.owner == blob.owner)
        for folder, name, rank, file in (place for path in own for place in _places(path, suffixes)):
            known = folders[folder].get(name)
            if known is None or (rank, file) < (known[0], known[2]):
                folders[folder][name] = (rank, number, file)
    return FORMAT, archived, tuple(rows), {folder: _listed(names) for folder, names in sorted(folders.items())}


def _listed(names: Mapping[str, tuple[int, int, str]]) -> str:
    """`2 a.py b/__init__.py 7 c.so`, with NULs between; one string, which is a third of the cost of tuples."""
    files: dict[int, list[str]] = defaultdict(list)
    for _, number, file in names.values():
        files[number].append(file)
    return "\0".join(part for number in sorted(files) for part in (str(number), *sorted(files[number])))


def _places(path: str, suffixes: Mapping[str, int]) -> Iterator[tuple[str, str, int, str]]:
    """(folder, module's name, rank, file): under which names a file is found; of two, CPython takes the lower rank."""
    folder, _, file = path.rpartition("/")
    name, dot, rest = file.partition(".")
    rank = suffixes.get(dot + rest)
    if rank is None or folder.endswith(".libs"):
        return
    above, _, last = folder.rpartition("/")
    if name == "__init__" and folder and "." not in last:
        yield above, last, rank - len(suffixes), f"{last}/{file}"
    yield folder, name, rank, file
    while folder:
        above, _, last = folder.rpartition("/")
        if "." not in last:
            yield above, last, len(suffixes), f"{last}/"
        folder = above


def _suffixes(target: Target) -> Mapping[str, int]:
    """The order of importlib."""
    abi3t = [".abi3t.so"] if target.python >= _ABI3T else []
    tagged = f".{target.cache_tag}-{target.architecture.machine}-linux-gnu.so"
    return {suffix: rank for rank, suffix in enumerate([tagged, ".abi3.so", *abi3t, ".so", *_SOURCES])}


def _digest(files: Mapping[str, File]) -> str:
    digest = sha256()
    for path, file in sorted(files.items()):
        digest.update(f"{path}\0{file.content.sha256}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _compressed(blobs: Iterable[_Blob], *, target: Target, tools: Tools) -> Iterator[tuple[str, File]]:
    """Each blob once, the largest first."""
    distinct = {blob.name: blob for blob in reversed(list(blobs))}
    ordered = sorted(distinct.values(), key=lambda blob: (-_size(blob), blob.name))
    total, done = sum(map(_size, ordered)), 0
    pool = ThreadPoolExecutor(max(tools.workers, 1), "cold")
    try:
        for blob, content in zip(ordered, pool.map(lambda one: _content(one, target, tools), ordered), strict=True):
            done += _size(blob)
            tools.listener.progressed("apply", done=done, total=total, unit="bytes")
            yield f"{PACKAGE}/{blob.name}", File(content, owner=blob.owner or OWN)
    finally:
        pool.shutdown(cancel_futures=True)


def _size(blob: _Blob) -> int:
    return sum(file.content.size for file in blob.files.values())


def _content(blob: _Blob, target: Target, tools: Tools) -> Content:
    """The blob, made now unless the cache has it; read from there, so that a large one is not held in memory."""
    branches = blob.native and target.architecture is Architecture.X86_64
    key = sha256(f"{_VERSION}\0{branches}\0{_digest(blob.files)}".encode()).hexdigest()
    make = partial(_make, blob.files, branches=branches)
    about = _about(tools.cache.get(_ABOUT, key))
    if about is None:
        data = make()
        about = len(data), sha256(data).hexdigest()
        tools.cache.put(_KIND, key, data)
        tools.cache.put(_ABOUT, key, json.dumps(about).encode())
        if tools.cache.file(_KIND, key) is None:
            return Bytes(data)
    return Lazy(*about, source=lambda: tools.cache.get(_KIND, key) or make())


def _about(known: bytes | None) -> tuple[int, str] | None:
    try:
        size, digest = json.loads(known or b"")
    except (ValueError, TypeError):
        return None
    return size, digest


def _make(files: Mapping[str, File], *, branches: bool) -> bytes:
    """As slimpack/probe/fallback/archive.py reads it. The branch filter is x86's: arm64's is too new to rely on."""
    contents = [(path, file.content.read()) for path, file in sorted(files.items())]
    table = marshal.dumps(tuple((path, len(data)) for path, data in contents), 2)
    filters: list[dict[str, int]] = [{"id": lzma.FILTER_LZMA2, "preset": 6}]
    if branches:
        filters.insert(0, {"id": lzma.FILTER_X86})
    maker = lzma.LZMACompressor(check=lzma.CHECK_CRC32, filters=filters)
    parts = [maker.compress(part) for part in (len(table).to_bytes(4, "big"), table, *(data for _, data in contents))]
    return b"".join([*parts, maker.flush()])
