"""Real distributions from the user's own index: exact ceilings, and pip-tools beside uv."""

import os
import platform
import sys
from pathlib import Path

import pytest
from resolving import AL2, ARM, project, target, versions

from slimpack.host.cache import Cache
from slimpack.host.tools import Tools
from slimpack.model.project import Resolver
from slimpack.model.target import Architecture, Target
from slimpack.resolve import lock_text, resolve
from slimpack.resolve.tags import fits

pytestmark = pytest.mark.e2e

PINS = ["certifi==2024.8.30", "idna==3.10", "markupsafe==3.0.2", "jinja2==3.1.4", "charset-normalizer==3.4.0"]


def here() -> Target:
    architecture = Architecture.ARM64 if platform.machine() == "aarch64" else Architecture.X86_64
    return target(python=sys.version_info[:2], architecture=architecture)


def requirements(folder: Path, *lines: str) -> Path:
    (folder / "requirements.txt").write_text("\n".join([*lines, ""]))
    return folder / "requirements.txt"


@pytest.fixture
def kit(tmp_path: Path) -> Tools:
    return Tools(cache=Cache(tmp_path / "cache"), environment=dict(os.environ))


@pytest.mark.parametrize("on", [AL2, ARM, target()], ids=["al2", "arm", "al2023"])
def test_every_pin_fits_the_ceiling(on: Target, tmp_path: Path, kit: Tools) -> None:
    path = requirements(tmp_path, "numpy", "pandas", "cryptography", "pydantic", "lxml", "pillow")
    wanted = project(path, on=on)
    lock = resolve(wanted, tools=kit)
    assert {"numpy", "pandas", "cryptography", "cffi"} <= set(versions(lock))
    assert [pin.filename for pin in lock.pins if not fits(pin.filename, on)] == []
    written = tmp_path / "pylock.toml"
    written.write_text(lock_text(lock, wanted))
    assert versions(resolve(project(written, on=on), tools=kit)) == versions(lock)


@pytest.mark.parametrize("lines", [PINS, ["jinja2", "requests"]], ids=["pinned", "loose"])
def test_pip_tools_and_uv_give_the_same_pins(lines: list[str], tmp_path: Path, kit: Tools) -> None:
    path = requirements(tmp_path, *lines)
    by_uv = resolve(project(path, on=here()), tools=kit)
    by_pip = resolve(project(path, on=here(), resolver=Resolver.PIP_TOOLS), tools=kit)
    assert [(pin.name, pin.version, pin.filename, pin.sha256) for pin in by_pip.pins] == [
        (pin.name, pin.version, pin.filename, pin.sha256) for pin in by_uv.pins
    ]
