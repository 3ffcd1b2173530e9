"""The measurements of scripts/bench.py: builds cold, warm and after an edit; init; memory. Values, no looks."""

import json
import os
import shutil
import signal
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from bench_peers import Builder
from bench_setup import FAKE_AWS, Stand, lay_out

LIMIT_SECONDS = 600
"""A build that takes longer has hung."""

INIT = """
import importlib, json, sys, time
before, started = len(sys.modules), time.process_time()
importlib.import_module("app")
print(json.dumps([time.process_time() - started, len(sys.modules) - before]))
"""

PEAK = """
import atexit, json, os, resource, runpy, sys
def told(path=os.environ["PEAK_FILE"], pid=os.getpid()):
    if os.getpid() == pid:
        kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        open(path, "w").write(json.dumps([resource.getrusage(kind).ru_maxrss for kind in kinds]))
atexit.register(told)
sys.argv[0] = "slimpack"
runpy.run_module("slimpack", run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one process and all its children took."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """One builder on one app: without a size it failed, `error` says how; `broken`: the artifact does not import."""

    app: str
    builder: str
    size: int | None = None
    error: str = ""
    broken: str = ""
    cold: tuple[Sample, ...] = ()
    warm: tuple[Sample, ...] = ()
    edit: tuple[Sample, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Init:
    """CPU seconds of importing one app's handler, plain and slimmed, interleaved."""

    app: str
    modules: int = 0
    plain: tuple[float, ...] = ()
    slim: tuple[float, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Peak RSS of a cold build in bytes: slimpack's own process, and its largest child."""

    app: str
    own: int = 0
    child: int = 0
    error: str = ""


class FailedError(Exception):
    """A builder did not build; its message is the last line that it said."""


def run_script(script: str, *, folder: Path, environment: dict[str, str]) -> Sample:
    """Run a script to its end, timed."""
    log = folder / "build.log"
    with log.open("wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            ["bash", "-euc", script],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        watch = threading.Timer(LIMIT_SECONDS, os.killpg, (process.pid, signal.SIGKILL))
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        watch.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        message = f"exit {process.returncode}: {lines[-1].strip() if lines else 'said nothing'}"
        raise FailedError(message)
    return Sample(wall=wall, cpu=usage.ru_utime + usage.ru_stime)


def artifact(stand: Stand, builder: Builder, app: Path) -> Path:
    """Where the builder's zip of this app lies."""
    return stand.project(builder, app) / "function.zip"


def build_cold(stand: Stand, builder: Builder, app: Path) -> Sample:
    """Build as if for the first time: a fresh project, empty caches."""
    shutil.rmtree(stand.cache(builder), ignore_errors=True)
    stand.cache(builder).mkdir(parents=True)
    project = lay_out(stand, builder, app)
    sample = run_script(builder.script, folder=project, environment=stand.environment(builder))
    if not zipfile.is_zipfile(artifact(stand, builder, app)):
        message = "it said that all is well but left no zip"
        raise FailedError(message)
    return sample


def build_again(stand: Stand, builder: Builder, app: Path, *, edited: bool = False) -> Sample:
    """Build once more, nothing changed, or only a comment in the handler."""
    project = stand.project(builder, app)
    if edited:
        with (project / "src" / "app.py").open("a") as handler:
            handler.write(f"\n# edit {time.time_ns()}\n")
    return run_script(builder.script, folder=project, environment=stand.environment(builder))


def measure_builds(
    stand: Stand, builders: Iterable[Builder], app: Path, *, runs: int, timed: bool, edited: frozenset[str]
) -> tuple[Build, ...]:
    """Build an app with every builder in turn, `runs` times; not timed: once, and only the size is told."""
    done = {builder: Build(app=app.name, builder=builder.name) for builder in builders}
    for _ in range(runs if timed else 1):
        for builder, last in done.items():
            if last.error:
                continue
            try:
                cold = build_cold(stand, builder, app)
                size = artifact(stand, builder, app).stat().st_size
                broken = last.broken if last.cold else _broken(stand, builder, app)
                warm = (build_again(stand, builder, app),) if timed else ()
                again = timed and builder.name in edited
                edit = (build_again(stand, builder, app, edited=True),) if again else ()
            except FailedError as error:
                done[builder] = replace(last, size=None, error=str(error))
                continue
            done[builder] = replace(
                last,
                size=size,
                broken=broken,
                cold=(*last.cold, cold) if timed else (),
                warm=(*last.warm, *warm),
                edit=(*last.edit, *edit),
            )
    return tuple(done.values())


def measure_init(stand: Stand, plain: Builder, slim: Builder, app: Path, *, runs: int, built: bool) -> Init:
    """Import the handler from each artifact in turn; `built` says that this run has made the artifacts already."""
    times: dict[Builder, list[float]] = {plain: [], slim: []}
    modules = 0
    try:
        for builder in times:
            if not built:
                build_cold(stand, builder, app)
            _import_handler(stand, _unpack(stand, builder, app))  # once for the file cache, not counted
        for _ in range(runs):
            for builder, seconds in times.items():
                took, count = _import_handler(stand, _unpacked(stand, builder, app))
                seconds.append(took)
                modules = count if builder is plain else modules
    except FailedError as error:
        return Init(app=app.name, error=str(error))
    return Init(app=app.name, modules=modules, plain=tuple(times[plain]), slim=tuple(times[slim]))


def _unpacked(stand: Stand, builder: Builder, app: Path) -> Path:
    return stand.work / "unpacked" / app.name / builder.name.replace(" ", "_")


def _unpack(stand: Stand, builder: Builder, app: Path) -> Path:
    folder, zipped = _unpacked(stand, builder, app), artifact(stand, builder, app)
    shutil.rmtree(folder, ignore_errors=True)
    if not zipped.is_file():
        message = f"{builder.name} left no artifact"
        raise FailedError(message)
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(folder)
    return folder


def _broken(stand: Stand, builder: Builder, app: Path) -> str:
    """Say how the artifact's handler does not import, if it does not: a small zip that fails is no feat."""
    try:
        _import_handler(stand, _unpack(stand, builder, app))
    except FailedError as error:
        return str(error)
    return ""


def _import_handler(stand: Stand, folder: Path) -> tuple[float, int]:
    environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": str(folder), **FAKE_AWS}
    # -S, -s, -P: nothing on the path but the artifact; -B: like Lambda's read-only folder, no bytecode is left behind.
    command = [str(stand.python), "-S", "-s", "-B", "-P", "-c", INIT]
    answer = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise FailedError(answer.stderr.strip().rpartition("\n")[2])
    seconds, count = json.loads(answer.stdout.strip().rpartition("\n")[2])
    return float(seconds), int(count)


def measure_memory(stand: Stand, slimpack: Builder, app: Path) -> Memory:
    """Build cold inside a wrapper that tells the peaks at its end."""
    told = stand.work / "peak.json"
    told.unlink(missing_ok=True)
    environment = {**stand.environment(slimpack), "PEAK_FILE": str(told), "PEAK": PEAK}
    script = slimpack.script.replace("-m slimpack", '-c "$PEAK"')
    shutil.rmtree(stand.cache(slimpack), ignore_errors=True)
    try:
        run_script(script, folder=lay_out(stand, slimpack, app), environment=environment)
    except FailedError as error:
        return Memory(app=app.name, error=str(error))
    own, child = json.loads(told.read_text())
    return Memory(app=app.name, own=own * 1024, child=child * 1024)


def measure_help(stand: Stand, slimpack: Builder, *, runs: int) -> tuple[Sample, ...]:
    """Ask for help; empty if it fails."""
    script = '"$SLIMPACK_PYTHON" -m slimpack --help'
    try:
        return tuple(
            run_script(script, folder=stand.work, environment=stand.environment(slimpack)) for _ in range(runs)
        )
    except FailedError:
        return ()
