"""Facts of one reached file -> what else it reaches: imports, strings, and every kind of lookup."""

import re
from collections.abc import Callable

from slimpack.errors import Problem, TraceError
from slimpack.model.facts import Call, CallKind, Facts
from slimpack.model.glob import matcher
from slimpack.model.naming import is_shared_object
from slimpack.model.trace import ReasonKind
from slimpack.model.tree import OWN
from slimpack.trace import dynamic, imports
from slimpack.trace.reached import Because, Reached, is_code

_DISTRIBUTION = re.compile(r"[-_.]+")
_FIELD = re.compile(r"[%{]")
_HEADERS = re.compile(r"(?:\w+\.)*(?:version|requires)\(")
"""Calls that hand out headers of METADATA; by any other (or one by another name) the description can be read."""


def read(state: Reached, path: str, facts: Facts) -> None:
    """Follow everything that one file says."""
    state.facts[path] = facts
    if is_shared_object(path):
        _constants(state, path, facts)  # its libraries: trace.native; its imports: trace.evidence
        return
    owner = state.tree.files[path].owner
    if facts.error:
        _unreadable(state, path, facts, owner)
        return
    module = state.index.module_of(path if not path.endswith(".pyi") else path[:-1])
    package = imports.package_of(module, path)
    _imports(state, path, facts, package)
    covered = state.covered(path)
    if covered is not None:
        because = Because(ReasonKind.RULE, path, 0, "what its dynamic code imports")
        for pattern in covered:
            state.all_modules(dynamic.modules(pattern, state.index), because)
        if state.sealed(path):
            return
    for call in facts.calls:
        if covered is None or not _is_open(call):
            _HANDLERS[call.kind](state, path, call)
    _strings(state, path, facts, package, loose=owner == OWN or (facts.is_dynamic and covered is None))
    for item in facts.named:
        state.named.setdefault(item.name, []).append((path, item))


def _is_open(call: Call) -> bool:
    """Whether a lookup says less than which names it means."""
    return any("*" in pattern for pattern in call.patterns) or call.kind in {
        CallKind.ITER,
        CallKind.WALK,
        CallKind.WRAPPER,
        CallKind.LIST,
        CallKind.FILE,
        CallKind.SOURCE,
    }


def _unreadable(state: Reached, path: str, facts: Facts, owner: str) -> None:
    if owner == OWN:
        where = f"{path}:{facts.error_line}" if facts.error_line else path
        raise TraceError(
            Problem(what=f"{path} cannot be compiled for the target: {facts.error}", where=where, do="mend the file")
        )
    state.give_up(path, facts.error_line, f"does not parse: {facts.error}")


def _imports(state: Reached, path: str, facts: Facts, package: str) -> None:
    for statement in facts.imports:
        because = Because(ReasonKind.IMPORT, path, statement.line)
        state.all_modules(imports.targets(statement, package, state.index), because)
        if module := imports.star(statement, package):
            state.starred.setdefault(module, because)


def star_imports(state: Reached) -> None:
    """Reach what `__all__` of a star-imported package names, where that is a submodule."""
    for module, because in list(state.starred.items()):
        for path in state.index.resolve(module):
            for name in state.facts[path].exports if path in state.facts else ():
                submodule = f"{module}.{name}"
                if submodule not in state.modules and state.index.exists(submodule):
                    state.module(submodule, because)


def _strings(state: Reached, path: str, facts: Facts, package: str, *, loose: bool) -> None:
    because = Because(ReasonKind.STRING, path)
    own = state.tree.files[path].owner == OWN
    folder = path.rpartition("/")[0]
    for text in facts.strings:
        if own:
            _own_paths(state, path, folder, text)
            _own_prefix(state, text, because)
        if "." not in text and not facts.is_dynamic:
            if own and _is_own(state, text):  # `from_object("config")`, `INSTALLED_APPS = ["shop"]`
                state.module(text, because)
            continue
        module = dynamic.named(text, state.index, package=package, loose=loose)
        if module and module not in state.modules:
            state.module(module, because)


def _own_prefix(state: Reached, text: str, because: Because) -> None:
    """Reach the project's modules that a format such as `shop.%s.settings`, `shop.{}` or f"shop.{…}" can name."""
    head = _FIELD.split(text, maxsplit=1)[0]
    package, dot, _ = head.rpartition(".")
    if dot and (head != text or text.endswith(".")):
        if _is_own(state, package):
            state.module(package, because)
        state.all_modules((name for name in state.index.matching(f"{head}*") if _is_own(state, name)), because)


def _is_own(state: Reached, module: str) -> bool:
    found = state.index.resolve(module)
    return any(state.tree.files[path].owner == OWN and not state.index.is_aside(path) for path in found)


def _constants(state: Reached, path: str, facts: Facts) -> None:
    """Reach the modules that the constants of a shared object name: numpy's C code imports some at their first use."""
    if state.covered(path) is None:
        because = Because(ReasonKind.STRING, path)
        state.all_modules((name for name in facts.strings if state.index.resolve(name)), because)


def _own_paths(state: Reached, path: str, folder: str, text: str) -> None:
    """Reach the project's file, or the data in its folder, that a string names, from the root or beside the code."""
    name = text.removeprefix("/var/task/").removeprefix("/opt/").removeprefix("./").rstrip("/")
    because = Because(ReasonKind.DATA, path, 0, text)
    for candidate in (name, f"{folder}/{name}") if folder else (name,):
        if candidate in state.tree.files and state.tree.files[candidate].owner == OWN:
            _reach_file(state, candidate, because)
        elif candidate in state.index.children:
            for found in state.index.listed(candidate, deep=True):
                if state.tree.files[found].owner == OWN and not is_code(found) and not state.index.is_aside(found):
                    state.path(found, because)


def _import(state: Reached, path: str, call: Call) -> None:
    because = Because(ReasonKind.DYNAMIC, path, call.line, call.what)
    for pattern in call.patterns:
        if dynamic.is_open(pattern):
            state.give_up(path, call.line, call.what)
        else:
            state.all_modules(dynamic.modules(pattern, state.index), because)


def _probe(state: Reached, path: str, call: Call) -> None:
    """What is asked for stays; of a computed name, what the file's own words name (see `_strings`)."""
    because = Because(ReasonKind.DYNAMIC, path, call.line, call.what)
    for pattern in call.patterns:
        if not dynamic.is_open(pattern):
            state.all_modules(dynamic.modules(pattern, state.index), because)


def _packages(state: Reached, path: str, call: Call) -> None:
    because = Because(ReasonKind.LISTED, path, call.line, call.what)
    for pattern in call.patterns:
        if pattern.startswith("*"):
            state.give_up(path, call.line, call.what)
            continue
        for package in state.index.matching(pattern):
            state.module(package, because)
            deep = call.kind is CallKind.WALK
            below = state.index.below(package) if deep else state.index.submodules(package)
            state.all_modules((name for name in below if not state.index.is_aside(name.replace(".", "/"))), because)


def _list(state: Reached, path: str, call: Call) -> None:
    because = Because(ReasonKind.LISTED, path, call.line, call.what)
    for pattern in call.patterns:
        if "*" in pattern:
            state.folders.setdefault(pattern.split("*", 1)[0].rpartition("/")[0], because)
            continue
        folder = "" if pattern == "." else pattern.strip("/")
        deep = "rglob" in call.what or "walk" in call.what or "**" in call.what
        for found in state.index.listed(folder, deep=deep):
            if not state.index.is_aside(found) or state.index.is_aside(f"{folder}/x"):
                _reach_file(state, found, because)


def _data(state: Reached, path: str, call: Call) -> None:
    for pattern in call.patterns:
        if pattern in state.tree.files:
            _reach_named(state, pattern, pattern, path, call)
        elif "*" in pattern:
            head = pattern.split("*", 1)[0]
            if not head and state.tree.files[path].owner != OWN:
                continue
            matches = re.compile(".*".join(re.escape(part) for part in pattern.split("*"))).fullmatch
            for found in state.index.by_owner.get(state.tree.files[path].owner, ()):
                if found.startswith(head) and matches(found) and not state.index.is_aside(found):
                    _reach_named(state, found, pattern, path, call)


def _reach_named(state: Reached, found: str, pattern: str, path: str, call: Call) -> None:
    """Reach a file that code names, or names the suffix of: it is meant, whatever junk its kind is elsewhere.

    `…/patch.py` means the source, whatever else its module can be loaded from.
    """
    meant = "." in pattern.rpartition("*")[2]
    because = Because(ReasonKind.STRING if meant else ReasonKind.DATA, path, call.line, call.what)
    if pattern.endswith(".py"):
        state.sources.setdefault(found, because.reason())
    _reach_file(state, found, because)


def _reach_file(state: Reached, path: str, because: Because) -> None:
    module = state.index.module_of(path)
    if module:
        state.module(module, because)
    state.path(path, because)


def _file(state: Reached, path: str, call: Call) -> None:
    because = Because(ReasonKind.DATA, path, call.line, call.what)
    for pattern in call.patterns:
        state.folders.setdefault("" if pattern == "." else pattern.split("*", 1)[0].rstrip("/"), because)


def _resource(state: Reached, path: str, call: Call) -> None:
    because = Because(ReasonKind.DATA, path, call.line, call.what)
    for pattern in call.patterns:
        if pattern.startswith("*"):
            state.folders.setdefault(path.split("/", 1)[0], because)
            continue
        if not pattern:  # a module at the root
            state.folders.setdefault("", because)
        for module in dynamic.modules(pattern, state.index):
            state.module(module, because)
            package = module if state.index.is_package(module) else module.rpartition(".")[0]
            state.folders.setdefault(package.replace(".", "/"), because)


def _source(state: Reached, path: str, call: Call) -> None:
    because = Because(ReasonKind.SOURCE, path, call.line, call.what)
    if "*" in call.patterns:
        # Of whatever object is passed: by libraries that is the project's own code, by the project anything.
        own = state.tree.files[path].owner == OWN
        for found in state.tree.files if own else state.index.by_owner.get(OWN, ()):
            if found.endswith(".py"):
                state.sources.setdefault(found, because.reason())
        return
    matches = matcher(tuple(pattern for pattern in call.patterns if pattern not in state.tree.files))
    for pattern in call.patterns:
        if pattern in state.tree.files:
            state.sources.setdefault(pattern, because.reason())
    for found in state.index.by_owner.get(state.tree.files[path].owner, ()):
        if found.endswith(".py") and matches(found):
            state.sources.setdefault(found, because.reason())


def _metadata(state: Reached, path: str, call: Call) -> None:
    because = Because(ReasonKind.METADATA, path, call.line, call.what)
    wanted = {_DISTRIBUTION.sub("-", pattern).lower() for pattern in call.patterns}
    for distribution in state.tree.distributions:
        if distribution.info and (distribution.name in wanted or any("*" in name for name in wanted)):
            if _HEADERS.match(call.what) is None and state.covered(path) is None:
                state.described.add(distribution.name)
            for found in state.index.listed(distribution.info):
                state.path(found, because)


def _group(state: Reached, path: str, call: Call) -> None:
    for pattern in call.patterns:
        state.groups.setdefault(pattern, Because(ReasonKind.PLUGIN, path, call.line, call.what))


def _stub(state: Reached, path: str, call: Call) -> None:
    for pattern in call.patterns:
        if pattern in state.tree.files and pattern not in state.reasons:
            state.path(pattern, Because(ReasonKind.STUB, path, call.line, call.what))
            state.frontier.append(pattern)


def _lazy(state: Reached, path: str, call: Call) -> None:
    because = Because(ReasonKind.LAZY, path, call.line, call.what)
    for pattern in call.patterns:
        if pattern.startswith("*"):
            state.give_up(path, call.line, call.what)
        else:
            state.all_modules(state.index.matching(pattern), because)


def _native(state: Reached, path: str, call: Call) -> None:
    because = Because(ReasonKind.NATIVE, path, call.line, call.what)
    owner = state.tree.files[path].owner
    for pattern in call.patterns:
        name = pattern.rpartition("/")[2]
        for found in state.index.by_owner.get(owner, ()) if "*" in pattern else state.index.shared(name):
            if is_shared_object(found) and not state.index.is_aside(found):
                state.path(found, because)


def _path(state: Reached, path: str, call: Call) -> None:
    for pattern in call.patterns:
        if state.index.add_root(pattern):
            state.again(Because(ReasonKind.IMPORT, path, call.line, call.what))


def _wrapper(state: Reached, path: str, call: Call) -> None:
    for pattern in call.patterns:
        state.wrappers.setdefault(pattern, Because(ReasonKind.DYNAMIC, path, call.line, call.what))


def wrapper_calls(state: Reached) -> None:
    """Reach what functions that import their argument are called with."""
    for name in list(state.wrappers):
        for path, item in state.named.get(name, ()):
            if state.covered(path) is not None and item.open_line:
                continue
            because = Because(ReasonKind.DYNAMIC, path, item.line, f"{name}(…)")
            for literal in item.literals:
                text = literal.partition(":")[0]
                state.all_modules(dynamic.modules(text, state.index), because)
            if item.open_line:
                state.give_up(path, item.open_line, f"{name}(…) with a computed name")


_HANDLERS: dict[CallKind, Callable[[Reached, str, Call], None]] = {
    CallKind.IMPORT: _import,
    CallKind.PROBE: _probe,
    CallKind.ITER: _packages,
    CallKind.WALK: _packages,
    CallKind.LIST: _list,
    CallKind.DATA: _data,
    CallKind.FILE: _file,
    CallKind.RESOURCE: _resource,
    CallKind.SOURCE: _source,
    CallKind.METADATA: _metadata,
    CallKind.GROUP: _group,
    CallKind.STUB: _stub,
    CallKind.LAZY: _lazy,
    CallKind.NATIVE: _native,
    CallKind.PATH: _path,
    CallKind.WRAPPER: _wrapper,
}
