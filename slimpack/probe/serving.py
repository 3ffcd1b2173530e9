"""Answers framed requests on standard input: four bytes of length (big endian) and a marshalled tuple, both ways."""

from __future__ import annotations

import marshal
import os
import struct
import sys
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

_HEAD = 4


def answering(answer_to: Callable[..., Any]) -> None:
    """Give a function each request's items until standard input ends; nothing that it prints gets into the answers."""
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(5000)
    stdin, stdout = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        head = stdin.read(_HEAD)
        if len(head) < _HEAD:
            return
        request = marshal.loads(stdin.read(struct.unpack(">I", head)[0]))  # noqa: S302 our own parent wrote it
        answer = marshal.dumps(answer_to(*request), 2)
        del request
        stdout.write(struct.pack(">I", len(answer)) + answer)
        stdout.flush()
