#!/usr/bin/env python3
"""Build every function of a corpus in every way and hold its answers against the unslimmed installation.

    python scripts/acceptance.py [--corpus ../shared/corpus] [--apps boto3,jwt] [--checks answers,arm64,bytes]
    python scripts/acceptance.py --corpus fixtures/studies --checks answers [--variants default,observed]
    python scripts/acceptance.py --checks libraries [--apps flask,numpy] [--levels clean,traced,observed,safe,profile]

For each function: the plain package is what `uv pip install --target` gives. Every event, also those that slimpack was
never shown, is answered by the plain package and by the artifact alone, in fresh processes of the target's interpreter
with nothing else on the path; the answers must be equal. `arm64` builds for python3.13 arm64 and wants no finding of
severity error; `bytes` builds twice under different folders, umasks, hash seeds, time zones and caches; `cost` holds
the time of a watched run against a plain one; `faults` drops files that an event needs and wants each noticed.
Exits 1 if anything differs.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import acceptance_libraries
from acceptance_libraries import LIBRARIES, Row, rows

from slimpack.errors import VerifyError
from slimpack.host.cache import Cache
from slimpack.host.invoked import Mode, Stage, invoke
from slimpack.host.lambda_client import client
from slimpack.host.python import describe, find
from slimpack.host.sandbox import Sandbox
from slimpack.host.tools import Tools
from slimpack.host.watched import Scene
from slimpack.model.project import EntryPoint, Event

PYTHON = "3.12"
UV = str(Path(sys.executable).with_name("uv"))
VARIANTS = {
    "default": [],
    "clean": ["--level", "clean"],
    "size": ["--optimize", "size"],
    "observed": ["--level", "observed", "--event", "{app}/events/*.json"],
    "observed size": ["--level", "observed", "--optimize", "size", "--event", "{app}/events/*.json"],
    "explain": ["--level", "observed", "--fallback", "explain", "--event", "{app}/events/*.json"],
    "safe": ["--lazy", "safe"],
    "profile": ["--lazy", "profile", "--event", "{app}/events/*.json"],
    "profile observed": ["--lazy", "profile", "--level", "observed", "--event", "{app}/events/*.json"],
    "none": ["--level", "observed", "--fallback", "none", "--optimize", "size", "--event", "{app}/events/*.json"],
}
FAULTS = 4
"""Files of an app that are dropped to see whether that is noticed."""
SEEN_ONLY = {"explain", "none"}
"""Without what these leave out, no unseen event need be answered."""
NOT_OWN = {"requirements.in", "train.py"}
"""Files of an app's folder that are no part of the function."""
DRIVER = """
import json, sys
folder, event = sys.argv[1:]
sys.path.insert(0, folder)
import app
class Context:
    aws_request_id = "00000000-0000-0000-0000-000000000000"
    function_name = "function"
    memory_limit_in_mb = 512
    def get_remaining_time_in_millis(self): return 30000
try:
    answer = app.handler(json.load(open(event)), Context())
except Exception as error:
    answer = {"raised": type(error).__name__, "text": str(error)}
print("\\n=answer=" + json.dumps(answer, sort_keys=True, default=str))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One line of the result table."""

    app: str
    check: str
    ok: bool
    note: str


def main() -> None:
    arguments = _arguments()
    if arguments.checks == "libraries":
        sys.exit(libraries(arguments))
    corpus = arguments.corpus.resolve()
    apps = arguments.apps.split(",") if arguments.apps else sorted(p.name for p in corpus.iterdir() if p.is_dir())
    checks: dict[str, Callable[[Path, Path], Iterator[Outcome]]] = {
        "answers": partial(answers, variants=arguments.variants.split(",")),
        "arm64": arm64,
        "bytes": same_bytes,
        "cost": cost,
        "faults": faults,
    }
    failed = 0
    with tempfile.TemporaryDirectory(prefix="acceptance-") as work:
        for app in apps:
            for check in arguments.checks.split(","):
                for outcome in checks[check](corpus / app, Path(work)):
                    failed += not outcome.ok
                    mark = "ok  " if outcome.ok else "FAIL"
                    print(f"{mark} {outcome.app:10} {outcome.check:28} {outcome.note}", flush=True)
    sys.exit(1 if failed else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--corpus", type=Path, default=Path(__file__).parents[2] / "shared" / "corpus")
    parser.add_argument("--apps", default="")
    parser.add_argument("--checks", default="answers,arm64,bytes", help="of these; or `libraries`, alone")
    parser.add_argument("--variants", default=",".join(VARIANTS), help="for answers")
    parser.add_argument("--levels", default=",".join(acceptance_libraries.BY_DEFAULT), help="for libraries")
    parser.add_argument("--runs", type=int, default=0, help="for libraries: measure init that often")
    parser.add_argument("--output", type=Path, help="for libraries: write the Markdown table there")
    return parser.parse_args()


def libraries(arguments: argparse.Namespace) -> int:
    """Every library of fixtures/libraries at every level; 1 if anything differs."""
    names = arguments.apps.split(",") if arguments.apps else sorted(p.name for p in LIBRARIES.iterdir() if p.is_dir())
    found: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="libraries-") as work:
        for name in names:
            levels = arguments.levels.split(",")
            for row in rows(LIBRARIES / name, Path(work) / name, levels=levels, runs=arguments.runs, answer=_answer):
                found.append(row)
                print(acceptance_libraries.line(row), flush=True)
    if arguments.output:
        arguments.output.write_text(acceptance_libraries.table(found) + "\n")
    bad = [row for row in found if not row.ok]
    print(f"{len(names)} libraries, {len(found)} artifacts, {len(bad)} of them not right")
    return 1 if bad else 0


def answers(app: Path, work: Path, *, variants: Iterable[str]) -> Iterator[Outcome]:
    """Hold every variant's answers to every event against those of the plain package."""
    function = _copied(app, work / "functions" / app.name)
    plain = _plain(app, work / "plain" / app.name)
    events = sorted([*(app / "events").glob("*.json"), *(app / "unseen").glob("*.json")])
    expected = {event: _answer(plain, event) for event in events}
    for variant in variants:
        options = VARIANTS[variant]
        artifact = work / "artifacts" / f"{app.name}-{variant}.zip"
        built = _build(function, artifact, [option.replace("{app}", str(app)) for option in options])
        if built.returncode:
            yield Outcome(app=app.name, check=f"answers {variant}", ok=False, note=built.stderr.strip()[-800:])
            continue
        unpacked = _unpacked(artifact, work / "unpacked" / f"{app.name}-{variant}")
        for event in events:
            if variant in SEEN_ONLY and event.parent.name == "unseen":
                continue
            got = _answer(unpacked, event)
            ok = got == expected[event] and "=answer=" in got
            note = (
                f"{artifact.stat().st_size:,} B" if ok else f"expected {expected[event][-300:]!r}, got {got[-600:]!r}"
            )
            yield Outcome(app=app.name, check=f"{variant} {event.parent.name}/{event.stem}", ok=ok, note=note)


def arm64(app: Path, work: Path) -> Iterator[Outcome]:
    """Build for python3.13 on arm64; the static checks must hold and every wheel must be for it."""
    function = _copied(app, work / "functions-arm64" / app.name)
    (function / "requirements.txt").write_text((app / "requirements.in").read_text())
    artifact = work / "artifacts" / f"{app.name}-arm64.zip"
    built = _build(function, artifact, ["--arch", "arm64"], python="3.13")
    if built.returncode:
        yield Outcome(app=app.name, check="arm64", ok=False, note=built.stderr.strip()[-800:])
        return
    report = json.loads(artifact.with_suffix(".report.json").read_text())
    wrong = [pin["filename"] for pin in report["pins"] if not pin["filename"].endswith(("any.whl", "aarch64.whl"))]
    errors = [finding["message"] for finding in report["findings"] if finding["severity"] == "error"]
    ok = not wrong and not errors
    yield Outcome(
        app=app.name, check="arm64", ok=ok, note=f"{artifact.stat().st_size:,} B {wrong or ''} {errors or ''}"
    )


def cost(app: Path, work: Path) -> Iterator[Outcome]:
    """Run each event plainly and watched, in turns: watching may add 1.5 times the run itself and 0.5 s a process."""
    function = _copied(app, work / "functions" / app.name)
    artifact = work / "artifacts" / f"{app.name}-cost.zip"
    built = _build(function, artifact, [])
    if built.returncode:
        yield Outcome(app=app.name, check="cost", ok=False, note=built.stderr.strip()[-800:])
        return
    tools = Tools(cache=Cache(work / "clients"), environment=os.environ)
    interpreter = describe(_interpreter(), tools)
    if interpreter is None:
        sys.exit(f"{_interpreter()} does not answer")
    code = _unpacked(artifact, work / "unpacked" / f"{app.name}-cost")
    box = Sandbox(interpreter=interpreter, code=code, path=(code,))
    scene = Scene(sandbox=box, roots=(str(code), "/var/task"))
    stage = Stage(scene=scene, client=client(interpreter, tools), timeout=60)
    events = [Event(name=path.name, body=path.read_text()) for path in sorted((app / "events").glob("*.json"))]
    times: dict[Mode, list[float]] = {Mode.PLAIN: [], Mode.WATCH: []}
    for _ in range(5):
        for mode, taken in times.items():
            begun = time.monotonic()
            invoke(stage, EntryPoint(module="app", attribute="handler"), events, mode=mode)
            taken.append(time.monotonic() - begun)
    plain, watched = (sorted(taken)[2] for taken in times.values())
    note = f"plain {plain:.2f} s, watched {watched:.2f} s"
    yield Outcome(app=app.name, check="cost", ok=watched <= plain + 1.5 * plain + 0.5, note=note)


def faults(app: Path, work: Path) -> Iterator[Outcome]:
    """Drop files that the event touches, one at a time: each build must fail with exit 7 and name the file."""
    function = _copied(app, work / "functions" / app.name)
    artifact = work / "artifacts" / f"{app.name}-faults.zip"
    options = ["--event", f"{app}/events/*.json", "--level", "observed", "--fallback", "none"]
    built = _build(function, artifact, options)
    if built.returncode:
        yield Outcome(app=app.name, check="faults", ok=False, note=built.stderr.strip()[-800:])
        return
    report = json.loads(artifact.with_suffix(".report.json").read_text())
    kept = [
        row["path"] for row in report["files"] if row["shipped"] and row["owner"] and ".dist-info/" not in row["path"]
    ]
    for path in kept[:: max(len(kept) // FAULTS, 1)][:FAULTS]:
        done = _build(function, work / "artifacts" / f"{app.name}-fault.zip", [*options, "--drop", path])
        named = path in done.stderr and "keep = " in done.stderr
        said = "named" if named else done.stderr.strip()[-300:]
        yield Outcome(
            app=app.name, check=f"fault {path}", ok=done.returncode == VerifyError.exit_code and named, note=said
        )


def same_bytes(app: Path, work: Path) -> Iterator[Outcome]:
    """Build twice with everything different that must not matter."""
    digests = []
    for number, (umask, seed, zone) in enumerate([(0o022, "0", "UTC"), (0o077, "4711", "Asia/Kathmandu")]):
        function = _copied(app, work / f"bytes-{number}" / ("deeper" * number or "flat") / app.name)
        artifact = work / "artifacts" / f"{app.name}-{number}.zip"
        settings = {"PYTHONHASHSEED": seed, "TZ": zone, "SLIMPACK_CACHE_DIR": str(work / f"cache-{number}")}
        built = _build(function, artifact, [], environment=settings, umask=umask)
        if built.returncode:
            yield Outcome(app=app.name, check="bytes", ok=False, note=built.stderr.strip()[-800:])
            return
        digests.append(artifact.read_bytes())
    shutil.rmtree(work / "cache-1", ignore_errors=True)
    yield Outcome(app=app.name, check="bytes", ok=digests[0] == digests[1], note=f"{len(digests[0]):,} B")


def _build(
    function: Path,
    artifact: Path,
    options: list[str],
    *,
    python: str = PYTHON,
    environment: dict[str, str] | None = None,
    umask: int = 0o022,
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "slimpack", "build", "app.handler", "--python", python, "--no-measure", "--quiet"]
    command += ["--output", str(artifact), *options]
    return subprocess.run(
        command,
        cwd=function,
        env=os.environ | (environment or {}),
        umask=umask,
        capture_output=True,
        text=True,
        check=False,
    )


def _copied(app: Path, to: Path) -> Path:
    to.mkdir(parents=True, exist_ok=True)
    for path in app.iterdir():
        if path.is_file() and path.name not in NOT_OWN:
            shutil.copy(path, to / path.name)
    return to


def _plain(app: Path, to: Path) -> Path:
    _copied(app, to)
    (to / "requirements.txt").unlink()
    command = [UV, "pip", "install", "-q", "--target", str(to), "--python-version", PYTHON]
    command += [
        "--python-platform",
        "x86_64-manylinux_2_28",
        "--only-binary",
        ":all:",
        "-r",
        str(app / "requirements.txt"),
    ]
    subprocess.run(command, check=True)
    return to


def _answer(folder: Path, event: Path) -> str:
    environment = {
        "PATH": "/usr/bin:/bin",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIAFAKEFAKEFAKEFAKE",
        "AWS_SECRET_ACCESS_KEY": "fake",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": "/nonexistent",
        "TZ": ":UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [_interpreter(), "-S", "-s", "-c", DRIVER, str(folder), str(event)],
        env=environment, cwd="/", capture_output=True, text=True, check=False,
    )  # fmt: skip
    _, mark, answer = done.stdout.rpartition("\n=answer=")
    return mark + answer if mark else done.stderr


@cache
def _interpreter() -> str:
    with tempfile.TemporaryDirectory() as folder:
        found = find((3, 12), Tools(cache=Cache(Path(folder)), environment=os.environ))
    if found is None:
        sys.exit(f"no CPython {PYTHON} on this machine")
    return found.executable


def _unpacked(artifact: Path, to: Path) -> Path:
    with zipfile.ZipFile(artifact) as archive:
        archive.extractall(to)
    return to


if __name__ == "__main__":
    main()
