"""Several waits at once: each task waits for processes of its own; an interrupt ends them all."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def side_by_side(tasks: Sequence[Callable[[int], T]]) -> list[T]:
    """Do the tasks in threads; each is given a descriptor that becomes readable when it is to end what it runs.

    A thread that waits for a process hears of no signal: it is the main thread that is interrupted, and tells.
    """
    stop, told = os.pipe()
    try:
        if len(tasks) == 1:
            return [tasks[0](stop)]  # the thread that hears of signals waits itself
        with ThreadPoolExecutor(len(tasks)) as threads:
            try:
                return list(threads.map(lambda task: task(stop), tasks))
            except BaseException:
                os.write(told, b".")
                raise
    finally:
        os.close(stop)
        os.close(told)
