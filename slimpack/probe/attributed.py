"""Run a handler in Lambda's runtime client, and say what its imports and its own top-level statements cost.

Runs inside the target's interpreter: `attributed.py REQUEST DESCRIPTOR START`, with the rows of `invoked.py`, and
`own FILE…` (whose statements are timed one by one), and `used` (instead of timing: who imports whom, and of which files
a function is called in which phase; the latter from Python 3.12 on). Times are CPU time in ns.
"""

# The import system is timed where it can be reached, and only sys._getframe knows who asks:
# ruff: noqa: SLF001, PTH123

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from slimpack.probe.watching import arrange, begin, watch
else:
    from watching import arrange, begin, watch  # beside this file, until `arrange`

clock = time.process_time_ns
bootstrap: "Any" = sys.modules["_frozen_importlib"]
external: "Any" = sys.modules["_frozen_importlib_external"]


class Timer:
    """Times imports as they nest; `spent` is what imports outside any other took so far."""

    def __init__(self) -> None:
        self.stack: "list[list[Any]]" = []
        self.spent = 0
        self.find = bootstrap._find_and_load

    def __call__(self, name: str, import_: "Any") -> "Any":
        """Stand for `_find_and_load`, which every import of what is not loaded goes through."""
        importer = asker()
        parent = self.stack[-1][0] if self.stack else ""
        frame: "list[Any]" = [name, 0]
        self.stack.append(frame)
        start = clock()
        try:
            return self.find(name, import_)
        finally:
            took = clock() - start
            self.stack.pop()
            if self.stack:
                self.stack[-1][1] += took
            else:
                self.spent += took
            watch.tell("import", name, took - frame[1], took, *importer, parent)


def asker() -> "tuple[str, int]":
    """The file and line of the code that imports."""
    frame: Any = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith("<frozen importlib") and name != __file__:
            return name, frame.f_lineno
        frame = frame.f_back
    return "", 0


def time_statements(files: "set[str]", timer: Timer) -> None:
    """Run the modules of these files statement by statement."""
    original = external._LoaderBasics.exec_module

    def exec_module(self: "Any", module: "Any") -> None:
        origin = getattr(module.__spec__, "origin", None)
        if origin not in files:
            original(self, module)
            return
        import ast  # loaded by now: only the function's own modules come here

        with open(origin, "rb") as stream:
            tree = ast.parse(stream.read(), origin)
        run_statements(tree, origin, vars(module), timer)

    external._LoaderBasics.exec_module = exec_module


def run_statements(tree: "Any", origin: str, namespace: "dict[str, Any]", timer: Timer) -> None:
    """Compile and run each statement by itself, in one namespace."""
    import __future__

    import ast

    namespace["__doc__"] = ast.get_docstring(tree, clean=False)
    flags = 0
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for alias in statement.names:
                flags |= getattr(__future__, alias.name).compiler_flag
        code = compile(ast.Module([statement], []), origin, "exec", flags=flags, dont_inherit=True)
        spent, start = timer.spent + nested(timer), clock()
        try:
            exec(code, namespace)
        finally:
            took, importing = clock() - start, timer.spent + nested(timer) - spent
            watch.tell("statement", origin, statement.lineno, took, importing)


def nested(timer: Timer) -> int:
    """What imports inside the import that now runs this module took so far."""
    return timer.stack[-1][1] if timer.stack else 0


class Used:
    """Notes which files' functions are called, phase by phase, and every import that is asked for."""

    def __init__(self) -> None:
        self.files: "set[str]" = set()
        self.edges: "set[tuple[str, str]]" = set()
        self.watches = hasattr(sys, "monitoring")

    def begin(self) -> None:
        """Watch from now on."""
        import builtins

        original = builtins.__import__

        def importing(
            name: str,
            globals: "Any" = None,  # noqa: A002 the built-in's names
            locals: "Any" = None,  # noqa: A002 as above
            fromlist: "Any" = (),
            level: int = 0,
        ) -> "Any":
            found = original(name, globals, locals, fromlist, level)
            self.edge(name, globals, fromlist, level)
            return found

        builtins.__import__ = importing
        if self.watches:
            monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]  # from Python 3.12 on
            monitoring.use_tool_id(monitoring.PROFILER_ID, "slimpack")
            monitoring.register_callback(monitoring.PROFILER_ID, monitoring.events.PY_START, self.started)
            monitoring.set_events(monitoring.PROFILER_ID, monitoring.events.PY_START)

    def started(self, code: "Any", offset: int) -> "Any":  # noqa: ARG002 a callback's signature
        """A function begins; a module's own code is its import."""
        if code.co_name != "<module>" and code.co_filename.startswith(watch.roots):
            self.files.add(code.co_filename)
        return sys.monitoring.DISABLE  # type: ignore[attr-defined,unused-ignore]  # from Python 3.12 on

    def edge(self, name: str, importer: "Any", fromlist: "Any", level: int) -> None:
        """Somebody imports something, loaded or not."""
        if not isinstance(importer, dict):
            return
        who = importer.get("__name__") or ""
        if level:
            package = importer.get("__package__") or (who if "__path__" in importer else who.rpartition(".")[0])
            base = package.rsplit(".", level - 1)[0] if level > 1 else package
            name = "{}.{}".format(base, name) if name else base
        targets = [name, *["{}.{}".format(name, each) for each in fromlist or () if isinstance(each, str)]]
        for target in targets:
            if target in sys.modules and (who, target) not in self.edges:
                self.edges.add((who, target))
                watch.tell("edge", who, target)

    def over(self, phase: str) -> None:
        """Tell what was called in a phase, and begin the next."""
        if self.watches:
            watch.tell("used", phase, *sorted(self.files))
            self.files.clear()
            sys.monitoring.restart_events()  # type: ignore[attr-defined,unused-ignore]  # from Python 3.12 on


class Phases:
    """Tells the phases apart."""

    def __init__(self, handler: str, events: "dict[str, str]", used: "Any") -> None:
        self.events, self.used = events, used
        self.name = handler.rpartition(".")[0].replace("/", ".")

    def announce(self, client: "Any") -> None:
        """Let the runtime client tell them."""
        waits = client.wait_next_invocation

        def wait_next_invocation(this: "Any") -> "Any":
            watch.tell("loaded", self.name)
            if self.used is not None:
                self.used.over(self.name)
            invocation = waits(this)
            self.name = self.events.get(invocation.invoke_id, invocation.invoke_id)
            watch.tell("begin", self.name)
            return invocation

        client.wait_next_invocation = wait_next_invocation


def main() -> None:
    """Do what the request says, until whoever asked ends this process."""
    rows = begin()
    flat = {row[0]: row[1:] for row in rows}
    arrange(rows)
    os.environ.pop("_SPENT_BEFORE", None)
    handler = os.environ["_HANDLER"] = flat["handler"][0]
    from awslambdaric.__main__ import main as serve
    from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

    used = Used() if "used" in flat else None
    phases = Phases(handler, {row[1]: row[2] for row in rows if row[0] == "event"}, used)
    phases.announce(LambdaRuntimeClient)
    watch.tell("begin", phases.name)
    if used is not None:
        used.begin()
    else:
        timer = Timer()
        time_statements(set(flat.get("own", ())), timer)
        bootstrap._find_and_load = timer
    sys.argv[:] = ["awslambdaric", handler]
    serve(sys.argv)


main()
