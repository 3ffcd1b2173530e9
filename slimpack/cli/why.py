"""`slimpack why` and `slimpack report`: what a finished build's report says."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slimpack.cli.console import Console
from slimpack.cli.options import Debug, Json, ReportFile, Root

if TYPE_CHECKING:
    from slimpack.model.report import Report

Pattern = Annotated[
    str, typer.Argument(metavar="PATTERN", help="Distribution, dotted module, path, library, or a glob.")
]
Imports = Annotated[
    bool, typer.Option("--import", help="Say who imports it, whether that waits for first use, and if not why.")
]
File = Annotated[
    Path | None, typer.Argument(metavar="FILE", help="The report to show.", show_default="the last in dist/")
]
Page = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write it as one HTML file, and print the file's name.")
]
Output = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there.")]
Format = Annotated[str, typer.Option("--format", metavar="text|json|markdown|sarif", help="How to show it.")]


def why(
    pattern: Pattern,
    *,
    imports: Imports = False,
    report: ReportFile = None,
    root: Root = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Say why a module, file, library or distribution was kept (its route from the handler, line by line, and who else
    asks for it) or dropped (by which pass, and what would bring it back).
    """  # noqa: D205 the first paragraph is what `--help` shows
    from slimpack.report import why as answer_of  # noqa: PLC0415 --help must not pay for it
    from slimpack.report import why_json, why_text  # noqa: PLC0415

    if imports and json:
        raise typer.BadParameter("--import and --json exclude one another: the report in dist/ has the imports as JSON")
    if imports:
        from slimpack.report import imports_of  # noqa: PLC0415 as above

        found = imports_of(read_report(report, root), pattern)
        Console(debug=debug).product(found.text)
        return 0 if found.known else 1
    answer = answer_of(read_report(report, root), pattern)
    Console(debug=debug).product(why_json(answer) if json else why_text(answer))
    return 0 if answer.fates else 1


def tree(file: File = None, root: Root = None, json: Json = False, debug: Debug = False) -> int:
    """Show the distributions as they ship, each below the one that first asks for it: size, what of it is used, and
    what it costs at init.
    """  # noqa: D205 the first paragraph is what `--help` shows
    from slimpack.report import tree_json, tree_text  # noqa: PLC0415 --help must not pay for it

    found = read_report(file, root)
    Console(debug=debug).product(tree_json(found) if json else tree_text(found))
    return 0


def report(
    file: File = None,
    *,
    format: Format = "text",  # noqa: A002 it is the option's name
    html: Page = None,
    output: Output = None,
    root: Root = None,
    debug: Debug = False,
) -> int:
    """Show the report of a finished build again."""
    from slimpack.report import markdown, sarif, text, to_json  # noqa: PLC0415 --help must not pay for it

    console = Console(debug=debug)
    if format not in {"text", "json", "markdown", "sarif"}:
        raise typer.BadParameter(f"--format is text, json, markdown or sarif, not {format}")
    found = read_report(file, root)
    if html is not None:
        _write_page(found, html)
        console.product(str(html))
        return 0 if found.gates_hold else 1
    if format == "text":
        shown = text(found, width=console.width, colour=console.colour and output is None)
    else:
        shown = sarif([found]) if format == "sarif" else {"json": to_json, "markdown": markdown}[format](found)
    if output is None:
        console.product(shown)
    else:
        _write(output, shown, option="--output")
        console.product(str(output))
    return 0 if found.gates_hold else 1


def _write_page(found: "Report", html: Path) -> None:
    from slimpack import report as reports  # noqa: PLC0415 --help must not pay for it

    _write(html, reports.html(found), option="--html")


def _write(place: Path, text: str, *, option: str) -> None:
    from slimpack.host.disk import write_atomically  # noqa: PLC0415 --help must not pay for it

    write_atomically(place, [text.encode()], option=option)


def last_report(root: Path | None) -> Path:
    """The report that was written last."""
    from slimpack.errors import ConfigError, Problem  # noqa: PLC0415 --help must not pay for it

    folder = (root or Path()) / "dist"
    written = sorted(folder.glob("*.report.json"), key=lambda file: (file.stat().st_mtime_ns, file.name))
    if not written:
        do = "build first, or name the file"
        raise ConfigError(Problem(what="there is no report yet", where=str(folder), do=do))
    return written[-1]


def read_report(path: Path | None, root: Path | None) -> "Report":
    """The report in a file, or the last one that was written."""
    from slimpack.errors import ConfigError, Problem  # noqa: PLC0415
    from slimpack.report import from_json  # noqa: PLC0415

    if path is None:
        path = last_report(root)
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(Problem(what=f"cannot read the report: {error.strerror}", where=str(path))) from error
    except UnicodeDecodeError as error:
        raise ConfigError(Problem(what="not a slimpack report: it is not text", where=str(path))) from error
    except ConfigError as error:
        raise ConfigError(*(replace(problem, where=str(path)) for problem in error.problems)) from error
