"""Run a handler in Lambda's runtime client, and say what its imports and its own top-level statements cost.

Runs inside the target's interpreter: `attributed.py REQUEST DESCRIPTOR START`, with the rows of `invoked.py`, and
`own FILE…` (whose statements are timed one by one). Times are CPU time in ns, without what the timing itself takes:
that is measured as well and taken off, and rows are told when init is over. As a module of own code is compiled in
pieces here, what loading it whole costs (from bytecode, or by compiling it) is measured in its place.
"""

import sys
import time
from _thread import get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from slimpack.probe.phased import Listener, Statements, asking, bootstrap, serve
    from slimpack.probe.watching import watch
else:
    from phased import Listener, Statements, asking, bootstrap, serve  # beside this file, until `serve`
    from watching import watch

clock = time.process_time_ns


class Timer(Listener):
    """Times imports and statements as they nest; `spent` is what imports outside any other took so far."""

    def __init__(self, own: "set[str]") -> None:
        self.statements = Statements(own, self)
        self.stacks: "dict[int, list[list[Any]]]" = {}
        self.rows: "list[tuple[Any, ...]]" = []
        self.open: "list[tuple[int, int]]" = []
        self.aside = self.since = 0
        self.spent = self.count = 0
        self.find = bootstrap._find_and_load  # noqa: SLF001 every import of what is not loaded goes through it

    def __call__(self, name: str, import_: "Any") -> "Any":
        """Stand for `_find_and_load`."""
        entered = clock()
        stack = self.stacks.setdefault(get_ident(), [])
        importer = asking(1)
        who = (importer.f_code.co_filename, importer.f_lineno) if importer is not None else ("", 0)
        parent = stack[-1][0] if stack else ""
        self.count += 1
        order, at = self.count, self.statements.at
        frame: "list[Any]" = [name, 0]
        stack.append(frame)
        start = clock()
        self.aside += start - entered
        start -= self.aside
        try:
            return self.find(name, import_)
        finally:
            left = clock()
            took = left - self.aside - start
            stack.pop()
            if stack:
                stack[-1][1] += took
            else:
                self.spent += took
            self.rows.append(("import", order, name, took - frame[1], took, *who, parent, *at))
            self.aside += clock() - left

    def imports(self) -> int:
        """What imports took so far: those outside any other, and those inside the one that runs now."""
        stack = self.stacks.get(get_ident())
        return self.spent + (stack[-1][1] if stack else 0)

    def entered(self, namespace: "dict[str, Any]") -> None:  # noqa: ARG002 as heard
        """Stop the clock."""
        self.since = clock()

    def left(self) -> None:
        """Let the clock go on."""
        self.aside += clock() - self.since

    def before(self, at: "tuple[str, int]", node: "Any", namespace: "dict[str, Any]") -> None:  # noqa: ARG002 as heard
        """Start the clock."""
        importing = self.imports()
        now = clock()
        self.aside += now - self.since
        self.open.append((now - self.aside, importing))

    def after(self, at: "tuple[str, int]", node: "Any", namespace: "dict[str, Any]") -> None:  # noqa: ARG002 as heard
        """Stop it."""
        self.since = clock()
        start, importing = self.open.pop()
        self.rows.append(("statement", *at, self.since - self.aside - start, self.imports() - importing))

    def over(self, *, init: bool) -> None:
        """Tell what init cost, by whom."""
        if not init:
            return
        bootstrap._find_and_load = self.find  # noqa: SLF001 events are not timed
        for kind, *fields in self.rows:
            watch.tell(kind, *fields, *([origin(fields[1])] if kind == "import" else ()))


def origin(name: str) -> str:
    """The file that a module is from, or what it is in place of that; empty where it is not there."""
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return "" if spec is None else str(spec.origin or "namespace")


def prepare(own: "set[str]", late: "Any") -> Timer:  # noqa: ARG001 nothing is late here
    """Begin to time."""
    timer = Timer(own)
    timer.statements.install()
    bootstrap._find_and_load = timer  # noqa: SLF001 see Timer
    return timer


serve(prepare)
