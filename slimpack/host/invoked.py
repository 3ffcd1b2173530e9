"""Run a function as Lambda does: in its runtime client, against a local runtime API, one event after the other.

A process lives as long as its function lets it: where an event ends it or takes too long, the next one gets a process
of its own, as in Lambda. What the function touched is heard meanwhile (see `watched`), and its code is not written to.
"""

import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from slimpack.host import straced
from slimpack.host.disk import temporary_folder
from slimpack.host.lambda_client import Client
from slimpack.host.runtime_api import Call, Conversation, Reply, conversation, listener
from slimpack.host.sandbox import PATIENCE, Ended, Run, attend, probe_command, probe_file
from slimpack.host.watched import Scene, Watched, module_of, relative_text, understood, with_opened
from slimpack.model.answer import Answer, Ending
from slimpack.model.project import EntryPoint, Event


class Mode(StrEnum):
    """What is heard of a run.

    In the order below: nothing, what it touches, what phases load and what they cost, what own statements cost, who
    uses what. In the last two, who needs what own statements bind (`NEEDED`; names are absent until then, so it may
    fail), and what phases cost when statements are done late (`POSTPONED`).
    """

    PLAIN = "plain"
    WATCH = "watch"
    LOADED = "phases"
    COST = "cost"
    OWN = "own"
    USED = "used"
    NEEDED = "needed"
    POSTPONED = "postponed"


_PROBES = {Mode.OWN: "attributed", Mode.USED: "used", Mode.NEEDED: "needed", Mode.POSTPONED: "postponed"}
_API = "AWS_LAMBDA_RUNTIME_API"
_HANDSHAKE = 20.0
_GRACE = 5.0
_LOG_TAIL = 4000
_MILLION = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What it takes to run functions: the scene, the client, and how long one event may take, in seconds.

    `sites` are the site directories among the folders of the path, `own` the sources of the project's own code.
    `late` are statements of it that wait until they are needed: file, line, names that they bind.
    """

    scene: Scene
    client: Client
    timeout: float
    sites: tuple[Path, ...] = ()
    own: tuple[Path, ...] = ()
    late: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a phase cost: CPU and wall time in ms, peak memory and bytes read until its end.

    The first phase, without a name, is what goes before the function: the interpreter and the client begin.
    """

    phase: str
    cpu: float
    wall: float
    memory: int
    read: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoked:
    """What came of the events: an answer for each, in their order, and what was heard from each process.

    `ready` is the wall time in seconds from the start of the first process to its first request for work, the end of
    init; `seconds` what each event took; `told` every row of the probe. With no event at all, `answers` has one for the
    init alone where it failed.
    """

    answers: tuple[Answer, ...]
    runs: tuple[Watched, ...]
    ready: float
    seconds: tuple[float, ...]
    costs: tuple[Cost, ...] = ()
    told: tuple[tuple[str, ...], ...] = ()


def invoke(stage: Stage, entry: EntryPoint, events: Sequence[Event], *, mode: Mode = Mode.WATCH) -> Invoked:
    """Give a function all events. Raises ToolError where no process can be started."""
    answers: dict[int, Answer] = {}
    runs: list[Watched] = []
    seconds: dict[int, float] = {}
    costs: list[Cost] = []
    told: list[tuple[str, ...]] = []
    ready = 0.0
    remaining = list(range(len(events)))
    while remaining or not runs:
        calls = [Call(id=_id(index), body=events[index].body.encode(), timeout=stage.timeout) for index in remaining]
        names = {_id(index): events[index].name for index in remaining}
        talk, ended, begun, opened = _run(stage, entry, calls, names, mode)
        runs.append(with_opened(understood(ended, stage.scene.roots), _phases(opened, talk, entry, names), stage.scene))
        costs += _costs(ended)
        told += ended.answers
        ready = ready or max(talk.ready - begun, 0.0)
        if not talk.ready:
            failed = _init_failed(talk, ended, stage.scene.roots)
            answers.update({index: replace(failed, event=events[index].name) for index in remaining})
            if not events:
                answers[0] = failed
            break
        for index in remaining:
            if _id(index) in talk.begun:
                reply = talk.replies.get(_id(index), Reply(kind=""))
                answers[index] = _answer(events[index].name, reply, ended, stage.scene.roots)
                seconds[index] = reply.seconds
        remaining = [index for index in remaining if index not in answers]
    ordered = sorted(answers)
    return Invoked(
        answers=tuple(answers[index] for index in ordered),
        runs=tuple(runs),
        ready=ready,
        seconds=tuple(seconds.get(index, 0.0) for index in ordered),
        costs=tuple(costs),
        told=tuple(told),
    )


def _id(index: int) -> str:
    return f"00000000-0000-4000-8000-{index:012d}"


def _run(
    stage: Stage, entry: EntryPoint, calls: Sequence[Call], names: dict[str, str], mode: Mode
) -> tuple[Conversation, Ended, float, list[straced.Opened]]:
    """One process, without a network but its loopback where the host permits that."""
    sandbox = stage.scene.sandbox
    with temporary_folder() as home:
        log = home / "calls"
        tracer = straced.command(log) if mode is Mode.WATCH else []
        probe = _PROBES.get(mode, "invoked")
        command = tracer + probe_command(probe, sandbox, home, request=_request(stage, entry, names, mode))
        patience = max(PATIENCE, stage.timeout + _GRACE)
        if not sandbox.network and (unshare := shutil.which("unshare")):
            ours, theirs = socket.socketpair()
            boot = [unshare, "--net", "--", sys.executable, "-I", "-S", probe_file("unplugged")]
            with ours, theirs, conversation(lambda: _received(ours), calls) as talk:
                begun = time.monotonic()
                passed = os.dup(theirs.fileno())
                theirs.close()
                run = Run(sandbox=sandbox, home=home, patience=patience, stop=talk.done, passed=(passed,))
                ended = attend([*boot, str(passed), *command], run)
            if ended.answers:
                return talk, ended, begun, list(straced.opened(log, sandbox.code))
            # Not permitted here: the probe's audit hook alone keeps it off the network, if it is watched.
        at = listener()
        with conversation(lambda: at, calls) as talk:
            address = {_API: f"127.0.0.1:{at.getsockname()[1]}"}
            begun = time.monotonic()
            run = Run(sandbox=sandbox, home=home, patience=patience, stop=talk.done, variables=address)
            ended = attend(command, run)
        return talk, ended, begun, list(straced.opened(log, sandbox.code))


def _costs(ended: Ended) -> Iterator[Cost]:
    for kind, *fields in ended.answers:
        if kind == "cost":
            cpu, wall, memory, read = map(int, fields[1:])
            yield Cost(phase=fields[0], cpu=cpu / _MILLION, wall=wall / _MILLION, memory=memory, read=read)


def _phases(
    opened: Iterable[straced.Opened], talk: Conversation, entry: EntryPoint, names: dict[str, str]
) -> Iterator[tuple[str, str]]:
    """(phase, path) of what was opened: the clock says in which phase."""
    offset = time.time() - time.monotonic()
    begins = sorted((when + offset, names[call]) for call, when in talk.begun.items())
    for one in opened:
        phase = module_of(entry)
        for when, name in begins:
            phase = name if one.when >= when else phase
        yield phase, one.path


def _request(stage: Stage, entry: EntryPoint, names: dict[str, str], mode: Mode) -> list[Sequence[str]]:
    scene = stage.scene
    rows: list[Sequence[str]] = [("root", *scene.roots), ("client", str(stage.client.folder))]
    rows += [("handler", str(entry)), *(("event", *pair) for pair in sorted(names.items()))]
    if scene.bytecode is not None:
        rows.append(("bytecode", str(scene.sandbox.code), str(scene.bytecode)))
    if stage.sites:
        rows.append(("site", *map(str, stage.sites)))
    if not stage.client.native:
        rows.append(("shim", probe_file("runtime_client")))
    rows += [("late", *fields) for fields in stage.late]
    if scene.sandbox.network:
        rows.append(("network",))
    rows.append((mode.value, *(map(str, stage.own) if mode in _PROBES else ())))
    return rows


def _received(channel: socket.socket) -> socket.socket | None:
    """The listening socket that the child made in its own namespace; None where it never got so far."""
    channel.settimeout(_HANDSHAKE)
    with suppress(OSError):
        _, descriptors, _, _ = socket.recv_fds(channel, 16, 1)
        if descriptors:
            return socket.socket(fileno=descriptors[0])
    return None


def _answer(event: str, reply: Reply, ended: Ended, roots: tuple[str, ...]) -> Answer:
    if reply.kind == "response":
        return Answer(event=event, ending=Ending.ANSWERED, text=reply.body.decode("utf-8", "replace"))
    log = relative_text(ended.output[-_LOG_TAIL:], roots)
    if reply.kind == "error":
        kind, message = _error(reply.body)
        return Answer(event=event, ending=Ending.RAISED, text=relative_text(message, roots), error=kind, log=log)
    if reply.late:
        return Answer(event=event, ending=Ending.TIMED_OUT, text=f"after {reply.seconds:g} s", log=log)
    return Answer(event=event, ending=Ending.EXITED, status=ended.code, log=log)


def _init_failed(talk: Conversation, ended: Ended, roots: tuple[str, ...]) -> Answer:
    log = relative_text(ended.output[-_LOG_TAIL:], roots)
    if talk.init_error:
        kind, message = _error(talk.init_error)
        return Answer(event="", ending=Ending.INIT_FAILED, text=relative_text(message, roots), error=kind, log=log)
    return Answer(event="", ending=Ending.INIT_FAILED, text=ended.how, status=ended.code, log=log)


def _error(body: bytes) -> tuple[str, str]:
    try:
        told = json.loads(body)
        return str(told.get("errorType", "")), str(told.get("errorMessage", ""))
    except (ValueError, AttributeError):
        return "", body.decode("utf-8", "replace")
