"""Small and read-only disks for tests, where the right to mount one is at hand (root in a container or on CI)."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


def mounted(place: Path, *options: str) -> Iterator[Path]:
    """A tmpfs at `place`; skips the test where none may be mounted."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small or read-only disk needs the right to mount one (root)")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def made_read_only(place: Path) -> None:
    """Nothing can be written to a mounted disk any more."""
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
