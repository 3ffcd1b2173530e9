"""What the fuzzers start from: locks as their tools write them, what uv and an index answer, and short programs."""

import itertools
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import local_index
from fuzz_shapes import PROGRAM

_LOCKS = Path(__file__).resolve().parents[1] / "fixtures" / "locks"


@dataclass(frozen=True, slots=True)
class Part:
    """One file of an input; `kind` says how a document of it is written."""

    name: str
    kind: str
    text: bytes


def _shelf() -> bytes:
    """What the index of the fixtures lists, all projects at once: each lock's reader takes what is its own."""
    with tempfile.TemporaryDirectory() as folder:
        files = [
            {
                "filename": path.name,
                "url": f"https://files.example/{path.name}",
                "hashes": {"sha256": local_index.digest(path)},
                "size": path.stat().st_size,
                "yanked": False,
            }
            for path in sorted(local_index.stock(Path(folder)).iterdir())
        ]
    return json.dumps({"meta": {"api-version": "1.0"}, "name": "x", "files": files}).encode()


def fixtures(*names: str, lock: str, declared: str) -> Sequence[Sequence[Part]]:
    kind = "json" if lock == "Pipfile.lock" else "toml"
    listing = Part("-index", "json", _shelf())
    return [
        [
            Part(lock, kind, (_LOCKS / name / lock).read_bytes()),
            Part(declared, "toml", (_LOCKS / name / declared).read_bytes()),
            listing,
        ]
        for name in names
    ]


_PYLOCK = f"""
lock-version = "1.0"
created-by = "fuzz"
requires-python = ">=3.9"
environments = ["sys_platform == 'linux'"]
extras = ["fast"]
dependency-groups = ["dev"]
default-groups = ["dev"]
[[packages]]
name = "beta"
version = "1.1"
marker = "python_version >= '3.9' or 'fast' in extras"
index = "https://index.example/simple"
dependencies = [{{name = "gamma"}}]
[[packages.wheels]]
name = "beta-1.1-py3-none-any.whl"
url = "https://u:p@files.example/beta-1.1-py3-none-any.whl"
size = 12
upload-time = 2024-01-01T00:00:00Z
hashes = {{sha256 = "{"a" * 64}"}}
[[packages]]
name = "gamma"
version = "1.0"
archive = {{url = "https://files.example/gamma-1.0-py3-none-any.whl", hashes = {{sha256 = "{"b" * 64}"}}}}
[[packages]]
name = "local"
directory = {{path = "./local", editable = false, subdirectory = "sub"}}
[[packages]]
name = "repo"
vcs = {{type = "git", url = "https://git.example/repo", commit-id = "{"c" * 40}"}}
[[packages]]
name = "sourced"
version = "1.0"
sdist = {{name = "sourced-1.0.tar.gz", url = "https://x.test/sourced-1.0.tar.gz", hashes = {{sha256 = "{"d" * 64}"}}}}
"""
_ANSWER = f"""
lock-version = "1.0"
created-by = "uv"
[[packages]]
name = "beta"
version = "1.1"
wheels = [{{url = "https://files.example/beta-1.1-py3-none-any.whl", hashes = {{sha256 = "{"a" * 64}"}}}}]
"""
_DECLARED = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["beta"]\n'
_UV = """
version = 1
requires-python = ">=3.9"
[[package]]
name = "beta"
version = "1.1"
source = { registry = "https://index.example/simple" }
"""
_LINES = f"""\
-i https://u:p@index.example/simple
-c constraints.txt
-r more.txt
beta==1.1 \\
    --hash=sha256:{"a" * 64}  # why
gamma>=1; python_version < "3.11"
./local
-e git+https://git.example/repo@main#egg=repo
delta @ https://files.example/delta-1.0-py3-none-any.whl
"""


def pylocks() -> Sequence[Sequence[Part]]:
    return [[Part("pylock.toml", "toml", _PYLOCK.encode())], [Part("pylock.toml", "toml", _ANSWER.encode())]]


def uv_locks() -> Sequence[Sequence[Part]]:
    return [
        [
            Part("uv.lock", "toml", _UV.encode()),
            Part("pyproject.toml", "toml", _DECLARED.encode()),
            Part("-answer", "toml", _ANSWER.encode()),
            Part("-stderr", "lines", said),
        ]
        for said in (b"", b"error: No solution found when resolving dependencies:\n  Because beta was not found\n")
    ]


def requirements() -> Sequence[Sequence[Part]]:
    said = b"warning: `beta==1.1` is yanked (reason: it eats files)\n"
    answer = Part("-answer", "toml", _ANSWER.encode())
    more = [Part("more.txt", "lines", b"beta\n"), Part("constraints.txt", "lines", b"beta<2\n")]
    return [
        [Part("requirements.txt", "lines", _LINES.encode()), *more, answer, Part("-stderr", "lines", said)],
        [Part("requirements.txt", "lines", b"beta==1.1\n"), *more, answer, Part("-stderr", "lines", b"error: x\n")],
    ]


def programs() -> list[bytes]:
    """Short programs that reach many of the choices; a fuzzer finds the others."""
    steps = itertools.product(range(0, 250, 7), (0, 5, 40))
    return [PROGRAM + bytes([0, 0, 1, at, value, at, 3, value, 2, at]) for at, value in steps]
