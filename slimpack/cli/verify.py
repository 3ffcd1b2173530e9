"""`slimpack verify`: run what was built before, original and artifact, and say whether they answer alike."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slimpack.cli.console import Console, tools
from slimpack.cli.options import (
    VERIFY_SETTINGS,
    CacheDir,
    Debug,
    Handlers,
    Quiet,
    Root,
    Verbose,
    options_of,
    with_settings,
)

if TYPE_CHECKING:
    from slimpack.model.package import Package
    from slimpack.model.project import Project
    from slimpack.model.report import Report
    from slimpack.project import Options

Original = Annotated[
    Path | None, typer.Option(metavar="PACKAGE", help="The zip or folder that `slim` made the artifact from.")
]


@with_settings(VERIFY_SETTINGS)
def verify(
    handlers: Handlers = None,
    *,
    original: Original = None,
    root: Root = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    cache_dir: CacheDir = None,
    **given: Any,
) -> int:
    """Verify an artifact that `build` or `slim` made: every event through the original and through the artifact, in
    Lambda's runtime client. The events may be others than those of the build.
    """  # noqa: D205 the first paragraph is what `--help` shows
    options = options_of(handlers, root, given)
    console = Console(quiet=quiet, verbose=verbose, debug=debug)
    wanted = _wanted(options, original)
    from slimpack import building, report  # noqa: PLC0415
    from slimpack.errors import Problem, VerifyError  # noqa: PLC0415
    from slimpack.verify import misses_as_problems  # noqa: PLC0415

    problems: list[Problem] = []
    for project, package in wanted:
        built = _built(project, original)
        with tools(console, cache_dir=cache_dir) as services:
            verdict = building.prove(project, built, tools=services, package=package)
        problems += misses_as_problems(verdict)
        if not quiet:
            console.product(report.verdict_text(project.name, verdict))
    if problems:
        raise VerifyError(*problems)
    return 0


def _wanted(options: "Options", original: Path | None) -> "list[tuple[Project, Package | None]]":
    """What is to be verified: what a build made of its requirements, or `slim` of a package."""
    if original is not None:
        from slimpack.cli.packages import packaged  # noqa: PLC0415 as below

        package, project = packaged(original, options)
        return [(project, package)]
    from slimpack import rules  # noqa: PLC0415 --help must not pay for the pipeline, nor must a mistyped option
    from slimpack.project import load  # noqa: PLC0415

    return [(project, None) for project in load(options, environment=os.environ, runtimes=rules.runtimes())]


def _built(project: "Project", original: Path | None) -> "Report":
    from slimpack.errors import ConfigError, Problem  # noqa: PLC0415
    from slimpack.report import from_json  # noqa: PLC0415

    path = project.output.report
    try:
        return from_json(path.read_text("utf-8"))
    except OSError as error:
        command = "build" if original is None else f"slim {original}"
        do = f"build it first: slimpack {command} {' '.join(map(str, project.entry_points))}"
        what = f"there is nothing to verify: {path.name} cannot be read ({error.strerror})"
        raise ConfigError(Problem(what=what, where=str(path), do=do)) from error
