"""A Listener that draws: progress on a terminal for what takes over a second, lines elsewhere only where asked for."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from slimpack.cli.console import Console, coloured
from slimpack.events import Listener

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PATIENCE = 1.0
"""Seconds before anything is drawn: a warm build is over by then, and rich need not be imported."""


class Lines(Listener):
    """Lines on stderr: notices always, stages and details at --verbose. May be called from any thread."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._loud = console.verbose or console.debug

    def stage_finished(self, stage: str, *, detail: str = "") -> None:
        """One line, if stages are wanted."""
        if self._loud:
            self.write(f"{stage}: {detail}" if detail else stage)

    def noticed(self, message: str) -> None:
        """One line."""
        self.write(message)

    def detailed(self, message: str) -> None:
        """One line, if details are wanted."""
        if self._loud:
            self.write(f"  {message}")

    def write(self, line: str) -> None:
        """Put one line where people see it."""
        self._console.say(line)


class Drawn(Lines):
    """As Lines, with a bar for the running stage after a second."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._stage = ""
        self._amount = (0, 0)
        self._timer = threading.Timer(_PATIENCE, self._begin)
        self._timer.daemon = True
        self._timer.start()

    def stage_started(self, stage: str, *, detail: str = "") -> None:
        """The bar is of this stage now."""
        with self._lock:
            self._stage = f"{stage} {detail}".strip()
            self._amount = (0, 0)
            self._draw(reset=True)

    def progressed(self, stage: str, *, done: int, total: int, unit: str = "") -> None:  # noqa: ARG002 as Listener has it
        """Move the bar."""
        with self._lock:
            self._amount = (done, total)
            self._draw()

    def write(self, line: str) -> None:
        """Put one line above the bar."""
        with self._lock:
            if self._progress is None:
                super().write(line)
            else:
                self._progress.console.print(line, markup=False, highlight=False)

    def _begin(self) -> None:
        from rich.console import Console as Terminal  # noqa: PLC0415 only for what takes over a second
        from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn  # noqa: PLC0415

        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
        terminal = Terminal(file=sys.stderr, no_color=not coloured(sys.stderr))
        with self._lock:
            if self._timer.finished.is_set():
                return  # closed while rich was being imported
            self._progress = Progress(*columns, console=terminal, transient=True)
            self._task = self._progress.add_task(self._stage, total=None)
            self._progress.start()
            self._draw()

    def _draw(self, *, reset: bool = False) -> None:
        if self._progress is None or self._task is None:
            return
        if reset:
            self._progress.reset(self._task, total=None)
        done, total = self._amount
        self._progress.update(self._task, description=self._stage, completed=done, total=total or None)

    def close(self) -> None:
        """Leave nothing on the screen."""
        self._timer.cancel()
        with self._lock:
            if self._progress is not None:
                self._progress.stop()
                self._progress = None


@contextmanager
def drawing(console: Console) -> Iterator[Listener]:
    """The listener that suits stderr; what it drew is gone afterwards."""
    # Some CI systems run their jobs on a terminal; what is redrawn fills their logs.
    if console.quiet or console.debug or os.environ.get("CI") or not coloured(sys.stderr):
        yield Lines(console)
        return
    drawn = Drawn(console)
    try:
        yield drawn
    finally:
        drawn.close()
