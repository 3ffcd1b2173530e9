"""`slimpack sbom`: what is in an artifact, for those who must account for it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slimpack.cli.console import Console
from slimpack.cli.options import Debug, Root

if TYPE_CHECKING:
    from slimpack.model.report import Report

Package = Annotated[
    Path | None,
    typer.Argument(metavar="PACKAGE", help="A zip or folder of any origin.", show_default="the last built in dist/"),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there, not to the terminal.")
]
Licenses = Annotated[
    Path | None, typer.Option("--licenses", metavar="FILE", help="Write the licence texts of all that ships.")
]


def sbom(
    package: Package = None,
    *,
    output: Output = None,
    licenses: Licenses = None,
    root: Root = None,
    debug: Debug = False,
) -> int:
    """Write a bill of materials (CycloneDX 1.6, JSON) of what is in the artifact: each distribution with its licence,
    the wheel that it came from, its files, and what was removed of it.
    """  # noqa: D205 the first paragraph is what `--help` shows
    from slimpack import accounting, report  # noqa: PLC0415 --help must not pay for it
    from slimpack.host.disk import write_atomically  # noqa: PLC0415 as above

    console = Console(debug=debug)
    path, built = _subject(package, root)
    found = accounting.materials(path, built)
    text = report.sbom(found)
    if licenses is not None:
        write_atomically(licenses, [accounting.license_text(found).encode()], option="--licenses")
    if output is None:
        console.product(text)
    else:
        write_atomically(output, [text.encode()], option="--output")
        console.product(str(output))
    return 0


def _subject(package: Path | None, root: Path | None) -> "tuple[Path, Report | None]":
    """The package, and the report beside it, if that is still of this package."""
    from slimpack.cli.why import last_report, read_report  # noqa: PLC0415 --help must not pay for it
    from slimpack.host.disk import digest_of  # noqa: PLC0415 as above

    if package is None:
        place = last_report(root)
        built = read_report(place, root)
        return place.with_name(built.artifact.path.name), built
    beside = package.with_name(f"{package.name.removesuffix('.zip')}.report.json")
    if not beside.is_file() or not package.is_file():
        return package, None
    built = read_report(beside, root)
    return package, built if built.artifact.sha256 == digest_of(package) else None
