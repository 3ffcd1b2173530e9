"""slimpack: the smallest AWS Lambda package that starts fastest and provably still works.

    (report,) = slimpack.build("app.handler", root=".", python="3.13", runs=0)

Names are imported when they are first used, so that `import slimpack` and `slimpack --help` cost next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from slimpack.errors import SlimpackError
from slimpack.version import __version__

if TYPE_CHECKING:
    from slimpack.analysis import Analysis
    from slimpack.api import analyze, build
    from slimpack.model.artifact import Artifact
    from slimpack.model.finding import Finding
    from slimpack.model.report import Report
    from slimpack.model.timing import Timing
    from slimpack.model.trace import Trace
    from slimpack.model.verdict import Verdict

__all__ = ["Analysis", "Artifact", "Finding", "Report", "SlimpackError", "Timing", "Trace", "Verdict"]
__all__ += ["__version__", "analyze", "build"]

_HOMES = {"Analysis": "analysis", "analyze": "api", "build": "api"}
_HOMES |= {name: f"model.{name.lower()}" for name in ("Artifact", "Finding", "Report", "Timing", "Trace", "Verdict")}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
