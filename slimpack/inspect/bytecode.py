"""Package -> whether Python uses the bytecode in it, or compiles every module again at each cold start."""

import _imp
import re
import struct
from collections import Counter
from collections.abc import Iterator, Mapping

from slimpack.model.finding import Finding, Severity
from slimpack.model.inspection import Bytecode
from slimpack.model.package import Package
from slimpack.model.target import Target
from slimpack.model.tree import File

_HEADER = struct.Struct("<4sLLL")
_CACHED = re.compile(
    r"(?P<folder>(?:.*/)?)__pycache__/(?P<stem>[^/]+)\.(?P<tag>cpython-\d+)(?:\.opt-\d)?\.pyc", re.DOTALL
)
_HASHED, _CHECKED = 1, 2
_MAX32 = 0xFFFFFFFF


def bytecode(package: Package, target: Target, magic: str, times: Mapping[str, int]) -> Bytecode:
    """Hold each module's bytecode against its source; `times` are those of the files, as they lie in the package.

    `magic` is the target's own in hex, "" where no interpreter of it is at hand.
    """
    files = package.tree.files
    kinds = Counter(_kinds(files, target, bytes.fromhex(magic), times))
    return Bytecode(
        known=bool(magic),
        bytes=sum(file.content.size for path, file in files.items() if path.endswith(".pyc")),
        **kinds,
    )


def _kinds(files: Mapping[str, File], target: Target, magic: bytes, times: Mapping[str, int]) -> Iterator[str]:
    cached = {
        f"{match['folder']}{match['stem']}.py": path
        for path in files
        if (match := _CACHED.fullmatch(path)) and match["tag"] == target.cache_tag and ".opt-" not in path
    }
    for path, file in files.items():
        if path.endswith(".py"):
            place = cached.get(path)
            if place is None:
                yield "absent"
            elif magic:
                yield _kind(files[place].content.read(), file, magic, times.get(path, 0))
        elif path.endswith(".pyc") and "__pycache__/" not in path and path[:-1] not in files:
            yield "alone"
            if magic and file.content.read()[:4] != magic:
                yield "unusable"


def _kind(data: bytes, source: File, magic: bytes, time: int) -> str:
    """As `importlib` decides."""
    if len(data) < _HEADER.size or data[:4] != magic:
        return "other"
    _, flags, mtime, size = _HEADER.unpack_from(data)
    if not flags & _HASHED:
        same = mtime == time & _MAX32 and size == source.content.size & _MAX32
        return "timed" if same else "stale"
    if not flags & _CHECKED:
        return "valid"
    key = int.from_bytes(magic, "little")
    return "valid" if _imp.source_hash(key, source.content.read()) == data[8:16] else "stale"


_MENDED = "slimpack slim makes bytecode that is always used"


def of_bytecode(found: Bytecode, package: Package, target: Target) -> Iterator[Finding]:
    """Say what Python makes of it."""
    if found.unusable:
        yield _finding(
            found.unusable,
            f"no source, and bytecode that is not of Python {target.python_version}: no import works",
            severity=Severity.ERROR,
            do="build the package again for this Python",
        )
    if useless := found.stale + found.other:
        said = "bytecode that is not of its source, or of another Python: it is not used"
        yield _finding(useless, said, severity=Severity.WARNING)
    if found.timed and not package.is_zip:
        yield _finding(
            found.timed,
            "bytecode that holds by the time of its source: in a zip, which keeps times only to two seconds and "
            "without a zone, it does not",
        )
    if found.absent:
        yield _finding(found.absent, "no bytecode: what is imported is compiled at every cold start")


def _finding(count: int, said: str, *, severity: Severity = Severity.INFO, do: str = _MENDED) -> Finding:
    message = f"{count:,} module{'s' * (count != 1)}: {said}"
    return Finding(code="SLP013", where="", message=message, severity=severity, help=do)
