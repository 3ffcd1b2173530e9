"""Locks that are not as their tools write them: one error that names the file and what to run, never a traceback."""

import json
import re
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fuzz_shapes import toml
from resolving import project, tools

from slimpack.errors import ConfigError, ResolveError, SlimpackError
from slimpack.host import process
from slimpack.host.python import uv_executable
from slimpack.host.tools import Tools
from slimpack.resolve import resolve

LOCKS = Path(__file__).resolve().parents[3] / "fixtures" / "locks"
FILES = {"poetry": "poetry.lock", "poetry-1": "poetry.lock", "pdm": "pdm.lock", "pdm-flat": "pdm.lock", "pipenv": "Pipfile.lock"}  # fmt: skip
Change = Callable[[dict[str, Any]], object]


def changed(name: str, folder: Path, change: Change) -> Path:
    shutil.copytree(LOCKS / name, folder / name)
    path = folder / name / FILES[name]
    document = json.loads(path.read_text()) if name == "pipenv" else tomllib.loads(path.read_text())
    change(document)
    path.write_bytes(json.dumps(document).encode() if name == "pipenv" else toml(document))
    return path


def refused(path: Path, kit: Tools) -> SlimpackError:
    with pytest.raises(SlimpackError) as caught:
        resolve(project(path), tools=kit)
    assert all(problem.do and problem.where for problem in caught.value.problems)
    return caught.value


def packages(value: Any) -> Change:
    return lambda document: document.update(package=value)


def each(**values: Any) -> Change:
    """Other values in every package; None: the key is missing."""

    def change(document: dict[str, Any]) -> None:
        for row in document["package"] if "package" in document else document["default"].values():
            row.update(values)
            for key in [key for key, value in values.items() if value is None]:
                del row[key]

    return change


TABLES: list[tuple[str, Change]] = [
    ("no list of packages", packages("x")),
    ("packages that are none", packages(["x"])),
    ("no name", each(name=None)),
    ("a name that is none", each(name=5)),
    ("no version", each(version=None)),
    ("a version that is a table", each(version={"a": 1})),
    ("a version that is none", each(version="not a version")),
    ("an endless version", each(version="9" * 5000)),
    ("files that are none", each(files="x")),
    ("files without hashes", each(files=[{"file": "x"}])),
    ("hashes that are none", each(files=[{"file": "x", "hash": 5}])),
    ("metadata that is none", lambda document: document.update(metadata="x")),
]


@pytest.mark.parametrize("name", ["poetry", "poetry-1", "pdm", "pdm-flat"])
@pytest.mark.parametrize(("what", "change"), TABLES, ids=[what for what, _ in TABLES])
def test_a_lock_of_another_shape(name: str, what: str, change: Change, tmp_path: Path, kit: Tools) -> None:
    if name == "poetry-1" and what.startswith(("files", "hashes")):
        pytest.skip("there they stand elsewhere")
    error = refused(changed(name, tmp_path, change), kit)
    assert isinstance(error, ResolveError)
    assert FILES[name] in str(error)
    assert re.search("does not have the shape that|cannot be used|out of date", str(error))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("poetry", each(markers="not a marker")),
        ("poetry", each(groups=5)),
        ("poetry", each(source="x")),
        ("poetry", each(source={"type": "url"})),
        ("poetry", each(source={"type": "url", "url": "https://[x/a-1-py3-none-any.whl"})),
        ("poetry", each(source={"type": "legacy", "url": "https://[x"})),
        ("poetry", each(source={"type": "git", "url": "https://x"})),
        ("poetry", each(source={"type": "directory", "url": "a\0b"})),
        ("poetry", each(source={"type": "file", "url": 5})),
        ("poetry-1", each(dependencies="x")),
        ("poetry-1", each(dependencies={"beta": 5})),
        ("poetry-1", each(extras=["x"])),
        ("poetry-1", lambda document: document.update(extras="x")),
        ("pdm", each(marker=5)),
        ("pdm", each(groups=[["x"]])),
        ("pdm", each(git="https://x")),
        ("pdm", each(path=5)),
        ("pdm-flat", each(dependencies=[5])),
        ("pdm-flat", each(dependencies=["not a requirement !"])),
        ("pdm-flat", each(extras=5)),
        ("poetry", each(files=[{"file": "x", "hash": "md5:0"}])),
        ("pdm", each(files=[{"file": "x", "hash": "md5:0"}])),
        ("pipenv", each(hashes=["md5:0"])),
        ("pipenv", each(hashes=[5])),
        ("pipenv", each(hashes="sha256:x")),
        ("pipenv", each(markers=5)),
        ("pipenv", each(version=5)),
        ("pipenv", each(index=["x"])),
        ("pipenv", each(git="https://x")),
        ("pipenv", each(path="https://[x")),
        ("pipenv", lambda document: document.update(_meta=[])),
        ("pipenv", lambda document: document["_meta"].update(sources=["x"])),
        ("pipenv", lambda document: document["_meta"].update(sources=[{"name": "a", "url": "https://[x"}])),
        ("pipenv", lambda document: document.update(default=["x"])),
    ],
)
def test_a_value_that_is_none(name: str, change: Change, tmp_path: Path, kit: Tools) -> None:
    assert isinstance(refused(changed(name, tmp_path, change), kit), ResolveError)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "data",
    [b"\xff\xfe", b"[" * 100_000, b"a = " + b"9" * 10_000, b"a = '", b"[]", b"5", b"a=" + b"{a=" * 5000],
    ids=lambda data: repr(data[:12]),
)
def test_no_lock_at_all(name: str, data: bytes, tmp_path: Path, kit: Tools) -> None:
    shutil.copytree(LOCKS / name, tmp_path / name)
    path = tmp_path / name / FILES[name]
    path.write_bytes(data)
    refused(path, kit)


@pytest.mark.parametrize("name", ["poetry", "pdm"])
@pytest.mark.parametrize("declared", ["project = 5", "project = []\n", "tool = 5", "[tool]\npoetry = 5\npdm = 5", "dependency-groups = 5", "[project]\noptional-dependencies = [{a = 1}]"])  # fmt: skip
def test_a_declaration_of_another_shape(name: str, declared: str, tmp_path: Path, kit: Tools) -> None:
    shutil.copytree(LOCKS / name, tmp_path / name)
    (tmp_path / name / "pyproject.toml").write_text(declared)
    with pytest.raises(ConfigError, match=r"pyproject\.toml has a value where a table should be"):
        resolve(project(tmp_path / name / FILES[name]), tools=kit)


WHEEL = 'wheels = [{{ name = "a-1-py3-none-any.whl", {0} }}]'
HASHES = f'hashes = {{ sha256 = "{"0" * 64}" }}'


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        (WHEEL.format('url = "https://x/a.whl", hashes = { sha256 = "abc" }'), "a sha256 that is none: abc"),
        (WHEEL.format(f'url = "https://x/a.whl", hashes = {{ sha256 = "{"z" * 64}" }}'), "a sha256 that is none"),
        (WHEEL.format(f'url = "https://[x/a.whl", {HASHES}'), "a place that is none: Invalid IPv6 URL"),
        (WHEEL.format(f'url = "https://u:hunter2@[x/a.whl", {HASHES}'), "a place that is none"),
        *(
            (WHEEL.format(f'url = "{url}", {HASHES}'), "a place that is none: neither a path nor the URL")
            for url in (
                "//",
                "#",
                "x",
                "a.whl",
                "ftp://x/a.whl",
                "https:///a.whl",
                "https://x:99999/a.whl",
                "http://x:y/",
            )
        ),
        (f'archive = {{ url = "//", {HASHES} }}', "a place that is none: neither a path nor the URL"),
        (WHEEL.format(f'path = "a\\u0000b", {HASHES}'), "a place that is none: a path with a zero byte"),
        ('index = "https://[x"\n' + WHEEL.format(f'url = "https://x/a.whl", {HASHES}'), "a place that is none"),
        ('directory = { path = "x\\u0000y" }', "the folder of a is not there"),
        (f'directory = {{ path = "{"x" * 5000}" }}', "the folder of a is not there"),
        (f'archive = {{ path = "gone.tar.gz", {HASHES} }}', "gone.tar.gz cannot be read: No such file"),
        ('archive = { path = "gone-1-py3-none-any.whl", hashes = { md5 = "x" } }', "cannot be read: No such file"),
    ],
)
def test_a_pylock_with_a_value_that_is_none(rest: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "pylock.toml"
    path.write_text(f'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "a"\nversion = "1"\n{rest}\n')
    with pytest.raises(ResolveError, match=re.escape(says)) as caught:
        resolve(project(path), tools=tools(tmp_path))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("environments", "marker"),
    [
        ("python_version ~= 'x'", "sys_platform == 'linux'"),
        ("python_version === 'a b'", "sys_platform == 'linux'"),
        ("sys_platform == 'linux'", "extras == 'x'"),
        ("sys_platform == 'linux'", "python_full_version ~= ''"),
    ],
)
def test_a_pylock_with_a_marker_that_nobody_can_answer(environments: str, marker: str, tmp_path: Path) -> None:
    path = tmp_path / "pylock.toml"
    head = f'lock-version = "1.0"\nenvironments = ["{environments}"]\ncreated-by = "x"\n[[packages]]\nname = "a"\n'
    path.write_text(head + f'version = "1"\nmarker = "{marker}"\n' + WHEEL.format(f'url = "https://x/a.whl", {HASHES}'))
    with pytest.raises(ResolveError, match="a marker that compares what cannot be compared"):
        resolve(project(path), tools=tools(tmp_path))


def test_a_requirements_file_that_includes_no_path(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text("-r a\0b.txt\n")
    with pytest.raises(ConfigError, match="cannot read"):
        resolve(project(path), tools=tools(tmp_path))


DAMAGES: list[Callable[[str], bytes]] = [
    lambda text: text[: len(text) // 2].encode(),
    lambda text: text.replace('version = "1.0"', "version = 5").encode(),
    lambda text: text.replace('name = "epsilon"', 'name = ""').encode(),
    lambda text: text.replace("sha256:", "sha256:zz").encode(),
    lambda text: text.replace("http://", "http://[").encode(),
    lambda text: text.replace("wheels", "wheals").encode(),
    lambda text: text.replace("requires-python", "requires-snake").encode(),
    lambda text: text.replace('requires-python = "', 'requires-python = "==').encode(),
    lambda text: re.sub(r"^version = \d+", "version = 99", text, flags=re.MULTILINE).encode(),
    lambda text: b"\xff" + text.encode(),
    lambda _: b"",
    lambda _: b"[" * 100_000,
]


def test_a_damaged_uv_lock_is_refused_or_read(tmp_path: Path, kit: Tools) -> None:
    """By uv itself; what it says becomes one of our errors."""
    declared = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["epsilon"]\n'
    (tmp_path / "pyproject.toml").write_text(declared)
    done = process.run(
        [uv_executable(), "lock", "-q", "--no-python-downloads"], environment=kit.environment, cwd=tmp_path
    )
    assert done.code == 0, done.stderr
    text = (tmp_path / "uv.lock").read_text()
    refusals: list[SlimpackError] = []
    for damage in DAMAGES:
        (tmp_path / "uv.lock").write_bytes(damage(text))
        try:
            assert [pin.name for pin in resolve(project(tmp_path / "uv.lock"), tools=kit).pins] == ["epsilon"]
        except SlimpackError as error:
            refusals.append(error)
    assert len(refusals) >= len(DAMAGES) // 2
    assert all(problem.do for error in refusals for problem in error.problems)
