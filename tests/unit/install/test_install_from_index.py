"""An index that wants a password: wheels come in parallel, the password goes nowhere else."""

import base64
import functools
import hashlib
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from wheels import make_wheel

from slimpack.emit import emit
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

PASSWORD = "correct-horse"  # noqa: S105 of a server that lives for one test


class Guarded(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        expected = "Basic " + base64.b64encode(f"me:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != expected:
            self.send_error(401)
        else:
            super().do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name that the base class gives it
        pass


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "index"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Guarded, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


class Ear(Listener):
    def __init__(self) -> None:
        self.heard: list[str] = []
        self.progress: list[tuple[int, int, str]] = []

    def noticed(self, message: str) -> None:
        self.heard.append(message)

    def detailed(self, message: str) -> None:
        self.heard.append(message)

    def progressed(self, stage: str, *, done: int, total: int, unit: str = "") -> None:
        self.progress.append((done, total, unit))


def project(root: Path) -> Project:
    return Project(
        name="app",
        root=root,
        entry_points=(),
        requirements=Requirements(kind=SourceKind.NONE),
        resolution=Resolution(),
        target=Target(python=(3, 12), architecture=Architecture.X86_64, glibc=(2, 34)),
        policy=Policy(),
        budget=Budget(),
        output=Output(layout=Layout.ZIP, path=root / "dist/app.zip", report=root / "dist/app.json"),
    )


def pins(tmp_path: Path, index: str, count: int) -> Lock:
    found = []
    for n in range(count):
        wheel = make_wheel(tmp_path / "index", f"lib{n}", "1", {f"lib{n}.py": "x = 1\n" * 2000 * n})
        data = wheel.read_bytes()
        found.append(
            Pin(
                name=f"lib{n}",
                version="1",
                filename=wheel.name,
                sha256=hashlib.sha256(data).hexdigest(),
                url=f"http://{index}/{wheel.name}",
                size=len(data),
            )
        )
    return Lock(pins=tuple(found), source="pylock.toml")


def test_password_reaches_the_index_and_nothing_else(tmp_path: Path, index: str) -> None:
    lock = pins(tmp_path, index, 9)
    ear = Ear()
    environment = {"HOME": str(tmp_path), "UV_INDEX_URL": f"http://me:{PASSWORD}@{index}/simple"}
    tools = Tools(cache=Cache(tmp_path / "cache"), environment=environment, listener=ear)
    tree = install(lock, project=project(tmp_path), tools=tools)
    assert tree["lib8.py"].content.size == 6 * 2000 * 8
    artifact = emit(tree, project=project(tmp_path), origins={}, tools=tools)
    encoded = base64.b64encode(f"me:{PASSWORD}".encode())
    for path in [*tools.cache.root.rglob("*"), artifact.path]:
        assert PASSWORD not in str(path)
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes()
            assert encoded not in path.read_bytes()
    assert ear.heard
    assert not [message for message in ear.heard if PASSWORD in message]
    size = sum(pin.size for pin in lock.pins)
    assert (size, size, "bytes") in ear.progress


def test_without_the_password_every_wheel_is_refused_by_name(tmp_path: Path, index: str) -> None:
    tools = Tools(cache=Cache(tmp_path / "cache"), environment={"HOME": str(tmp_path)})
    with pytest.raises(InstallError) as caught:
        install(pins(tmp_path, index, 2), project=project(tmp_path), tools=tools)
    assert [problem.what for problem in caught.value.problems] == [
        "lib0-1-py3-none-any.whl is refused by the index: 401",
        "lib1-1-py3-none-any.whl is refused by the index: 401",
    ]
    assert "netrc" in caught.value.problems[0].do


def test_second_install_needs_no_index(tmp_path: Path, index: str) -> None:
    lock = pins(tmp_path, index, 2)
    environment = {"HOME": str(tmp_path), "PIP_INDEX_URL": f"http://me:{PASSWORD}@{index}/simple"}
    install(lock, project=project(tmp_path), tools=Tools(cache=Cache(tmp_path / "cache"), environment=environment))
    without = Tools(cache=Cache(tmp_path / "cache"), environment={"HOME": str(tmp_path)})
    assert len(install(lock, project=project(tmp_path), tools=without).distributions) == 2
