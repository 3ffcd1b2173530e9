"""Wheels become one tree: fetched from the cache, a path or an index, checked, merged; offline and damaged caches."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from wheels import make_wheel

from slimpack.errors import InstallError
from slimpack.events import Listener
from slimpack.host.cache import Cache
from slimpack.host.tools import Tools
from slimpack.install import install
from slimpack.model.lock import Lock, Pin
from slimpack.model.project import (
    Budget,
    Layout,
    Output,
    Policy,
    Project,
    Requirements,
    Resolution,
    SourceKind,
)
from slimpack.model.target import Architecture, Target


def project(root: Path, *, offline: bool = False) -> Project:
    return Project(
        name="app",
        root=root,
        entry_points=(),
        requirements=Requirements(kind=SourceKind.NONE),
        resolution=Resolution(offline=offline),
        target=Target(python=(3, 12), architecture=Architecture.X86_64, glibc=(2, 34)),
        policy=Policy(),
        budget=Budget(),
        output=Output(layout=Layout.ZIP, path=root / "dist/app.zip", report=root / "dist/app.json"),
    )


def pin_of(wheel: Path, *, url: str = "") -> Pin:
    name, version = wheel.name.split("-")[:2]
    data = wheel.read_bytes()
    return Pin(
        name=name.replace("_", "-").lower(),
        version=version,
        filename=wheel.name,
        sha256=hashlib.sha256(data).hexdigest(),
        path="" if url else str(wheel),
        url=url,
        size=len(data),
    )


def lock_of(*pins: Pin) -> Lock:
    return Lock(pins=tuple(sorted(pins, key=lambda pin: pin.name)), source="pylock.toml")


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(cache=Cache(tmp_path / "cache"), environment={"HOME": str(tmp_path), "PATH": ""})


def store(tools: Tools, wheel: Path) -> Pin:
    pin = pin_of(wheel, url=f"https://index.invalid/{wheel.name}")
    tools.cache.store_file("wheel", pin.sha256, lambda part: part.write_bytes(wheel.read_bytes()))
    return pin


def test_members_are_read_where_they_lie(tmp_path: Path, tools: Tools) -> None:
    wheel = make_wheel(
        tmp_path,
        "Some.Lib",
        "1.0",
        {"some_lib/__init__.py": "x = 1\n" * 50, "some_lib/empty.py": "", "some_lib/ä.txt": "ä"},
        requires=["other>=2; extra == 'a'"],
        entry_points="[console_scripts]\nrun = some_lib:main\n\n[group.a]\nName = some_lib.x:Y [a]\n",
        extras=["a"],
    )
    tree = install(lock_of(replace(pin_of(wheel), name="some-lib")), project=project(tmp_path), tools=tools)
    assert tree["some_lib/__init__.py"].content.read() == b"x = 1\n" * 50
    assert tree["some_lib/__init__.py"].owner == "some-lib"
    assert tree["some_lib/empty.py"].content.read() == b""
    assert tree["some_lib/ä.txt"].content.size == 2
    (distribution,) = tree.distributions
    assert distribution.info == "Some_Lib-1.0.dist-info"
    assert distribution.requires == ("other>=2; extra == 'a'",)
    assert distribution.entry_points == (
        ("console_scripts", "run", "some_lib:main"),
        ("group.a", "Name", "some_lib.x:Y [a]"),
    )
    assert "Some_Lib-1.0.dist-info/RECORD" in tree


def test_second_install_reads_the_remembered_index(
    tmp_path: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = lock_of(pin_of(make_wheel(tmp_path, "lib", "1", {"lib.py": "a = 1"}, executable=["lib.py"])))
    first = install(lock, project=project(tmp_path), tools=tools)
    monkeypatch.setattr("slimpack.install.wheel.read", lambda *a, **k: pytest.fail("the wheel was opened again"))
    second = install(lock, project=project(tmp_path), tools=tools)
    assert first.distributions == second.distributions
    assert dict(first.files) == dict(second.files)
    assert second["lib.py"].executable
    assert second["lib.py"].content.read() == b"a = 1"


def test_namespace_packages_merge(tmp_path: Path, tools: Tools) -> None:
    one = make_wheel(tmp_path, "ns-one", "1", {"ns/one/__init__.py": ""})
    two = make_wheel(tmp_path, "ns-two", "1", {"ns/two/__init__.py": ""})
    tree = install(lock_of(pin_of(one), pin_of(two)), project=project(tmp_path), tools=tools)
    assert {"ns/one/__init__.py", "ns/two/__init__.py"} <= set(tree)
    assert "ns/__init__.py" not in tree


def test_offline_uses_the_cache(tmp_path: Path, tools: Tools) -> None:
    pin = store(tools, make_wheel(tmp_path, "lib", "1", {"lib.py": "1"}))
    tree = install(lock_of(pin), project=project(tmp_path, offline=True), tools=tools)
    assert tree["lib.py"].content.read() == b"1"


def test_offline_names_all_that_is_missing(tmp_path: Path, tools: Tools) -> None:
    there = store(tools, make_wheel(tmp_path, "there", "1", {"there.py": "1"}))
    a = pin_of(make_wheel(tmp_path, "a", "1.5", {"a.py": "1"}), url="https://index.invalid/a")
    b = pin_of(make_wheel(tmp_path, "b", "2", {"b.py": "1"}), url="https://index.invalid/b")
    with pytest.raises(InstallError) as caught:
        install(lock_of(a, b, there), project=project(tmp_path, offline=True), tools=tools)
    assert "offline, and the cache does not have a 1.5, b 2" in str(caught.value)
    assert "--offline" in str(caught.value)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("damage", [lambda data: data[:-10], lambda data: b"x" * len(data), lambda data: b""])
def test_damaged_cached_wheel_is_fetched_again_silently(
    tmp_path: Path, tools: Tools, damage: Callable[[bytes], bytes]
) -> None:
    wheel = make_wheel(tmp_path / "index", "lib", "1", {"lib.py": "good"})
    pin = store(tools, wheel)
    cached = tools.cache.file("wheel", pin.sha256)
    assert cached is not None
    cached.write_bytes(damage(wheel.read_bytes()))
    noticed: list[str] = []

    class Ear(Listener):
        def noticed(self, message: str) -> None:
            noticed.append(message)

    hearing = Tools(cache=tools.cache, environment=tools.environment, listener=Ear())
    fetched: list[str] = []

    def fetch(url: str, into: Path, **_: object) -> None:
        fetched.append(url)
        into.write_bytes(wheel.read_bytes())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("slimpack.host.download.fetch", fetch)
        tree = install(lock_of(pin), project=project(tmp_path), tools=hearing)
    assert fetched == [pin.url]
    assert tree["lib.py"].content.read() == b"good"
    assert noticed == []


def test_damaged_index_blob_costs_only_time(tmp_path: Path, tools: Tools) -> None:
    lock = lock_of(store(tools, make_wheel(tmp_path, "lib", "1", {"lib.py": "good"})))
    install(lock, project=project(tmp_path), tools=tools)
    for blob in (tools.cache.root / "wheel-index").glob("*/*"):
        blob.write_bytes(blob.read_bytes()[:-1])
    assert install(lock, project=project(tmp_path), tools=tools)["lib.py"].content.read() == b"good"


def test_local_wheel_with_another_hash(tmp_path: Path, tools: Tools) -> None:
    wheel = make_wheel(tmp_path, "lib", "1", {"lib.py": "1"})
    pin = pin_of(wheel)
    make_wheel(tmp_path, "lib", "1", {"lib.py": "2"})
    with pytest.raises(InstallError, match="does not have the hash") as caught:
        install(lock_of(pin), project=project(tmp_path), tools=tools)
    message = str(caught.value)
    assert f"expected: sha256:{pin.sha256}" in message
    assert f"got:      sha256:{pin_of(wheel).sha256}" in message
    assert str(wheel) in message


def test_local_wheel_that_is_gone(tmp_path: Path, tools: Tools) -> None:
    wheel = make_wheel(tmp_path, "lib", "1", {"lib.py": "1"})
    pin = pin_of(wheel)
    wheel.unlink()
    with pytest.raises(InstallError, match=r"lib-1-py3-none-any\.whl cannot be read: No such file"):
        install(lock_of(pin), project=project(tmp_path), tools=tools)


def test_file_url_is_local(tmp_path: Path, tools: Tools) -> None:
    wheel = make_wheel(tmp_path / "with space", "lib", "1", {"lib.py": "1"})
    pin = pin_of(wheel, url=wheel.as_uri())
    assert "lib.py" in install(lock_of(pin), project=project(tmp_path, offline=True), tools=tools)


def test_every_bad_wheel_is_named_at_once(tmp_path: Path, tools: Tools) -> None:
    pins = []
    for name in ("a", "b"):
        wheel = make_wheel(tmp_path, name, "1", {f"{name}.py": "1"})
        wheel.write_bytes(wheel.read_bytes()[:100])
        pins.append(pin_of(wheel))
    with pytest.raises(InstallError) as caught:
        install(lock_of(*pins), project=project(tmp_path), tools=tools)
    assert [problem.where for problem in caught.value.problems] == ["a-1-py3-none-any.whl", "b-1-py3-none-any.whl"]


def test_cache_that_cannot_be_written(tmp_path: Path) -> None:
    blocked = tmp_path / "cache"
    blocked.write_text("a file where the cache's folder should be")
    tools = Tools(cache=Cache(blocked), environment={"HOME": str(tmp_path)})
    wheel = make_wheel(tmp_path / "index", "lib", "1", {"lib.py": "1"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("slimpack.host.download.fetch", lambda url, into, **_: into.write_bytes(wheel.read_bytes()))
        tree = install(lock_of(pin_of(wheel, url="https://index.invalid/x")), project=project(tmp_path), tools=tools)
    assert tree["lib.py"].content.read() == b"1"  # the descriptor outlives the passing file


def test_nothing_pinned_gives_an_empty_tree(tmp_path: Path, tools: Tools) -> None:
    tree = install(lock_of(), project=project(tmp_path), tools=tools)
    assert len(tree) == 0
    assert tree.distributions == ()


def test_index_down_is_one_problem_for_all_wheels(
    tmp_path: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("threading.Event.wait", lambda self, timeout=None: True)  # no waiting between attempts
    pins = [
        pin_of(make_wheel(tmp_path, name, "1", {f"{name}.py": ""}), url=f"http://127.0.0.1:9/{name}.whl")
        for name in ("a", "b", "c")
    ]
    with pytest.raises(InstallError) as caught:
        install(lock_of(*pins), project=project(tmp_path), tools=tools)
    (problem,) = caught.value.problems
    assert problem.what.startswith("127.0.0.1:9 cannot be reached: ")
    assert "--offline" in problem.do
    assert not [path for path in tools.cache.root.rglob("*") if path.is_file()]
