"""Profile -> what other tools open: Chrome's trace format (Perfetto, speedscope), and the text of `-X importtime`.

Imports and the statements of own code stand on one time axis of CPU, nested as they were. Where in a module its own
time was spent is not known: in own code what is left over by the statements is put in front of them (reading and
compiling the module), elsewhere behind what it imports.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from slimpack.model.profile import Imported, Profile, Statement

_MICRO = 1000
_OWN = "own code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of init: an import, or a statement of own code."""

    of: Imported | Statement
    start: float
    end: float


def spans(profile: Profile) -> tuple[Span, ...]:
    """Every import and statement, an outer one before what is in it."""
    return tuple(span for root in _Nested(profile).roots for span in root.at(0.0)[0])


@dataclass(frozen=True, slots=True)
class _Node:
    of: Imported | Statement
    own: float
    first: float
    inner: "Sequence[_Node]"

    def at(self, start: float) -> tuple[list[Span], float]:
        """The spans of a subtree that starts then, and when it ends."""
        found: list[Span] = []
        now = start + self.first
        for node in self.inner:
            below, now = node.at(now)
            found += below
        end = now + self.own
        return [Span(of=self.of, start=start, end=end), *found], end


class _Nested:
    """Puts imports below the statements that ran meanwhile, and these below the module that they are of."""

    def __init__(self, profile: Profile) -> None:
        known = {one.module for one in profile.imports}
        self.below: dict[str, dict[str, list[Imported]]] = defaultdict(lambda: defaultdict(list))
        for one in profile.imports:
            self.below[one.parent if one.parent in known else ""][one.statement].append(one)
        self.statements: dict[str, list[Statement]] = defaultdict(list)
        for statement in profile.statements:
            self.statements[statement.path].append(statement)
        self.roots = [self.imported(one) for ones in self.below.pop("", {}).values() for one in ones]

    def imported(self, one: Imported) -> _Node:
        """An import with all in it."""
        below = self.below.get(one.module, {})
        own = [] if one.owner else self.own_statements(one.module)
        mine = {statement.where for statement in own}
        nodes = [self.statement(one.module, statement) for statement in own]
        nodes += [self.imported(each) for place, ones in below.items() if place not in mine for each in ones]
        loading = max(one.own - sum(statement.itself for statement in own), 0.0)
        return _Node(one, 0.0 if own else one.own, loading if own else 0.0, nodes)

    def statement(self, module: str, one: Statement) -> _Node:
        """A statement with what it imports."""
        return _Node(
            one, one.itself, 0.0, [self.imported(each) for each in self.below.get(module, {}).get(one.where, ())]
        )

    def own_statements(self, module: str) -> list[Statement]:
        """Those of an own module."""
        stem = module.replace(".", "/")
        return self.statements.get(f"{stem}.py") or self.statements.get(f"{stem}/__init__.py") or []


def trace_json(profile: Profile) -> str:
    """One complete event each; CPU time in µs."""
    events = []
    for span in spans(profile):
        start, end = round(span.start * _MICRO), round(span.end * _MICRO)
        common = {"ph": "X", "ts": start, "dur": end - start, "pid": 1, "tid": 1}
        if isinstance(span.of, Imported):
            about: dict[str, object] = {"first imported by": span.of.importer} if span.of.importer else {}
            if span.of.saved:
                about["saved if deferred, ms"] = round(span.of.saved, 3)
            events.append({"name": span.of.module, "cat": span.of.owner or _OWN, **common, "args": about})
        else:
            about = {"beyond imports, ms": round(span.of.itself, 3)}
            events.append({"name": f"{span.of.where} {span.of.text}", "cat": "statement", **common, "args": about})
    return json.dumps({"displayTimeUnit": "ms", "traceEvents": events}, indent=1) + "\n"


def importtime_text(profile: Profile) -> str:
    """As `-X importtime` writes it: an import stands below what it imported, two blanks less deep."""
    children: dict[str, list[Imported]] = defaultdict(list)
    known = {one.module for one in profile.imports}
    for one in profile.imports:
        children[one.parent if one.parent in known else ""].append(one)
    lines = ["import time: self [us] | cumulative | imported package"]

    def add(parent: str, depth: int) -> None:
        for one in children.get(parent, ()):
            add(one.module, depth + 1)
            own, whole = round(one.own * _MICRO), round(one.cumulative * _MICRO)
            lines.append(f"import time: {own:9} | {whole:10} | {'  ' * depth}{one.module}")

    add("", 0)
    return "\n".join(lines) + "\n"
