"""Report: all that one run found out; JSON round-trips, and every renderer takes only this."""

from dataclasses import dataclass

from slimpack.model.artifact import Artifact
from slimpack.model.finding import Finding, Severity
from slimpack.model.lazy import Imports, Laziness
from slimpack.model.lock import Pin
from slimpack.model.plan import Decision
from slimpack.model.project import Budget, EntryPoint, Layout, Level
from slimpack.model.target import Target
from slimpack.model.timing import Timing
from slimpack.model.trace import Reason, Unresolved
from slimpack.model.tree import OWN
from slimpack.model.verdict import Verdict

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """One file of the original tree: what became of it and why. Sizes in bytes; `stored` is 0 if dropped.

    `also` are more direct reasons than the first: all of own code, and some of the others (`more` counts the rest).
    """

    path: str
    owner: str
    size: int
    shipped: int
    stored: int
    decision: Decision
    reason: Reason | None = None
    rewrites: tuple[str, ...] = ()
    also: tuple[Reason, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything a reader needs.

    `before_unpacked` and `before_zip` are the bytes of the plain package: all wheels and the own code that ships,
    unpacked, and as a zip, compressed as the wheels compress them; or of the package that was `given`, with all that is
    in it. `interpreter` is the full version of the Python that made the
    bytecode, "" where sources ship. `artifact.path` is relative to the project.
    """

    slimpack: str
    name: str
    entry_points: tuple[EntryPoint, ...]
    target: Target
    level: Level
    layout: Layout
    source: str
    pins: tuple[Pin, ...]
    files: tuple[FileRow, ...]
    artifact: Artifact
    before_unpacked: int
    before_zip: int
    unresolved: tuple[Unresolved, ...]
    findings: tuple[Finding, ...]
    verdict: Verdict | None
    timing: Timing | None
    budget: Budget
    interpreter: str
    given: bool = False
    lazy: Laziness = Laziness.OFF
    imports: Imports = Imports()  # noqa: RUF009 frozen

    @property
    def is_zip(self) -> bool:
        """Whether a zip was made; nothing in a folder is compressed."""
        return self.layout is not Layout.DIRECTORY

    @property
    def plain(self) -> tuple[FileRow, ...]:
        """The files of the plain package; own files that nothing reaches are none of it, where it was not given."""
        return tuple(row for row in self.files if self.given or row.owner != OWN or row.shipped)

    @property
    def gates_hold(self) -> bool:
        """No finding of severity error."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)
