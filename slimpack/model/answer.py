"""Answer: what a function made of one event."""

from dataclasses import dataclass
from enum import StrEnum

MARSHAL_ERROR = "Runtime.MarshalError"
"""The runtime client's error type for an answer that is no JSON."""


class Ending(StrEnum):
    """The ways in which an invocation ends."""

    ANSWERED = "answered"
    RAISED = "raised an error"
    INIT_FAILED = "could not be initialised"
    TIMED_OUT = "timed out"
    EXITED = "ended its process"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`event` is its file's name, `handler` who answered.

    `text` is the response as sent, or the error's message; `error` the error's type; `status` the exit status of a
    process that ended (negative: by that signal); `log` the last of what it printed, where it did not answer.
    """

    event: str
    handler: str = ""
    ending: Ending
    text: str = ""
    error: str = ""
    status: int = 0
    log: str = ""

    @property
    def in_words(self) -> str:
        """The ending with what is known of it."""
        if self.ending is Ending.ANSWERED:
            return self.ending.value
        if self.ending is Ending.EXITED:
            how = f"with status {self.status}" if self.status >= 0 else f"by signal {-self.status}"
            return f"{self.ending} {how}"
        return f"{self.ending}: {self.error}: {self.text}" if self.error else str(self.ending)
