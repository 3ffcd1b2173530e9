"""Applied tree -> the same with what makes its init cheaper in it: see `probe/start`. Entry points begin and end it.

What it knows of init was seen when the function was run with its imports deferred: which modules are loaded, and which
regular expressions compiled. So it comes with `--lazy` alone, for one start of another order might not be known at all.
"""

import marshal
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources

from slimpack.apply import Applied
from slimpack.deferring import Deferred
from slimpack.host.python import Interpreter
from slimpack.host.rewriter import Rewriter
from slimpack.host.study import Studio
from slimpack.host.tools import Tools
from slimpack.model.naming import module_name
from slimpack.model.plan import START_PACKAGE
from slimpack.model.project import Project
from slimpack.model.rule import Rule
from slimpack.model.tree import OWN, Bytes, Content, File, Tree

_FORMAT = 1
_LEAST = 8
"""Modules below which there is nothing to gain: the package itself costs 0.5 ms."""
_SOURCE, _BYTECODE, _EXTENSION = range(3)

Known = tuple[str, str, int, bool]


def started(
    applied: Applied,
    tree: Tree,
    *,
    deferral: Deferred,
    rules: tuple[Rule, ...],
    project: Project,
    studio: Studio,
    interpreter: Interpreter | None,
    tools: Tools,
) -> Applied:
    """Add the package and its table; nothing where init was not seen, or loads next to nothing."""
    init = deferral.start
    if init is None or interpreter is None:
        return applied
    modules = _modules(applied, tree, init.importers)
    late = dict(sorted(deferral.lazy.late.items()))
    if len(modules) < _LEAST and not late:
        return applied
    with Rewriter(tools, interpreter, debug_ranges=project.policy.debug_ranges) as rewriter:
        magic, rows = rewriter.patterns(sorted(set(init.patterns), key=repr))
    variables = tuple(sorted((item.variable, item.value) for rule in rules for item in rule.start))
    table = (_FORMAT, project.target.python, variables, modules, magic, rows, late)
    files = {f"{START_PACKAGE}/table": File(Bytes(marshal.dumps(table, 2))), **_code(tree, studio)}
    return replace(
        applied,
        tree=applied.tree.with_files({**applied.tree.files, **files}),
        origins=dict(sorted({**applied.origins, **{path: path for path in files}}.items())),
    )


def _modules(applied: Applied, tree: Tree, loaded: Mapping[str, str]) -> dict[str, Known]:
    """What init loads and where it ships: (file, bytecode beside it, number of the loader, is a package)."""
    placed: dict[str, list[str]] = {}
    for place, origin in applied.origins.items():
        placed.setdefault(origin, []).append(place)
    found: dict[str, Known] = {}
    for path in tree:
        name = module_name(path)
        if name not in loaded or path not in placed:
            continue
        is_package = path.endswith("/__init__.py")
        beside = next((place for place in placed[path] if "/__pycache__/" in f"/{place}"), "")
        if path.endswith(".so"):
            known = (path, "", _EXTENSION, False)
        elif path in placed[path]:
            known = (path, beside, _SOURCE, is_package)
        else:
            known = (f"{path}c", "", _BYTECODE, is_package)
        if name in found:
            del found[name]  # which of them an import finds depends on their kinds: that is the interpreter's business
            loaded = {other: importer for other, importer in loaded.items() if other != name}
        else:
            found[name] = known
    return dict(sorted(found.items()))


def _code(tree: Tree, studio: Studio) -> dict[str, File]:
    path = f"{START_PACKAGE}/__init__.py"
    source = File(Bytes(resources.files("slimpack").joinpath("probe", "start", "__init__.py").read_bytes()), owner=OWN)
    made: Content | None = studio.study({path: source}, tree=tree)[path].bytecode
    return {path: source} if made is None else {f"{path}c": File(made)}
