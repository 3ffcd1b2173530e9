"""`slimpack build`: from a handler and its requirements to a proven artifact with its report."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slimpack.cli.console import Console, tools
from slimpack.cli.options import (
    CacheDir,
    Debug,
    Handlers,
    Html,
    Json,
    Layer,
    Markdown,
    NoMeasure,
    Quiet,
    Root,
    Verbose,
    options_of,
    short_for,
    with_settings,
)
from slimpack.project.settings import SETTINGS

if TYPE_CHECKING:
    from slimpack.errors import VerifyError
    from slimpack.model.project import Project
    from slimpack.model.report import Report


@with_settings(SETTINGS)
def build(
    handlers: Handlers = None,
    *,
    layer: Layer = False,
    no_measure: NoMeasure = False,
    root: Root = None,
    json: Json = False,
    markdown: Markdown = None,
    html: Html = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    cache_dir: CacheDir = None,
    **given: Any,
) -> int:
    """Build the smallest package that provably still works, and report what it weighs and why.

    Without HANDLER every function configured in pyproject.toml is built.
    """
    if layer:
        short_for(given, "format", "layer", short="--layer")
    if no_measure:
        short_for(given, "runs", "0", short="--no-measure")
    options = options_of(handlers, root, given)
    from slimpack import rules  # noqa: PLC0415 --help must not pay for the pipeline, nor must a mistyped option
    from slimpack.project import load  # noqa: PLC0415

    console = Console(quiet=quiet, verbose=verbose, debug=debug)
    projects = load(options, environment=os.environ, runtimes=rules.runtimes())
    from slimpack import report  # noqa: PLC0415
    from slimpack.host.disk import write_atomically  # noqa: PLC0415

    reports = []
    for project in projects:
        done = _built(project, console, cache_dir)
        reports.append(done)
        write_atomically(project.output.report, [report.to_json(done).encode()])
        if quiet and not json:
            console.product(str(done.artifact.path))
        elif not json:
            console.product(report.text(done, width=console.width, colour=console.colour))
    if json:
        texts = [report.to_json(done).strip() for done in reports]
        console.product(texts[0] if len(texts) == 1 else "[\n" + ",\n".join(texts) + "\n]")
    if markdown is not None:
        write_atomically(markdown, ["\n".join(map(report.markdown, reports)).encode()], option="--markdown")
    if html is not None:
        for done in reports:
            page = html if len(reports) == 1 else html.with_name(f"{html.stem}.{done.name}{html.suffix}")
            write_atomically(page, [report.html(done).encode()], option="--html")
    return 0 if all(done.gates_hold for done in reports) else 1


def _built(project: "Project", console: Console, cache_dir: Path | None) -> "Report":
    """Build; where the artifact misses what was dropped, ask whether to put it back."""
    from slimpack import building  # noqa: PLC0415 --help must not pay for the pipeline
    from slimpack.errors import VerifyError  # noqa: PLC0415

    with tools(console, cache_dir=cache_dir) as services:
        services.listener.detailed(f"{project.name}: requirements from {project.requirements.kind}")
        try:
            return building.build(project, tools=services)
        except VerifyError as error:
            if not console.offers(_offer(error)):
                raise
            return building.build(replace(project, policy=replace(project.policy, repair=True)), tools=services)


def _offer(error: "VerifyError") -> str:
    """What to ask a person at a terminal: nothing where putting files back would not help."""
    count = len(error.mended_by)
    if not count:
        return ""
    first = error.mended_by[0] + (f" and {count - 1} more" if count > 1 else "")
    return f"the artifact misses {first}; put back and build again?"
