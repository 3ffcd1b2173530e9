"""What an installer writes for itself.

touches                                    | leaves alone
-------------------------------------------|------------------------------------------------
RECORD, WHEEL, INSTALLER, REQUESTED,       | METADATA, entry_points.txt: of 36 programs 5
direct_url.json, uv_cache.json, sboms/,    | break without
top_level.txt, zip-safe                    | licences and notices
                                           | all of it where code asks for more than a
                                           | version (`files()`, `distribution()`, …)
                                           | names that are not known
"""

import re
from collections.abc import Mapping

from slimpack.model.plan import Decision
from slimpack.model.trace import ReasonKind
from slimpack.plan.context import WHOLE, Context, drop

_OWN_FILES = re.compile(
    r"[^/]+\.(?:dist|egg)-info/(?:RECORD(?:\.jws|\.p7s)?|WHEEL|INSTALLER|REQUESTED|direct_url\.json|uv_cache\.json|"
    r"top_level\.txt|zip-safe|not-zip-safe|dependency_links\.txt|SOURCES\.txt|sboms/.+)",
    re.DOTALL,
)


def decide(context: Context) -> Mapping[str, Decision]:
    """Drop the installer's own notes."""
    why = drop("installer_metadata", "written by an installer for installers")
    return {
        path: why
        for path in context.paths
        if "-info/" in path and _OWN_FILES.fullmatch(path) and not _asked_for(context, path)
    }


def _asked_for(context: Context, path: str) -> bool:
    """Whether code may read this file: the trace gives every file of a reached distribution's metadata a reason."""
    reason = context.trace.reasons.get(path)
    if reason is None or reason.kind in WHOLE:
        return False
    if reason.kind is ReasonKind.METADATA:
        # The reason is the first call found, `version()` maybe; whether any asks for more, the trace knows.
        return "(" in reason.detail and context.tree[path].owner in context.trace.reads_metadata
    return True
