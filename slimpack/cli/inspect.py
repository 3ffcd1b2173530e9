"""`slimpack inspect`: what is in a package of any origin, and what would go from it."""

from typing import Annotated, Any

import typer

from slimpack.cli.console import Console, tools
from slimpack.cli.options import (
    INSPECT_SETTINGS,
    CacheDir,
    Debug,
    Json,
    PackagePath,
    Root,
    Verbose,
    options_of,
    with_settings,
)

Handlers = Annotated[
    list[str] | None,
    typer.Argument(metavar="HANDLER", help="Its handler, to be told what would go.", show_default=False),
]


@with_settings(INSPECT_SETTINGS)
def inspect(
    package: PackagePath,
    handlers: Handlers = None,
    *,
    root: Root = None,
    json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,
    cache_dir: CacheDir = None,
    **given: Any,
) -> int:
    """Say what is in a zip or folder of any origin: distributions, own code, bytecode and whether it is used, binaries
    for other machines, what is twice, hidden or changed, Lambda's limits; and with HANDLER, what would go and why.

    Nothing is written. The handler is run, as in a build, unless --no-run forbids it.
    """  # noqa: D205 the first paragraph is what `--help` shows
    options = options_of(handlers, root, given)
    from slimpack import building, report  # noqa: PLC0415 --help must not pay for it
    from slimpack.cli.packages import packaged  # noqa: PLC0415

    console = Console(verbose=verbose, debug=debug)
    found, project = packaged(package, options, looking=True)
    with tools(console, cache_dir=cache_dir) as services:
        seen = building.inspect(project, found, tools=services)
    text = report.inspection_json(seen) if json else report.inspection_text(seen, colour=console.colour)
    console.product(text)
    return 0 if seen.gates_hold else 1
