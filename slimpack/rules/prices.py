"""rules/prices.toml -> Prices: what a GB-second costs, as of a day."""

import tomllib
from functools import lru_cache
from importlib.resources import files

from slimpack.model.price import Prices


@lru_cache(maxsize=1)
def prices() -> Prices:
    """The dated prices that came with this slimpack."""
    raw = tomllib.loads(files("slimpack.rules").joinpath("prices.toml").read_text("utf-8"))
    return Prices(as_of=raw["as_of"], region=raw["region"], x86_64=raw["x86_64"], arm64=raw["arm64"])
