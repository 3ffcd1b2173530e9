"""Report -> the few rows that every renderer shows, as text cells without looks."""

from slimpack.model.finding import Finding, Severity
from slimpack.model.report import FileRow, Report
from slimpack.model.timing import ModuleTime
from slimpack.model.verdict import Verdict
from slimpack.report.units import milliseconds, number, share, size

_SEVERITIES = (Severity.ERROR, Severity.WARNING, Severity.INFO)


def sizes(report: Report) -> list[tuple[str, str, str, str]]:
    """(what, before, after, after as a share of before) for zip (if one was made), unpacked, files, and init."""
    files, zipped = len(report.plain), (report.before_zip, report.artifact.size)
    rows = [("zip", size(zipped[0]), size(zipped[1]), share(zipped[1], zipped[0]))] if report.is_zip else []
    rows += [
        (
            "unpacked",
            size(report.before_unpacked),
            size(report.artifact.unpacked),
            share(report.artifact.unpacked, report.before_unpacked),
        ),
        ("files", f"{files:,}", f"{len(report.artifact.members):,}", share(len(report.artifact.members), files)),
    ]
    if report.timing:
        before, after = report.timing.before, report.timing.after
        rows.append(
            (
                "init (CPU)",
                milliseconds(before.median_cpu),
                milliseconds(after.median_cpu),
                share(after.median_cpu, before.median_cpu),
            )
        )
        rows.append(
            ("peak memory", size(before.peak_rss), size(after.peak_rss), share(after.peak_rss, before.peak_rss))
        )
    return rows


def left_out(report: Report) -> str:
    """Own files that are beside the code and that nothing reaches; empty without any."""
    plain = {row.path for row in report.plain}
    rows = [row for row in report.files if row.path not in plain]
    if not rows:
        return ""
    count = f"{len(rows):,} own files that nothing reaches" if len(rows) > 1 else "an own file that nothing reaches"
    return f"left out: {count}, {size(sum(row.size for row in rows))}; the largest: {max(rows, key=_weight).path}"


def _weight(row: FileRow) -> tuple[int, str]:
    return row.size, row.path


def timing_note(report: Report) -> str:
    """How init was measured and how far the samples spread; empty where it was not."""
    if (timing := report.timing) is None:
        return ""
    return (
        f"init: medians of {len(timing.after.cpu)} fresh processes each, CPython {timing.python}; spread "
        f"± {milliseconds(timing.before.spread)} before, ± {milliseconds(timing.after.spread)} after; "
        f"an empty module takes {milliseconds(timing.floor.median_cpu)}"
    )


def size_note(report: Report) -> str:
    """Why a zip is larger than what it was made from, which it is on purpose; empty where it is not."""
    compiled = any(member.path.endswith(".pyc") for member in report.artifact.members)
    if not compiled or not report.is_zip or report.artifact.size <= report.before_zip:
        return ""
    return "bytecode ships in place of sources: it starts faster and zips larger; --optimize size ships sources"


def verdict_line(report: Report) -> str:
    """One sentence on what was proven."""
    entries = ", ".join(str(entry) for entry in report.entry_points)
    verdict = report.verdict
    if not report.entry_points:
        return "nothing was imported to prove it: the artifact has no entry point (--import names one)"
    if verdict is None:
        return "not verified (--no-verify)"
    if not verdict.ran:
        return f"{entries} was not run: this host cannot run {report.target.runtime} on {report.target.architecture}"
    count = len(verdict.events)
    done = f"answered {count} event{'s' * (count > 1)} like the original," if count else "imported"
    line = (
        f"{entries} {done} from the artifact by CPython {verdict.python}: "
        f"{number(verdict.modules, 'module')}, the same as the original; no dropped file was missed"
    )
    if noise := sorted({pointer for event in verdict.events for pointer in event.noise}):
        line += f"; two runs of the original differ at {', '.join(noise)}, so that was not compared"
    return f"{line}; put back on the way: {', '.join(verdict.repaired)}" if verdict.repaired else line


def slowest(report: Report, count: int) -> tuple[ModuleTime, ...]:
    """The modules with the largest cumulative import time in the artifact."""
    if report.timing is None:
        return ()
    return tuple(sorted(report.timing.modules, key=lambda row: (-row.cumulative, row.module))[:count])


def findings(report: Report) -> list[Finding]:
    """Errors first, then warnings, then information; sorted by code and place within each."""
    return sorted(report.findings, key=lambda finding: (_SEVERITIES.index(finding.severity), finding))


def hashes(report: Report) -> list[tuple[str, str]]:
    """The digests of the artifact by name."""
    return [
        ("sha256", report.artifact.sha256),
        ("CodeSha256", report.artifact.code_sha256),
        ("content_sha256", report.artifact.content_sha256),
    ]


def title(report: Report) -> str:
    """What was built, for what."""
    return (
        f"{report.name}: {report.target.runtime} {report.target.architecture}, level {report.level}, "
        f"{number(len(report.pins), 'distribution')} from {report.source}"
    )


def verdict_text(name: str, verdict: Verdict) -> str:
    """One line on the whole, and one for each event."""
    if not verdict.ran:
        return f"{name}: not verified, this host cannot run the target"
    outcome = "holds" if verdict.holds else "does not hold"
    lines = [f"{name}: the artifact {outcome}: {number(verdict.modules, 'module')}, CPython {verdict.python}"]
    for event in verdict.events:
        ignored = f" (two runs of the original differ at {', '.join(event.noise)})" if event.noise else ""
        said = event.difference or f"both {event.original.in_words}"
        lines.append(f"  {event.original.event}: {said}{ignored}")
    return "\n".join(lines)
