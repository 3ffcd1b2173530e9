"""What requirements files say: what they pin, hash and depend on."""

from pathlib import Path

import pytest
from resolving import project

from slimpack.errors import ConfigError
from slimpack.resolve import declared
from slimpack.resolve.requirements_txt import read

HASH = "a" * 64


def written(folder: Path, text: str, name: str = "requirements.txt") -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_pins_with_markers_extras_hashes_and_comments(tmp_path: Path) -> None:
    text = (
        "# by hand\n"
        f"Requests[socks]==2.31.0 ; python_version < '3.13' \\\n    --hash=sha256:{HASH.upper()} \\\n    --hash=md5:0\n"
        "typing.extensions===4.0  # why\n"
    )
    found = read([written(tmp_path, text)])
    assert found.pinned == {"requests": {"2.31.0"}, "typing-extensions": {"4.0"}}
    assert found.hashes == {"requests": frozenset({HASH})}
    assert (found.loose, found.direct, found.empty) == (False, False, False)


@pytest.mark.parametrize("line", ["requests", "requests>=2", "requests==2.*", "requests~=2.0"])
def test_loose(line: str, tmp_path: Path) -> None:
    found = read([written(tmp_path, line)])
    assert found.loose
    assert found.pinned == {}


@pytest.mark.parametrize(
    "line",
    [
        "-e ./lib",
        "./lib",
        "lib @ https://example.invalid/lib-1-py3-none-any.whl",
        "https://example.invalid/lib-1-py3-none-any.whl",
        "-r https://example.invalid/requirements.txt",
    ],
)
def test_direct(line: str, tmp_path: Path) -> None:
    found = read([written(tmp_path, line)])
    assert found.direct
    assert not found.empty


@pytest.mark.parametrize(
    "text", ["", "\n\n# nothing\n", "--index-url https://example.invalid/simple\n", "-c limits.txt\n"]
)
def test_nothing_is_required(text: str, tmp_path: Path) -> None:
    written(tmp_path, "requests==2\n", "limits.txt")
    assert read([written(tmp_path, text)]).empty


def test_included_files_are_read_once_relative_to_their_includer(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    written(tmp_path, "-r ../requirements.txt\nb==2\n-c limits.txt\n", "more/base.txt")
    written(tmp_path, "c==3\n", "more/limits.txt")
    found = read([written(tmp_path, "a==1\n-rmore/base.txt\n--requirement=more/base.txt\n")])
    assert found.pinned == {"a": {"1"}, "b": {"2"}, "c": {"3"}}
    assert len(found.texts) == 3


def test_credentials_do_not_stay_in_the_texts(tmp_path: Path) -> None:
    found = read([written(tmp_path, "--extra-index-url https://me:s3cret@example.invalid/simple\na==1\n")])
    assert found.texts == ["--extra-index-url https://example.invalid/simple\na==1\n"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read absent\.txt"):
        read([written(tmp_path, "-r absent.txt\n")])


def test_pyproject_groups_include_groups_and_cycles_end(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '[project]\nname = "a"\ndependencies = ["one==1"]\n[dependency-groups]\n'
        'x = ["two==2", {include-group = "Y"}]\ny = ["three", {include-group = "x"}]\n',
        "pyproject.toml",
    )
    found = declared.requirements(path, project(path, groups=("x",)).requirements)
    assert found.pinned == {"one": {"1"}, "two": {"2"}}
    assert found.loose
    assert not found.direct


@pytest.mark.parametrize(
    ("text", "said"),
    [("[project", "not valid TOML"), ('[project]\nname = "a"\ndependencies = ["a b c"]\n', "not a requirement: a b c")],
)
def test_a_broken_pyproject(text: str, said: str, tmp_path: Path) -> None:
    path = written(tmp_path, text, "pyproject.toml")
    with pytest.raises(ConfigError, match=said):
        declared.requirements(path, project(path).requirements)
