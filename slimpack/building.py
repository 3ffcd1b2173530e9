"""Project -> Report, lock or Analysis: what is remembered is delivered at once, all else is left to the pipeline.

The pipeline is imported only where it has work: importing all stages is half the time of a build that is remembered.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from slimpack import report
from slimpack.host import delivery, memory
from slimpack.host.disk import temporary_folder
from slimpack.host.python import find
from slimpack.host.tools import Tools
from slimpack.install.own_code import own_code
from slimpack.model.finding import Finding, Severity
from slimpack.model.lock import Lock
from slimpack.model.project import Policy, Project, Requirements, SourceKind, Trial
from slimpack.model.report import Report
from slimpack.model.target import Target
from slimpack.resolve import lock_text, resolve

if TYPE_CHECKING:
    from slimpack.analysis import Analysis
    from slimpack.model.gate import Gate
    from slimpack.model.inspection import Inspection
    from slimpack.model.package import Package
    from slimpack.model.profile import Difference, Profile
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


def slim(project: Project, package: "Package", *, tools: Tools) -> Report:
    """Make a package of any origin smaller, as `build` does with what it installs itself."""
    from slimpack.install.package import refuse_outside, refuse_slimmed

    delivery.refuse_unwritable(project)
    refuse_slimmed(package)
    refuse_outside(package)
    interpreter = find(project.target.python, tools)
    place = memory.place(tools.cache, project=project, lock=package.lock, own=package.tree, interpreter=interpreter)
    if (known := place.recall(project)) is not None:
        return report.from_json(known)
    from slimpack import pipeline

    def lock_for(other: Project) -> Lock:
        return _lock_of(package.lock, other, tools)

    made = pipeline.slim(project, package=package, interpreter=interpreter, lock_for=lock_for, tools=tools)
    place.remember(report.to_json(made), project)
    tools.cache.tidy()
    return made


def inspect(project: Project, package: "Package", *, tools: Tools) -> "Inspection":
    """Look at a package of any origin."""
    from slimpack import inspecting

    interpreter = find(project.target.python, tools)
    return inspecting.inspected(project, package, interpreter=interpreter, tools=tools)


def _lock_of(lock: Lock, project: Project, tools: Tools) -> Lock:
    """The wheels of the same versions for another target: of what is installed, only names and versions are known."""
    with temporary_folder() as folder:
        path = folder / "requirements.txt"
        path.write_text("".join(f"{pin.name}=={pin.version}\n" for pin in lock.pins), "utf-8")
        wanted = Requirements(kind=SourceKind.REQUIREMENTS, path=path)
        return resolve(replace(project, requirements=wanted), tools=tools)


def prove(project: Project, built: Report, *, tools: Tools, package: "Package | None" = None) -> "Verdict":
    """Run what was built before, and its original (a package, or what the lock installs), on the project's events."""
    from slimpack import proving

    pins = package.lock if package else resolve(project, tools=tools)
    original = package.tree if package else proving.original(project, pins, own_code(project), tools)
    interpreter = find(project.target.python, tools)
    return proving.prove(project, built, lock=pins, tree=original, interpreter=interpreter, tools=tools)


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


def judged(
    profiles: "tuple[Profile, ...]", gates: "tuple[Gate, ...]", policy: Policy
) -> "tuple[Difference | None, tuple[Finding, ...], tuple[str, ...]]":
    """Compare the first with the second, if there is one; advise on the first; and say which gates it breaks."""
    from slimpack.measure import advice, broken, difference

    subject, *others = profiles
    reference = others[0] if others else None
    advised = report.settled(advice(subject), policy)
    errors = tuple(f"{one.code} {one.where}: {one.message}" for one in advised if one.severity is Severity.ERROR)
    compared = difference(subject, reference) if reference is not None else None
    return compared, advised, (*broken(gates, subject, reference), *errors)
