"""Facts: what one file imports, mentions, loads and links against; a pure function of its path and bytes.

Facts know neither the tree nor any rule, so that they can be cached per wheel. They are made in the target's own
interpreter (`probe/extract.py`, which cannot import this module and so answers in the plain tuples of `packed`) and,
for shared objects, from the ELF header.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class CallKind(StrEnum):
    """What a call looks up. Patterns are dotted names or tree paths in which `*` stands for any text."""

    IMPORT = "import"
    """Modules imported by name; the pattern `*` alone: not understood."""
    PROBE = "probe"
    """Modules asked for without importing them (`find_spec`)."""
    ITER = "iter"
    """Packages whose direct submodules are listed; `*` alone: not understood."""
    WALK = "walk"
    """Packages whose submodules are listed at every depth; `*` alone: not understood."""
    LIST = "list"
    """Folders (tree paths) that are listed."""
    DATA = "data"
    """Files (tree paths) that are opened."""
    FILE = "file"
    """Folders (tree paths) under which something is read that was not understood."""
    RESOURCE = "resource"
    """Packages whose data is read through `importlib.resources` or `pkgutil`."""
    SOURCE = "source"
    """Python files (tree paths) whose source text is read; `*` alone: of whatever object is passed in."""
    METADATA = "metadata"
    """Distributions whose metadata is read; `*` alone: of any."""
    GROUP = "group"
    """Entry-point groups that are asked for; `*` alone: any."""
    STUB = "stub"
    """Stubs (tree paths) that are parsed at run time for their imports."""
    LAZY = "lazy"
    """Modules named in a table that is imported from on attribute access."""
    NATIVE = "native"
    """Shared objects opened by name or path; `*` alone: not understood."""
    PATH = "path"
    """Folders (tree paths) that are put on `sys.path`."""
    WRAPPER = "wrapper"
    """Functions of this file (by name) that import what their first argument names."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement; `names` is empty for `import module`, and `*` in it is a star import."""

    level: int
    module: str
    names: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Call:
    """One dynamic lookup; `what` is its source text, shortened."""

    kind: CallKind
    patterns: tuple[str, ...]
    line: int
    what: str = ""

    @property
    def understood(self) -> bool:
        """Whether every pattern says more than "anything"."""
        return not any(pattern.startswith("*") for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class Named:
    """Calls of `name` (the last part of what is called), by their first argument.

    `open_line` is the line of a call whose argument is not a literal, 0 where there is none. Recorded only for names
    that sound like loaders or clients (`LOADERS` in `probe/lookups.py`).
    """

    name: str
    literals: tuple[str, ...]
    open_line: int
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What one file says.

    `strings` are constants that look like dotted names, `module:attribute` or paths; `exports` the names of a literal
    `__all__`; `error` says why the file could not be read (then nothing else is known), at `error_line`.
    """

    imports: tuple[Import, ...] = ()
    strings: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    named: tuple[Named, ...] = ()
    needed: tuple[str, ...] = ()
    soname: str = ""
    runpath: tuple[str, ...] = ()
    error: str = ""
    error_line: int = 0

    @property
    def is_dynamic(self) -> bool:
        """Whether the file imports or asks for anything by a computed or literal name."""
        return any(call.kind in _IMPORTING for call in self.calls)


_IMPORTING = frozenset({CallKind.IMPORT, CallKind.PROBE, CallKind.WRAPPER, CallKind.ITER, CallKind.WALK, CallKind.LAZY})

FactSource = Callable[[Iterable[str]], Mapping[str, Facts]]
"""Asks for the facts of tree paths; the answer has each of them."""

Packed = tuple[Any, ...]
"""Facts as plain tuples, strings and ints: (imports, strings, exports, calls, named, elf, error, error_line)."""

NOTHING = Facts()


def pack(facts: Facts) -> Packed:
    """Turn facts into what `marshal` can hold."""
    return (
        tuple((item.level, item.module, item.names, item.line) for item in facts.imports),
        facts.strings,
        facts.exports,
        tuple((str(call.kind), call.patterns, call.line, call.what) for call in facts.calls),
        tuple((item.name, item.literals, item.open_line, item.line) for item in facts.named),
        (facts.needed, facts.soname, facts.runpath),
        facts.error,
        facts.error_line,
    )


def unpack(packed: Packed) -> Facts:
    """Turn `pack`'s answer back into facts."""
    imports, strings, exports, calls, named, elf, error, error_line = packed
    return Facts(
        imports=tuple(Import(*item) for item in imports),
        strings=strings,
        exports=exports,
        calls=tuple(Call(_KINDS[kind], *rest) for kind, *rest in calls),
        named=tuple(Named(*item) for item in named),
        needed=elf[0],
        soname=elf[1],
        runpath=elf[2],
        error=error,
        error_line=error_line,
    )


_KINDS = {kind.value: kind for kind in CallKind}
