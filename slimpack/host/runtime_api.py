"""Lambda's Runtime API on a local socket: give events to one function, and hear what it answers.

After the developer guide's "Using the Lambda runtime API". What is easily done wrong: an event needs the content type
application/json, or the handler gets raw bytes; `init/error` is answered with exactly 202; and a response in two
packets waits 40 ms for a delayed acknowledgement, so Nagle's algorithm is off.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

_VERSION = "/2018-06-01/runtime"
_ARN = "arn:aws:lambda:us-east-1:123456789012:function:function"
_TRACE = "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0"
_JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One invocation to make: `id` is the request's id, `body` the event's JSON, `timeout` in seconds."""

    id: str
    body: bytes
    timeout: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of an invocation: `kind` is response, error, or "" (none came); `seconds` until then."""

    kind: str
    body: bytes = b""
    seconds: float = 0.0
    late: bool = False


@dataclass(slots=True)
class Conversation:
    """What was said so far; filled by the server's threads, read when the function has ended.

    `ready` is the monotonic time of the first `next`, the end of init; 0.0 where it never came. `done` is a descriptor
    that becomes readable once there is nothing more to hear: every call is answered, one is late, or init failed.
    """

    calls: Sequence[Call]
    done: int
    ready: float = 0.0
    init_error: bytes = b""
    replies: dict[str, Reply] = field(default_factory=dict)
    begun: dict[str, float] = field(default_factory=dict)
    _wake: int = -1
    _over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _timers: list[threading.Timer] = field(default_factory=list)

    def next(self) -> Call | None:
        """The next call; after the last one nothing, once the conversation is over."""
        with self._lock:
            self.ready = self.ready or time.monotonic()
            call = next((call for call in self.calls if call.id not in self.begun), None)
            if call is not None:
                self.begun[call.id] = time.monotonic()
                timer = threading.Timer(call.timeout, self._late, (call,))
                timer.daemon = True
                self._timers.append(timer)
                timer.start()
                return call
        self.end()
        self._over.wait()
        return None

    def reply(self, call: str, kind: str, body: bytes) -> None:
        """A call was answered; a late answer is none."""
        with self._lock:
            begun = self.begun.get(call)
            if begun is not None and call not in self.replies:
                self.replies[call] = Reply(kind=kind, body=body, seconds=time.monotonic() - begun)

    def failed(self, body: bytes) -> None:
        """Init came to nothing."""
        self.init_error = body or b"{}"

    def _late(self, call: Call) -> None:
        with self._lock:
            if call.id in self.replies:
                return
            self.replies[call.id] = Reply(kind="", seconds=call.timeout, late=True)
        self.end()

    def end(self) -> None:
        """Say that there is nothing more to hear."""
        with suppress(OSError):
            os.write(self._wake, b".")

    def close(self) -> None:
        """Let the waiting threads go."""
        for timer in self._timers:
            timer.cancel()
        self._over.set()


Obtain = Callable[[], socket.socket | None]
"""Comes to the listening socket, perhaps only once the function's process has begun; None where it never did."""


def listener() -> socket.socket:
    """A socket on the loopback that listens at any free port."""
    return socket.create_server(("127.0.0.1", 0))


@contextmanager
def conversation(obtain: Obtain, calls: Sequence[Call]) -> Iterator[Conversation]:
    """Serve `calls` on a listening socket, which is closed at the end."""
    done, wake = os.pipe()
    talk = Conversation(calls, done)
    talk._wake = wake  # noqa: SLF001 made here, used by itself
    servers: list[_Server] = []

    def serve() -> None:
        at = obtain()
        if at is not None:
            servers.append(_Server.on(at, talk))
            servers[0].serve_forever(poll_interval=0.02)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield talk
    finally:
        talk.close()
        for server in servers:
            server.shutdown()
            server.server_close()
        thread.join()
        os.close(done)
        os.close(wake)


class _Server(ThreadingHTTPServer):
    """The socket may be one of another network namespace."""

    daemon_threads = True
    block_on_close = False
    talk: Conversation

    @classmethod
    def on(cls, at: socket.socket, talk: Conversation) -> Self:
        """Take a socket that listens already."""
        server = cls(at.getsockname(), _Handler, bind_and_activate=False)
        server.socket.close()
        server.socket, server.talk = at, talk
        return server

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The function ended in the middle of a request: whoever runs it says so."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        """`next`."""
        if self.path == f"{_VERSION}/restore/next":
            self._answer(200)
            return
        if self.path != f"{_VERSION}/invocation/next":
            self._answer(404)
            return
        call = self.server.talk.next()
        if call is None:
            self.close_connection = True
            return
        headers = {
            "Content-Type": _JSON,
            "Lambda-Runtime-Aws-Request-Id": call.id,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + call.timeout) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": _ARN,
            "Lambda-Runtime-Trace-Id": _TRACE,
        }
        self._answer(200, call.body, headers)

    def do_POST(self) -> None:
        """`response`, `error` and `init/error`."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        match self.path.removeprefix(f"{_VERSION}/").split("/"):
            case ["invocation", call, ("response" | "error") as kind]:
                self.server.talk.reply(call, kind, body)
                self._answer(202)
            case ["init" | "restore", "error"]:
                self.server.talk.failed(body)
                self._answer(202)
            case _:
                self._answer(404)

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response_only(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
