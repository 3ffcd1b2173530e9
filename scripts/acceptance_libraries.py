"""Every library of `fixtures/libraries/` at every level: do both events answer as the unslimmed installation does.

The event is shown to slimpack (at the level observed alone), the unseen event never. What is printed for each library:
zip and init (CPU, median) of the plain package and of each level, and the verdicts on both events.
"""

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

LIBRARIES = Path(__file__).parents[1] / "fixtures" / "libraries"
BY_DEFAULT = ("clean", "traced", "observed")
LEVELS: dict[str, tuple[str, ...]] = {
    "clean": ("--level", "clean"),
    "traced": (),
    "observed": ("--level", "observed", "--event", "event.json"),
    "safe": ("--lazy", "safe"),
    "profile": ("--lazy", "profile", "--event", "event.json"),
}
EVENTS = ("event.json", "unseen.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One library at one level. Sizes in bytes, `init` in milliseconds (0: not measured); verdicts "" where equal."""

    library: str
    level: str
    before: int = 0
    after: int = 0
    init_before: float = 0.0
    init_after: float = 0.0
    event: str = ""
    unseen: str = ""
    unresolved: int = 0
    error: str = ""

    @property
    def ok(self) -> bool:
        """Built, and both events answered alike."""
        return not (self.error or self.event or self.unseen)


def rows(case: Path, work: Path, *, levels: list[str], runs: int, answer: Callable[[Path, Path], str]) -> Iterator[Row]:
    """Build at each level and compare. `answer` runs `app.handler` of a folder on an event, in a fresh process."""
    plain = work / "plain"
    install(case, plain)
    expected = {event: answer(plain, case / event) for event in EVENTS}
    broken = [event for event in EVENTS if "=answer=" not in expected[event]]
    for level in levels:
        if broken:
            yield Row(library=case.name, level=level, error=f"the plain package fails: {expected[broken[0]][-300:]}")
            continue
        yield _row(case, work / level, level, runs=runs, expected=expected, answer=answer)
        shutil.rmtree(work / level, ignore_errors=True)
    shutil.rmtree(plain, ignore_errors=True)


def _row(
    case: Path, work: Path, level: str, *, runs: int, expected: dict[str, str], answer: Callable[[Path, Path], str]
) -> Row:
    function, artifact = work / "function", work / "artifact.zip"
    shutil.copytree(case, function, ignore=shutil.ignore_patterns("unseen.json", "__pycache__"))
    command = [sys.executable, "-m", "slimpack", "build", "app.handler", "--python", "3.12", "--runs", str(runs)]
    command += ["--timeout", "120s", "--output", str(artifact), "--quiet", *LEVELS[level]]
    built = subprocess.run(command, cwd=function, capture_output=True, text=True, check=False)
    if built.returncode not in {0, 1} or not artifact.exists():
        return Row(library=case.name, level=level, error=built.stderr.strip()[-1500:] or f"exit {built.returncode}")
    report = json.loads(artifact.with_suffix(".report.json").read_text())
    with zipfile.ZipFile(artifact) as archive:
        archive.extractall(work / "code")
    verdicts = {}
    for event in EVENTS:
        got = answer(work / "code", case / event)
        same = got == expected[event]
        verdicts[event] = "" if same else f"expected {expected[event][-300:]!r}, got {got[-800:]!r}"
    timing = report.get("timing") or {}
    return Row(
        library=case.name,
        level=level,
        before=report["before_zip"],
        after=report["artifact"]["size"],
        init_before=_median(timing.get("before")),
        init_after=_median(timing.get("after")),
        event=verdicts["event.json"],
        unseen=verdicts["unseen.json"],
        unresolved=len(report["unresolved"]),
    )


def _median(samples: dict[str, list[float]] | None) -> float:
    values = sorted((samples or {}).get("cpu", ()))
    return values[len(values) // 2] if values else 0.0


def install(case: Path, to: Path) -> None:
    """What `uv pip install --target` gives, with the handler beside it."""
    to.mkdir(parents=True)
    shutil.copy(case / "app.py", to)
    uv = str(Path(sys.executable).with_name("uv"))
    command = [uv, "pip", "install", "-q", "--target", str(to), "--python-version", "3.12", "--only-binary", ":all:"]
    command += ["--python-platform", "x86_64-manylinux_2_34", "-r", str(case / "requirements.txt")]
    subprocess.run(command, check=True)


def line(row: Row) -> str:
    """One row as text."""
    if row.error:
        return f"FAIL {row.library:24} {row.level:9} not built: {row.error}"
    sizes = (
        f"{row.before / 1e6:7.2f} -> {row.after / 1e6:7.2f} MB  init {row.init_before:6.0f} -> {row.init_after:5.0f} ms"
    )
    verdict = "ok  " if row.ok else "FAIL"
    told = "".join(f"\n     {name}: {text}" for name, text in (("event", row.event), ("unseen", row.unseen)) if text)
    return f"{verdict} {row.library:24} {row.level:9} {sizes}  unresolved {row.unresolved}{told}"


def table(found: list[Row]) -> str:
    """All rows as a Markdown table: one line a library."""
    levels = [level for level in LEVELS if any(row.level == level for row in found)]
    head = ["library", "before MB", *(f"{level} MB" for level in levels), "init before ms"]
    head += [*(f"{level} ms" for level in levels), "event / unseen"]
    lines = ["| " + " | ".join(head) + " |", "|---" + "|--:" * (len(head) - 2) + "|---|"]
    for library in sorted({row.library for row in found}):
        mine = {row.level: row for row in found if row.library == library}
        first = next(iter(mine.values()))
        cells = [library, f"{first.before / 1e6:.2f}"]
        cells += [f"{mine[level].after / 1e6:.2f}" if level in mine else "" for level in levels]
        cells += [f"{first.init_before:.0f}"]
        cells += [f"{mine[level].init_after:.0f}" if level in mine else "" for level in levels]
        bad = [
            f"{row.level}: {'not built' if row.error else 'event' if row.event else 'unseen'}"
            for row in mine.values()
            if not row.ok
        ]
        lines.append("| " + " | ".join([*cells, ", ".join(bad) or "equal / equal"]) + " |")
    return "\n".join(lines)
