"""What the stages noticed -> Findings, with the severities that the user's policy gives them."""

from collections.abc import Iterable
from dataclasses import replace

from slimpack.model.finding import Finding, Severity
from slimpack.model.glob import matcher
from slimpack.model.observation import Observation
from slimpack.model.project import Budget, Policy
from slimpack.model.rule import Runtime
from slimpack.model.timing import Timing
from slimpack.model.trace import Trace
from slimpack.model.verdict import Verdict
from slimpack.report.units import milliseconds

_NOT_UNDERSTOOD = 'keep it so, or say what it loads: keep = ["…"] in [tool.slimpack]'


def of_trace(trace: Trace, observation: Observation, *, executed: bool) -> list[Finding]:
    """Say what was not understood, did not parse, could not be imported, or was never executed."""
    found = [
        Finding(
            code="SLP002" if unresolved.what.startswith("does not parse") else "SLP001",
            where=f"{unresolved.path}:{unresolved.line}" if unresolved.line else unresolved.path,
            message=f"{unresolved.what}; kept: {unresolved.kept}",
            help=_NOT_UNDERSTOOD,
        )
        for unresolved in trace.unresolved
    ]
    found += [
        Finding(code="SLP003", where=module, message=f"could not be imported: {error}; its package is kept")
        for module, error in observation.failed.items()
    ]
    if not executed:
        found.append(
            Finding(
                code="SLP004",
                where="",
                message="nothing was executed; what extension modules import by themselves is unproven, so their "
                "packages are kept whole",
            )
        )
    return found


def of_runtime(runtime: Runtime) -> list[Finding]:
    """Say that the runtime is on its way out, or not yet in."""
    if runtime.status == "supported":
        return []
    since = f" since {runtime.deprecated}" if runtime.status == "deprecated" and runtime.deprecated else ""
    return [
        Finding(
            code="SLP060",
            where=runtime.name,
            message=f"{runtime.name} is {runtime.status}{since} (as of {runtime.as_of})",
            severity=Severity.WARNING,
            help="choose another with --python",
        )
    ]


def of_verdict(verdict: Verdict) -> list[Finding]:
    """Say what was not run, and what had to be put back."""
    found = []
    if not verdict.ran:
        found.append(
            Finding(
                code="SLP040",
                where="",
                message="the artifact was not run: no interpreter of the target's version and architecture here",
                severity=Severity.WARNING,
                help="build on a machine of the target's architecture with that Python to have it verified",
            )
        )
    if verdict.repaired:
        keep = ", ".join(f'"{path}"' for path in verdict.repaired)
        found.append(
            Finding(
                code="SLP041",
                where="",
                message=f"{len(verdict.repaired)} dropped files were missed and put back",
                severity=Severity.WARNING,
                help=f"make it permanent: keep = [{keep}] in [tool.slimpack]",
            )
        )
    return found


def of_timing(timing: Timing | None, budget: Budget) -> list[Finding]:
    """Hold the measured init time against its budget; an init over it by less than the spread still breaks it."""
    if budget.max_init is None:
        return []
    if timing is None:
        return [
            Finding(
                code="SLP090",
                where="max-init",
                message="there is a budget for init, but it was not measured",
                severity=Severity.ERROR,
                help="leave out --no-measure, and build where the target's Python can run",
            )
        ]
    if timing.after.median_cpu <= budget.max_init:
        return []
    return [
        Finding(
            code="SLP050",
            where="max-init",
            message=f"init takes {milliseconds(timing.after.median_cpu)} of CPU, "
            f"{milliseconds(timing.after.median_cpu - budget.max_init)} over the budget of "
            f"{milliseconds(budget.max_init)}",
            severity=Severity.ERROR,
            help="see the slowest imports in this report, or raise max-init",
        )
    ]


def _is_ignored(finding: Finding, ignored: Iterable[str]) -> bool:
    """Whether the user leaves it out: by its code, or by that and its place."""
    for text in ignored:
        code, _, glob = text.partition(":")
        if finding.code == code and (not glob or matcher([glob])(_path(finding.where))):
            return True
    return False


def _path(where: str) -> str:
    """The place of a finding without its line."""
    path, colon, line = where.rpartition(":")
    return path if colon and line.isdecimal() else where


def settled(findings: Iterable[Finding], policy: Policy) -> tuple[Finding, ...]:
    """Leave out the codes that are ignored, make errors of those that the user fails on; unique and sorted."""
    kept = (finding for finding in findings if not _is_ignored(finding, policy.ignore))
    raised = (
        replace(finding, severity=Severity.ERROR) if finding.code in policy.fail_on else finding for finding in kept
    )
    return tuple(sorted(set(raised)))
