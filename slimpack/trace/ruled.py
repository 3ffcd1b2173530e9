"""Rules -> reasons: hidden imports, files to keep, sources that are read, data folders that literal calls ask for."""

from collections.abc import Iterable, Iterator

from slimpack.model.facts import Import
from slimpack.model.glob import matcher
from slimpack.model.rule import Paths, Rule, Services
from slimpack.model.trace import ReasonKind
from slimpack.model.tree import OWN
from slimpack.trace import dynamic
from slimpack.trace.reached import Because, Reached


def ruled(state: Reached) -> None:
    """Apply what is known of each reached distribution."""
    for name, rule in state.rules.items():
        first = state.owners.get(name)
        if first is None:
            _asked_by_the_library(state, rule)
        else:
            _imports(state, rule, first)
            _files(state, rule, first)
            for services in rule.services:
                _services(state, services, first)


def _imports(state: Reached, rule: Rule, first: str) -> None:
    for item in rule.imports:
        parent = _path_of(state, item.module, first)
        if parent:
            because = Because(ReasonKind.RULE, parent, 0, item.why)
            for target in item.targets:
                state.all_modules(dynamic.modules(target, state.index), because)


def _asked_by_the_library(state: Reached, rule: Rule) -> None:
    """Reach a distribution that nothing in the tree imports, but a module of the standard library that is imported."""
    for item in rule.imports:
        if not item.module or state.index.resolve(item.module):
            continue
        for path, facts in state.facts.items():
            if any(item.module in _modules(statement) for statement in facts.imports):
                because = Because(ReasonKind.RULE, path, 0, item.why)
                for target in item.targets:
                    state.all_modules(dynamic.modules(target, state.index), because)
                return


def _modules(statement: Import) -> tuple[str, ...]:
    return (statement.module, *(f"{statement.module}.{name}" for name in statement.names))


def _path_of(state: Reached, module: str, first: str) -> str:
    """The reached file of `module` (empty: any of the distribution's); empty where it is not reached."""
    if not module:
        return first
    return next((path for path in state.index.resolve(module) if path in state.reasons), "")


def _files(state: Reached, rule: Rule, first: str) -> None:
    for item in rule.keep:
        if parent := _path_of(state, item.when, first):
            because = Because(ReasonKind.RULE, parent, 0, item.why)
            for path in _matching(state, item):
                if path not in state.reasons:
                    if module := state.index.module_of(path):
                        state.module(module, because)
                    state.path(path, because)
    for item in rule.source:
        if parent := _path_of(state, item.when, first):
            because = Because(ReasonKind.RULE, parent, 0, item.why)
            for path in _matching(state, item):
                if path.endswith(".py"):
                    state.sources.setdefault(path, because.reason())


def _matching(state: Reached, item: Paths) -> Iterator[str]:
    matches = matcher(item.globs)
    files = state.index.by_owner.get(OWN, ()) if item.of else state.tree.files
    return (path for path in files if matches(path))


def service_folders(state: Reached) -> tuple[str, ...]:
    """The folders whose subfolders need a reason of their own."""
    return tuple(
        f"{services.folder}/"
        for name, rule in state.rules.items()
        if name in state.owners
        for services in rule.services
    )


def _services(state: Reached, services: Services, first: str) -> None:
    always = Because(ReasonKind.RULE, first, 0, services.why)
    for path in state.index.listed(services.folder):
        state.path(path, always)
    wanted: dict[str, Because] = dict.fromkeys(services.always, always)
    askers = _askers(state)
    for name in services.calls:
        for path, item in state.named.get(name, ()):
            if state.tree.files[path].owner not in askers:
                continue
            for literal in item.literals:
                wanted.setdefault(literal, Because(ReasonKind.RULE, path, item.line, f"{name}({literal!r})"))
            if item.open_line and state.covered(path) is None:
                because = Because(
                    ReasonKind.RULE, path, item.open_line, f"{name}(…) with a computed name: all are kept"
                )
                for folder in state.index.folders.get(services.folder, ()):
                    wanted.setdefault(folder, because)
    for folder, because in wanted.items():
        for path in state.index.listed(f"{services.folder}/{folder}", deep=True):
            state.path(path, because)


def _askers(state: Reached) -> frozenset[str]:
    """The owners whose calls count: the project's own code, and whoever imports a distribution that has services.

    Those distributions themselves do not: they hand on the name that they were given.
    """
    givers = {name for name, rule in state.rules.items() if rule.services}
    tops = {path.split("/", 1)[0].removesuffix(".py") for name in givers for path in state.index.by_owner.get(name, ())}
    out = {OWN}
    for path, facts in state.facts.items():
        owner = state.tree.files[path].owner
        if owner not in out and owner not in givers and _imports_any(facts.imports, tops):
            out.add(owner)
    return frozenset(out)


def _imports_any(statements: Iterable[Import], tops: set[str]) -> bool:
    return any(statement.module.split(".", 1)[0] in tops for statement in statements)
