"""Inspection: what is in a package of any origin, and what would go from it."""

from dataclasses import dataclass

from slimpack.model.finding import Finding, Severity
from slimpack.model.project import EntryPoint, Level
from slimpack.model.report import FileRow
from slimpack.model.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One distribution, or (without a name) own code: bytes unpacked, and as they lie or would lie in a zip."""

    name: str
    version: str
    files: int
    unpacked: int
    zipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytecode:
    """Modules by what Python finds beside their source: numbers of files, `bytes` of all bytecode.

    `valid` is used wherever it lies, `timed` where the source has the time that it names, `stale` is not that of its
    source, `other` of another Python; `alone` are modules without a source, of which `unusable` are of another Python.
    `absent` have none. Where no interpreter tells which bytecode is its own, `known` is False, and only `absent` and
    `alone` are counted.
    """

    known: bool
    valid: int = 0
    timed: int = 0
    stale: int = 0
    other: int = 0
    absent: int = 0
    alone: int = 0
    unusable: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """`kind` is zip, folder or layer; `rows` are the files with what would become of them, where a handler is known."""

    name: str
    kind: str
    target: Target
    unpacked: int
    zipped: int
    held: tuple[Held, ...]
    bytecode: Bytecode
    findings: tuple[Finding, ...]
    entry_points: tuple[EntryPoint, ...] = ()
    level: Level = Level.TRACED
    rows: tuple[FileRow, ...] = ()

    @property
    def gates_hold(self) -> bool:
        """No finding of severity error."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)
