"""What the probes that measure a function share: its phases, and its own modules run statement by statement.

Runs inside the target's interpreter. A statement of own code is named by (file, line); `Statements.at` is the innermost
one that runs now.
"""

# The import system is reached where it is, and pathlib would be loaded before the program is:
# ruff: noqa: SLF001, PTH120, PTH123

import _ast  # ast itself may be one of the program's imports
import builtins
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from slimpack.probe.watching import arrange, begin, watch
else:
    from watching import arrange, begin, watch  # beside this file, until `arrange`

NOWHERE = ("", 0)
HERE = os.path.dirname(__file__) + "/"
FUTURE = 0x1FE0000  # the flags of a code object that stand for imports from __future__
bootstrap: "Any" = sys.modules["_frozen_importlib"]
external: "Any" = sys.modules["_frozen_importlib_external"]


ABSENT = object()


class Builtins(dict):  # type: ignore[type-arg]  # no generics are needed at run time
    """A module's builtins, which answer for the names that it lacks."""

    def __init__(self, module: "Module") -> None:
        super().__init__(vars(builtins))
        self.module = module

    def __missing__(self, name: str) -> "Any":
        found = self.module.read(name)
        if found is ABSENT:
            return vars(builtins)[name]  # it may have come since
        return found


class Module:
    """An own module that may lack names until somebody reads them: its own code, or whoever asks for an attribute."""

    def __init__(self, namespace: "dict[str, Any]") -> None:
        self.namespace = namespace
        self.theirs: "Any" = None
        namespace["__builtins__"] = Builtins(self)
        namespace["__getattr__"] = self.attribute

    def read(self, name: str) -> "Any":
        """The value of a name that is not in the namespace; ABSENT where there is none."""
        return self.namespace.get(name, ABSENT)

    def attribute(self, name: str) -> "Any":
        """Stand for the module's `__getattr__`."""
        found = self.read(name)
        if found is not ABSENT:
            return found
        if self.theirs is not None:
            return self.theirs(name)
        message = "module {!r} has no attribute {!r}".format(self.namespace.get("__name__"), name)
        raise AttributeError(message)

    def guard(self) -> None:
        """The module may have defined one of its own: it is asked after this one."""
        if self.namespace.get("__getattr__") != self.attribute:
            self.theirs, self.namespace["__getattr__"] = self.namespace.get("__getattr__"), self.attribute


class Listener:
    """Hears of own code; every moment is a no-op here."""

    def entered(self, namespace: "dict[str, Any]") -> None:
        """An own module is loaded, and about to be taken apart."""

    def left(self) -> None:
        """It has run, or failed."""

    def before(self, at: "tuple[str, int]", node: "Any", namespace: "dict[str, Any]") -> None:
        """A statement is about to run."""

    def execute(self, at: "tuple[str, int]", code: "Any", namespace: "dict[str, Any]") -> None:  # noqa: ARG002 a hook
        """Run it."""
        exec(code, namespace)

    def after(self, at: "tuple[str, int]", node: "Any", namespace: "dict[str, Any]") -> None:
        """It has run, or failed."""

    def over(self, *, init: bool) -> None:
        """Init or an event has ended: the client asks for the next one."""

    def begun(self, phase: str) -> None:
        """An event is about to be handled."""


class Statements:
    """Runs the modules of these files statement by statement; the way in is the import system's own."""

    def __init__(self, files: "set[str]", listener: Listener) -> None:
        self.files, self.listener = files, listener
        self.stack: "list[tuple[str, int]]" = []
        self.original = external._LoaderBasics.exec_module

    @property
    def at(self) -> "tuple[str, int]":
        """The innermost statement that runs now."""
        return self.stack[-1] if self.stack else NOWHERE

    def install(self) -> None:
        """Begin."""
        this = self

        def exec_module(loader: "Any", module: "Any") -> None:
            origin = getattr(module.__spec__, "origin", None)
            if origin in this.files:
                this.execute(loader, module, origin)
            else:
                this.original(loader, module)

        external._LoaderBasics.exec_module = exec_module

    def execute(self, loader: "Any", module: "Any", origin: str) -> None:
        """Load it as it is loaded without us, then run it in pieces."""
        code = loader.get_code(module.__name__)
        self.listener.entered(vars(module))
        try:
            self.run(origin, vars(module), code.co_flags & FUTURE)
        finally:
            self.listener.left()

    def run(self, origin: str, namespace: "dict[str, Any]", flags: int) -> None:
        """Compile and run each statement by itself, in one namespace."""
        with open(origin, "rb") as stream:
            tree: Any = compile(stream.read(), origin, "exec", _ast.PyCF_ONLY_AST, dont_inherit=True)
        for number, node in enumerate(tree.body):
            if isinstance(node, _ast.Expr) and isinstance(node.value, _ast.Constant):
                if number == 0 and isinstance(node.value.value, str):
                    namespace["__doc__"] = node.value.value
                continue  # compiled by itself, any string would be the docstring
            code = compile(_ast.Module([node], []), origin, "exec", flags, dont_inherit=True)
            at = (origin, node.lineno)
            self.stack.append(at)
            self.listener.before(at, node, namespace)
            try:
                self.listener.execute(at, code, namespace)
            finally:
                self.listener.after(at, node, namespace)
                self.stack.pop()


class Phases:
    """Tells init and the events apart, and says when each is over."""

    def __init__(self, handler: str, events: "dict[str, str]", listener: Listener) -> None:
        self.events, self.listener = events, listener
        self.name = handler.rpartition(".")[0].replace("/", ".")
        self.init = True

    def announce(self, client: "Any") -> None:
        """Let the runtime client tell them."""
        waits = client.wait_next_invocation

        def wait_next_invocation(this: "Any") -> "Any":
            self.listener.over(init=self.init)
            watch.tell("loaded", self.name)
            self.init = False
            invocation = waits(this)
            self.name = self.events.get(invocation.invoke_id, invocation.invoke_id)
            watch.tell("begin", self.name)
            self.listener.begun(self.name)
            return invocation

        client.wait_next_invocation = wait_next_invocation


def serve(prepare: "Any") -> None:
    """Run the function that the request names.

    `prepare` makes the listener, last of all, from the files of own code and the statements that are to be late, each
    with the names that it binds.
    """
    rows = begin()
    flat = {row[0]: row[1:] for row in rows}
    arrange(rows)
    sys.modules.pop("phased", None)
    os.environ.pop("_SPENT_BEFORE", None)
    handler = os.environ["_HANDLER"] = flat["handler"][0]
    from awslambdaric.__main__ import main
    from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

    own = next(set(flat[mode]) for mode in ("own", "used", "needed", "postponed") if mode in flat)
    late = {(row[1], int(row[2])): row[3:] for row in rows if row[0] == "late"}
    listener = prepare(own, late)
    phases = Phases(handler, {row[1]: row[2] for row in rows if row[0] == "event"}, listener)
    phases.announce(LambdaRuntimeClient)
    watch.tell("begin", phases.name)
    sys.argv[:] = ["awslambdaric", handler]
    main(sys.argv)


def asking(first: int) -> "Any":
    """The frame of the code that imports: not the import system's, nor a `__getattr__` that does it for others."""
    frame: Any = sys._getframe(first + 1)
    while frame is not None:
        code = frame.f_code
        name = code.co_filename
        outside = not name.startswith(("<frozen importlib", HERE)) and not name.endswith("/importlib/__init__.py")
        if outside and code.co_name != "__getattr__":
            return frame
        frame = frame.f_back
    return None
