"""Applied tree -> the same with the fallback of the level observed in it: the hook, and what it finds."""

from collections.abc import Mapping
from dataclasses import replace

from slimpack.apply import Applied
from slimpack.apply.fallback import fallback_files, hook_files
from slimpack.host.study import Studio
from slimpack.host.tools import Tools
from slimpack.model.plan import Plan
from slimpack.model.project import Project
from slimpack.model.tree import OWN, Content, File, Tree


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
    origins = {**applied.origins, **{path: path for path in files}}
    return replace(
        applied,
        tree=applied.tree.with_files({**applied.tree.files, **files}),
        origins=dict(sorted(origins.items())),
    )


def _compiled(files: Mapping[str, File], tree: Tree, studio: Studio) -> dict[str, Content]:
    own = {path: replace(file, owner=OWN) for path, file in files.items()}
    return {path: study.bytecode for path, study in studio.study(own, tree=tree).items() if study.bytecode is not None}
