"""`slimpack slim`: make a package that another builder made smaller, and prove that it still works."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slimpack.cli.console import Console, tools
from slimpack.cli.options import (
    SLIM_SETTINGS,
    CacheDir,
    Debug,
    Html,
    Json,
    Markdown,
    NoMeasure,
    PackagePath,
    Quiet,
    Root,
    Verbose,
    options_of,
    short_for,
    with_settings,
)

if TYPE_CHECKING:
    from slimpack.errors import VerifyError

Handlers = Annotated[
    list[str] | None,
    typer.Argument(metavar="HANDLER", help="Its handler, as in app.handler.", show_default="the configured one"),
]
InPlace = Annotated[bool, typer.Option("--in-place", help="Put the result in the package's place.")]


@with_settings(SLIM_SETTINGS)
def slim(
    package: PackagePath,
    handlers: Handlers = None,
    *,
    in_place: InPlace = False,
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
    """Make a zip or folder that any other builder made (SAM, Serverless, CDK, pip and zip) as small as `build` would.

    It goes through the same trace, plan and proof; a layer is recognised by its python/ folder. Settings are those of
    [tool.slimpack]; Python version and architecture those that its files tell.
    """
    if no_measure:
        short_for(given, "runs", "0", short="--no-measure")
    options = options_of(handlers, root, given)
    from slimpack import building, report  # noqa: PLC0415 --help must not pay for it
    from slimpack.cli.packages import packaged  # noqa: PLC0415
    from slimpack.errors import VerifyError  # noqa: PLC0415
    from slimpack.host.disk import write_atomically  # noqa: PLC0415

    console = Console(quiet=quiet, verbose=verbose, debug=debug)
    found, project = packaged(package, options, in_place=in_place)
    with tools(console, cache_dir=cache_dir) as services:
        try:
            done = building.slim(project, found, tools=services)
        except VerifyError as error:
            if not console.offers(_offer(error)):
                raise
            repairing = replace(project, policy=replace(project.policy, repair=True))
            done = building.slim(repairing, found, tools=services)
    write_atomically(project.output.report, [report.to_json(done).encode()])
    if json:
        console.product(report.to_json(done))
    elif quiet:
        console.product(str(done.artifact.path))
    else:
        console.product(report.text(done, width=console.width, colour=console.colour))
    if markdown is not None:
        write_atomically(markdown, [report.markdown(done).encode()], option="--markdown")
    if html is not None:
        write_atomically(html, [report.html(done).encode()], option="--html")
    return 0 if done.gates_hold else 1


def _offer(error: "VerifyError") -> str:
    count = len(error.mended_by)
    return f"the artifact misses {error.mended_by[0]}; put back and slim again?" if count else ""
