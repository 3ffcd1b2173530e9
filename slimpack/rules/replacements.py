"""rules/replacements.toml -> Replacements: which distributions another one could stand for."""

import tomllib
from functools import lru_cache
from importlib.resources import files

from slimpack.model.replacement import Replacement


@lru_cache(maxsize=1)
def replacements() -> tuple[Replacement, ...]:
    """All that are known, by distribution."""
    raw = tomllib.loads(files("slimpack.rules").joinpath("replacements.toml").read_text("utf-8"))
    found = [Replacement(**entry) for entry in raw["replacement"]]
    return tuple(sorted(found, key=lambda one: (one.distribution, one.by)))
