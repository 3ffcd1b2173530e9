"""pip-tools, from the index on loopback, for the interpreter that runs the tests."""

import platform
import sys
from pathlib import Path

import pytest
from local_index import LocalIndex, digest
from resolving import project, target, tools, versions

from slimpack.errors import ConfigError, ResolveError
from slimpack.host.tools import Tools
from slimpack.model.project import Resolver
from slimpack.model.target import Architecture, Target
from slimpack.resolve import resolve


def here() -> Target:
    architecture = Architecture.ARM64 if platform.machine() == "aarch64" else Architecture.X86_64
    return target(python=sys.version_info[:2], architecture=architecture)


def requirements(folder: Path, *lines: str, name: str = "requirements.txt") -> Path:
    (folder / name).write_text("\n".join([*lines, ""]))
    return folder / name


@pytest.fixture
def pip(tmp_path: Path, index: LocalIndex) -> Tools:
    return tools(tmp_path / "kit", PIP_INDEX_URL=index.url)


def test_pins_have_the_index_file_and_its_hash(tmp_path: Path, pip: Tools, shelf: Path) -> None:
    limits = requirements(tmp_path, "delta==1.0", name="limits.txt")
    path = requirements(tmp_path, "gamma", "delta", 'epsilon; python_version < "3"')
    lock = resolve(project(path, on=here(), resolver=Resolver.PIP_TOOLS, constraints=(limits,)), tools=pip)
    assert versions(lock) == {"delta": "1.0", "gamma": "1.0"}
    assert lock.pins[1].sha256 == digest(shelf / lock.pins[1].filename)
    assert lock.pins[1].url.endswith("/files/gamma-1.0-py3-none-any.whl")
    assert lock.source == "requirements.txt, resolved by pip-tools"


def test_find_links_of_pip_give_local_wheels(tmp_path: Path, shelf: Path) -> None:
    kit = tools(tmp_path / "kit", PIP_NO_INDEX="1", PIP_FIND_LINKS=str(shelf))
    path = requirements(tmp_path, "gamma")
    by_pip = resolve(project(path, on=here(), resolver=Resolver.PIP_TOOLS), tools=kit)
    assert by_pip.pins[0].path == str(shelf / "gamma-1.0-py3-none-any.whl")
    assert resolve(project(path, on=here()), tools=kit).pins == by_pip.pins


def test_pyproject_with_a_group(tmp_path: Path, pip: Tools) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(
        '[project]\nname = "a"\nversion = "1"\ndependencies = ["gamma"]\n[dependency-groups]\nx = ["delta"]\n'
    )
    lock = resolve(project(path, on=here(), resolver=Resolver.PIP_TOOLS, groups=("x",)), tools=pip)
    assert versions(lock) == {"delta": "1.0", "gamma": "1.0"}


def test_another_target_is_refused(tmp_path: Path, pip: Tools) -> None:
    elsewhere = target(python=(3, 9) if sys.version_info[:2] != (3, 9) else (3, 10))
    with pytest.raises(ConfigError, match=r"pip resolves for itself(.|\n)*--resolver uv"):
        resolve(project(requirements(tmp_path, "gamma"), on=elsewhere, resolver=Resolver.PIP_TOOLS), tools=pip)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["missing-one"], "missing-one"),
        (["gamma", "gamma>1"], "no wheel|contradict"),
        (["beta<1.1", "beta==1.1"], "contradict one another"),
        (["windows"], "windows"),
        (["sourced"], "--build-sdist"),
    ],
)
def test_what_pip_cannot_resolve(lines: list[str], said: str, tmp_path: Path, pip: Tools) -> None:
    with pytest.raises(ResolveError, match=said):
        resolve(project(requirements(tmp_path, *lines), on=here(), resolver=Resolver.PIP_TOOLS), tools=pip)
