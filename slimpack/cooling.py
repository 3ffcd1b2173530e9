"""Applied tree -> the same with the fallback of the level observed in it: the hook, what it finds, and who calls it.

Whoever imports an entry point has to run the hook first, without another handler setting: so the entry point's own
source begins with `import _slimpack`. (A layer has no handler, so no events, so nothing cold.)
"""

from collections.abc import Mapping
from dataclasses import replace

from slimpack.apply import Applied
from slimpack.apply.fallback import fallback_files, hook_files
from slimpack.apply.prelude import with_prelude
from slimpack.host.study import Studio
from slimpack.host.tools import Tools
from slimpack.model.plan import Plan
from slimpack.model.project import Project
from slimpack.model.tree import OWN, Bytes, Content, File, Tree


def cooled(applied: Applied, tree: Tree, *, plan: Plan, project: Project, studio: Studio, tools: Tools) -> Applied:
    """Add the fallback for what the plan made cold; nothing where nothing is."""
    cold = plan.cold()
    if not cold:
        return applied
    files = fallback_files(
        tree.with_files({path: tree[path] for path in cold}),
        kind=project.policy.fallback,
        target=project.target,
        tools=tools,
        bytecode=_compiled(hook_files(), tree, studio),
    )
    extra = {**files, **_entries(applied, tree, project, studio)}
    origins = {**applied.origins, **{path: applied.origins.get(path, path) for path in extra}}
    return replace(
        applied,
        tree=applied.tree.with_files({**applied.tree.files, **extra}),
        origins=dict(sorted(origins.items())),
    )


def _entries(applied: Applied, tree: Tree, project: Project, studio: Studio) -> dict[str, File]:
    """The entry points' sources with the prelude, and their bytecode where they ship with one."""
    found: dict[str, File] = {}
    for entry in project.entry_points:
        stem = entry.module.replace(".", "/")
        path = next((path for path in (f"{stem}/__init__.py", f"{stem}.py") if path in tree), "")
        if not path:
            continue  # an extension module, or bytecode alone: the hook is not run, so what is cold stays away
        file = tree[path]
        source = replace(file, content=Bytes(with_prelude(file.content.read())))
        compiled = _compiled({path: source}, tree, studio)
        for place, origin in applied.origins.items():
            if origin != path:
                continue
            if place == path:
                found[place] = source
            elif path in compiled:
                found[place] = replace(file, content=compiled[path], executable=False)
    return found


def _compiled(files: Mapping[str, File], tree: Tree, studio: Studio) -> dict[str, Content]:
    own = {path: replace(file, owner=OWN) for path, file in files.items()}
    return {path: study.bytecode for path, study in studio.study(own, tree=tree).items() if study.bytecode is not None}
