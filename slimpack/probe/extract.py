"""Worker in the target's interpreter: source -> facts and bytecode, over framed requests on standard input.

A frame is four bytes of length (big endian) and a marshalled tuple. Request: (path, co_filename, optimisation, bytes,
whether it is the project's own file).
Answer: (packed facts, bytecode or None). Facts come from the code objects; only files that show a trigger name are
parsed with `ast` as well. The bytecode is marshalled before anything else looks at the code: marshal's FLAG_REF depends
on reference counts, so whatever holds a constant would change the bytes.
"""

# A frame holds positional arguments, and `own` is the last of them:
# ruff: noqa: FBT001, FBT002

from __future__ import annotations

import dis
import importlib.util
import marshal
import re
import struct
import sys

from .canonical import canonical, unshared
from .loaders import LOADERS, loader_calls
from .lookups import TRIGGERS, lookups
from .serving import answering

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType
    from typing import Any, Optional

    Packed = tuple[Any, ...]

_DOTTED = re.compile(r"(?:\.?/|\.)?[A-Za-z_][\w-]*(?:[./:][\w*-]+)+|[\w-]+\.[A-Za-z0-9]{1,8}")
_WORD = re.compile(r"[A-Za-z_]\w*")
_FORMAT = re.compile(r"[A-Za-z_][\w.]*\.(?:[%{][\w%{}.:]*)?")
_MAX_STRINGS, _LONGEST = 20_000, 200
_STABLE = sys.version_info >= (3, 12)
_IMPORT_NAME = dis.opmap["IMPORT_NAME"]
_LOAD_CONST = dis.opmap["LOAD_CONST"]
_EXTENDED = dis.EXTENDED_ARG
_SMALL_INT = dis.opmap.get("LOAD_SMALL_INT", -1)
_COMMON = {dis.opmap[name] for name in ("LOAD_CONST_IMMORTAL", "LOAD_CONST_MORTAL") if name in dis.opmap} | {
    _LOAD_CONST
}


def study(path: str, filename: str, optimise: int, source: bytes, own: bool = False) -> tuple[Packed, Optional[bytes]]:
    """Return (packed facts, bytecode or None); of the project's own files, every word is a fact."""
    try:
        code, bytecode = _compile(path, filename, optimise, source)
    except SyntaxError as error:
        return _failed(f"{error.msg}", error.lineno or 0), None
    except (ValueError, RecursionError, MemoryError, EOFError, TypeError) as error:
        return _failed(f"{type(error).__name__}: {error}", 0), None
    facts = _Facts()
    try:
        facts.read(code)
        if path.endswith(".pyc"):
            facts.calls = [facts.unread()] if facts.names & TRIGGERS else []
        elif facts.names & TRIGGERS or not facts.read_loaders():
            is_package = path.rpartition("/")[2] in ("__init__.py", "__init__.pyi")
            facts.calls, facts.named = lookups(source, path, is_package=is_package)
    except Exception as error:  # a bug of ours, or nesting too deep, must not pass for a file that looks nothing up
        facts.calls = [("import", ("*",), 0, f"not understood: {type(error).__name__}: {error}"[:_LONGEST])]
    return facts.packed(own), bytecode


def _compile(path: str, filename: str, optimise: int, source: bytes) -> tuple[CodeType, Optional[bytes]]:
    if path.endswith(".pyc"):
        if source[:4] != importlib.util.MAGIC_NUMBER:
            raise ValueError("bytecode of another Python")
        loaded: CodeType = marshal.loads(source[16:])  # noqa: S302 it is only read, never run
        return loaded, None
    code: CodeType = unshared(compile(source, filename, "exec", 0, dont_inherit=True, optimize=optimise))
    if path.endswith(".pyi"):
        return code, None
    return code, as_file(code, source)


def as_file(code: CodeType, source: bytes) -> bytes:
    """The `.pyc` of a code object that nothing else has looked at: never checked against its source."""
    header = importlib.util.MAGIC_NUMBER + struct.pack("<I", 1) + importlib.util.source_hash(source)
    data = marshal.dumps(code)
    return header + (data if _STABLE else canonical(data))


def _failed(error: str, line: int) -> Packed:
    return ((), (), (), (), (), ((), "", ()), error or "does not parse", line)


class _Facts:
    """Collects what the code objects of one file say."""

    def __init__(self) -> None:
        self.imports: list[tuple[int, str, tuple[str, ...], int]] = []
        self.calls: list[tuple[str, tuple[str, ...], int, str]] = []
        self.named: list[tuple[str, tuple[str, ...], int, int]] = []
        self.strings: set[str] = set()
        self.words: set[str] = set()
        self.formats: set[str] = set()
        self.names: set[str] = set()
        self.exports: tuple[str, ...] = ()
        self.codes: list[CodeType] = []

    def read(self, code: CodeType) -> None:
        """Read `code` and everything nested in it."""
        todo = [code]
        self.exports = self._exports(code)
        while todo:
            item = todo.pop()
            self.codes.append(item)
            self.names.update(item.co_names)
            self._constants(item.co_consts, todo)
            raw = item.co_code
            at = raw.find(_IMPORT_NAME)
            lines = None
            while at >= 0:
                if at % 2 == 0:
                    lines = lines if lines is not None else list(dis.findlinestarts(item))
                    self._import(item, raw, at, lines)
                at = raw.find(_IMPORT_NAME, at + 1)
        self.imports.sort(key=lambda found: (found[3], found[1], found[0], found[2]))

    def unread(self) -> tuple[str, tuple[str, ...], int, str]:
        """The lookup of a file without its source: anything, and what its constants begin to name."""
        heads = {text.partition("%")[0].partition("{")[0] for text in self.formats}
        return (
            "import",
            ("*", *sorted(f"{head}*" for head in heads if head.endswith("."))),
            0,
            "bytecode without source",
        )

    def read_loaders(self) -> bool:
        """Read the calls of loaders; tell whether that was possible without the source."""
        if any(LOADERS.search(name) for name in self.names):
            named = loader_calls(self.codes)
            if named is None:
                return False
            self.named = named
        return True

    def _constants(self, constants: Iterable[Any], todo: list[CodeType]) -> None:
        for constant in constants:
            if isinstance(constant, str):
                if len(constant) <= _LONGEST:
                    if _DOTTED.fullmatch(constant):
                        self.strings.add(constant)
                    elif _WORD.fullmatch(constant):
                        self.words.add(constant)
                        if constant == "LAMBDA_TASK_ROOT":
                            self.names.add(constant)
                    elif _FORMAT.fullmatch(constant):
                        self.formats.add(constant)
            elif isinstance(constant, (tuple, frozenset)):
                self._constants(constant, todo)
            elif hasattr(constant, "co_code"):
                todo.append(constant)

    def _import(self, code: CodeType, raw: bytes, at: int, lines: list[Any]) -> None:
        name = code.co_names[_argument(raw, at)]
        back = _before(raw, at)
        names = code.co_consts[_argument(raw, back)] if raw[back] in _COMMON else ()
        back = _before(raw, back)
        level = _argument(raw, back) if raw[back] == _SMALL_INT else code.co_consts[_argument(raw, back)]
        line = 0
        for start, number in lines:
            if start > at:
                break
            line = number or line
        names = tuple(names) if isinstance(names, tuple) else ()
        self.names.update(f"{name}.{item}" for item in names if name == "importlib")
        self.imports.append((level if isinstance(level, int) else 0, name, names, line))

    @staticmethod
    def _exports(code: CodeType) -> tuple[str, ...]:
        if "__all__" not in code.co_names:
            return ()
        rows = [item for item in code.co_consts if isinstance(item, tuple)]
        words = [item for row in rows for item in row] + list(code.co_consts)
        return tuple(sorted({item for item in words if isinstance(item, str) and _WORD.fullmatch(item)}))

    def packed(self, own: bool) -> Packed:
        """The plain tuples of `slimpack.model.facts.pack`."""
        found = self.strings | self.formats if own else set(self.strings)
        if own or any(kind in ("import", "wrapper", "iter", "walk", "probe") for kind, _, _, _ in self.calls):
            found |= self.words  # bare names may be modules of the own package where something is imported by name
        strings = tuple(sorted(found))[:_MAX_STRINGS]
        calls = tuple(sorted(self.calls, key=lambda call: (call[2], call[0], call[1])))
        return (tuple(self.imports), strings, self.exports, calls, tuple(self.named), ((), "", ()), "", 0)


def _argument(raw: bytes, at: int) -> int:
    value, shift, back = raw[at + 1], 8, at - 2
    while back >= 0 and raw[back] == _EXTENDED:
        value |= raw[back + 1] << shift
        shift, back = shift + 8, back - 2
    return value


def _before(raw: bytes, at: int) -> int:
    """The offset of the instruction before `at`, not counting EXTENDED_ARG."""
    at -= 2
    while at > 0 and raw[at] == _EXTENDED:
        at -= 2
    return at


def serve() -> None:
    """Answer requests until standard input ends."""
    answering(study)
