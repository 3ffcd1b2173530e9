"""Locks that the inputs alone determine are kept in the cache: every version exact, every file from an index.

A loose requirement is resolved anew each time: the index may have a newer version. What the key holds was cleared of
credentials before it was hashed.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from packaging.version import InvalidVersion, Version

from slimpack.host.indexes import no_index, redacted, uv_environment
from slimpack.host.tools import Tools
from slimpack.model.lock import Lock, Pin
from slimpack.model.project import Project, Resolver
from slimpack.resolve.requirements_txt import Requirements

_FORMAT = 1
_KIND = "lock"
_NO_MATTER = {"UV_CACHE_DIR", "UV_NO_PROGRESS", "UV_CONCURRENT_DOWNLOADS", "UV_PYTHON", "UV_PROJECT_ENVIRONMENT"}


def key(project: Project, texts: Iterable[str], tools: Tools) -> str:
    """What the lock depends on, as one digest: texts, target, options, indexes, the resolver's version."""
    resolution, wanted = project.resolution, project.requirements
    tool = "pip-tools" if resolution.resolver is Resolver.PIP_TOOLS else "uv"
    environment = {
        name: redacted(value)
        for name, value in uv_environment(resolution, tools.environment).items()
        if name.startswith(("UV_", "PIP_")) and name not in _NO_MATTER
    }
    parts = {
        "format": _FORMAT,
        "tool": [tool, version(tool)],
        "kind": wanted.kind.value,
        "groups": sorted(wanted.groups),
        "extras": sorted(wanted.extras),
        "target": asdict(project.target),
        "build": sorted(resolution.build),
        "environment": environment,
        "no-index": no_index(tools.environment),
        "configuration": [redacted(text) for text in _configuration(project, tools)],
        "texts": [redacted(text) for text in texts],
    }
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def get(lock_key: str, tools: Tools) -> Lock | None:
    """The lock of that key, if it is in the cache."""
    data = tools.cache.get(_KIND, lock_key)
    if data is None:
        return None
    try:
        row = json.loads(data)
        return Lock(pins=tuple(Pin(**pin) for pin in row["pins"]), source=row["source"])
    except (ValueError, TypeError, KeyError):
        return None


def put(lock_key: str, lock: Lock, tools: Tools) -> None:
    """Remember a lock whose pins all come from an index; one with local files depends on more than its texts."""
    if not any(pin.path for pin in lock.pins):
        tools.cache.put(_KIND, lock_key, json.dumps(asdict(lock)).encode())


def determined(lock: Lock, found: Requirements) -> bool:
    """Whether the inputs name the exact version of every pin."""
    return not found.direct and all(
        any(_same(pin.version, exact) for exact in found.pinned.get(pin.name, ())) for pin in lock.pins
    )


def _same(pinned: str, exact: str) -> bool:
    try:
        return Version(pinned) == Version(exact) or Version(Version(pinned).public) == Version(exact)
    except InvalidVersion:  # `===` takes any text
        return pinned == exact


def _configuration(project: Project, tools: Tools) -> Iterable[str]:
    home = Path(tools.environment.get("HOME") or Path.home())
    user = Path(tools.environment.get("XDG_CONFIG_HOME") or home / ".config")
    base = project.requirements.path.parent if project.requirements.path else project.root
    named = [
        base / path
        for name in ("UV_CONSTRAINT", "UV_OVERRIDE", "UV_EXCLUDE", "UV_CONFIG_FILE", "PIP_CONSTRAINT")
        for path in tools.environment.get(name, "").split()
    ]
    for path in (*named, Path("/etc/uv/uv.toml"), user / "uv" / "uv.toml", base / "uv.toml", base / "pyproject.toml"):
        try:
            yield path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            yield ""
