"""Project -> Report, lock or Analysis: what is remembered is delivered at once, all else is left to the pipeline.

The pipeline is imported only where it has work: importing all stages is half the time of a build that is remembered.
"""

from typing import TYPE_CHECKING

from slimpack import report
from slimpack.host import delivery, memory
from slimpack.host.python import find
from slimpack.host.tools import Tools
from slimpack.install.own_code import own_code
from slimpack.model.lock import Lock
from slimpack.model.project import Project, Trial
from slimpack.model.report import Report
from slimpack.model.target import Target
from slimpack.resolve import lock_text, resolve

if TYPE_CHECKING:
    from slimpack.analysis import Analysis
    from slimpack.model.profile import Profile
    from slimpack.model.verdict import Verdict
    from slimpack.profiled import Packaged


def lock(project: Project, *, tools: Tools) -> str:
    """Resolve, and return the lock as the text of a `pylock.toml`."""
    return lock_text(resolve(project, tools=tools), project)


def analyze(project: Project, *, tools: Tools) -> "Analysis":
    """Trace what the entry points need. Decides and writes nothing."""
    from slimpack import pipeline

    pins = resolve(project, tools=tools)
    interpreter = find(project.target.python, tools)
    return pipeline.analyze(project, lock=pins, own=own_code(project), interpreter=interpreter, tools=tools)


def build(project: Project, *, tools: Tools) -> Report:
    """Build what is not built already. Nothing is at the output before it is proven."""
    delivery.refuse_unwritable(project)
    pins = resolve(project, tools=tools)
    own = own_code(project)
    interpreter = find(project.target.python, tools)
    place = memory.place(tools.cache, project=project, lock=pins, own=own, interpreter=interpreter)
    if (known := place.recall(project)) is not None:
        return report.from_json(known)
    from slimpack import pipeline

    def lock_for(other: Project) -> Lock:
        return resolve(other, tools=tools)

    built = pipeline.build(project, lock=pins, own=own, interpreter=interpreter, lock_for=lock_for, tools=tools)
    place.remember(report.to_json(built), project)
    tools.cache.tidy()
    return built


def prove(project: Project, built: Report, *, tools: Tools) -> "Verdict":
    """Run what was built before, and its original, on the project's events."""
    from slimpack import proving

    pins = resolve(project, tools=tools)
    interpreter = find(project.target.python, tools)
    return proving.prove(project, built, lock=pins, own=own_code(project), interpreter=interpreter, tools=tools)


def profile(
    subjects: "tuple[Project | Packaged, ...]",
    *,
    trial: Trial,
    target: Target,
    cold: bool,
    most: int,
    tools: Tools,
) -> "tuple[Profile, ...]":
    """Measure what starting each of them costs, side by side."""
    from slimpack import profiled

    def lock_for(project: Project) -> Lock:
        return resolve(project, tools=tools)

    return profiled.profiled(
        subjects, trial=trial, python=target.python, cold=cold, most=most, lock_for=lock_for, tools=tools
    )


def difference(profiles: "tuple[Profile, ...]") -> tuple[float, float] | None:
    """The confidence interval of init CPU, the second less the first, in ms; None for one alone."""
    from slimpack.measure.statistics import interval

    if len(profiles) == 1:
        return None
    first, second = profiles
    return interval(first.init.cpu, second.init.cpu)
