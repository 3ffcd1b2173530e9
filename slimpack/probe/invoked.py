"""Run a handler in Lambda's own runtime client, and say what each of its phases loads, opens, lists and asks for.

Runs inside the target's interpreter: `invoked.py REQUEST DESCRIPTOR START`, with the rows of `imported.py` and more:
`client FOLDER` (where awslambdaric is: behind the artifact on the path and before the standard library, as in Lambda),
`site FOLDER` (a layer's site directory, whose .pth files count), `handler TEXT`, `event ID NAME` (what an invocation's
id stands for), `watch` (without it nothing is watched), `shim FILE` (Python in place of the client's C++ extension).
The phases are the import of the handler's module, and each event; a phase ends when the client asks for the next event.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from slimpack.probe.watching import arrange, begin, listen, mapped, modules, watch
else:
    from watching import arrange, begin, listen, mapped, modules, watch  # beside this file, until `arrange`


class Phases:
    """Tells where a phase begins and what it brought."""

    def __init__(self, handler: str, events: "dict[str, str]") -> None:
        self.events = events
        self.start = self.before = modules()
        self.name = handler.rpartition(".")[0].replace("/", ".")
        watch.tell("begin", self.name)

    def over(self) -> None:
        """The phase that was has ended."""
        now = modules()
        watch.tell("loaded", self.name, *sorted(now - self.before))
        mapped()
        watch.tell("modules", *sorted(now - self.start))
        self.before = now

    def begin(self, invocation: str) -> None:
        """An event is about to be handled."""
        self.name = self.events.get(invocation, invocation)
        watch.tell("begin", self.name)


def announce(client: "Any", phases: Phases) -> None:
    """Let the runtime client tell its phases."""
    waits = client.wait_next_invocation

    def wait_next_invocation(self: "Any") -> "Any":
        phases.over()
        invocation = waits(self)
        phases.begin(invocation.invoke_id)
        return invocation

    client.wait_next_invocation = wait_next_invocation


def use_shim(file: str) -> None:
    """Make the module `runtime_client` from a Python file."""
    module = type(sys)("runtime_client")
    with open(file, "rb") as stream:  # noqa: PTH123 pathlib would be loaded before the program is
        code = compile(stream.read(), file, "exec")
    exec(code, vars(module))
    sys.modules["runtime_client"] = module


def main() -> None:
    """Do what the request says, until whoever asked ends this process."""
    rows = begin()
    flat = {row[0]: row[1:] for row in rows}
    arrange(rows)
    handler = flat["handler"][0]
    os.environ["_HANDLER"] = handler
    phases = None
    if "watch" in flat:
        listen()
        phases = Phases(handler, {row[1]: row[2] for row in rows if row[0] == "event"})
    if "shim" in flat:
        use_shim(*flat["shim"])
    from awslambdaric.__main__ import main as serve

    if phases is not None:
        from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

        announce(LambdaRuntimeClient, phases)
    sys.argv[:] = ["awslambdaric", handler]
    serve(sys.argv)


main()
