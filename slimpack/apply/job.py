"""What every transform is given and gives back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from slimpack.host.tools import Tools
from slimpack.model.finding import Finding
from slimpack.model.plan import Plan
from slimpack.model.project import Optimize
from slimpack.model.target import Target
from slimpack.model.tree import Content, File, Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The original tree and what was decided of it."""

    tree: Tree
    plan: Plan
    bytecode: Mapping[str, Content]
    target: Target
    optimize: Optimize
    tools: Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """By original path, what ships in its place: a transform may rename a file or put two in its place."""

    files: Mapping[str, Mapping[str, File]]
    findings: tuple[Finding, ...] = ()


Transform = Callable[[Mapping[str, File], Job], Outcome]
"""From the kept files that are to go through it, by original path, to what ships in their place."""
