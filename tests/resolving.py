"""Projects and tools for resolver tests: nothing of the machine's own pip and uv configuration is seen."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slimpack.events import Listener
from slimpack.host.cache import Cache
from slimpack.host.tools import Tools
from slimpack.model.lock import Lock
from slimpack.model.project import (
    Budget,
    Layout,
    Output,
    Policy,
    Project,
    Requirements,
    Resolution,
    SourceKind,
)
from slimpack.model.target import Architecture, Target


@dataclass
class Heard(Listener):
    notices: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)

    def noticed(self, message: str) -> None:
        self.notices.append(message)

    def detailed(self, message: str) -> None:
        self.details.append(message)


def target(
    python: tuple[int, int] = (3, 12),
    architecture: Architecture = Architecture.X86_64,
    glibc: tuple[int, int] = (2, 34),
) -> Target:
    return Target(python=python, architecture=architecture, glibc=glibc)


AL2 = target(python=(3, 11), glibc=(2, 26))
ARM = target(python=(3, 13), architecture=Architecture.ARM64)


def project(path: Path, *, on: Target | None = None, **options: Any) -> Project:
    """A project whose requirements are in `path`; options are of `Requirements` or `Resolution`."""
    wanted = {name: options.pop(name) for name in ("groups", "extras", "constraints") if name in options}
    kinds = {kind.value: kind for kind in SourceKind}
    return Project(
        name="shop",
        root=path.parent,
        entry_points=(),
        requirements=Requirements(kind=kinds.get(path.name, SourceKind.REQUIREMENTS), path=path, **wanted),
        resolution=Resolution(**options),
        target=on or target(),
        policy=Policy(),
        budget=Budget(),
        output=Output(layout=Layout.ZIP, path=path.parent / "out.zip", report=path.parent / "out.json"),
    )


def tools(folder: Path, **environment: str) -> Tools:
    """Tools over empty caches in `folder`, with only PATH of the real environment."""
    seen = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "UV_CACHE_DIR": str(folder / "uv-cache"),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_CACHE_DIR": str(folder / "pip-cache"),
        **environment,
    }
    return Tools(cache=Cache(folder / "cache"), environment=seen, listener=Heard())


def heard(given: Tools) -> Heard:
    assert isinstance(given.listener, Heard)
    return given.listener


def versions(lock: Lock) -> dict[str, str]:
    return {pin.name: pin.version for pin in lock.pins}
