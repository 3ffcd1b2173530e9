"""What installing and building leave behind and Lambda does not use.

touches                                    | leaves alone
-------------------------------------------|------------------------------------------------
`bin/`, `include/`, `share/man`,           | own code
`share/doc` beside the packages            | files that code names or opens
`*.pth` beside the packages (finding)      | a package called `bin` or `share`
static and object files, build recipes     | `etc/`, other `share/`: may be data

A `.pth` runs code in every start of an installed Python. What it imports is not traced, so a `.pth` that ships could
only fail; the finding names it, and `keep` ships it.
"""

import re
from collections.abc import Mapping

from slimpack.model.plan import Decision
from slimpack.model.tree import OWN
from slimpack.plan.context import Context, drop

_SCRIPTS = re.compile(r"(?:bin|include|share/(?:man|doc|info)|man)/.+|[^/]+\.data/(?:scripts|headers)/.+", re.DOTALL)
_BUILT = re.compile(
    r"[^/]+\.pth|.*\.(?:a|o|la|lib|obj|gcda|gcno|pdb)|"
    r"(?:.*/)?(?:meson\.build|meson\.options|meson_options\.txt|CMakeLists\.txt|Makefile(?:\.am|\.in)?|MANIFEST\.in|"
    r"setup\.cfg|tox\.ini|\.gitignore|\.gitkeep|\.DS_Store|\.lock)",
    re.DOTALL,
)


def decide(context: Context) -> Mapping[str, Decision]:
    """Drop scripts, headers, `.pth` files and the build's leavings."""
    files = context.tree.files
    script = drop("leftovers", "a script, header or manual page, which Lambda does not look for")
    built = drop("leftovers", "left over from a build or an installation")
    decisions: dict[str, Decision] = {}
    for path in context.paths:
        if files[path].owner == OWN or context.named(path):
            continue
        if _SCRIPTS.fullmatch(path):
            if not path.startswith("bin/") or "bin/__init__.py" not in context.tree:
                decisions[path] = script
        elif _BUILT.fullmatch(path):
            decisions[path] = built
    return decisions
