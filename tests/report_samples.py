"""A small report with one of everything, made of values."""

from pathlib import Path

from slimpack.model.artifact import Artifact, Member
from slimpack.model.finding import Finding, Severity
from slimpack.model.lock import Pin
from slimpack.model.plan import Action, Decision
from slimpack.model.project import Budget, EntryPoint, Layout, Level
from slimpack.model.report import FileRow, Report
from slimpack.model.target import Architecture, Target
from slimpack.model.timing import ModuleTime, Samples, Timing
from slimpack.model.trace import Reason, ReasonKind, Unresolved
from slimpack.model.verdict import Verdict


def _kept(path: str, owner: str, reason: Reason, *, size: int = 100) -> FileRow:
    return FileRow(
        path=path,
        owner=owner,
        size=size,
        shipped=size - 10,
        stored=size // 2,
        decision=Decision(action=Action.KEEP, by="reached", why="it has a route"),
        reason=reason,
        rewrites=("bytecode",),
    )


def _dropped(path: str, owner: str, by: str, *, size: int = 1000) -> FileRow:
    decision = Decision(action=Action.DROP, by=by, why="no route from app.handler")
    return FileRow(path=path, owner=owner, size=size, shipped=0, stored=0, decision=decision)


def a_report(*, measured: bool = True) -> Report:
    """Return a report of an app that uses lib.core and drops lib.tests and other."""
    samples = Samples(cpu=(30.0, 31.0, 29.0), wall=(60.0, 61.0, 59.0), rss=(10 << 20, 11 << 20, 10 << 20))
    return Report(
        slimpack="0.1.0",
        name="app",
        entry_points=(EntryPoint(module="app", attribute="handler"),),
        target=Target(python=(3, 12), architecture=Architecture.X86_64, glibc=(2, 34)),
        level=Level.TRACED,
        layout=Layout.ZIP,
        source="requirements.txt",
        pins=(Pin(name="lib", version="1.0", filename="lib-1.0-py3-none-any.whl", sha256="0" * 64),),
        files=(
            _kept("app.py", "", Reason(kind=ReasonKind.ENTRY, detail="app.handler")),
            _kept("lib/__init__.py", "lib", Reason(kind=ReasonKind.PARENT, parent="lib/core.py")),
            _kept("lib/core.py", "lib", Reason(kind=ReasonKind.IMPORT, parent="app.py", line=3)),
            _dropped("lib/tests/test_core.py", "lib", "tests"),
            _dropped("other/__init__.py", "other", "unreachable", size=5000),
        ),
        artifact=Artifact(
            path=Path("dist/app.zip"),
            layout=Layout.ZIP,
            size=400,
            unpacked=270,
            sha256="ab" * 32,
            content_sha256="cd" * 32,
            members=(
                Member(path="app.py", size=90, stored=50, origin="app.py", owner=""),
                Member(path="lib/__init__.pyc", size=90, stored=50, origin="lib/__init__.py", owner="lib"),
                Member(path="lib/core.pyc", size=90, stored=50, origin="lib/core.py", owner="lib"),
            ),
        ),
        before_unpacked=6300,
        before_zip=3100,
        unresolved=(Unresolved(path="lib/core.py", line=7, what="import_module(name)", kept="lib"),),
        findings=(
            Finding(code="SLP001", where="lib/core.py:7", message="import_module(name) was not understood"),
            Finding(code="SLP050", where="dist/app.zip", message="zip over budget", severity=Severity.ERROR),
        ),
        verdict=Verdict(ran=True, python="3.12.1", modules=42),
        timing=Timing(
            before=Samples(cpu=(90.0, 91.0, 89.0), wall=(99.0, 99.0, 99.0), rss=(20 << 20,)),
            after=samples,
            floor=Samples(cpu=(10.0,), wall=(11.0,), rss=(8 << 20,)),
            modules=(ModuleTime(module="lib.core", own=1500, cumulative=2500, parent="app"),),
            python="3.12.1",
        )
        if measured
        else None,
        budget=Budget(max_zip=300),
        interpreter="3.12.1",
    )
