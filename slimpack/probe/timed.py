"""Import the entry points and say what that cost: CPU and wall time since the process began, and peak memory.

Runs inside the target's interpreter: `timed.py REQUEST DESCRIPTOR START`, as `imported.py` does; START is the monotonic
clock in nanoseconds when the process was asked for. Nothing is watched, so that nothing is slowed.
"""

import os
import sys
import time


def peak_memory() -> int:
    """Peak resident size in bytes; of this program alone, which getrusage's maximum is not behind a fork."""
    try:
        descriptor = os.open("/proc/self/status", os.O_RDONLY)
    except OSError:
        return 0
    try:
        status = os.read(descriptor, 1 << 16)
    finally:
        os.close(descriptor)
    for line in status.splitlines():
        if line.startswith(b"VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def main() -> None:
    """Import and tell."""
    request, descriptor, started = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    source = os.open(request, os.O_RDONLY)
    rows = [line.split("\t") for line in os.read(source, 1 << 20).decode("utf-8", "surrogateescape").splitlines()]
    os.close(source)
    sys.argv[:] = [""]
    os.set_inheritable(descriptor, False)  # noqa: FBT003 as os wants it
    sys.path[0:1] = [entry for row in rows if row[0] == "path" for entry in row[1:]]
    for row in rows:
        if row[0] == "entry":
            __import__(row[1])
    wall = time.monotonic_ns() - started
    cpu = time.process_time_ns()
    os.write(descriptor, "cost\t{}\t{}\t{}\n".format(cpu, wall, peak_memory()).encode())


main()
