"""Bad input through the real command line: one clear error, the exit code of its kind, nothing half-written."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cli_projects import BUILD, HANDLER, PYTHON, environment, project, slimpack
from local_index import LocalIndex, digest, serve, stock
from wheels import make_wheel

OLDER = b"an older artifact, which must survive"


@dataclass(frozen=True, kw_only=True)
class Case:
    """Files of a project, arguments behind `build`, the exit code, and words that stderr must hold."""

    files: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ("app.handler",)
    code: int
    said: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


TWO = """
[tool.slimpack.functions.one]
handler = "app.handler"
output = "dist/same.zip"

[tool.slimpack.functions.two]
handler = "app.handler"
output = "dist/same.zip"
"""

CASES = {
    "no such handler file": Case(arguments=("ap.handler",), code=5, said=("ap", "app")),
    "no such attribute": Case(arguments=("app.handle",), code=5, said=("app.py defines no handle", "app.handler")),
    "handler without a dot": Case(arguments=("handler",), code=2, said=("handler",)),
    "syntax error": Case(files={"app.py": "def handler(:\n"}, code=5, said=("does not parse", "app.py:1")),
    "import error": Case(
        files={"app.py": f"import does_not_exist\n{HANDLER}"}, code=5, said=("cannot be imported", "add the distribution that has does_not_exist", "--no-run")
    ),
    "raises at import": Case(
        files={"app.py": f"import os\nTABLE = os.environ['TABLE']\n{HANDLER}"}, code=5, said=("KeyError", "TABLE")
    ),
    "attribute missing at run time": Case(
        files={"app.py": f"{HANDLER}del handler\n"}, code=5, said=("app has no attribute 'handler'",)
    ),
    "handler that cannot be called": Case(
        files={"app.py": "handler = {}\n"}, code=5, said=("app.handler is not a function", "name another handler")
    ),
    "own module that does not parse": Case(
        files={"app.py": f"import helper\n{HANDLER}", "helper.py": "\ndef f(\n"}, code=5, said=("helper.py:2", "mend")
    ),
    "requires-python that excludes the target": Case(
        files={"pyproject.toml": '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.99"\n'},
        code=2,
        said=("requires-python (>=3.99) excludes", "--python"),
    ),
    "version that does not exist": Case(
        files={"requirements.txt": "epsilon==9.9\n"}, code=3, said=("epsilon 9.9 is not on", "use epsilon==1.0")
    ),
    "line that is no requirement": Case(
        files={"requirements.txt": "not valid !!\n"}, code=2, said=("cannot be read", "not valid !!", "correct the line")
    ),
    "local path that is not there": Case(
        files={"requirements.txt": "./gone\n"}, code=2, said=("cannot be read", "project/gone", "correct the line")
    ),
    "wheel that is no zip": Case(
        files={"requirements.txt": "junk\n"}, code=3, said=("a wheel is damaged", "junk", "pin another version")
    ),
    "output that is the source": Case(
        arguments=("app.handler", "-o", "app.py"), code=6, said=("app.py is there and is no zip", "--output")
    ),
    "output with too long a name": Case(
        arguments=("app.handler", "-o", "x" * 300), code=6, said=("File name too long", "choose a shorter --output")
    ),
    "requirement that does not exist": Case(
        files={"requirements.txt": "no-such-thing\n"}, code=3, said=("no-such-thing",)
    ),
    "conflict": Case(files={"requirements.txt": "beta==1.0\nbeta==1.1\n"}, code=3, said=("beta",)),
    "only sdists": Case(files={"requirements.txt": "sourced\n"}, code=3, said=("sourced", "--build-sdist sourced")),
    "wheels for other platforms only": Case(
        files={"requirements.txt": "beta==1.1\n"},
        arguments=("app.handler", "--python", "3.13"),
        code=3,
        said=("beta has no wheel for python3.13 on x86_64", "manylinux_2_17_aarch64"),
    ),
    "wheels for a newer glibc only": Case(
        files={"requirements.txt": "new-glibc==2.0\n"},
        arguments=("app.handler", "--python", "3.11"),
        code=3,
        said=("new-glibc", "manylinux_2_27", "new-glibc==1.0"),
    ),
    "wrong hash": Case(
        files={"requirements.txt": f"epsilon==1.0 --hash=sha256:{'0' * 64}\n"}, code=3, said=("epsilon", "hash")
    ),
    "frozen without a lock": Case(
        files={"requirements.txt": "epsilon\n"}, arguments=("app.handler", "--frozen"), code=3, said=("slimpack lock",)
    ),
    "requirements file that is not there": Case(
        arguments=("app.handler", "-r", "gone.txt"), code=2, said=("gone.txt",)
    ),
    "target that does not exist": Case(
        arguments=("app.handler", "--python", "3.99"), code=2, said=("3.99", "3.13")
    ),
    "retired target": Case(arguments=("app.handler", "--python", "3.8"), code=2, said=("python3.8 is retired since 2024-10-14", "3.13")),
    "other architecture": Case(arguments=("app.handler", "--arch", "mips"), code=2, said=("mips", "arm64", "x86_64")),
    "two functions with one output": Case(
        files={"pyproject.toml": TWO}, arguments=(), code=2, said=("one", "two", "same.zip")
    ),
    "budget with a bad unit": Case(
        arguments=("app.handler", "--max-zip", "10 apples"), code=2, said=("10 apples", "MB")
    ),
    "duration without a unit": Case(arguments=("app.handler", "--max-init", "300"), code=2, said=("300", "ms")),
    "unknown key": Case(
        files={"pyproject.toml": "[tool.slimpack]\nkep = []\n"}, code=2, said=("kep", "keep", "pyproject.toml")
    ),
    "unknown option": Case(arguments=("app.handler", "--levle", "clean"), code=2, said=("--levle", "--level")),
    "a secret that would ship": Case(
        files={".env": "TOKEN=1\n"}, arguments=("app.handler", "--include", ".env"), code=4, said=(".env", "allow-secret")
    ),
    "index that is down": Case(
        files={"requirements.txt": "epsilon\n"},
        environment={"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", "UV_HTTP_RETRIES": "0"},
        code=3,
        said=("--offline",),
    ),
    "offline with an empty cache": Case(
        files={"requirements.txt": "epsilon==1.0\n"}, arguments=("app.handler", "--offline"), code=3, said=("epsilon",)
    ),
    "two distributions with one path": Case(
        files={"requirements.txt": "clash-one\nclash-two\n"}, code=4, said=("clash-one", "clash-two", "shared.py")
    ),
    "wheel that leaves its folder": Case(
        files={"requirements.txt": "escaping\n"}, code=4, said=("escaping", "../outside.py")
    ),
    "wheel whose RECORD lies": Case(files={"requirements.txt": "lying\n"}, code=4, said=("lying", "RECORD")),
}  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIndex]:
    shelf = stock(tmp_path_factory.mktemp("shelf"))
    make_wheel(shelf, "clash-one", "1.0", {"shared.py": "ONE = 1\n"})
    make_wheel(shelf, "clash-two", "1.0", {"shared.py": "TWO = 2\n"})
    make_wheel(shelf, "escaping", "1.0", {"../outside.py": ""})
    make_wheel(shelf, "lying", "1.0", {"lying.py": "A = 1\n"}, record={"lying.py": f"sha256={'A' * 43},6"})
    (shelf / "junk-1.0-py3-none-any.whl").write_bytes(b"this is no zip")
    with serve(shelf) as served:
        yield served


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_one_clear_error(case: Case, index: LocalIndex, tmp_path: Path) -> None:
    folder = project(tmp_path / "project", case.files)
    (folder / "dist").mkdir()
    for name in ("app.zip", "same.zip"):
        (folder / "dist" / name).write_bytes(OLDER)
    settings = {**environment(index, tmp_path / "cache"), **case.environment}
    target = () if "--python" in case.arguments else ("--python", PYTHON)
    arguments = ("build", *case.arguments, *target, "--no-measure")
    done = slimpack(folder, settings, *arguments)
    if case.code != 2:  # there something is cached by now, which must not hide it
        assert slimpack(folder, settings, *arguments).stderr == done.stderr
    assert done.returncode == case.code, done.stderr
    assert done.stdout == ""
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr.partition("error: ")[0]
    for words in case.said:
        assert words in done.stderr
    assert {path.name: path.read_bytes() for path in (folder / "dist").iterdir()} == {
        "app.zip": OLDER,
        "same.zip": OLDER,
    }


def test_a_lock_out_of_date_says_what_to_run(index: LocalIndex, tmp_path: Path) -> None:
    folder = project(tmp_path / "project", {})
    (folder / "requirements.txt").unlink()
    declared = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["epsilon"]\n'
    (folder / "pyproject.toml").write_text(declared)
    settings = environment(index, tmp_path / "cache")
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "lock", "-q", "--no-python-downloads"], cwd=folder, env=settings, check=True)
    (folder / "pyproject.toml").write_text(declared.replace('"epsilon"', '"epsilon", "gamma"'))
    done = slimpack(folder, settings, *BUILD)
    assert done.returncode == 3, done.stderr
    assert "uv lock" in done.stderr


def test_a_yanked_pin_is_said_with_its_reason(index: LocalIndex, tmp_path: Path) -> None:
    folder = project(tmp_path / "project", {"requirements.txt": "epsilon==1.0\n"})
    with serve(index.folder, yanked={"epsilon-1.0-py3-none-any.whl": "it eats files"}) as served:
        done = slimpack(folder, environment(served, tmp_path / "cache"), *BUILD)
    assert done.returncode == 0, done.stderr
    assert "it eats files" in done.stderr


def test_damage_in_the_cache_is_mended_silently(index: LocalIndex, tmp_path: Path) -> None:
    folder = project(tmp_path / "project", {"requirements.txt": "alpha\n", "app.py": f"import alpha\n{HANDLER}"})
    settings = environment(index, tmp_path / "cache")
    assert slimpack(folder, settings, *BUILD).returncode == 0
    first = (folder / "dist" / "app.zip").read_bytes()
    kinds = {path.relative_to(tmp_path / "cache").parts[0] for path in (tmp_path / "cache").glob("*/??/*")}
    assert {"wheel", "facts", "pyc", "build", "artifact"} <= kinds
    damages: list[Callable[[bytes], bytes]] = [lambda data: data[:-3], lambda data: bytes([data[0] ^ 255]) + data[1:]]
    for damage in damages:
        for path in (tmp_path / "cache").glob("*/??/*"):
            if path.is_file() and "uv" not in path.relative_to(tmp_path / "cache").parts[:1]:
                path.chmod(0o644)
                path.write_bytes(damage(path.read_bytes()))
        done = slimpack(folder, settings, *BUILD)
        assert done.returncode == 0, done.stderr
        assert (folder / "dist" / "app.zip").read_bytes() == first


def test_offline_works_from_the_cache(index: LocalIndex, tmp_path: Path) -> None:
    folder = project(tmp_path / "project", {"requirements.txt": "epsilon==1.0\n"})
    settings = environment(index, tmp_path / "cache")
    assert slimpack(folder, settings, *BUILD).returncode == 0
    (folder / "app.py").write_text(HANDLER + "# edited\n")
    asked = len(index.asked)
    done = slimpack(folder, settings, *BUILD, "--offline")
    assert done.returncode == 0, done.stderr
    assert len(index.asked) == asked


def test_an_output_that_cannot_be_written(index: LocalIndex, tmp_path: Path) -> None:
    folder = project(tmp_path / "project", {})
    (folder / "taken").write_text("a file")
    done = slimpack(
        folder, environment(index, tmp_path / "cache"),
        *BUILD, "--output", "taken/app.zip",
    )  # fmt: skip
    assert done.returncode == 6, done.stderr
    assert "taken" in done.stderr
    assert "--output" in done.stderr


def test_hashes_of_the_index_are_held_against_what_it_sends(index: LocalIndex, tmp_path: Path) -> None:
    wheel = index.folder / "epsilon-1.0-py3-none-any.whl"
    folder = project(tmp_path / "project", {"requirements.txt": f"epsilon==1.0 --hash=sha256:{digest(wheel)}\n"})
    settings = environment(index, tmp_path / "cache")
    assert slimpack(folder, settings, "lock", "--python", PYTHON).returncode == 0
    lock = (folder / "pylock.toml").read_text()
    (folder / "pylock.toml").write_text(lock.replace(digest(wheel), "f" * 64))
    done = slimpack(folder, settings, *BUILD)
    assert done.returncode == 4, done.stderr
    assert "f" * 64 in done.stderr
    assert digest(wheel) in done.stderr
