"""Native files -> native files without symbols, where that is safe and pays."""

from collections.abc import Mapping
from dataclasses import replace

from slimpack.apply.job import Job, Outcome
from slimpack.apply.rewritten import Change, Unchanged, rewritten
from slimpack.apply.symbols import NotCut, cut
from slimpack.model.finding import Finding, Severity
from slimpack.model.tree import File

_KIND = "cut-2"


def without_symbols(files: Mapping[str, File], job: Job) -> Outcome:
    """Cut each shared object; what cannot be cut ships as it is."""
    # No gain is too small: native code is compressed again in any case, so a cut costs but the zeroing.
    contents = rewritten(files, _attempt, kind=_KIND, least=0.0, job=job)
    findings = []
    placed = {}
    for path, file in files.items():
        match contents[path]:
            case Unchanged(why=why, odd=odd):
                placed[path] = {path: file}
                if odd:
                    findings.append(_finding(path, why))
            case content:
                placed[path] = {path: replace(file, content=content)}
    return Outcome(files=placed, findings=tuple(findings))


def _attempt(data: bytes) -> Change | Unchanged:
    try:
        done = cut(data)
    except NotCut as reason:
        return Unchanged(why=str(reason), odd=reason.odd)
    return Change(data=done.data, gain=done.gain)


def _finding(path: str, why: str) -> Finding:
    return Finding(code="SLP020", where=path, message=f"symbols stay: {why}", severity=Severity.INFO)
