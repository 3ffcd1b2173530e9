"""Size, build time, init time and memory of slimpack beside its peers: python scripts/bench.py --help.

With --init alone: init of every app as installed, compiled, and built by slimpack with and without deferred imports.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import bench_init_table
import bench_measure as measure
import bench_setup as setup
from bench_init import INSTALL, VARIANTS, install_client, measure_start
from bench_peers import PEERS, PLAIN, SLIMPACK, SLIMPACK_SIZE, TARGET, Builder
from bench_table import Results, render

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"
STUDIES = ROOT / "fixtures" / "studies"
PARTS = ("size", "build", "init", "memory")
INIT_RUNS = 7


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--corpus", type=Path, nargs="+", help=f"folders of apps (default {CORPUS}, for --init {STUDIES} too)"
    )
    parser.add_argument("--index-tool", type=Path, default=ROOT.parent / "shared" / "tools" / "local_index.py")
    parser.add_argument("--work", type=Path, default=ROOT / "bench", help="tools, wheels, caches and builds lie here")
    parser.add_argument("--output", type=Path, help="the table (default WORK/table.md); raw numbers beside it")
    parser.add_argument("--runs", type=int, default=3, help="builds of each kind (default 3)")
    parser.add_argument("--apps", nargs="+", metavar="APP", help="only these folders of the corpus")
    names = [peer.name for peer in PEERS]
    parser.add_argument("--peers", nargs="*", choices=names, default=names, help="only these peers")
    parser.add_argument("--no-slimpack", action="store_true", help="only the peers")
    parser.add_argument("--only", choices=PARTS, help="only this part")
    parser.add_argument("--init", action="store_true", help="init with and without deferred imports; nothing else")
    parser.add_argument("--add", action="store_true", help="for --init: keep the other apps of the last table")
    parser.add_argument("--rounds", type=int, default=15, help="for --init: processes of each variant (default 15)")
    parser.add_argument(
        "--variants",
        nargs="+",
        choices=VARIANTS,
        default=VARIANTS,
        metavar="VARIANT",
        help=f"for --init: of {', '.join(map(repr, VARIANTS))}",
    )
    return parser.parse_args()


def prepare(stand: setup.Stand, builders: Sequence[Builder], app: Path) -> None:
    """Install the tools and start each once, so that first-start chores of the tools are not counted."""
    (stand.work / "home").mkdir(parents=True, exist_ok=True)
    for builder in builders:
        setup.install_tools(stand, builder)
        try:
            measure.build_cold(stand, builder, app)
        except measure.FailedError as error:
            print(f"{builder.name} does not build {app.name}: {error}", file=sys.stderr, flush=True)


def run(options: argparse.Namespace, stand: setup.Stand, apps: Sequence[Path]) -> Results:
    """Measure the parts that were asked for."""
    wanted = (options.only,) if options.only else PARTS
    peers = tuple(peer for peer in PEERS if peer.name in options.peers)
    ours = () if options.no_slimpack else (SLIMPACK, SLIMPACK_SIZE)
    prepare(stand, tuple(dict.fromkeys((PLAIN, *peers, *ours))), min(apps, key=_weight))
    building, timed = bool({"size", "build"} & set(wanted)), "build" in wanted
    edited = frozenset({SLIMPACK.name})
    builds: list[measure.Build] = []
    inits: list[measure.Init] = []
    for app in apps:
        if building:
            everyone = (*peers, *ours)
            found = measure.measure_builds(stand, everyone, app, runs=options.runs, timed=timed, edited=edited)
            told(found)
            builds += found
        if "init" in wanted and ours:
            built = building and PLAIN in peers
            inits.append(
                measure.measure_init(stand, PLAIN, SLIMPACK, app, runs=max(options.runs, INIT_RUNS), built=built)
            )
            told(inits[-1:])
    memory = "memory" in wanted and bool(ours)
    return Results(
        machine=machine(),
        runs=options.runs,
        builds=tuple(builds),
        inits=tuple(inits),
        memory=measure.measure_memory(stand, SLIMPACK, max(apps, key=_weight)) if memory else None,
        help=measure.measure_help(stand, SLIMPACK, runs=INIT_RUNS) if memory else (),
    )


def run_init(options: argparse.Namespace, stand: setup.Stand, apps: Sequence[Path]) -> None:
    """Measure app by app; what is known is written after each, since the whole takes long."""
    (stand.work / "home").mkdir(parents=True, exist_ok=True)
    setup.install_tools(stand, INSTALL)
    install_client(stand)
    output = options.output or stand.work / "init.md"
    results = bench_init_table.Starts(machine=machine(), rounds=options.rounds)
    if options.add and (earlier := output.with_suffix(".json")).is_file():
        results = replace(results, starts=bench_init_table.starts_of(json.loads(earlier.read_text())))
    failed = []
    for app in apps:
        try:
            start = measure_start(stand, app, variants=options.variants, rounds=options.rounds)
        except measure.FailedError as error:
            failed.append(f"{app.parent.name}/{app.name}, as installed: {error}")
            print(failed[-1], file=sys.stderr, flush=True)
            continue
        print(bench_init_table.line(start), file=sys.stderr, flush=True)
        results = bench_init_table.added(results, start)
        write(output, stand.work, bench_init_table.render(results), asdict(results))
    print(bench_init_table.render(results))
    if failed:
        sys.exit("\n".join(failed))


def machine() -> str:
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {TARGET}"


def told(found: Iterable[measure.Build | measure.Init]) -> None:
    """Say on the way what was found, since the whole takes long."""
    for item in found:
        print(item, file=sys.stderr, flush=True)


def _weight(app: Path) -> tuple[int, str]:
    """Order apps by how much they pin and carry: the fewest lines are the lightest, sklearn's model the heaviest."""
    carried = sum(file.stat().st_size for file in app.iterdir() if file.is_file())
    return carried, app.name


def main() -> None:
    options = arguments()
    corpora = options.corpus or ([CORPUS, STUDIES] if options.init else [CORPUS])
    apps = [
        folder
        for corpus in corpora
        for folder in sorted(corpus.resolve().iterdir())
        if (folder / "requirements.txt").is_file()
    ]
    if options.apps:
        apps = [app for app in apps if app.name in options.apps]
    work = options.work.resolve()
    python = setup.find_python(TARGET)
    setup.fill_wheelhouse(python, work / "wheelhouse", apps)
    with setup.served(options.index_tool, work / "wheelhouse") as index:
        stand = setup.Stand(work=work, python=python, index=index)
        if options.init:
            run_init(options, stand, apps)
            return
        results = run(options, stand, apps)
    page = render(results)
    write(options.output or work / "table.md", work, page, asdict(results))
    print(page)


def write(output: Path, work: Path, page: str, results: dict[str, Any]) -> None:
    """Write the table, and the raw numbers beside it."""
    raw = json.dumps(results, indent=1)
    for path, name in ((work, "WORK"), (ROOT, "REPO")):  # the table goes into the README: no paths of this machine
        page, raw = page.replace(str(path), name), raw.replace(str(path), name)
    output.write_text(page)
    output.with_suffix(".json").write_text(raw)


if __name__ == "__main__":
    main()
