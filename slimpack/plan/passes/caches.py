"""Bytecode that came with a package: stale in an archive, and made by who knows what.

touches                                    | leaves alone
-------------------------------------------|------------------------------------------------
`__pycache__/`, `.mypy_cache` and such     | a `.pyc` without its source: the module itself
a `.pyc` or `.pyo` beside its source       |
"""

import re
from collections.abc import Mapping

from slimpack.model.plan import Decision
from slimpack.plan.context import Context, drop

_CACHE = re.compile(
    r"(?:.*/)?(?:__pycache__|\.mypy_cache|\.pytest_cache|\.ruff_cache|\.ipynb_checkpoints)/.+", re.DOTALL
)


def decide(context: Context) -> Mapping[str, Decision]:
    """Drop caches, which the import system does not trust in an archive."""
    tree = context.tree
    why = drop("caches", "a cache that the import system would not use")
    return {
        path: why
        for path in context.paths
        if (path.endswith((".pyc", ".pyo")) and f"{path[:-1]}" in tree)
        or (("cache" in path or "checkpoints" in path) and _CACHE.fullmatch(path))
    }
