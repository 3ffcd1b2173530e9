"""Trace: path -> why it is reached, and what was not understood."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ReasonKind(StrEnum):
    """The forms of evidence that keep a file."""

    ENTRY = "entry point"
    INCLUDED = "included"
    IMPORT = "import"
    PARENT = "parent package"
    STRING = "string names it"
    DYNAMIC = "dynamic import"
    LAZY = "lazy import table"
    STUB = "stub read at run time"
    PLUGIN = "entry-point group"
    LOADED = "loaded on import"
    OPENED = "opened on import"
    LISTED = "directory listed"
    OBSERVED = "observed"
    DATA = "package data"
    NATIVE = "native dependency"
    METADATA = "metadata"
    SOURCE = "source is read"
    UNRESOLVED = "not understood: package kept"
    RULE = "rule"
    PICKLE = "named in a pickle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One edge of a route: `parent` is the path of the file that asks (empty for an entry point), at `line`."""

    kind: ReasonKind
    parent: str = ""
    line: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Unresolved:
    """Something a reached file does that was not understood, and what was kept because of it."""

    path: str
    line: int
    what: str
    kept: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Every kept path has a route that ends at an entry point; more entry points give a superset.

    `reasons` holds the first reason found (breadth first, so the shortest route), `others` who else asks in words of
    its own; `reads_source` the Python files whose source text something reads at run time, with the reason;
    `reads_metadata` the distributions of which more than version and requirements may be read, so the description too;
    `observed` what the entry points and events touched when they were run.
    """

    reasons: Mapping[str, Reason]
    unresolved: tuple[Unresolved, ...] = ()
    reads_source: Mapping[str, Reason] = field(default_factory=dict)
    reads_metadata: frozenset[str] = frozenset()
    observed: frozenset[str] = frozenset()
    others: Mapping[str, tuple[Reason, ...]] = field(default_factory=dict)

    def route(self, path: str) -> tuple[tuple[str, Reason], ...]:
        """The steps from `path` back to an entry point, nearest first; empty where there is none."""
        steps: list[tuple[str, Reason]] = []
        seen: set[str] = set()
        while path in self.reasons and path not in seen:
            seen.add(path)
            reason = self.reasons[path]
            steps.append((path, reason))
            path = reason.parent
        return tuple(steps)
