"""slimpack: the smallest AWS Lambda package that starts fastest and provably still works.

    (report,) = slimpack.build("app.handler", root=".", python="3.13", runs=0)

Everything is imported where it is used, so that `import slimpack` costs nothing.
"""

from typing import TYPE_CHECKING, Any

from slimpack.errors import SlimpackError
from slimpack.version import __version__

if TYPE_CHECKING:
    from slimpack.model.report import Report

__all__ = ["SlimpackError", "__version__", "build"]


def build(*handlers: str, root: str = ".", **settings: Any) -> "tuple[Report, ...]":
    """Build each handler, or every configured function, and return the reports.

    `settings` are those of `[tool.slimpack]` with `_` for `-`, values as in the file. Nothing is printed, and no report
    is written. Raises SlimpackError; its subclasses say of which kind.
    """
    from pathlib import Path  # noqa: PLC0415 see above

    from slimpack import building, rules  # noqa: PLC0415
    from slimpack.host.tools import of_this_process  # noqa: PLC0415
    from slimpack.project import Options, load  # noqa: PLC0415

    tools = of_this_process()
    options = Options(handlers=handlers, root=Path(root), **settings)
    projects = load(options, environment=tools.environment, runtimes=rules.runtimes())
    return tuple(building.build(project, tools=tools) for project in projects)
