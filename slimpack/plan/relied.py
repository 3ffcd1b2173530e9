"""What must be loaded when it always was: somebody may rely on what it does on import, or on its being there."""

import builtins
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from slimpack.model.lazy import Effect, Laziness, LazyFacts, Seen
from slimpack.plan.loading import Graph, load, parents

_TEXTS = {
    "patch": "changes what is not its own",
    "changed": "changes what something else gave it",
    "register": "registers something",
    "process": "changes the process",
    "imports": "changes how imports work",
    "output": "warns or prints",
    "reads": "reads files",
    "moment": "depends on when it is asked",
    "call": "calls something unknown",
    "decorator": "decorates with something unknown",
    "subclass": "derives from a class that may hear of it",
    "metaclass": "has a metaclass that may keep a register",
}
_LATE = frozenset({"call", "decorator", "reads", "moment"})
"""Kinds that do no harm when late, as far as running shows: `profile` allows them."""
_STANDARD = frozenset(sys.stdlib_module_names)
_HEARD = frozenset(
    {"__main__", "antigravity", "readline", "rlcompleter", "site", "this", "turtle", "faulthandler", "idlelib"}
)
"""Modules of the standard library that do something on import; the others may be imported in any order."""


class Relied:
    """`why` each module must be loaded by whom it always was; `used`: why it had better be, by whomever, at init."""

    def __init__(
        self,
        facts: Mapping[str, LazyFacts],
        imports: Graph,
        roots: Iterable[str],
        *,
        laziness: Laziness,
        seen: Seen,
        quiet: Collection[str],
    ) -> None:
        self._facts, self._safe, self._quiet = facts, laziness is Laziness.SAFE, frozenset(quiet)
        order = list(seen.importers or load(roots, imports))
        asked = {self._class(name, item) for name in order if name in facts for item in facts[name].asked}
        self._asked = frozenset(asked - {"*"})
        self._anyones = "*" in asked
        self.why: dict[str, str] = {}
        self._copied(order)
        self._watched(order, seen.importers)
        self.used = {**_often(seen), **dict.fromkeys(seen.used.get("", ()), "used at init")}
        for name in order:
            if name not in self.why and (why := self._effect(name)):
                self.why[name] = why
        self.order = tuple(order)

    def _copied(self, order: list[str]) -> None:
        """A star import takes the submodules too that are attributes by then."""
        stars = {star: name for name in order if name in self._facts for star in self._facts[name].stars}
        for name in order:
            package, _, part = name.rpartition(".")
            if package in stars and not part.startswith("_"):
                self.why[name] = f"{stars[package]} imports everything from {package}"

    def _watched(self, order: list[str], importers: Mapping[str, str]) -> None:
        for name in order:
            for watched in self._facts[name].watched if name in self._facts else ():
                if watched == "*":
                    there = _until(name, order, importers)
                    self.why.update(dict.fromkeys(there, f"{name} goes through sys.modules on import"))
                elif watched != "?":
                    self.why[watched] = f"{name} looks for it in sys.modules"

    def _effect(self, name: str) -> str:
        """What the module does on import that somebody may rely on; empty for nothing."""
        if is_standard(name):
            return "part of the standard library that acts on import" if name.partition(".")[0] in _HEARD else ""
        facts = self._facts.get(name)
        if facts is None or facts.opaque:
            unknown = facts.opaque if facts is not None else "nothing is known of it"
            return unknown if self._safe else ""
        for effect in facts.effects:
            if not self._allowed(name, effect):
                return f"{_TEXTS.get(effect.kind, effect.kind)}, line {effect.line}: {effect.text}"
        return ""

    def _allowed(self, module: str, effect: Effect) -> bool:
        match effect.kind:
            case "changed":
                at, _, attribute = self._class(module, effect.text).rpartition(".")
                return at in self._facts and attribute in self._facts[at].classes
            case "subclass":
                return self._is_quiet(self._class(module, effect.text))
            case "metaclass":
                return self._class(module, effect.text) in self._quiet
            case "call" | "decorator":
                return not self._safe or self._is_pure(module, effect.text, frozenset())
        return not self._safe and effect.kind in _LATE

    def _is_pure(self, module: str, name: str, above: frozenset[str]) -> bool:
        """Whether calling a function or class of the tree does nothing but make a value."""
        found = self.resolved(name if "." in name else f"{module}.{name}")
        if found in above:
            return True
        at, _, attribute = found.rpartition(".")
        calls = self._facts[at].functions.get(attribute) if at in self._facts else None
        return calls is not None and all(self._is_pure(at, each, above | {found}) for each in calls)

    def _is_quiet(self, name: str) -> bool:
        """Whether nobody hears of a class that derives from `name`."""
        if name in self._quiet or is_standard(name) or hasattr(builtins, name):
            return True
        if name in self._asked:
            return False
        at, _, attribute = name.rpartition(".")
        described = self._facts[at].classes.get(attribute) if at in self._facts else None
        if described is None or described[1]:
            return described is None and not self._safe
        bases = (self._class(at, base) for base in described[0])
        return not (self._safe and self._anyones) and all(self._is_quiet(base) for base in bases)

    def _class(self, module: str, name: str) -> str:
        if "." in name or name in {"*", "?"} or hasattr(builtins, name):
            return self.resolved(name)
        return self.resolved(f"{module}.{name}")

    def resolved(self, dotted: str) -> str:
        """The name where it is defined, following what the modules on the way import."""
        for _ in range(20):
            known = [one for one in parents(dotted) if one in self._facts]
            if not known or known[-1] == dotted:
                return dotted
            rest = dotted[len(known[-1]) + 1 :]
            first, _, more = rest.partition(".")
            following = self._facts[known[-1]].aliases.get(first)
            if following is None or following == dotted:
                return dotted
            dotted = f"{following}.{more}" if more else following
        return dotted


def _often(seen: Seen) -> dict[str, str]:
    """What so many events use that it costs more in their first requests than it saves at init."""
    events = [seen.used[one] for one in sorted(seen.used) if one]
    count = Counter(name for event in events for name in event)
    return {
        name: "every event uses it" if found == len(events) else f"{found} of {len(events)} events use it"
        for name, found in sorted(count.items())
        if found >= seen.limit * len(events)
    }


def _until(name: str, order: list[str], importers: Mapping[str, str]) -> list[str]:
    """What is loaded by the end of a module's import; everything, where nobody has seen what it imports by name."""
    if name not in importers:
        return [one for one in order if not is_standard(one)]
    seen = list(importers)
    inside = {name}
    end = seen.index(name)
    while end + 1 < len(seen) and importers[seen[end + 1]] in inside:
        end += 1
        inside.add(seen[end])
    return seen[: end + 1]


def is_standard(name: str) -> bool:
    """Whether a dotted name is of the standard library."""
    return name.partition(".")[0] in _STANDARD
