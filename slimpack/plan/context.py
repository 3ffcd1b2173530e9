"""What every pass may look at: the plan's inputs, and what follows from them, computed once."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from slimpack.model.glob import Matcher, matcher
from slimpack.model.naming import module_name
from slimpack.model.plan import Action, Decision
from slimpack.model.project import Level, Policy
from slimpack.model.rule import Paths, Rule, Runtime
from slimpack.model.target import Target
from slimpack.model.trace import ReasonKind, Trace
from slimpack.model.tree import OWN, Distribution, Tree

WHOLE = frozenset({ReasonKind.UNRESOLVED, ReasonKind.DATA})
"""Evidence that keeps all of a package without naming a file of it: it does not save what is junk by its kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The inputs, and what was derived.

    `reached` are the distributions with a file that has a reason other than its metadata being read; `modules` makes
    the dotted names of what is reached, when first asked.
    """

    tree: Tree
    trace: Trace
    rules: tuple[Rule, ...]
    policy: Policy
    target: Target
    runtime: Runtime
    entry_points: str
    bytecode_possible: bool
    paths: tuple[str, ...]
    distributions: dict[str, Distribution]
    reached: frozenset[str]
    modules: Callable[[], frozenset[str]]

    @property
    def traced(self) -> bool:
        """Whether files without a route go."""
        return self.policy.level is not Level.CLEAN

    def named(self, path: str) -> bool:
        """Whether evidence names this very file (not only the package around it)."""
        reason = self.trace.reasons.get(path)
        return reason is not None and reason.kind not in WHOLE

    def applies(self, rule: Rule, item: Paths) -> bool:
        """Whether an item of a rule counts here: its distribution is reached, and what it is limited to."""
        if self.traced and rule.distribution not in self.reached:
            return False
        return not item.when or not self.traced or item.when in self.modules()

    def matching(self, items: Iterable[tuple[Rule, Paths]]) -> tuple[tuple[Matcher, str], ...]:
        """The matcher and the why of each item that counts."""
        return tuple((self._matcher(item), item.why) for rule, item in items if self.applies(rule, item))

    def _matcher(self, item: Paths) -> Matcher:
        matches, files = matcher(item.globs), self.tree.files
        return (lambda path: files[path].owner == OWN and matches(path)) if item.of else matches


def context(
    tree: Tree,
    *,
    trace: Trace,
    rules: tuple[Rule, ...],
    policy: Policy,
    target: Target,
    runtime: Runtime,
    entry_points: Collection[object],
    bytecode_possible: bool,
) -> Context:
    """Derive once what several passes ask for."""
    files, reasons = tree.files, trace.reasons
    reached = frozenset(
        files[path].owner
        for path, reason in reasons.items()
        if path in files and reason.kind is not ReasonKind.METADATA
    )
    found: list[frozenset[str]] = []

    def modules() -> frozenset[str]:
        # Only few rules ask, so the names of thousands of modules are not made before one does.
        if not found:
            found.append(frozenset(name for path in reasons if (name := module_name(path))))
        return found[0]

    return Context(
        tree=tree,
        trace=trace,
        rules=rules,
        policy=policy,
        target=target,
        runtime=runtime,
        entry_points=", ".join(sorted(str(one) for one in entry_points)) or "any entry point",
        bytecode_possible=bytecode_possible,
        paths=tuple(files),
        distributions={one.name: one for one in tree.distributions},
        reached=reached,
        modules=modules,
    )


def drop(by: str, why: str) -> Decision:
    """The decision of a pass that a file goes."""
    return Decision(action=Action.DROP, by=by, why=why)


def keep(by: str, why: str) -> Decision:
    """The decision that a file stays."""
    return Decision(action=Action.KEEP, by=by, why=why)
