"""The locks of poetry, pdm, pipenv and uv, as those tools wrote them, and pylock.toml, from the index on loopback."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from local_index import LocalIndex, serve, stock
from resolving import AL2, ARM, heard, project, target, tools, versions

from slimpack.errors import ConfigError, ResolveError
from slimpack.host import process
from slimpack.host.python import uv_executable
from slimpack.host.tools import Tools
from slimpack.model.lock import Lock
from slimpack.resolve import lock_text, resolve

LOCKS = Path(__file__).resolve().parents[3] / "fixtures" / "locks"
FILES = {
    "poetry": "poetry.lock",
    "poetry-1": "poetry.lock",
    "pdm": "pdm.lock",
    "pdm-flat": "pdm.lock",
    "pipenv": "Pipfile.lock",
}
DECLARED = {"poetry.lock": "pyproject.toml", "pdm.lock": "pyproject.toml", "Pipfile.lock": "Pipfile"}


def copied(name: str, folder: Path) -> Path:
    shutil.copytree(LOCKS / name, folder / name)
    return folder / name / FILES[name]


@pytest.mark.parametrize("name", FILES)
def test_the_default_group_for_the_target(name: str, tmp_path: Path, kit: Tools) -> None:
    lock = resolve(project(copied(name, tmp_path)), tools=kit)
    assert versions(lock) == {"alpha": "1.0", "beta": "1.1", "delta": "1.0"}
    assert lock.source == FILES[name]
    assert lock.pins[1].filename == "beta-1.1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    assert lock.pins[1].sha256 == "8da3c2ac5df7cf86a247e7b09ca7be93b624269fcd7177f160c03faa7f849353"
    assert lock.pins[1].url.endswith(lock.pins[1].filename)


@pytest.mark.parametrize("name", FILES)
def test_another_target_gets_its_own_wheel(name: str, tmp_path: Path, kit: Tools) -> None:
    lock = resolve(project(copied(name, tmp_path), on=ARM), tools=kit)
    assert lock.pins[1].filename == "beta-1.1-cp313-cp313-manylinux_2_17_aarch64.manylinux2014_aarch64.whl"


@pytest.mark.parametrize(
    ("name", "choice", "added"),
    [
        ("poetry", {"extras": ("more",)}, "epsilon"),
        ("poetry-1", {"extras": ("more",)}, "epsilon"),
        ("pdm", {"extras": ("more",)}, "epsilon"),
        ("pdm", {"groups": ("dev",)}, "gamma"),
        ("pdm-flat", {"extras": ("more",)}, "epsilon"),
        ("pdm-flat", {"groups": ("dev",)}, "gamma"),
        ("pipenv", {"groups": ("dev",)}, "epsilon"),
        ("pipenv", {"groups": ("tools",)}, "gamma"),
    ],
)
def test_groups_and_extras(name: str, choice: dict[str, Any], added: str, tmp_path: Path, kit: Tools) -> None:
    lock = resolve(project(copied(name, tmp_path), **choice), tools=kit)
    assert list(versions(lock)) == sorted(["alpha", "beta", "delta", added])


@pytest.mark.parametrize("name", ["poetry", "poetry-1"])
def test_a_group_for_another_python_adds_nothing(name: str, tmp_path: Path, kit: Tools) -> None:
    path = copied(name, tmp_path)
    assert "new-glibc" not in versions(resolve(project(path, groups=("dev",)), tools=kit))
    lock = resolve(project(path, on=target(python=(3, 11)), groups=("dev",)), tools=kit)
    assert versions(lock)["new-glibc"] == "2.0"


@pytest.mark.parametrize("name", ["poetry", "poetry-1"])
def test_a_locked_wheel_above_the_ceiling_names_the_nearest_version(name: str, tmp_path: Path, kit: Tools) -> None:
    with pytest.raises(ResolveError, match=r"new-glibc 2\.0 has no wheel for python3\.11") as caught:
        resolve(project(copied(name, tmp_path), on=AL2, groups=("dev",)), tools=kit)
    assert "use new-glibc==1.0" in str(caught.value)


@pytest.mark.parametrize("name", FILES)
def test_a_lock_that_does_not_fit_what_is_declared(name: str, tmp_path: Path, kit: Tools) -> None:
    path = copied(name, tmp_path)
    declared = path.parent / DECLARED[path.name]
    declared.write_text(declared.read_text().replace("epsilon", "beta").replace("gamma", "beta"))
    with pytest.raises(ResolveError, match=f"{path.name} is out of date") as caught:
        resolve(project(path), tools=kit)
    assert f"run `{name.partition('-')[0]} lock`" in str(caught.value)


@pytest.mark.parametrize("name", FILES)
def test_a_file_whose_hash_is_not_locked_is_refused(name: str, tmp_path: Path, kit: Tools) -> None:
    path = copied(name, tmp_path)
    text = path.read_text()
    for digest in ("8da3c2ac5df7cf86", "4b89271790e04b92", "5e36985bb0333939", "ee7515f814e00d7a"):
        assert digest in text
        text = text.replace(digest, "0" * 16)
    path.write_text(text)
    with pytest.raises(ResolveError, match=r"beta 1.1: no wheel on the index has a sha256 that the lock allows"):
        resolve(project(path), tools=kit)


def test_a_lock_asks_the_index_once(tmp_path: Path, kit: Tools, index: LocalIndex) -> None:
    path = copied("poetry", tmp_path)
    first = resolve(project(path), tools=kit)
    asked = len(index.asked)
    assert resolve(project(path), tools=kit) == first
    assert resolve(project(path, offline=True, frozen=True), tools=kit) == first
    assert len(index.asked) == asked


def test_offline_without_a_cache_says_so(tmp_path: Path, kit: Tools) -> None:
    with pytest.raises(ResolveError, match="--offline"):
        resolve(project(copied("pdm", tmp_path), offline=True), tools=kit)


def test_an_unknown_category_lists_the_known_ones(tmp_path: Path, kit: Tools) -> None:
    with pytest.raises(ConfigError, match="there are: default, develop, tools"):
        resolve(project(copied("pipenv", tmp_path), groups=("tols",)), tools=kit)


@pytest.mark.parametrize("name", ["poetry", "pdm"])
def test_an_unknown_group_or_extra_lists_the_known_ones(name: str, tmp_path: Path, kit: Tools) -> None:
    path = copied(name, tmp_path)
    with pytest.raises(ConfigError, match=r"no dependency group 'dve'(.|\n)*there are: dev"):
        resolve(project(path, groups=("dve",)), tools=kit)
    with pytest.raises(ConfigError, match=r"no extra 'moer'(.|\n)*there are: more"):
        resolve(project(path, extras=("moer",)), tools=kit)


def test_an_index_that_is_down_is_tried_again_and_named(tmp_path: Path) -> None:
    kit = tools(tmp_path / "kit", SHOP_INDEX="http://user:s3cret@127.0.0.1:9/simple")
    with pytest.raises(ResolveError, match="the package index does not answer") as caught:
        resolve(project(copied("pipenv", tmp_path)), tools=kit)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("html", [False, True])
def test_an_index_with_a_password_in_html_or_json(html: bool, tmp_path: Path, shelf: Path) -> None:
    with serve(shelf, password="s3cret", html=html) as index:  # noqa: S106 the test's own
        kit = tools(tmp_path / "kit", SHOP_INDEX=index.url_with_password)
        lock = resolve(project(copied("pipenv", tmp_path)), tools=kit)
    assert versions(lock) == {"alpha": "1.0", "beta": "1.1", "delta": "1.0"}
    assert "s3cret" not in str(lock)


def test_a_locked_version_that_was_yanked_is_noticed(tmp_path: Path) -> None:
    with serve(stock(tmp_path / "shelf"), yanked={"delta-1.0-py3-none-any.whl": "eats data"}) as index:
        kit = tools(tmp_path / "kit", UV_DEFAULT_INDEX=index.url)
        resolve(project(copied("poetry", tmp_path)), tools=kit)
    assert heard(kit).notices == ["delta==1.0 was yanked: eats data"]


def uv_lock(folder: Path, kit: Tools) -> Path:
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["alpha[fast]"]\n'
        '[project.optional-dependencies]\nmore = ["epsilon"]\n[dependency-groups]\ndev = ["windows"]\napi = ["gamma"]\n'
    )
    done = process.run([uv_executable(), "lock", "--no-python-downloads"], environment=kit.environment, cwd=folder)
    assert done.code == 0, done.stderr
    return folder / "uv.lock"


def test_uv_lock(tmp_path: Path, kit: Tools) -> None:
    path = uv_lock(tmp_path, kit)
    assert versions(resolve(project(path), tools=kit)) == {"alpha": "1.0", "beta": "1.1", "delta": "1.0"}
    lock = resolve(project(path, groups=("api",), extras=("more",)), tools=kit)
    assert list(versions(lock)) == ["alpha", "beta", "delta", "epsilon", "gamma"]
    assert resolve(project(path, on=ARM), tools=kit).pins[1].filename.endswith("aarch64.whl")
    with pytest.raises(ResolveError, match=r"windows 1\.0 has no wheel for python3\.12"):
        resolve(project(path, groups=("dev",)), tools=kit)
    declared = tmp_path / "pyproject.toml"
    declared.write_text(declared.read_text().replace("epsilon", "beta"))
    with pytest.raises(ResolveError, match=r"uv\.lock is out of date.*\n.*run `uv lock`"):
        resolve(project(path), tools=kit)


def made(tmp_path: Path, kit: Tools) -> tuple[Lock, Path]:
    source = project(tmp_path / "requirements.txt")
    (tmp_path / "requirements.txt").write_text("alpha[fast]\n")
    lock = resolve(source, tools=kit)
    path = tmp_path / "pylock.toml"
    path.write_text(lock_text(lock, source))
    return lock, path


def test_a_written_lock_gives_the_same_pins_again(tmp_path: Path, kit: Tools, index: LocalIndex) -> None:
    lock, path = made(tmp_path, kit)
    asked = len(index.asked)
    again = resolve(project(path, frozen=True, offline=True), tools=kit)
    assert (again.pins, again.source) == (lock.pins, "pylock.toml")
    assert lock_text(again, project(path)) == path.read_text()
    assert len(index.asked) == asked


def test_a_lock_for_one_target_is_refused_for_another(tmp_path: Path, kit: Tools) -> None:
    _, path = made(tmp_path, kit)
    with pytest.raises(ResolveError, match=r"3\.13"):
        resolve(project(path, on=ARM), tools=kit)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('lock-version = "1.0"', 'lock-version = "9.0"', "pylock version 9.0 is not supported"),
        ("[[packages]]", "[[packages", "not a valid pylock.toml"),
        ("sha256", "md5", "alpha 1.0: no wheel on the index has a sha256"),
        (
            "-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64",
            "-cp312-cp312-win_amd64",
            "offers cp312-cp312-win_amd64",
        ),
    ],
)
def test_a_pylock_that_will_not_do(old: str, new: str, said: str, tmp_path: Path, kit: Tools) -> None:
    _, path = made(tmp_path, kit)
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ResolveError, match=said):
        resolve(project(path), tools=kit)


def test_a_pylock_for_an_environment_that_no_target_has(tmp_path: Path, kit: Tools) -> None:
    path = tmp_path / "pylock.toml"
    path.write_text('lock-version = "1.0"\nenvironments = ["extra == \'x\'"]\ncreated-by = "hand"\npackages = []\n')
    with pytest.raises(ResolveError, match="a marker that asks for 'extra'"):
        resolve(project(path), tools=kit)


def test_an_empty_lock_is_a_lock(tmp_path: Path, kit: Tools) -> None:
    wanted = project(tmp_path / "pylock.toml")
    (tmp_path / "pylock.toml").write_text(lock_text(Lock(pins=(), source="none"), wanted))
    assert resolve(wanted, tools=kit).pins == ()
