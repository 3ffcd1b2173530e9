"""Verdict: does the artifact answer as the original does, and if not, which dropped file was missed."""

from dataclasses import dataclass

from slimpack.model.answer import Answer


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Miss:
    """A lookup in the artifact that would have found a dropped file. `how`: import, open, stat, list, find_spec."""

    path: str
    how: str
    by: str = ""
    keep: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trialled:
    """One event: what the original answered, what the artifact did, and how they differ ("": they do not).

    `noise` are the JSON pointers at which two runs of the original differ from one another, so they count for nothing.
    """

    original: Answer
    artifact: Answer
    difference: str = ""
    noise: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`ran` is False where the host cannot run the target; `differences` are named differences of module sets.

    `changed` are the files that ship under their own names with other bytes, where an answer differs.
    """

    ran: bool
    python: str = ""
    modules: int = 0
    misses: tuple[Miss, ...] = ()
    differences: tuple[str, ...] = ()
    error: str = ""
    events: tuple[Trialled, ...] = ()
    changed: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """No miss, no difference, no error."""
        differ = any(event.difference for event in self.events)
        return not (self.misses or self.differences or self.error or differ)
