"""`slimpack compare`: what changed from one package to the next, for people, for a pull request, and for a gate."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slimpack.cli.console import Console, print_problems, tools
from slimpack.cli.options import CacheDir, Debug, Json, Quiet
from slimpack.errors import ConfigError, Problem

if TYPE_CHECKING:
    from slimpack.model.comparison import Comparison

_SUBJECT = "A report, a zip, a folder, or REV:PATH as in main:dist/app.report.json."
Before = Annotated[str, typer.Argument(metavar="BEFORE", help=_SUBJECT)]
After = Annotated[
    str | None, typer.Argument(metavar="AFTER", help="Another such.", show_default="the last report in dist/")
]
FailOn = Annotated[
    list[str] | None,
    typer.Option(
        metavar="LIMIT",
        help="Exit 1 where the change is beyond it: zip +5%, unpacked +1MB, files +100, init +10%, peak-rss +20MB, "
        "new-finding, new-finding error, new-finding SLP023. Init only beyond the noise. May be given again.",
    ),
]
Markdown = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write a comment for a pull request; - prints it instead.")
]
GitHub = Annotated[
    bool, typer.Option("--github", help="Add to the step summary of GitHub Actions, and annotate lines of own code.")
]
Source = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Folder of own code, for the annotations.", show_default="here"),
]


def compare(
    before: Before,
    after: After = None,
    *,
    fail_on: FailOn = None,
    markdown: Markdown = None,
    github: GitHub = False,
    source: Source = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    cache_dir: CacheDir = None,
) -> int:
    """Say what changed: sizes, files, distributions, init with its confidence interval and the imports that are to
    blame, findings. Works on any package, also on one that slimpack did not make.
    """  # noqa: D205 the first paragraph is what `--help` shows
    from slimpack import comparing, report  # noqa: PLC0415 --help must not pay for it
    from slimpack.compare import broken as broken_by  # noqa: PLC0415
    from slimpack.host.disk import append, write_atomically  # noqa: PLC0415
    from slimpack.project.limits import limits  # noqa: PLC0415

    console = Console(quiet=quiet, debug=debug)
    if json and markdown == Path("-"):
        raise typer.BadParameter("--json and --markdown - both print; write one of them to a file")
    wanted = limits(fail_on or ())
    summary = _summary_file() if github else None
    with tools(console, cache_dir=cache_dir) as services:
        found = comparing.compared(before, after or _last(), folder=Path.cwd(), tools=services)
    broken = broken_by(wanted, found)
    comment = report.comparison_markdown(found, broken=broken)
    if json:
        console.product(report.comparison_json(found, broken=broken))
    elif markdown == Path("-"):
        console.product(comment)
    elif not quiet:
        console.product(report.comparison_text(found, broken=broken, colour=console.colour))
    if markdown is not None and markdown != Path("-"):
        write_atomically(markdown, [comment.encode()], option="--markdown")
    if summary is not None:
        append(summary, comment)
        _annotate(console, found, broken, source)
    print_problems(Problem(what=reason) for reason in broken)
    return 1 if broken else 0


def _last() -> str:
    written = sorted(Path("dist").glob("*.report.json"), key=lambda file: (file.stat().st_mtime_ns, file.name))
    if not written:
        do = "build first, or name what to compare with"
        raise ConfigError(Problem(what="there is no report in dist/ to compare", where="AFTER", do=do))
    return str(written[-1])


def _summary_file() -> Path:
    if not (name := os.environ.get("GITHUB_STEP_SUMMARY")):
        do = "leave out --github elsewhere, or use --markdown FILE"
        raise ConfigError(Problem(what="GITHUB_STEP_SUMMARY is not set: this is not GitHub Actions", do=do))
    return Path(name)


def _annotate(console: Console, found: "Comparison", broken: tuple[str, ...], source: Path | None) -> None:
    """Print workflow commands, whose paths are from the root of the checkout."""
    from slimpack.report import annotations  # noqa: PLC0415 --help must not pay for it

    folder = (source or Path()).resolve()
    workspace = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()
    inside = folder.relative_to(workspace).as_posix() if folder.is_relative_to(workspace) else "."
    prefix = "" if inside == "." else f"{inside}/"
    if text := annotations(found, broken=broken, prefix=prefix):
        console.product(text)
