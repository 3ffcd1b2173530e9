"""Run a handler in Lambda's runtime client, and say who imports what, which functions are called, and what is opened.

Runs inside the target's interpreter: `used.py REQUEST DESCRIPTOR START`, with the rows of `invoked.py`, and
`used FILE…` (own code). Phase by phase, and in init statement by statement of own code, it tells of which files a
function was called (from Python 3.12 on), and every import that was asked for, loaded or not. Nothing is timed.
"""

# Only sys._getframe knows who asks, and pathlib would be loaded before the program is:
# ruff: noqa: SLF001, PTH110, PTH123

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from slimpack.probe.phased import HERE, NOWHERE, Listener, Statements, asking, bootstrap, serve
    from slimpack.probe.watching import watch
else:
    from phased import HERE, NOWHERE, Listener, Statements, asking, bootstrap, serve  # beside this file, until `serve`
    from watching import watch

OPTIMIZED = 1  # the code of a function; that of a module or a class body is its import


class Used(Listener):
    """Notes what is used in the phase and the statement that runs now."""

    def __init__(self, own: "set[str]") -> None:
        self.statements = Statements(own, self)
        self.files: "set[str]" = set()
        self.edges: "set[tuple[Any, ...]]" = set()
        self.opened = 0
        self.phase = ""
        self.watches = hasattr(sys, "monitoring")
        self.mapped = libraries()
        self.counts = True

    def begin(self) -> None:
        """Watch from now on."""
        import builtins

        original, direct = builtins.__import__, bootstrap._gcd_import

        def importing(
            name: str,
            globals: "Any" = None,  # noqa: A002 the built-in's names
            locals: "Any" = None,  # noqa: A002 as above
            fromlist: "Any" = (),
            level: int = 0,
        ) -> "Any":
            found = original(name, globals, locals, fromlist, level)
            frame = asking(1)
            if frame is not None and (level == 0 or isinstance(globals, dict)):
                base = absolute(name, globals, level)
                self.edge(frame, base, *["{}.{}".format(base, each) for each in fromlist or () if type(each) is str])
            return found

        def gcd_import(name: str, package: "Any" = None, level: int = 0) -> "Any":
            found = direct(name, package, level)
            frame = asking(1)
            if frame is not None:
                self.edge(frame, bootstrap._resolve_name(name, package, level) if level else name)
            return found

        builtins.__import__, bootstrap._gcd_import = importing, gcd_import
        self.statements.install()
        sys.addaudithook(self.heard)
        if self.watches:
            monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]  # from Python 3.12 on
            monitoring.use_tool_id(monitoring.PROFILER_ID, "slimpack")
            monitoring.register_callback(monitoring.PROFILER_ID, monitoring.events.PY_START, self.started)
            monitoring.set_events(monitoring.PROFILER_ID, monitoring.events.PY_START)

    def started(self, code: "Any", offset: int) -> "Any":  # noqa: ARG002 a callback's signature
        """A function begins."""
        if code.co_flags & OPTIMIZED and code.co_filename.startswith(watch.roots):
            self.files.add(code.co_filename)
        return sys.monitoring.DISABLE  # type: ignore[attr-defined,unused-ignore]  # from Python 3.12 on

    def heard(self, event: str, arguments: "Any") -> None:
        """An audit event: a file that is there is about to be opened."""
        if event != "open" or not self.counts or not isinstance(arguments[0], (str, bytes)):
            return
        if not sys._getframe(1).f_code.co_filename.startswith(HERE) and os.path.exists(arguments[0]):
            self.opened += 1

    def edge(self, frame: "Any", *targets: str) -> None:
        """Somebody imports something: the module that runs now, though it be in a function that it calls."""
        running = frame
        while running is not None and not is_module(running):
            running = running.f_back
        if running is None or running.f_code.co_filename.startswith(HERE):
            running = frame  # an event, or a thread
        who = running.f_globals.get("__name__") or ""
        at = self.statements.at
        if self.phase or at[0] != running.f_code.co_filename:
            at = NOWHERE
        for target in targets:
            row = (self.phase, who, target, *at)
            if target in sys.modules and row not in self.edges:
                self.edges.add(row)
                watch.tell("edge", *row)

    def flush(self, at: "tuple[str, int]") -> None:
        """Tell of which files functions were called, and begin anew."""
        if self.files:
            watch.tell("used", self.phase, *at, *sorted(self.files))
            self.files.clear()
            sys.monitoring.restart_events()  # type: ignore[attr-defined,unused-ignore]  # from Python 3.12 on

    def before(self, at: "tuple[str, int]", node: "Any", namespace: "dict[str, Any]") -> None:  # noqa: ARG002 as heard
        """What was called until now was called by the statement around this one."""
        outer = self.statements.stack[-2:-1]
        self.flush(outer[0] if outer else NOWHERE)

    def after(self, at: "tuple[str, int]", node: "Any", namespace: "dict[str, Any]") -> None:  # noqa: ARG002 as heard
        """What was called since was called by it."""
        self.flush(at)

    def begun(self, phase: str) -> None:
        """A phase has begun."""
        self.phase = phase

    def over(self, *, init: bool) -> None:
        """A phase has ended."""
        self.flush(NOWHERE)
        if init:
            self.counts = False
            watch.tell("opened", self.opened + len(libraries() - self.mapped))
            watch.tell("watched", int(self.watches))


def is_module(frame: "Any") -> bool:
    """Whether it is a module's own code; not what somebody executes in a namespace of its own."""
    if frame.f_code.co_name != "<module>":
        return False
    module = sys.modules.get(frame.f_globals.get("__name__"))
    return getattr(module, "__dict__", None) is frame.f_globals


def absolute(name: str, importer: "Any", level: int) -> str:
    """The name of the module that an import statement names."""
    if not level:
        return name
    who = importer.get("__name__") or ""
    package = importer.get("__package__") or (who if "__path__" in importer else who.rpartition(".")[0])
    base = package.rsplit(".", level - 1)[0] if level > 1 else package
    return "{}.{}".format(base, name) if name else base


def libraries() -> "set[str]":
    """The shared objects that are mapped; nobody tells when the dynamic linker opens one."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as stream:
            paths = {line.split(maxsplit=5)[5].strip() for line in stream if line.count("/") > 1}
    except OSError:
        return set()
    return {path for path in paths if ".so" in path}


def prepare(own: "set[str]", late: "Any") -> Used:  # noqa: ARG001 nothing is late here
    """Begin to watch."""
    used = Used(own)
    used.begin()
    return used


serve(prepare)
