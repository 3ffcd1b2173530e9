"""What an installer writes for itself.

touches                                    | leaves alone
-------------------------------------------|------------------------------------------------
RECORD, WHEEL, INSTALLER, REQUESTED,       | METADATA, entry_points.txt: of 36 programs 5
direct_url.json, uv_cache.json, sboms/,    | break without
top_level.txt, zip-safe                    | licences and notices
                                           | RECORD and top_level.txt where code asks for
                                           | `files()` or `packages_distributions()`
                                           | names that are not known
"""

import re
from collections.abc import Mapping

from slimpack.model.plan import Decision
from slimpack.plan.context import Context, drop

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
        if "-info/" in path and _OWN_FILES.fullmatch(path) and not context.named(path)
    }
