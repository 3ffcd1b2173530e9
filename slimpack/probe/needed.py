"""Run a handler in Lambda's runtime client, and say who first needs what the top-level statements of own code bind.

Runs inside the target's interpreter: `needed.py REQUEST DESCRIPTOR START`, with the rows of `invoked.py`, and
`needed FILE…` (own code). A statement that imports or assigns is run where it stands, but the names that it `binds` are
then taken out of the module until somebody reads one: from code of the module (its builtins answer for what its globals
lack), or as an attribute (a module `__getattr__`). At the end of each phase they are taken out again. So a name is read
in init, by a statement that is named, or in some events, or never. What looks into the module's dictionary by itself
does not find it: a run that ends otherwise than one without this says nothing.
"""

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

BINDS = ("Import", "ImportFrom", "Assign", "AnnAssign", "Try", "With")


class Module(Incomplete):
    """One own module: the values that were taken out, each with the statements that bound it."""

    def __init__(self, needs: "Needs", namespace: "dict[str, Any]") -> None:
        super().__init__(namespace)
        self.needs = needs
        self.hidden: "dict[str, tuple[Any, tuple[tuple[str, int], ...]]]" = {}
        self.known: "dict[str, tuple[Any, tuple[tuple[str, int], ...]]]" = {}

    def read(self, name: str) -> "Any":
        """Somebody needs a name: it is back from now on."""
        if name not in self.hidden:
            return self.namespace.get(name, ABSENT)  # another thread was first
        value, by = self.hidden.pop(name)
        self.namespace.setdefault(name, value)
        for at in by:
            self.needs.tell(at)
        return value

    def bound(self, at: "tuple[str, int]", before: "dict[str, Any]", *, hides: bool) -> None:
        """A statement has run: take out what it bound."""
        self.guard()
        for name, value in list(self.namespace.items()):
            again = name in self.hidden  # bound though it was out: nobody read it meanwhile
            if name.startswith("__") or (not again and before.get(name, ABSENT) is value):
                continue
            was, by = self.known.pop(name, (ABSENT, ()))
            if was is value and not again:
                self.known[name] = was, by  # it was read, and is back
            elif hides:
                self.known[name] = value, (*by, at) if was is value else (at,)  # as in import a, import a.b
                watch.once("binds", *at, name)
            self.hidden.pop(name, None)
        self.hide()

    def hide(self) -> None:
        """Take out what is still what its statement bound. What a function bound again cannot be told any more."""
        for name, (value, by) in list(self.known.items()):
            if name in self.hidden:
                continue
            if self.namespace.get(name, ABSENT) is value:
                del self.namespace[name]
                self.hidden[name] = value, by
            else:
                del self.known[name]
                for at in by:
                    watch.once("rebound", *at)


class Needs(Listener):
    """Tells who needs which statement."""

    def __init__(self, own: "set[str]") -> None:
        self.statements = Statements(own, self)
        self.modules: "dict[int, Module]" = {}
        self.before_it: "list[dict[str, Any]]" = []
        self.phase = ""

    def tell(self, at: "tuple[str, int]") -> None:
        """The statement is needed by the one that runs now, or in this phase."""
        by = self.statements.at if not self.phase else ("", 0)
        if by != at:
            watch.once("needed", *at, self.phase, *by)

    def entered(self, namespace: "dict[str, Any]") -> None:
        """Be the builtins of an own module."""
        self.modules[id(namespace)] = Module(self, namespace)

    def before(self, at: "tuple[str, int]", node: "Any", namespace: "dict[str, Any]") -> None:  # noqa: ARG002 as heard
        """Remember what there is; only what is there can be deleted."""
        for target in getattr(node, "targets", ()) if type(node).__name__ == "Delete" else ():
            self.modules[id(namespace)].read(getattr(target, "id", ""))
        self.before_it.append(dict(namespace))

    def after(self, at: "tuple[str, int]", node: "Any", namespace: "dict[str, Any]") -> None:
        """Take out what is new."""
        before = self.before_it.pop()
        self.modules[id(namespace)].bound(at, before, hides=type(node).__name__ in BINDS)

    def begun(self, phase: str) -> None:
        """An event begins."""
        self.phase = phase

    def over(self, *, init: bool) -> None:  # noqa: ARG002 as heard
        """Take out again what the phase needed."""
        for module in self.modules.values():
            module.hide()


def prepare(own: "set[str]", late: "Any") -> Needs:  # noqa: ARG001 nothing is late here
    """Begin to take names out."""
    needs = Needs(own)
    needs.statements.install()
    return needs


serve(prepare)
