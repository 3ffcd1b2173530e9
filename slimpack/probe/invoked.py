"""Run a handler in Lambda's own runtime client, and say what each of its phases loads, opens, lists and asks for.

Runs inside the target's interpreter: `invoked.py REQUEST DESCRIPTOR START`, with the rows of `imported.py` and more:
`client FOLDER` (where awslambdaric is: behind the artifact on the path and before the standard library, as in Lambda),
`site FOLDER` (a layer's site directory, whose .pth files count), `handler TEXT`, `event ID NAME` (what an invocation's
id stands for), `watch` (without it nothing is watched), `phases` (say what each phase
loads), `cost` (what it costs), `shim FILE` (Python in
place of the client's C++ extension). The phases are the import of the handler's module, and each event; a phase ends
when the client asks for the next event.
"""

import os
import sys
import time

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


class Costs:
    """Tells what each phase cost: CPU and wall time in ns, peak memory and bytes read so far."""

    def __init__(self, handler: str, events: "dict[str, str]", begun: int) -> None:
        self.events = events
        self.name, self.module = "", handler.rpartition(".")[0].replace("/", ".")
        # What started this program in its namespace is no cost of the function.
        spent = os.environ.pop("_SPENT_BEFORE", "0 {}".format(begun)).split()
        self.cpu, self.wall = int(spent[0]), int(spent[1])

    def over(self) -> None:
        """The phase that was has ended."""
        cpu, wall = time.process_time_ns(), time.monotonic_ns()
        watch.tell("cost", self.name, cpu - self.cpu, wall - self.wall, *memory_and_reads())

    def begin(self, invocation: str) -> None:
        """An event is about to be handled."""
        self.name = self.events.get(invocation, invocation)
        self.cpu, self.wall = time.process_time_ns(), time.monotonic_ns()

    def loads(self) -> None:
        """What is the same for every function is over: the client is about to load this one."""
        self.over()
        self.name = self.module
        self.cpu, self.wall = time.process_time_ns(), time.monotonic_ns()


def memory_and_reads() -> "tuple[int, int]":
    """Peak resident size of this program alone, and the bytes that it read; 0 where the system does not say."""
    peak = reads = 0
    for file, start in (("/proc/self/status", b"VmHWM:"), ("/proc/self/io", b"rchar:")):
        try:
            descriptor = os.open(file, os.O_RDONLY)
        except OSError:
            continue
        text = os.read(descriptor, 1 << 14)
        os.close(descriptor)
        found = [int(line.split()[1]) for line in text.splitlines() if line.startswith(start)]
        if found and start == b"VmHWM:":
            peak = found[0] * 1024
        elif found:
            reads = found[0]
    return peak, reads


def announce(client: "Any", phases: "Phases | Costs") -> None:
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
    begun = int(sys.argv[-1])
    rows = begin()
    flat = {row[0]: row[1:] for row in rows}
    arrange(rows)
    handler = flat["handler"][0]
    os.environ["_HANDLER"] = handler
    phases: "Phases | Costs | None" = None
    events = {row[1]: row[2] for row in rows if row[0] == "event"}
    if "watch" in flat:
        listen()
        phases = Phases(handler, events)
    elif "phases" in flat:
        phases = Phases(handler, events)
    elif "cost" in flat:
        phases = Costs(handler, events, begun)
    os.environ.pop("_SPENT_BEFORE", None)
    if "shim" in flat:
        use_shim(*flat["shim"])
    from awslambdaric.__main__ import main as serve

    if phases is not None:
        from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

        announce(LambdaRuntimeClient, phases)
    sys.argv[:] = ["awslambdaric", handler]
    if isinstance(phases, Costs):
        phases.loads()
    serve(sys.argv)


main()
