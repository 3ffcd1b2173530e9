"""Small artifacts with cold files, and real interpreters that run code in them."""

import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from sandboxes import tools_in

from slimpack.apply.fallback import fallback_files
from slimpack.host import python
from slimpack.host.tools import of_this_process
from slimpack.model.project import Fallback
from slimpack.model.target import Architecture, Target
from slimpack.model.tree import Bytes, File, Tree

VERSIONS = [(3, 9), (3, 10), (3, 11), (3, 12), (3, 13), (3, 14)]


@cache
def interpreters() -> dict[tuple[int, int], str]:
    """Those of this machine that Lambda has."""
    tools = of_this_process()
    found = {version: python.find(version, tools) for version in VERSIONS}
    return {version: one.executable for version, one in found.items() if one is not None}


def target(version: tuple[int, int] = sys.version_info[:2]) -> Target:
    machine = python.describe(sys.executable, of_this_process())
    assert machine is not None
    architecture = Architecture.ARM64 if machine.machine == "aarch64" else Architecture.X86_64
    return Target(python=version, architecture=architecture, glibc=(2, 34))


def tree(files: Mapping[str, str | bytes], owner: str = "lib") -> Tree:
    return Tree({path: File(Bytes(_bytes(data)), owner=owner) for path, data in files.items()})


def _bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data


def lay(
    folder: Path,
    *,
    cold: Mapping[str, str | bytes],
    eager: Mapping[str, str | bytes] = {},
    kind: Fallback = Fallback.ARCHIVE,
    version: tuple[int, int] = sys.version_info[:2],
) -> Path:
    """Write an artifact's files below `folder`/task and return that."""
    code = folder / "task"
    tools = tools_in(folder)
    added = fallback_files(tree(cold), kind=kind, target=target(version), tools=tools)
    files = {path: _bytes(data) for path, data in eager.items()}
    for path, data in {**files, **{path: file.content.read() for path, file in added.items()}}.items():
        (code / path).parent.mkdir(parents=True, exist_ok=True)
        (code / path).write_bytes(data)
    return code


def run(
    code: Path,
    script: str,
    *,
    version: tuple[int, int] = sys.version_info[:2],
    environment: Mapping[str, str] = {},
    before: str = "",
) -> "subprocess.CompletedProcess[str]":
    """Run a script that has `code` first on its path and the hook in force."""
    start = f"import sys\nsys.path.insert(0, {str(code)!r})\n{before}\nimport _slimpack\n"
    variables = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(code.parent), **environment}
    file = code.parent / "main.py"
    file.write_text(f"{start}if __name__ == '__main__':\n" + "".join(f"    {line}\n" for line in script.splitlines()))
    return subprocess.run(
        [interpreters()[version], "-s", str(file)],
        env=variables,
        cwd=code.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def printed(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """The lines of a script that ended well."""
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
