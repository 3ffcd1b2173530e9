"""Every way to stop: one class per kind, each with its exit code and a message that says what, where and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong: `what` happened, `where` (file, key, URL; may be empty), what to `do` about it."""

    what: str
    where: str = ""
    do: str = ""

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.do:
            lines.append(f"  do:    {self.do}")
        return "\n".join(lines)


class SlimpackError(Exception):
    """Slimpack cannot go on; holds every problem of its kind that was found, in a stable order."""

    exit_code: ClassVar[int] = 70

    def __init__(self, *problems: Problem) -> None:
        self.problems: Sequence[Problem] = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class ConfigError(SlimpackError):
    """The project's files or arguments are wrong."""

    exit_code = 2


class ResolveError(SlimpackError):
    """No set of wheels satisfies the requirements for the target."""

    exit_code = 3


class InstallError(SlimpackError):
    """A wheel cannot be had or cannot be trusted: download, hash, RECORD, unsafe member, collision."""

    exit_code = 4


class TraceError(SlimpackError):
    """The entry point was not found, or the project's own code does not parse or import."""

    exit_code = 5


class EmitError(SlimpackError):
    """The artifact cannot be written or does not fit."""

    exit_code = 6


class VerifyError(SlimpackError):
    """The artifact does not answer as the original does; `mended_by` are the dropped files that it misses."""

    exit_code = 7

    def __init__(self, *problems: Problem, mended_by: Sequence[str] = ()) -> None:
        self.mended_by = tuple(mended_by)
        super().__init__(*problems)


class ToolError(SlimpackError):
    """A tool that slimpack runs (uv, pip, an interpreter) is missing or failed."""

    exit_code = 8
