"""Options, pyproject.toml -> Projects: what the user decided, settled once, with every mistake named at once."""

from collections.abc import Mapping, Sequence

from slimpack.model.project import Project
from slimpack.model.rule import Runtime
from slimpack.project.options import Options

__all__ = ["Options", "load"]


def load(options: Options, *, environment: Mapping[str, str], runtimes: Sequence[Runtime]) -> tuple[Project, ...]:
    """One Project for each function to build.

    Raises ConfigError with everything that is wrong in files and options, or, if nothing is, TraceError with every
    handler that is not there or does not parse.
    """
    from slimpack.project.assemble import assemble  # noqa: PLC0415 --help wants the settings' table alone: 15 ms less

    return assemble(options, environment=environment, runtimes=runtimes)
