"""Project whose target cannot run here -> what the host's own wheels of the same versions did in their place.

An x86 machine that packages for arm64 would have to keep every package with an extension module whole, for what it
imports is not known. The same version's wheel for the host tells it: code and data are the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from slimpack.analysis import Analysis, analyze, may_run
from slimpack.errors import SlimpackError
from slimpack.host.python import Interpreter
from slimpack.host.study import Studio
from slimpack.host.tools import Tools
from slimpack.install import install
from slimpack.install.own_code import merged
from slimpack.model.finding import Finding
from slimpack.model.lock import Lock
from slimpack.model.observation import Observation
from slimpack.model.project import Project
from slimpack.model.target import Architecture
from slimpack.model.tree import Tree
from slimpack.observe import mapped

_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """`ran` tells whether `observation` is of the host's wheels; `findings` what is to be known of it.

    `project` and `analysis` are the host's, where they were run.
    """

    ran: bool = False
    project: Project | None = None
    analysis: Analysis | None = None
    observation: Observation = Observation()  # noqa: RUF009 frozen
    findings: tuple[Finding, ...] = ()


def rehearse(
    project: Project,
    tree: Tree,
    *,
    lock: Lock,
    own: Tree,
    interpreter: Interpreter | None,
    lock_for: Callable[[Project], Lock],
    tools: Tools,
) -> Rehearsal:
    """Run the host's wheels where the target's cannot run; nothing where they can, or may not. `lock_for` resolves."""
    architecture = _architecture(interpreter)
    wanted = project.policy.run and project.entry_points and interpreter is not None and architecture is not None
    if not wanted or interpreter is None or architecture is None or may_run(project, interpreter):
        return Rehearsal()
    stand_in = replace(project, target=replace(project.target, architecture=architecture))
    try:
        found = lock_for(stand_in)
        if others := _others(lock, found):
            return Rehearsal(findings=(_not_done(f"here {', '.join(others)} would be installed"),))
        there = merged(install(found, project=stand_in, tools=tools), own)
        with Studio(tools, interpreter, stand_in.target, project.mounted_at, project.policy.debug_ranges) as studio:
            seen = analyze(there, project=stand_in, studio=studio, interpreter=interpreter, tools=tools)
            studio.flush()
    except SlimpackError as error:
        return Rehearsal(findings=(_not_done(error.problems[0].what.splitlines()[0]),))
    observation, lost = mapped(seen.observation, source_target=stand_in.target, tree=tree, target=project.target)
    findings = (_done(architecture, lost),)
    return Rehearsal(ran=True, project=stand_in, analysis=seen, observation=observation, findings=findings)


def _architecture(interpreter: Interpreter | None) -> Architecture | None:
    if interpreter is None or interpreter.system != "Linux":
        return None
    return next((one for one in Architecture if one.machine == interpreter.machine), None)


def _others(lock: Lock, found: Lock) -> list[str]:
    """What the two locks do not share."""
    versions = {pin.name: pin.version for pin in lock.pins}
    return sorted(
        {f"{pin.name} {pin.version}" for pin in found.pins if versions.get(pin.name) != pin.version}
        | {f"no {name}" for name in versions.keys() - {pin.name for pin in found.pins}}
    )[:_SHOWN]


def _not_done(why: str) -> Finding:
    return Finding(
        code="SLP042",
        where="",
        message=f"the target's wheels cannot run here, and those of this host cannot stand in for them: {why}",
    )


def _done(architecture: Architecture, lost: tuple[str, ...]) -> Finding:
    message = f"the target's wheels cannot run here; those of {architecture}, of the same versions, were run instead"
    if lost:
        more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
        message += f"; without a counterpart: {', '.join(lost[:_SHOWN])}{more}"
    return Finding(code="SLP042", where="", message=message)
