"""Run a handler in Lambda's runtime client with some top-level statements done late, and say what each phase costs.

Runs inside the target's interpreter: `postponed.py REQUEST DESCRIPTOR START`, with the rows of `invoked.py`,
`postponed FILE…` (own code), and `late FILE LINE NAME…`: a statement that is left out where it stands, and run when
somebody first reads a name that it binds. Without such rows all is done where it stands, at the same cost of the probe
itself: the difference is what waiting saves.
"""

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from slimpack.probe.phased import ABSENT, Listener, Statements, serve
    from slimpack.probe.phased import Module as Incomplete
    from slimpack.probe.watching import watch
else:
    from phased import ABSENT, Listener, Statements, serve  # beside this file, until `serve`
    from phased import Module as Incomplete
    from watching import watch


class Module(Incomplete):
    """One own module, and its statements that wait."""

    def __init__(self, namespace: "dict[str, Any]") -> None:
        super().__init__(namespace)
        self.waiting: "dict[str, list[Any]]" = {}

    def read(self, name: str) -> "Any":
        """Run what waits to bind the name."""
        for code in self.waiting.pop(name, ()):
            exec(code, self.namespace)
        return self.namespace.get(name, ABSENT)


class Postponed(Listener):
    """Runs what is late when it is needed."""

    def __init__(self, own: "set[str]", late: "dict[tuple[str, int], list[str]]") -> None:
        self.statements = Statements(own, self)
        self.late = late
        self.modules: "dict[int, Module]" = {}
        self.phase = ""
        self.reached: "list[tuple[str, int, int]]" = []
        self.clock = time.process_time_ns()

    def entered(self, namespace: "dict[str, Any]") -> None:
        """Be the builtins of an own module."""
        self.modules[id(namespace)] = Module(namespace)

    def execute(self, at: "tuple[str, int]", code: "Any", namespace: "dict[str, Any]") -> None:
        """Run a statement, or let it wait."""
        if not self.phase:
            self.reached.append((*at, time.process_time_ns() - self.clock))
        if at not in self.late:
            exec(code, namespace)
            return
        for name in self.late[at]:
            self.modules[id(namespace)].waiting.setdefault(name, []).append(code)

    def after(self, at: "tuple[str, int]", node: "Any", namespace: "dict[str, Any]") -> None:  # noqa: ARG002 as heard
        """The module may have defined what stands for it."""
        self.modules[id(namespace)].guard()

    def over(self, *, init: bool) -> None:
        """Tell what the phase cost, and after how much of it each statement's turn came."""
        watch.tell("spent", self.phase, time.process_time_ns() - self.clock)
        for row in self.reached if init else ():
            watch.tell("reached", *row)

    def begun(self, phase: str) -> None:
        """An event begins."""
        self.phase, self.clock = phase, time.process_time_ns()


def prepare(own: "set[str]", late: "dict[tuple[str, int], list[str]]") -> Postponed:
    """Begin."""
    postponed = Postponed(own, late)
    postponed.statements.install()
    return postponed


serve(prepare)
