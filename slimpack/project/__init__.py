"""Options, pyproject.toml -> Projects: what the user decided, settled once, with every mistake named at once."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from slimpack.model.project import Project
from slimpack.model.rule import Runtime
from slimpack.project.options import Options

if TYPE_CHECKING:
    from slimpack.model.package import Package

__all__ = ["Options", "load", "load_packaged"]


def load(options: Options, *, environment: Mapping[str, str], runtimes: Sequence[Runtime]) -> tuple[Project, ...]:
    """One Project for each function to build.

    Raises ConfigError with everything that is wrong in files and options, or, if nothing is, TraceError with every
    handler that is not there or does not parse.
    """
    from slimpack.project.assemble import assemble  # noqa: PLC0415 --help wants the settings' table alone: 15 ms less

    return assemble(options, environment=environment, runtimes=runtimes)


def load_packaged(
    options: Options,
    *,
    package: "Package",
    environment: Mapping[str, str],
    runtimes: Sequence[Runtime],
    in_place: bool = False,
    looking: bool = False,
) -> Project:
    """The Project that makes a package smaller. Raises as `load` does.

    `in_place` lets it take the package's place; to have a package only looked at, `looking`, no handler is needed.
    """
    from slimpack.project.packaged import assemble  # noqa: PLC0415 as above

    return assemble(
        options, package=package, in_place=in_place, looking=looking, environment=environment, runtimes=runtimes
    )
