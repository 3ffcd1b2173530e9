"""Run a command in a network namespace that has nothing but its loopback: `unplugged.py CHANNEL COMMAND…`.

A namespace of its own is begun by who starts this. Its loopback is brought up, and a socket that listens there is sent
over the CHANNEL (a descriptor) to the parent, which serves the runtime API on it from outside the namespace.
"""

import fcntl
import os
import socket
import struct
import sys
import time

SET_FLAGS = 0x8914  # SIOCSIFFLAGS
UP, RUNNING = 0x1, 0x40


def main() -> None:
    """Plug in the loopback, hand the socket over, and become the command."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", UP | RUNNING))
    listener = socket.create_server(("127.0.0.1", 0))
    socket.send_fds(channel, [b"."], [listener.fileno()])
    channel.close()
    environment = {
        **os.environ,
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:{}".format(listener.getsockname()[1]),
        "_SPENT_BEFORE": "{} {}".format(time.process_time_ns(), time.monotonic_ns()),
    }
    os.execve(sys.argv[2], sys.argv[2:], environment)  # noqa: S606 this is what it is for


main()
