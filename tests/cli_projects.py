"""Small projects built through the real command line, with an index on loopback and nothing of the user's own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local_index import LocalIndex

HANDLER = "import json\n\n\ndef handler(event, context):\n    return json.dumps(event)\n"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
BUILD = ("build", "app.handler", "--python", PYTHON, "--no-measure")


def environment(index: LocalIndex, cache: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    private = {"UV_CACHE_DIR": str(cache / "uv"), "PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1"}
    return {**kept, **private, "UV_DEFAULT_INDEX": index.url, "SLIMPACK_CACHE_DIR": str(cache), "CI": "true"}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "slimpack", *arguments]


def slimpack(folder: Path, settings: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        cwd=folder, env=dict(settings), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def project(folder: Path, files: Mapping[str, str]) -> Path:
    for path, text in {"app.py": HANDLER, "requirements.txt": "", **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder
