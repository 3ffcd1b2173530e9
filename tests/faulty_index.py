"""A server with one fault: it stalls, resets, breaks off, or sends what is no HTTP."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

DATA = b"PK wheel bytes " * 1000
Fault = Callable[[socket.socket], None]


def stalled(connection: socket.socket) -> None:
    """Never a word."""
    connection.recv(65536)
    time.sleep(2.5)


def stalled_midway(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(head(len(DATA)) + DATA[:5000])
    time.sleep(2.5)


def reset(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def reset_midway(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(head(len(DATA)) + DATA[:5000])
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closed(connection: socket.socket) -> None:
    connection.recv(65536)


def closed_midway(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(head(len(DATA)) + DATA[:5000])


def no_http(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"220 mail.example ESMTP\r\n" * 10)


def bad_chunks(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nnonsense\r\n")


def bad_compression(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip")


FAULTS = [stalled, stalled_midway, reset, reset_midway, closed, closed_midway, no_http, bad_chunks, bad_compression]


def head(length: int, kind: str = "application/octet-stream") -> bytes:
    """The head of an answer with a body of `length` bytes."""
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n".encode()


@contextlib.contextmanager
def faulty(fault: Fault) -> Iterator[str]:
    """A server that has one way to answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def attend() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    threading.Thread(target=answer, args=(connection,), daemon=True).start()

        def answer(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                fault(connection)

        threading.Thread(target=attend, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
