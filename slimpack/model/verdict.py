"""Verdict: does the artifact answer as the original does, and if not, which dropped file was missed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Miss:
    """A lookup in the artifact that would have found a dropped file. `how`: import, open, stat, list, find_spec."""

    path: str
    how: str
    by: str = ""
    keep: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`ran` is False where the host cannot run the target; `differences` are named differences of module sets."""

    ran: bool
    python: str = ""
    modules: int = 0
    misses: tuple[Miss, ...] = ()
    differences: tuple[str, ...] = ()
    error: str = ""
    repaired: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """No miss, no difference, no error."""
        return not (self.misses or self.differences or self.error)
