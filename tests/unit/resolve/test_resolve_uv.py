"""Loose and pinned requirements through the real uv, from an index on loopback."""

from dataclasses import replace
from pathlib import Path

import pytest
from local_index import LocalIndex, digest, serve, stock
from resolving import AL2, ARM, heard, project, target, tools, versions
from wheels import make_project

from slimpack.errors import ConfigError, ResolveError, SlimpackError
from slimpack.host.tools import Tools
from slimpack.model.project import SourceKind
from slimpack.model.target import Target
from slimpack.resolve import lock_text, resolve, uv

SECRET = "s3cret"  # noqa: S105 the test's own


def requirements(folder: Path, *lines: str, name: str = "requirements.txt") -> Path:
    path = folder / name
    path.write_text("\n".join([*lines, ""]), "utf-8")
    return path


def refusal(path: Path, kit: Tools, kind: type[SlimpackError] = ResolveError, **options: object) -> str:
    on = options.pop("on", None)
    assert on is None or isinstance(on, Target)
    with pytest.raises(kind) as caught:
        resolve(project(path, on=on, **options), tools=kit)
    return str(caught.value)


def test_loose_requirements_get_the_newest_wheel_of_the_target(tmp_path: Path, kit: Tools, shelf: Path) -> None:
    lock = resolve(project(requirements(tmp_path, "alpha")), tools=kit)
    assert versions(lock) == {"alpha": "1.0", "beta": "1.1"}
    wheel = shelf / "beta-1.1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    assert (lock.pins[1].filename, lock.pins[1].sha256) == (wheel.name, digest(wheel))
    assert lock.pins[1].url.endswith(f"/files/{wheel.name}")
    assert lock.pins[1].size == wheel.stat().st_size


def test_markers_and_tags_are_of_the_target_and_not_the_host(tmp_path: Path, kit: Tools) -> None:
    path = requirements(
        tmp_path, "alpha[fast]", 'gamma; platform_machine == "aarch64"', 'epsilon; python_version < "3.12"'
    )
    on_arm = resolve(project(path, on=ARM), tools=kit)
    assert [pin.name for pin in on_arm.pins] == ["alpha", "beta", "delta", "gamma"]
    assert on_arm.pins[1].filename.endswith("aarch64.whl")
    on_al2 = resolve(project(path, on=AL2), tools=kit)
    assert [pin.name for pin in on_al2.pins] == ["alpha", "beta", "delta", "epsilon"]


@pytest.mark.parametrize(("glibc", "level"), [((2, 26), "2_28"), ((2, 34), "2_34"), ((2, 17), "2_17")])
def test_uv_is_asked_for_the_level_next_above(glibc: tuple[int, int], level: str) -> None:
    assert uv.platform(target(glibc=glibc)) == f"x86_64-manylinux_{level}"


def test_below_the_ceiling_the_newest_acceptable_version_is_found(tmp_path: Path, kit: Tools) -> None:
    path = requirements(tmp_path, "new-glibc")
    assert versions(resolve(project(path, on=AL2), tools=kit)) == {"new-glibc": "1.0"}
    assert versions(resolve(project(path, on=target(python=(3, 11))), tools=kit)) == {"new-glibc": "2.0"}


def test_a_pin_above_the_ceiling_names_its_tags_and_the_nearest_version(tmp_path: Path, kit: Tools) -> None:
    message = refusal(requirements(tmp_path, "new-glibc==2.0"), kit, on=AL2)
    assert "new-glibc 2.0 has no wheel for python3.11 on x86_64 (glibc up to 2.26)" in message
    assert "manylinux_2_27_x86_64" in message
    assert "use new-glibc==1.0" in message


def test_empty_requirements_do_not_start_uv(tmp_path: Path, kit: Tools) -> None:
    path = requirements(tmp_path, "# nothing yet")
    assert resolve(project(path), tools=replace(kit, environment={})).pins == ()
    nothing = project(path)
    nothing = replace(nothing, requirements=replace(nothing.requirements, kind=SourceKind.NONE, path=None))
    assert resolve(nothing, tools=kit).pins == ()
    assert heard(kit).details == []


def test_exact_pins_are_remembered_and_loose_ones_are_not(tmp_path: Path, kit: Tools) -> None:
    loose = requirements(tmp_path, "alpha")
    exact = requirements(tmp_path, "alpha==1.0", "beta==1.0", name="exact.txt")
    for path, runs in ((loose, 2), (exact, 1)):
        heard(kit).details.clear()
        first, second = (resolve(project(path), tools=kit) for _ in range(2))
        assert first == second
        assert len(heard(kit).details) == runs


def test_what_is_remembered_depends_on_included_files_and_target(tmp_path: Path, kit: Tools) -> None:
    base = requirements(tmp_path, "beta==1.0", name="base.txt")
    path = requirements(tmp_path, "-r base.txt")
    assert versions(resolve(project(path), tools=kit)) == {"beta": "1.0"}
    base.write_text("beta==1.1\n")
    assert versions(resolve(project(path), tools=kit)) == {"beta": "1.1"}
    assert resolve(project(path, on=ARM), tools=kit).pins[0].filename.endswith("aarch64.whl")


def test_constraints_hold(tmp_path: Path, kit: Tools) -> None:
    limit = requirements(tmp_path, "beta<1.1", name="limit.txt")
    path = requirements(tmp_path, "alpha")
    assert versions(resolve(project(path, constraints=(limit,)), tools=kit))["beta"] == "1.0"
    inside = requirements(tmp_path, "alpha", "-c limit.txt", name="inside.txt")
    assert versions(resolve(project(inside), tools=kit))["beta"] == "1.0"


def test_pyproject_with_extras_and_groups(tmp_path: Path, kit: Tools) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(
        '[project]\nname = "shop"\nversion = "1"\ndependencies = ["beta==1.0"]\n'
        '[project.optional-dependencies]\nmore = ["gamma"]\n'
        '[dependency-groups]\ndev = ["epsilon"]\napi = ["delta", {include-group = "base"}]\nbase = ["alpha"]\n'
    )
    assert versions(resolve(project(path), tools=kit)) == {"beta": "1.0"}
    lock = resolve(project(path, extras=("more",), groups=("api",)), tools=kit)
    assert list(versions(lock)) == ["alpha", "beta", "delta", "gamma"]


def test_hashes_of_requirements_are_enforced(tmp_path: Path, kit: Tools, shelf: Path) -> None:
    right = digest(shelf / "gamma-1.0-py3-none-any.whl")
    good = requirements(tmp_path, "gamma==1.0 \\", f"    --hash=sha256:{right}")
    assert resolve(project(good, frozen=True), tools=kit).pins[0].sha256 == right
    bad = requirements(tmp_path, f"gamma==1.0 --hash=sha256:{'0' * 64}", name="bad.txt")
    message = refusal(bad, kit)
    assert "gamma 1.0: no wheel on the index has a sha256 that the lock allows" in message


def test_a_local_project_and_a_local_wheel(tmp_path: Path, kit: Tools, shelf: Path) -> None:
    make_project(tmp_path / "lib", "near", "3.0")
    path = requirements(tmp_path, "-e ./lib", str(shelf / "gamma-1.0-py3-none-any.whl"))
    lock = resolve(project(path), tools=kit)
    assert versions(lock) == {"gamma": "1.0", "near": "3.0"}
    assert lock.pins[1].built_from == "lib"
    assert digest(Path(lock.pins[1].path)) == lock.pins[1].sha256
    assert Path(lock.pins[0].path) == shelf / "gamma-1.0-py3-none-any.whl"
    assert 'directory = { path = "lib" }' in lock_text(lock, project(path))


def test_a_local_project_is_built_again_when_it_changes_and_only_then(tmp_path: Path, kit: Tools) -> None:
    make_project(tmp_path / "lib", "near", "3.0")
    path = requirements(tmp_path, "./lib")
    first = resolve(project(path), tools=kit)
    (tmp_path / "lib" / "__pycache__").mkdir(exist_ok=True)
    (tmp_path / "lib" / "__pycache__" / "near.cpython-312.pyc").write_bytes(b"x")
    assert resolve(project(path), tools=kit) == first
    (tmp_path / "lib" / "near.py").write_text("version = 4\n")
    assert resolve(project(path), tools=kit).pins[0].sha256 != first.pins[0].sha256


def test_a_native_wheel_of_a_local_project_needs_a_host_like_the_target(tmp_path: Path, kit: Tools) -> None:
    make_project(tmp_path / "lib", "near", "3.0", tag="cp313-cp313-linux_aarch64")
    message = refusal(requirements(tmp_path, "./lib"), kit, on=ARM)
    assert "near was built, but its wheel is not portable" in message


def test_a_direct_url_is_hashed(tmp_path: Path, kit: Tools, index: LocalIndex, shelf: Path) -> None:
    url = f"{index.url.removesuffix('/simple')}/files/gamma-1.0-py3-none-any.whl"
    pin = resolve(project(requirements(tmp_path, f"gamma @ {url}")), tools=kit).pins[0]
    assert (pin.url, pin.sha256) == (url, digest(shelf / "gamma-1.0-py3-none-any.whl"))


def test_an_sdist_is_built_only_on_request(tmp_path: Path, kit: Tools) -> None:
    path = requirements(tmp_path, "sourced")
    message = refusal(path, kit)
    assert "sourced has no wheel for python3.12" in message
    assert "only a source distribution" in message
    assert "--build-sdist sourced" in message
    lock = resolve(project(path, build=("sourced",)), tools=kit)
    assert lock.pins[0].filename == "sourced-1.0-py3-none-any.whl"
    assert lock.pins[0].built_from.endswith("/files/sourced-1.0.tar.gz")
    assert "sourced" in refusal(path, kit, build=("alpha",))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["missing-one"], ["missing-one is not on the package index", "check the spelling"]),
        (["alpha", "beta<1"], ["contradict one another", "beta>=1", "beta<1"]),
        (["windows"], ["windows has no wheel for python3.12 on x86_64", "choose another version"]),
        (["beta==7"], ["beta==7"]),
    ],
)
def test_what_cannot_be_resolved_says_why(tmp_path: Path, kit: Tools, lines: list[str], said: list[str]) -> None:
    message = refusal(requirements(tmp_path, *lines), kit)
    assert [part for part in said if part not in message] == []


def test_a_line_that_is_no_requirement_is_the_users_file(tmp_path: Path, kit: Tools) -> None:
    message = refusal(requirements(tmp_path, "alpha", "=== what?"), kit, ConfigError)
    assert "the requirements cannot be read" in message
    message = refusal(requirements(tmp_path, "-r nowhere.txt", name="b.txt"), kit, ConfigError)
    assert "cannot read nowhere.txt" in message


def test_a_yanked_pin_is_noticed_with_its_reason(tmp_path: Path) -> None:
    wheel = "gamma-1.0-py3-none-any.whl"
    with serve(stock(tmp_path / "shelf"), yanked={wheel: "eats data"}) as index:
        kit = tools(tmp_path / "kit", UV_DEFAULT_INDEX=index.url)
        resolve(project(requirements(tmp_path, "gamma==1.0")), tools=kit)
        assert [line for line in heard(kit).notices if "yanked" in line and "eats data" in line]
        message = refusal(requirements(tmp_path, "gamma", name="loose.txt"), kit)
        assert "yanked" in message
        assert "eats data" in message


def test_credentials_reach_the_index_and_nothing_else(tmp_path: Path, shelf: Path) -> None:
    with serve(shelf, password=SECRET) as index:
        kit = tools(tmp_path / "kit", PIP_INDEX_URL=index.url_with_password)
        path = requirements(tmp_path, "alpha==1.0", "beta==1.1")
        wanted = project(path)
        lock = resolve(wanted, tools=kit)
        assert versions(lock) == {"alpha": "1.0", "beta": "1.1"}
        inside = requirements(tmp_path, f"--index-url {index.url_with_password}", "alpha", name="inside.txt")
        again = resolve(project(inside), tools=tools(tmp_path / "other"))
        denied = refusal(
            requirements(tmp_path, "alpha", name="c.txt"), tools(tmp_path / "third", UV_DEFAULT_INDEX=index.url)
        )
        failed = refusal(requirements(tmp_path, "zeta", name="d.txt"), kit)
    said = "".join(
        [str(lock), str(again), lock_text(lock, wanted), *heard(kit).details, *heard(kit).notices, denied, failed]
    )
    assert SECRET not in said
    assert "user:" not in said
    assert "without the right credentials" in denied


def test_frozen_resolves_nothing(tmp_path: Path, kit: Tools) -> None:
    message = refusal(requirements(tmp_path, "alpha==1.0"), kit, frozen=True)
    assert "--frozen: requirements.txt is not a lock" in message
    assert "slimpack lock" in message


def test_offline_works_from_the_cache_and_says_what_is_missing(tmp_path: Path, kit: Tools, index: LocalIndex) -> None:
    path = requirements(tmp_path, "alpha")
    before = resolve(project(path), tools=kit)
    asked = len(index.asked)
    assert resolve(project(path, offline=True), tools=kit) == before
    message = refusal(requirements(tmp_path, "epsilon", name="b.txt"), kit, offline=True)
    assert "--offline: the cache does not hold what is needed" in message
    assert len(index.asked) == asked


def test_an_index_that_is_down_says_what_to_try(tmp_path: Path) -> None:
    kit = tools(tmp_path / "kit", UV_DEFAULT_INDEX="http://127.0.0.1:9/simple", UV_HTTP_RETRIES="0")
    message = refusal(requirements(tmp_path, "alpha"), kit)
    assert "the package index does not answer" in message
    assert "--offline" in message
