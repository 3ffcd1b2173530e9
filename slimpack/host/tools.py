"""Tools: the services that a build uses, made once at the edge and handed down; never a global."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from slimpack.events import Listener
from slimpack.host.cache import Cache

CACHE_VARIABLE = "SLIMPACK_CACHE_DIR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """`environment` is what the user's shell gave; nothing below the CLI reads `os.environ`."""

    cache: Cache
    environment: Mapping[str, str]
    listener: Listener = field(default_factory=Listener)
    workers: int = 2


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where the cache lives: SLIMPACK_CACHE_DIR, else the XDG cache folder, else ~/.cache/slimpack."""
    try:
        if chosen := environment.get(CACHE_VARIABLE):
            return Path(chosen).expanduser().absolute()
        base = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:
        base = os.devnull  # a user without a home, as in containers: no cache, which costs time only
    return Path(base) / "slimpack"


def of_this_process(listener: Listener | None = None, *, cache: Path | None = None) -> Tools:
    """The services of the process as it was started: its environment, its processors, the user's cache."""
    environment = dict(os.environ)
    folder = cache.expanduser().absolute() if cache else cache_folder(environment)
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Tools(cache=Cache(folder), environment=environment, listener=listener or Listener(), workers=workers)
