"""The worklist's state: what is reached and why, what is still to be read, and what was not understood."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from slimpack.model.facts import Facts, Named
from slimpack.model.glob import Matcher, matcher
from slimpack.model.naming import is_shared_object
from slimpack.model.rule import Rule
from slimpack.model.trace import Reason, ReasonKind, Unresolved
from slimpack.model.tree import OWN, Tree
from slimpack.trace.index import Index

_READABLE = (".py", ".pyc", ".so")
_DIRECT = frozenset(
    {ReasonKind.IMPORT, ReasonKind.STRING, ReasonKind.DYNAMIC, ReasonKind.LAZY, ReasonKind.STUB, ReasonKind.PLUGIN}
    | {ReasonKind.DATA, ReasonKind.NATIVE, ReasonKind.SOURCE, ReasonKind.LISTED}
)
"""Kinds of evidence that are somebody's own words: who else asks for a file is told by these."""


def is_code(path: str) -> bool:
    """Whether a file is read for what it imports or links against; all else is data."""
    return path.endswith(_READABLE) or (".so." in path and is_shared_object(path))


@dataclass(frozen=True, slots=True)
class Because:
    """Who asks: the path of a file, a line in it, and what it does."""

    kind: ReasonKind
    parent: str
    line: int = 0
    detail: str = ""

    def reason(self, kind: ReasonKind | None = None) -> Reason:
        """The edge from the file that asks."""
        return Reason(kind=kind or self.kind, parent=self.parent, line=self.line, detail=self.detail)


@dataclass(slots=True)
class Reached:
    """Grows until nothing new is found; the first reason found stays, so routes are short."""

    index: Index
    rules: dict[str, Rule] = field(default_factory=dict)
    reasons: dict[str, Reason] = field(default_factory=dict)
    again_asked: dict[str, list[Because]] = field(default_factory=dict)
    """Who else asks for what was reached already."""
    sources: dict[str, Reason] = field(default_factory=dict)
    unresolved: set[Unresolved] = field(default_factory=set)
    facts: dict[str, Facts] = field(default_factory=dict)
    frontier: list[str] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)
    """Each owner with a reached file of its own, and the first such path."""
    modules: set[str] = field(default_factory=set)
    whole: dict[str, Because] = field(default_factory=dict)
    """The owners that are kept whole."""
    starred: dict[str, Because] = field(default_factory=dict)
    described: set[str] = field(default_factory=set)
    """The distributions whose whole metadata may be read."""
    groups: dict[str, Because] = field(default_factory=dict)
    wrappers: dict[str, Because] = field(default_factory=dict)
    named: dict[str, list[tuple[str, Named]]] = field(default_factory=dict)
    folders: dict[str, Because] = field(default_factory=dict)
    """Folders under which something is read that was not understood."""
    _covered: dict[str, tuple[tuple[Matcher, tuple[str, ...]], ...]] = field(default_factory=dict)

    @property
    def tree(self) -> Tree:
        """The tree that is traced."""
        return self.index.tree

    def path(self, path: str, because: Because, *, kind: ReasonKind | None = None) -> None:
        """Reach a file."""
        if path in self.reasons:
            self._also(path, because)
            return
        self.reasons[path] = because.reason(kind)
        owner = self.tree.files[path].owner
        if owner not in self.owners and because.kind is not ReasonKind.METADATA:
            self.owners[owner] = path
        if is_code(path):
            self.frontier.append(path)

    def module(self, name: str, because: Because) -> None:
        """Reach a module, its twins and its parent packages."""
        if name in self.modules:
            for path in self.index.resolve(name):
                self._also(path, because)
            return
        self.modules.add(name)
        parent = name.rpartition(".")[0]
        if parent and parent not in self.modules:
            self.module(parent, Because(ReasonKind.PARENT, because.parent, because.line, name))
        for path in self.index.resolve(name):
            self.path(path, because)

    def _also(self, path: str, because: Because) -> None:
        if because.kind in _DIRECT and because.parent != path:
            self.again_asked.setdefault(path, []).append(because)

    def others(self) -> dict[str, tuple[Reason, ...]]:
        """Who else asks for each file, besides the first; sorted by who."""
        found: dict[str, tuple[Reason, ...]] = {}
        for path, asked in sorted(self.again_asked.items()):
            first = self.reasons.get(path)
            reasons = {one: one.reason() for one in dict.fromkeys(asked)}.values()
            rest = sorted((one for one in reasons if one != first), key=lambda one: (one.parent, one.line, one.kind))
            if rest:
                found[path] = tuple(rest)
        return found

    def again(self, because: Because) -> None:
        """Look again for what was imported but not found: a folder was put on `sys.path`."""
        for name in sorted(self.modules):
            for path in self.index.resolve(name):
                self.path(path, because)
        self.frontier.extend(path for path in self.facts if path not in self.frontier)

    def all_modules(self, names: Iterable[str], because: Because) -> None:
        """Reach several modules."""
        for name in names:
            self.module(name, because)

    def give_up(self, path: str, line: int, what: str) -> None:
        """Note something that was not understood and keep the whole distribution around it."""
        owner = self.tree.files[path].owner
        kept = owner or "the project's own code"
        self.unresolved.add(Unresolved(path=path, line=line, what=what, kept=kept))
        self.keep_whole(owner, Because(ReasonKind.UNRESOLVED, path, line, what))

    def keep_whole(self, owner: str, because: Because) -> None:
        """Reach every module of a distribution, but for tests, docs and examples that nothing refers to."""
        if owner in self.whole:
            return
        self.whole[owner] = because
        for path in self.index.by_owner.get(owner, ()):
            if is_code(path) and not self.index.is_aside(path):
                name = self.index.module_of(path)
                if name:
                    self.module(name, because)
                self.path(path, because)

    def covered(self, path: str) -> tuple[str, ...] | None:
        """What the dynamic code of a file imports, by a rule that knows it; None where no rule does."""
        owner = self.tree.files[path].owner
        known = self._covered.get(owner)
        if known is None:
            rule = self.rules.get(owner)
            items = rule.understood if rule is not None and owner != OWN else ()
            known = self._covered[owner] = tuple((matcher((item.path,)), item.imports) for item in items)
        found = [imports for matches, imports in known if matches(path)]
        return tuple(name for imports in found for name in imports) if found else None

    def sealed(self, path: str) -> bool:
        """Whether a rule knows all that the dynamic code and the names in a file come to."""
        owner = self.tree.files[path].owner
        rule = self.rules.get(owner)
        items = rule.understood if rule is not None and owner != OWN else ()
        return any(item.only and matcher((item.path,))(path) for item in items)

    def take(self) -> list[str]:
        """The files to be read next, in the order in which they were reached."""
        taken, self.frontier = self.frontier, []
        return taken

    def reached_of(self, owner: str) -> Iterator[str]:
        """The reached paths of one owner, sorted."""
        for path in self.index.by_owner.get(owner, ()):
            if path in self.reasons:
                yield path
