"""Applied tree -> the same with entry points that first run what slimpack put into the artifact.

Whoever imports an entry point has to run the hook of an archive first, without another handler setting: so the entry
point's own source begins with an import of it, and of what makes its init cheaper, which it ends again on a line behind
all others. (A layer has no handler.)
"""

from dataclasses import replace

from slimpack.apply import Applied
from slimpack.apply.prelude import with_prelude
from slimpack.deferring import changes
from slimpack.host.python import Interpreter
from slimpack.host.rewriter import Change, Rewriter
from slimpack.host.study import Studio
from slimpack.host.tools import Tools
from slimpack.model.lazy import Lazy
from slimpack.model.naming import module_name
from slimpack.model.plan import FALLBACK_PACKAGE, START_PACKAGE
from slimpack.model.project import Project
from slimpack.model.tree import OWN, Bytes, Content, File, Tree


def entered(
    applied: Applied,
    tree: Tree,
    *,
    lazy: Lazy,
    project: Project,
    studio: Studio,
    interpreter: Interpreter | None,
    tools: Tools,
) -> Applied:
    """Write the imports into the entry points' sources, and compile them again where they ship with bytecode."""
    shipped = {path.partition("/")[0] for path in applied.tree}
    hooks = [hook for hook in (FALLBACK_PACKAGE, START_PACKAGE) if hook in shipped]
    if not hooks:
        return applied
    extra: dict[str, File] = {}
    for entry in project.entry_points:
        stem = entry.module.replace(".", "/")
        path = next((path for path in (f"{stem}/__init__.py", f"{stem}.py") if path in tree), "")
        if path:  # else an extension module, or bytecode alone: no hook is run, so what is cold stays away
            source = replace(tree[path], content=Bytes(_with_hooks(tree[path].content.read(), hooks)))
            wanted = changes(lazy, {module_name(path): path}, {path: source}, project)
            compiled = _late(wanted, project, interpreter, tools) or _compiled(path, source, tree, studio)
            extra.update(_placed(applied, path, source, compiled))
    origins = {**applied.origins, **{path: applied.origins.get(path, path) for path in extra}}
    return replace(
        applied,
        tree=applied.tree.with_files({**applied.tree.files, **extra}),
        origins=dict(sorted(origins.items())),
    )


def _with_hooks(data: bytes, hooks: list[str]) -> bytes:
    for hook in hooks:
        data = with_prelude(data, module=hook)
    if START_PACKAGE not in hooks:
        return data
    newline = b"" if data.endswith((b"\n", b"\r")) else b"\n"
    return data + newline + f"{START_PACKAGE}.done()\n".encode()


def _late(
    wanted: tuple[Change, ...], project: Project, interpreter: Interpreter | None, tools: Tools
) -> Content | None:
    """The bytecode of an entry point whose own imports wait: their lines are what they were."""
    if not wanted or interpreter is None:
        return None
    with Rewriter(tools, interpreter, debug_ranges=project.policy.debug_ranges) as rewriter:
        (made,) = rewriter.deferred(wanted).values()
    if isinstance(made, str):
        raise TypeError(f"{wanted[0].path} was rewritten before and is refused now: {made}")
    return made


def _compiled(path: str, source: File, tree: Tree, studio: Studio) -> Content | None:
    return studio.study({path: replace(source, owner=OWN)}, tree=tree)[path].bytecode


def _placed(applied: Applied, path: str, source: File, compiled: Content | None) -> dict[str, File]:
    found: dict[str, File] = {}
    for place, origin in applied.origins.items():
        if origin == path and place == path:
            found[place] = source
        elif origin == path and compiled is not None:
            found[place] = replace(source, content=compiled, executable=False)
    return found
