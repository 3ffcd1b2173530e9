"""Measurements -> Markdown: every figure of scripts/bench.py beside its target, misses included."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench_measure import Build, Init, Memory, Sample
from bench_peers import PEERS, PLAIN, SLIMPACK, SLIMPACK_SIZE

MANY_MODULES = 100
"""The init target holds for apps that import more than this."""

KILO = 1000
"""Smaller zips are told in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """All that one run of the benchmark found out."""

    machine: str
    runs: int
    builds: tuple[Build, ...] = ()
    inits: tuple[Init, ...] = ()
    memory: Memory | None = None
    help: tuple[Sample, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One figure against its target; no figure where something failed."""

    what: str
    figure: float | None
    target: float
    unit: str = " x"
    strict: bool = False

    @property
    def mark(self) -> str:
        """Say whether the target is held."""
        if self.figure is None:
            return "MISS (no figure)"
        held = self.figure < self.target if self.strict else self.figure <= self.target
        return "pass" if held else "MISS"

    def row(self) -> tuple[str, str, str, str]:
        """Give the table's cells."""
        figure = "-" if self.figure is None else f"{self.figure:.3g}{self.unit}"
        return self.what, figure, f"{'<' if self.strict else '≤'} {self.target:g}{self.unit}", self.mark


Grid = Mapping[tuple[str, str], Build]


def render(results: Results) -> str:
    """Give the whole page."""
    grid = {(build.app, build.builder): build for build in results.builds}
    apps = tuple(dict.fromkeys(build.app for build in results.builds))
    timed = any(build.cold for build in results.builds)
    builds = f"builds: medians of {results.runs}" if timed else "builds not timed"
    parts = [f"Measured on {results.machine}; {builds}.", ""]
    if apps:
        parts += _sizes(grid, apps)
    if timed:
        parts += _times(grid, apps)
    if results.inits:
        parts += _inits(results.inits)
    checks = (*_size_checks(grid, apps), *(_time_checks(grid, apps) if timed else ()))
    checks += (*_init_checks(results.inits), *_memory_checks(results))
    parts += ["### Targets", "", *table(("target", "figure", "wanted", ""), [check.row() for check in checks])]
    failures = [f"- {item.app}, {item.builder}: {item.error}" for item in results.builds if item.error]
    failures += [
        f"- {item.app}, {item.builder}, does not import: {item.broken}" for item in results.builds if item.broken
    ]
    failures += [f"- {item.app}, init: {item.error}" for item in results.inits if item.error]
    if results.memory and results.memory.error:
        failures.append(f"- {results.memory.app}, memory: {results.memory.error}")
    return "\n".join([*parts, *(["### Failures", "", *failures, ""] if failures else [])])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Give the lines of a Markdown table, and an empty one."""
    lines = [head, ["---", *("--:" for _ in head[1:])], *rows]
    return ["| " + " | ".join(line) + " |" for line in lines] + [""]


def _ratio(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else part / whole


def _mean(ratios: Iterable[float | None]) -> float | None:
    known = list(ratios)
    complete = [ratio for ratio in known if ratio is not None]
    return statistics.geometric_mean(complete) if complete and len(complete) == len(known) else None


def _median(samples: Sequence[Sample], *, cpu: bool = False) -> float | None:
    return statistics.median(s.cpu if cpu else s.wall for s in samples) if samples else None


def _size(grid: Grid, app: str, builder: str) -> int | None:
    build = grid.get((app, builder))
    return build.size if build else None


def _smallest_peer(grid: Grid, app: str) -> int | None:
    sizes = [size for peer in PEERS if (size := _size(grid, app, peer.name)) is not None]
    return min(sizes, default=None)


def _fastest_peer(grid: Grid, app: str) -> float | None:
    builds = (grid.get((app, peer.name)) for peer in PEERS)
    times = [wall for build in builds if build and (wall := _median(build.cold)) is not None]
    return min(times, default=None)


def _sizes(grid: Grid, apps: Sequence[str]) -> list[str]:
    names = tuple(dict.fromkeys(name for _, name in grid))

    def cell(app: str, name: str) -> str:
        size = _size(grid, app, name)
        if (app, name) in grid and grid[app, name].broken and size is not None:
            return f"{size / 1e6:.2f} (does not import)"
        return "failed" if size is None else f"{size / 1e6:.2f}" if size > KILO else f"{size} B"

    rows = [(app, *(cell(app, name) for name in names)) for app in apps]
    return ["### Size of the zip, MB", "", *table(("app", *names), rows)]


def _times(grid: Grid, apps: Sequence[str]) -> list[str]:
    names = tuple(dict.fromkeys(name for _, name in grid))
    parts = []
    for kind, title in (("cold", "all caches empty"), ("warm", "unchanged"), ("edit", "after an edit of the handler")):

        def cell(app: str, name: str, kind: str = kind) -> str:
            build = grid.get((app, name))
            samples: Sequence[Sample] = getattr(build, kind) if build else ()
            wall, cpu = _median(samples), _median(samples, cpu=True)
            return "-" if wall is None or cpu is None else f"{wall:.2f} ({cpu:.2f})"

        told = [name for name in names if any(getattr(b, kind) for (_, n), b in grid.items() if n == name)]
        rows = [(app, *(cell(app, name) for name in told)) for app in apps]
        if told:
            parts += [f"### Build, {title}: seconds (of CPU)", "", *table(("app", *told), rows)]
    return parts


def _inits(inits: Iterable[Init]) -> list[str]:
    def row(item: Init) -> tuple[str, ...]:
        if item.error:
            return item.app, "-", "failed", "failed", "-"
        plain, slim = (statistics.median(times) * 1000 for times in (item.plain, item.slim))
        return item.app, str(item.modules), f"{plain:.0f}", f"{slim:.0f}", f"{slim / plain:.2f} x"

    head = ("app", "modules", "plain", "slimpack", "ratio")
    return ["### Init: CPU ms of importing the handler", "", *table(head, map(row, inits))]


def _size_checks(grid: Grid, apps: Sequence[str]) -> Iterable[Check]:
    if any(name == SLIMPACK_SIZE.name for _, name in grid):
        ratios = {app: _ratio(_size(grid, app, SLIMPACK_SIZE.name), _smallest_peer(grid, app)) for app in apps}
        for app, ratio in ratios.items():
            yield Check(what=f"size-optimised / smallest peer, {app}", figure=ratio, target=1, strict=True)
        yield Check(what="size-optimised / smallest peer, mean", figure=_mean(ratios.values()), target=0.70)
    if any(name == SLIMPACK.name for _, name in grid):
        for app in apps:
            ratio = _ratio(_size(grid, app, SLIMPACK.name), _size(grid, app, PLAIN.name))
            yield Check(what=f"default / plain uv zip, {app}", figure=ratio, target=0.15 if app == "boto3" else 1)


def _time_checks(grid: Grid, apps: Sequence[str]) -> Iterable[Check]:
    for app in apps:
        build, plain = grid.get((app, SLIMPACK.name)), grid.get((app, PLAIN.name))
        if build is None:
            continue
        base = _median(plain.warm) if plain else None
        cold = _ratio(_median(build.cold), _fastest_peer(grid, app))
        yield Check(what=f"cold build / fastest peer's, {app}", figure=cold, target=1)
        yield Check(what=f"unchanged / uv + zip, {app}", figure=_ratio(_median(build.warm), base), target=0.15)
        yield Check(what=f"unchanged, CPU, {app}", figure=_median(build.warm, cpu=True), target=1, unit=" s")
        yield Check(what=f"after an edit / uv + zip, {app}", figure=_ratio(_median(build.edit), base), target=0.25)


def _init_checks(inits: Sequence[Init]) -> Iterable[Check]:
    ratios = {
        item.app: _ratio(statistics.median(item.slim), statistics.median(item.plain)) if item.slim else None
        for item in inits
        if item.error or item.modules > MANY_MODULES
    }
    for app, ratio in ratios.items():
        yield Check(what=f"init / plain, {app}", figure=ratio, target=0.50)
    if ratios:
        yield Check(what="init / plain, mean", figure=_mean(ratios.values()), target=0.40)


def _memory_checks(results: Results) -> Iterable[Check]:
    if results.memory is None:
        return
    for what, peak in (("its own process", results.memory.own), ("its largest child", results.memory.child)):
        figure = None if results.memory.error else peak / 1e6
        yield Check(what=f"peak RSS, {what}, {results.memory.app}", figure=figure, target=300, unit=" MB", strict=True)
    cpu = _median(results.help, cpu=True)
    yield Check(what="slimpack --help, CPU", figure=None if cpu is None else cpu * 1000, target=150, unit=" ms")
