"""The Python interface, without a command line: handlers and settings -> Reports, or what is known before deciding."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from slimpack import building, rules
from slimpack.analysis import Analysis
from slimpack.host.tools import Tools, of_this_process
from slimpack.model.project import Project
from slimpack.model.report import Report
from slimpack.project import Options, load


def build(*handlers: str, root: str | Path = ".", **settings: Any) -> tuple[Report, ...]:
    """Build each handler, or every configured function, and return the reports.

    `settings` are those of `[tool.slimpack]` with `_` for `-`, values as in the file. Nothing is printed, and no report
    is written. Raises SlimpackError; its subclasses say of which kind.
    """
    return tuple(building.build(project, tools=tools) for project, tools in _projects(handlers, root, settings))


def analyze(*handlers: str, root: str | Path = ".", **settings: Any) -> tuple[Analysis, ...]:
    """Trace each handler, or every configured function: what it reaches and why. Decides and writes nothing."""
    return tuple(building.analyze(project, tools=tools) for project, tools in _projects(handlers, root, settings))


def _projects(handlers: tuple[str, ...], root: str | Path, settings: dict[str, Any]) -> Iterator[tuple[Project, Tools]]:
    tools = of_this_process()
    options = Options(handlers=handlers, root=Path(root), **settings)
    for project in load(options, environment=tools.environment, runtimes=rules.runtimes()):
        yield project, tools
