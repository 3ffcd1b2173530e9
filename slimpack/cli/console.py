"""What goes where: the product to stdout, everything for people to stderr; and the Tools that a command needs."""

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from slimpack.errors import Problem

if TYPE_CHECKING:
    from slimpack.host.tools import Tools

_WIDTH = 100
_RED, _END = "\x1b[1;31m", "\x1b[0m"


def coloured(stream: TextIO) -> bool:
    """Tell whether escapes are welcome: a terminal that can, and no NO_COLOR."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def print_problems(problems: Iterable[Problem]) -> None:
    """Each as `error: ` and what, where, do."""
    start = f"{_RED}error:{_END} " if coloured(sys.stderr) else "error: "
    for problem in problems:
        print(f"{start}{problem}", file=sys.stderr)


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """How much a command says."""

    quiet: bool = False
    verbose: bool = False
    debug: bool = False

    def product(self, text: str) -> None:
        """What the command is for: the report, the JSON, the path."""
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
        sys.stdout.flush()

    def say(self, text: str) -> None:
        """A line for people."""
        if not self.quiet:
            print(text, file=sys.stderr)

    def offers(self, question: str) -> bool:
        """Ask a person; the answer is no where there is none to ask: in CI, in a pipe, with --quiet."""
        if not question or self.quiet or os.environ.get("CI") or not (sys.stdin.isatty() and sys.stderr.isatty()):
            return False
        print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in {"y", "yes"}

    @property
    def width(self) -> int:
        """Columns of stdout's terminal; a fixed number elsewhere, so that logs of two builds can be compared."""
        return shutil.get_terminal_size((_WIDTH, 24)).columns if sys.stdout.isatty() else _WIDTH

    @property
    def colour(self) -> bool:
        """Whether the product may have escapes."""
        return coloured(sys.stdout)


@contextmanager
def tools(console: Console, *, cache_dir: Path | None) -> Iterator["Tools"]:
    """The services of a build; progress is drawn meanwhile."""
    from slimpack.cli.progress import drawing  # noqa: PLC0415 --help must not pay for it
    from slimpack.host.tools import of_this_process  # noqa: PLC0415

    with drawing(console) as listener:
        yield of_this_process(listener, cache=cache_dir)
