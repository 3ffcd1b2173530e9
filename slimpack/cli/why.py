"""`slimpack why` and `slimpack report`: what a finished build's report says."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slimpack.cli.console import Console
from slimpack.cli.options import Debug, ReportFile, Root

if TYPE_CHECKING:
    from slimpack.model.report import Report

Pattern = Annotated[
    str, typer.Argument(metavar="PATTERN", help="Distribution, dotted module, path, or a glob of these.")
]
File = Annotated[
    Path | None, typer.Argument(metavar="FILE", help="The report to show.", show_default="the last in dist/")
]
Format = Annotated[str, typer.Option("--format", metavar="text|json|markdown", help="How to show it.")]


def why(pattern: Pattern, report: ReportFile = None, root: Root = None, debug: Debug = False) -> int:
    """Say why a module, file or distribution was kept (its route from the handler) or dropped (by which pass)."""
    from slimpack.report import why as answer_of  # noqa: PLC0415 --help must not pay for it
    from slimpack.report import why_text  # noqa: PLC0415

    answer = answer_of(_read(report, root), pattern)
    Console(debug=debug).product(why_text(answer))
    return 0 if answer.fates else 1


def report(file: File = None, format: Format = "text", root: Root = None, debug: Debug = False) -> int:  # noqa: A002 it is the option's name
    """Show the report of a finished build again."""
    from slimpack.report import markdown, text, to_json  # noqa: PLC0415 --help must not pay for it

    console = Console(debug=debug)
    if format not in {"text", "json", "markdown"}:
        raise typer.BadParameter(f"--format is text, json or markdown, not {format}")
    found = _read(file, root)
    if format == "text":
        console.product(text(found, width=console.width, colour=console.colour))
    else:
        console.product(to_json(found) if format == "json" else markdown(found))
    return 0 if found.gates_hold else 1


def _read(path: Path | None, root: Path | None) -> "Report":
    from slimpack.errors import ConfigError, Problem  # noqa: PLC0415
    from slimpack.report import from_json  # noqa: PLC0415

    if path is None:
        folder = (root or Path()) / "dist"
        written = sorted(folder.glob("*.report.json"), key=lambda file: (file.stat().st_mtime_ns, file.name))
        if not written:
            do = "build first, or name the file"
            raise ConfigError(Problem(what="there is no report yet", where=str(folder), do=do))
        path = written[-1]
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(Problem(what=f"cannot read the report: {error.strerror}", where=str(path))) from error
    except UnicodeDecodeError as error:
        raise ConfigError(Problem(what="not a slimpack report: it is not text", where=str(path))) from error
    except ConfigError as error:
        raise ConfigError(*(replace(problem, where=str(path)) for problem in error.problems)) from error
