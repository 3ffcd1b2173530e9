"""`slimpack init`: a first configuration, found out and not asked for."""

from pathlib import Path
from typing import Annotated

import typer

from slimpack.cli.console import Console
from slimpack.cli.options import Debug, Root

Handlers = Annotated[
    list[str] | None,
    typer.Argument(metavar="HANDLER", help="Handler, as in app.handler.", show_default="those that are found"),
]
Makefile = Annotated[bool, typer.Option("--makefile", help="Add a target `package` to the Makefile too.")]
Workflow = Annotated[bool, typer.Option("--workflow", help="Write .github/workflows/package.yml too.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be written, and write nothing.")]


def init(
    handlers: Handlers = None,
    *,
    makefile: Makefile = False,
    workflow: Workflow = False,
    dry_run: DryRun = False,
    root: Root = None,
    debug: Debug = False,
) -> int:
    """Write [tool.slimpack] into pyproject.toml: handlers, Python version and architecture, found out and not asked
    for. What is there stays as it is.
    """  # noqa: D205 the first paragraph is what `--help` shows
    from slimpack import rules  # noqa: PLC0415 --help must not pay for it
    from slimpack.host.disk import write_atomically  # noqa: PLC0415
    from slimpack.project.initialise import initialise  # noqa: PLC0415

    console = Console(debug=debug)
    folder = root or Path()
    additions = initialise(
        folder.absolute(),
        given=handlers or (),
        with_makefile=makefile,
        with_workflow=workflow,
        known=rules.runtimes(),
    )
    for addition in additions:
        if dry_run:
            console.product(f"# {_shown(addition.path)}\n{addition.text}")
            continue
        path = addition.path.resolve()  # a link stays one
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        write_atomically(path, [addition.data], mode=mode, option="--root")
        console.product(f"{_shown(addition.path)}: {addition.summary}")
    if not dry_run:
        console.product(f"next: slimpack build{f' --root {root}' if root else ''}")
    return 0


def _shown(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
