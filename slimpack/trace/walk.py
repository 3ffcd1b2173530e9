"""The worklist: breadth first from the entry points, in batches, until nothing new is reached."""

from difflib import get_close_matches

from slimpack.errors import Problem, TraceError
from slimpack.model.facts import FactSource
from slimpack.model.observation import Observation
from slimpack.model.project import Level, Project
from slimpack.model.rule import Rule
from slimpack.model.trace import ReasonKind, Trace
from slimpack.model.tree import OWN, Tree
from slimpack.trace import data, evidence, metadata, native, reading, ruled
from slimpack.trace.index import Index
from slimpack.trace.reached import Because, Reached


def trace(
    tree: Tree, *, project: Project, rules: tuple[Rule, ...], facts: FactSource, observation: Observation
) -> Trace:
    """Reasons for every file that is reached. Raises TraceError where an entry point or own code cannot be read."""
    state = Reached(index=Index(tree, project.target), rules={rule.distribution: rule for rule in rules})
    root = _enter(state, project)
    scanned: set[str] = set()
    linked: set[str] = set()
    while True:
        while batch := state.take():
            known = facts(batch)
            for path in batch:
                reading.read(state, path, known[path])
        reading.star_imports(state)
        reading.wrapper_calls(state)
        metadata.plugins(state)
        ruled.ruled(state)
        evidence.observed(state, observation, root)
        native.libraries(state, linked)
        data.own_data(state, (*project.policy.include, *project.policy.keep), root)
        data.data_pickles(state, scanned)
        if not project.policy.run:
            evidence.unproven(state, observation)
        if not state.frontier:
            break
    data.package_data(state)
    metadata.installed(state)
    if project.policy.level is Level.CLEAN or not project.entry_points:
        _everything(state, root)
    return Trace(
        reasons=dict(sorted(state.reasons.items())),
        unresolved=tuple(sorted(state.unresolved)),
        reads_source={path: reason for path, reason in sorted(state.sources.items()) if path in state.reasons},
        reads_metadata=frozenset(state.described),
        others=state.others(),
        observed=evidence.touched(
            state, observation, [entry.module.replace("/", ".") for entry in project.entry_points]
        ),
    )


def extensions(found: Trace, tree: Tree) -> tuple[str, ...]:
    """The extension modules that were reached, as dotted names, sorted."""
    return evidence.extensions(found, tree)


def _enter(state: Reached, project: Project) -> str:
    """Reach the entry points; return the path of the first, where routes of included files end."""
    problems = []
    for entry in project.entry_points:
        name = entry.module.replace("/", ".")
        paths = state.index.resolve(name)
        if not paths:
            problems.append(_no_such_module(state.index, name, str(entry)))
            continue
        because = Because(ReasonKind.ENTRY, "", 0, str(entry))
        for path in paths:
            state.path(path, because)
        state.module(name, Because(ReasonKind.ENTRY, paths[0], 0, str(entry)))
    if problems:
        raise TraceError(*problems)
    return next(iter(state.reasons), "")


def _no_such_module(index: Index, name: str, handler: str) -> Problem:
    own = sorted({module for path in index.by_owner.get(OWN, ()) if (module := index.module_of(path))})
    near = get_close_matches(name, own, n=1)
    meant = f"did you mean {near[0]}.{handler.rpartition('.')[2]}?" if near else ""
    do = meant or "name it as module.function, from the source root"
    return Problem(what=f"no module {name} for the handler {handler}", where=f"{name.replace('.', '/')}.py", do=do)


def _everything(state: Reached, root: str) -> None:
    """Give every file but tests, docs and examples a reason (`--level clean`; and layers: they have no entry point)."""
    kind = ReasonKind.UNRESOLVED if root else ReasonKind.ENTRY
    because = Because(kind, root, 0, "level clean" if root else "layer: every distribution is kept whole")
    # None of these files is read, and a layer's users are not known: whose metadata they ask for is not either.
    state.described.update(distribution.name for distribution in state.tree.distributions)
    for path, file in state.tree.files.items():
        if path not in state.reasons and file.owner != OWN and not state.index.is_aside(path):
            state.path(path, because)
