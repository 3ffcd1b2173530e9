"""Plan: path -> what becomes of the file, decided by which pass, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from slimpack.model.lazy import Lazy

FALLBACK_PACKAGE = "_slimpack"
"""The package that an artifact gets where modules are cold."""
START_PACKAGE = "_slimpack_start"
"""The package that an artifact gets where its init is made cheaper."""


class Action(StrEnum):
    """What becomes of a file: COLD ones leave their place for where the fallback of the level observed finds them."""

    KEEP = "keep"
    DROP = "drop"
    COLD = "cold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`by` is the name of the file in `plan/passes/` (or `rule`, `user`) that decided."""

    action: Action
    by: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Total: exactly one decision for each file of the tree. A KEEP by rule or user beats any DROP.

    `rewrites` names, by path, the transforms that a kept file goes through in `apply` (`bytecode`, `symbols`,
    `botocore-docs`), in order; `sources` are the Python files whose source text ships. `lazy` says which imports wait.
    """

    decisions: Mapping[str, Decision]
    rewrites: Mapping[str, tuple[str, ...]]
    sources: frozenset[str] = frozenset()
    lazy: Lazy = field(default_factory=Lazy)

    def __post_init__(self) -> None:
        object.__setattr__(self, "decisions", MappingProxyType(dict(sorted(self.decisions.items()))))
        object.__setattr__(self, "rewrites", MappingProxyType(dict(sorted(self.rewrites.items()))))

    def dropped(self) -> tuple[str, ...]:
        """The paths that go, sorted."""
        return tuple(path for path, decision in self.decisions.items() if decision.action is Action.DROP)

    def cold(self) -> tuple[str, ...]:
        """The paths that only the fallback knows, sorted."""
        return tuple(path for path, decision in self.decisions.items() if decision.action is Action.COLD)

    def kept(self) -> tuple[str, ...]:
        """The paths that stay, sorted."""
        return tuple(path for path, decision in self.decisions.items() if decision.action is Action.KEEP)
