"""`slimpack measure`: what starting a function costs, of one package or of two side by side."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slimpack.cli.console import Console, print_problems, tools
from slimpack.cli.options import MEASURE_SETTINGS, CacheDir, Debug, Json, Quiet, Root, options_of, with_settings
from slimpack.errors import ConfigError, Problem

if TYPE_CHECKING:
    from slimpack.model.project import Project
    from slimpack.profiled import Packaged

Subject = Annotated[
    str | None,
    typer.Argument(
        metavar="SUBJECT",
        help="What is judged: a zip or folder, or a handler (its plain package); without it the zip built last.",
        show_default=False,
    ),
]
Against = Annotated[str | None, typer.Option(metavar="SUBJECT", help="The reference, measured in turns with it.")]
FailOn = Annotated[
    list[str] | None,
    typer.Option(
        metavar="LIMIT",
        help="Exit 1 where SUBJECT is beyond it and the noise: init 300ms, peak-rss 200MB; or above the reference "
        "(--against): init +10%, init +30ms, peak-rss +10%. May be given again.",
    ),
]
Handler = Annotated[str | None, typer.Option(metavar="HANDLER", help="Handler in a zip or folder without a report.")]
Cold = Annotated[bool, typer.Option("--cold", help="Evict the package's files from the page cache before each start.")]
MaxRuns = Annotated[int, typer.Option(metavar="N", min=6, help="Starts of each at most; fewer where they agree.")]
Memory = Annotated[int, typer.Option(metavar="MB", min=128, max=10240, help="Memory size for the cost.")]
Trace = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the imports for Perfetto or speedscope.")]
ImportTime = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the imports as -X importtime does.")]


@with_settings(MEASURE_SETTINGS)
def measure(
    subject: Subject = None,
    *,
    against: Against = None,
    fail_on: FailOn = None,
    handler: Handler = None,
    cold: Cold = False,
    max_runs: MaxRuns = 20,
    memory: Memory = 1769,
    trace: Trace = None,
    importtime: ImportTime = None,
    root: Root = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    cache_dir: CacheDir = None,
    **given: Any,
) -> int:
    """Measure init in Lambda's runtime client, the first and second request of each event, and what causes them."""
    from slimpack import building, report, rules  # noqa: PLC0415 --help must not pay for it
    from slimpack.host.disk import write_atomically  # noqa: PLC0415
    from slimpack.project.gates import gates  # noqa: PLC0415

    console = Console(quiet=quiet, debug=debug)
    limits = gates(fail_on or (), against=against is not None)
    texts = (subject,) if against is None else (subject, against)
    wanted = [_subject(text, handler=handler, root=root, given=given) for text in texts]
    with tools(console, cache_dir=cache_dir) as services:
        profiles = building.profile(
            tuple(one for one, _ in wanted), trial=wanted[0][1].trial, target=wanted[0][1].target,
            cold=cold, most=max_runs, tools=services,
        )  # fmt: skip
    if trace is not None:
        write_atomically(trace, [report.trace_json(profiles[0]).encode()], option="--trace")
    if importtime is not None:
        write_atomically(importtime, [report.importtime_text(profiles[0]).encode()], option="--importtime")
    difference, advice, broken = building.judged(profiles, limits, wanted[0][1].policy)
    if json:
        console.product(report.profiles_json(profiles, difference=difference, advice=advice, broken=broken))
    else:
        prices, architecture = rules.prices(), wanted[0][1].target.architecture
        console.product(
            report.profile_text(
                profiles, difference=difference, advice=advice, prices=prices, memory=memory, architecture=architecture
            )
        )
    print_problems(Problem(what=reason) for reason in broken)
    return 1 if broken else 0


def _subject(
    text: str | None, *, handler: str | None, root: Path | None, given: dict[str, Any]
) -> "tuple[Project | Packaged, Project]":
    """What is measured, and the project whose settings it is measured with."""
    from slimpack import rules  # noqa: PLC0415 --help must not pay for it
    from slimpack.profiled import Packaged  # noqa: PLC0415
    from slimpack.project import load  # noqa: PLC0415

    path = Path(text) if text else None
    is_path = path is not None and (path.exists() or path.suffix == ".zip")
    if path is not None and not is_path:
        options = options_of([text] if text else [], root, dict(given))
        (project, *_) = load(options, environment=os.environ, runtimes=rules.runtimes())
        return project, project
    if path is not None and not path.exists():
        raise ConfigError(Problem(what=f"there is no package {path.name}", where=str(path)))
    built = _report_of(path, root)
    if path is None:
        if built is None:
            do = "build first, or name a handler or a zip"
            raise ConfigError(Problem(what="there is nothing built to measure", where=str(root or Path()), do=do))
        path = built[1]
    named = handler or (str(built[0].entry_points[0]) if built and built[0].entry_points else "")
    if not named:
        do = "name it: --handler app.handler"
        raise ConfigError(Problem(what=f"which handler {path.name} has is not known", where=str(path), do=do))
    values = dict(given)
    if built and values.get("python") is None:
        values["python"], values["arch"] = built[0].target.python_version, built[0].target.architecture.value
    options = options_of([named], root, values, locking=True)
    (project, *_) = load(options, environment=os.environ, runtimes=rules.runtimes())
    (entry,) = project.entry_points[:1] or (_entry(named),)
    return Packaged(path=path, entry=entry, report=built[0] if built else None), project


def _entry(text: str) -> Any:
    from slimpack.model.project import EntryPoint  # noqa: PLC0415

    module, _, attribute = text.rpartition(".")
    return EntryPoint(module=module, attribute=attribute)


def _report_of(path: Path | None, root: Path | None) -> Any:
    """The report beside a package, or the last one that was built; with the package's place."""
    from slimpack.report import from_json  # noqa: PLC0415

    if path is None:
        folder = (root or Path()) / "dist"
        written = sorted(folder.glob("*.report.json"), key=lambda file: (file.stat().st_mtime_ns, file.name))
        beside = written[-1] if written else None
    else:
        beside = path.with_name(f"{path.name.removesuffix('.zip')}.report.json")
    if beside is None or not beside.is_file():
        return None
    found = from_json(beside.read_text("utf-8"))
    return found, path or beside.with_name(Path(found.artifact.path).name)
