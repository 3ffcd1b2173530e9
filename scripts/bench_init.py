"""The measurement of scripts/bench.py --init: one app as it is installed, compiled, and built in every slimpack way.

What is counted is the CPU time of a whole process, from its start until the handler is imported, all threads and
children included; as on Lambda, the runtime client is imported before the handler. Every round starts one fresh process
of each variant, in an order that turns from round to round, and one whose handler is empty: the floor. Then the same
process answers the app's event, timed on its own. Nothing writes bytecode: Lambda's folder for it is read-only.
"""

import json
import os
import shlex
import shutil
import subprocess
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench_measure import FailedError, artifact, build_cold, run_script
from bench_peers import SLIMPACK, TARGET, UV, Builder
from bench_setup import FAKE_AWS, Stand, lay_out

PLAIN = "plain"
BYTECODE = "plain + bytecode"
DEFAULT = "default"
SAFE = "--lazy safe"
PROFILE = "--lazy profile"
OWN = "--lazy-own"
SLIMPACKS: Mapping[str, str] = {
    DEFAULT: "",
    SAFE: "--lazy safe",
    PROFILE: "--lazy profile {events}",
    OWN: "--lazy profile --lazy-own {events}",
}
"""The options of each slimpack variant; it is shown what lies in `events/`, never what lies in `unseen/`."""
VARIANTS = (PLAIN, BYTECODE, *SLIMPACKS)

LIMIT_SECONDS = 300
"""A process that takes longer has hung."""

INSTALL = Builder(
    name="uv",
    pip=(UV,),
    script=f"""
        uv pip install --quiet --target build --python-version {TARGET} --no-compile-bytecode \\
            --python-platform x86_64-manylinux_2_28 --only-binary :all: --requirement src/requirements.txt
        find src -mindepth 1 -maxdepth 1 ! -name requirements.txt -exec cp -r {{}} build/ \\;
    """,
)

CLIENT = ("awslambdaric==4.2.2",)
"""Lambda's own runtime client."""

EMPTY = "def handler(event, context):\n    return None\n"

DRIVER = """
import sys, time, resource
import awslambdaric.bootstrap
import app
handler = app.handler
def spent():
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
init, modules = spent(), len(sys.modules)
import json
class Context:
    aws_request_id = "00000000-0000-0000-0000-000000000000"
    function_name = "function"
    memory_limit_in_mb = 512
    def get_remaining_time_in_millis(self): return 30000
with open(sys.argv[1]) as file:
    event = json.load(file)
begun = spent()
try:
    answer = handler(event, Context())
except Exception as error:
    answer = {"raised": type(error).__name__, "text": str(error)}
took = spent() - begun
answer = json.dumps(answer, sort_keys=True, default=str)
print("\\n=told=" + json.dumps({"init": init, "event": took, "modules": modules, "answer": answer}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one process told: CPU seconds until the handler was imported, and of its first event."""

    init: float
    event: float
    modules: int
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """One variant of one app: CPU seconds, one a round; `differs` names the events that it answers otherwise."""

    variant: str
    init: tuple[float, ...] = ()
    event: tuple[float, ...] = ()
    modules: int = 0
    build: float | None = None
    size: int | None = None
    events: int = 0
    differs: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One app: its variants, and the floor that was measured between them."""

    corpus: str
    app: str
    floor: tuple[float, ...]
    variants: tuple[Started, ...]


def install_client(stand: Stand) -> None:
    """Install the runtime client, compiled as Lambda's is, from the package index as this machine has it set up."""
    folder = _client(stand)
    if folder.is_dir():
        return
    uv = stand.tools(INSTALL) / "bin" / "uv"
    command = [str(uv), "pip", "install", "--quiet", "--target", str(folder), "--python", str(stand.python)]
    subprocess.run([*command, *CLIENT], check=True)
    _compile(stand, folder)


def _client(stand: Stand) -> Path:
    return stand.work / "tools" / "runtime_client"


def measure_start(stand: Stand, app: Path, *, variants: Collection[str], rounds: int) -> Start:
    """Install and build every variant, compare its answers with the plain package's, then measure in turns."""
    work = stand.work / "init"
    shutil.rmtree(work, ignore_errors=True)
    folders = {variant: work / str(number) for number, variant in enumerate(VARIANTS)}
    floor = work / "floor"
    floor.mkdir(parents=True)
    (floor / "app.py").write_text(EMPTY)
    _compile(stand, floor)
    made = [_made(stand, app, variant, folders) for variant in VARIANTS if variant in {PLAIN, *variants}]
    events = sorted([*(app / "events").glob("*.json"), *(app / "unseen").glob("*.json")])
    expected = {event: _run(stand, folders[PLAIN], event).answer for event in events}
    compared = [_compared(stand, folders[one.variant], one, expected) for one in made]
    sound = [one.variant for one in compared if not one.error]
    places = {**{variant: folders[variant] for variant in sound}, "": floor}
    runs: dict[str, list[Run]] = {variant: [] for variant in places}
    for number in range(rounds):
        order = [*places][number % len(places) :] + [*places][: number % len(places)]
        for variant in order:
            runs[variant].append(_run(stand, places[variant], events[0]))
    shutil.rmtree(work)
    return Start(
        corpus=app.parent.name,
        app=app.name,
        floor=tuple(run.init for run in runs[""]),
        variants=tuple(_timed(one, runs.get(one.variant, ())) for one in compared),
    )


def _timed(one: Started, runs: Sequence[Run]) -> Started:
    return replace(
        one,
        init=tuple(run.init for run in runs),
        event=tuple(run.event for run in runs),
        modules=runs[-1].modules if runs else 0,
    )


def _made(stand: Stand, app: Path, variant: str, folders: Mapping[str, Path]) -> Started:
    """Lay the variant's code out in its folder. The plain package must be there; a slimpack that fails says so."""
    folder = folders[variant]
    if variant == PLAIN:
        project = lay_out(stand, INSTALL, app)
        run_script(INSTALL.script, folder=project, environment=stand.environment(INSTALL))
        (project / "build").rename(folder)
        return Started(variant=variant)
    if variant == BYTECODE:
        shutil.copytree(folders[PLAIN], folder)
        _compile(stand, folder)
        return Started(variant=variant)
    builder = slimpack(variant, app)
    try:
        build = build_cold(stand, builder, app)
    except FailedError as error:
        log = (stand.project(builder, app) / "build.log").read_text(errors="replace").splitlines()
        said = [line for line in log if line.startswith("error:")]
        return Started(variant=variant, error=said[0] if said else str(error))
    zipped = artifact(stand, builder, app)
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(folder)
    return Started(variant=variant, build=build.wall, size=zipped.stat().st_size)


def slimpack(variant: str, app: Path) -> Builder:
    """Give the builder of a slimpack variant; what it is shown are the app's own events."""
    events = " ".join(f"--event {shlex.quote(str(path))}" for path in sorted((app / "events").glob("*.json")))
    options = SLIMPACKS[variant].format(events=events)
    return replace(SLIMPACK, name=f"init {variant}", script=SLIMPACK.script.replace("--quiet", f"--quiet {options}"))


def _compile(stand: Stand, folder: Path) -> None:
    """Put bytecode beside the sources that is never checked; what does not compile stays as it is."""
    command = [str(stand.python), "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*command, str(folder)], check=False, stdout=subprocess.DEVNULL)


def _compared(stand: Stand, folder: Path, one: Started, expected: Mapping[Path, str]) -> Started:
    if one.error:
        return one
    differs = []
    for event, answer in expected.items():
        try:
            same = _run(stand, folder, event).answer == answer
        except FailedError as error:
            return replace(one, error=f"{event.parent.name}/{event.name}: {error}")
        if not same:
            differs.append(f"{event.parent.name}/{event.stem}")
    return replace(one, events=len(expected), differs=tuple(differs))


def _run(stand: Stand, folder: Path, event: Path) -> Run:
    environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": ":UTC", "PYTHONHASHSEED": "0", "HOME": "/nonexistent"}
    environment |= {"PYTHONPATH": os.pathsep.join((str(folder), str(_client(stand)))), **FAKE_AWS}
    # -S, -s, -P: nothing on the path but the artifact and, behind it, the client; -B: no bytecode is left behind.
    command = [str(stand.python), "-S", "-s", "-B", "-P", "-c", DRIVER, str(event)]
    try:
        done = subprocess.run(
            command, cwd="/", env=environment, capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS
        )
    except subprocess.TimeoutExpired:
        message = f"not done after {LIMIT_SECONDS} s"
        raise FailedError(message) from None
    _, mark, told = done.stdout.rpartition("\n=told=")
    if not mark:
        raise FailedError(done.stderr.strip().rpartition("\n")[2] or f"exit {done.returncode}")
    return Run(**json.loads(told))
