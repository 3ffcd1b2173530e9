"""An index with faults through the real command line: one clear error, and nothing is left of it in the cache."""

import json
import socket
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from cli_projects import BUILD, HANDLER, environment, project, slimpack
from faulty_index import Fault, closed_midway, faulty, head, no_http, reset, stalled
from local_index import LocalIndex, serve
from wheels import make_wheel

NAME = "lib-1.0-py3-none-any.whl"
PAGE = b"<!doctype html><title>Sign in</title><form action='/login'></form>"
KIND = "application/vnd.pypi.simple.v1+json"
IMPATIENT = {"UV_HTTP_TIMEOUT": "1", "UV_HTTP_RETRIES": "0"}


def wheel(folder: Path) -> bytes:
    return make_wheel(folder, "lib", "1.0", {"lib.py": "A = 1\n" * 2000}).read_bytes()


def answering(listing: bytes, file: bytes, *, promised: int = 0, kind: str = KIND) -> Fault:
    """An index of one project; `promised` bytes of the file are announced."""

    def answer(connection: socket.socket) -> None:
        path = connection.recv(65536).split(b" ")[1]
        body, sort = (file, "application/octet-stream") if path.startswith(b"/files") else (listing, kind)
        length = promised if path.startswith(b"/files") and promised else len(body)
        connection.sendall(head(length, sort).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + body)

    return answer


def listed(data: bytes) -> bytes:
    row = {"filename": NAME, "url": f"/files/{NAME}", "hashes": {"sha256": sha256(data).hexdigest()}, "yanked": False}
    return json.dumps({"meta": {"api-version": "1.0"}, "name": "lib", "files": [row]}).encode()


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (stalled, "the package index does not answer"),
        (reset, "the package index does not answer"),
        (no_http, "the package index does not answer"),
        (closed_midway, "lib"),
        (answering(PAGE, PAGE, kind="text/html"), "lib is not on the package index"),
        (answering(PAGE, PAGE), "lib"),
        (answering(listed(b"")[:-30], b""), "lib"),
    ],
    ids=["stalls", "resets", "speaks no HTTP", "breaks off", "login page", "page as JSON", "half a list"],
)
def test_an_index_that_lists_nothing(fault: Fault, says: str, tmp_path: Path) -> None:
    folder = project(tmp_path / "project", {"requirements.txt": "lib\n", "app.py": f"import lib\n{HANDLER}"})
    with faulty(fault) as url:
        index = LocalIndex(tmp_path, port=int(url.rpartition(":")[2]))
        done = slimpack(folder, environment(index, tmp_path / "cache") | IMPATIENT, *BUILD)
    assert (done.returncode, done.stdout) in {(3, ""), (8, "")}, done.stderr
    assert says in done.stderr
    assert "  do:    " in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "dist").exists()


FILES: dict[str, Callable[[bytes], tuple[bytes, int, str]]] = {
    "another file": lambda data: (b"another" + data, 0, "does not have the hash"),
    "half a file": lambda data: (data[: len(data) // 2], len(data), "the connection broke off after"),
    "half a file, as if it were all": lambda data: (data[: len(data) // 2], 0, "does not have the hash"),
    "a login page": lambda _: (PAGE, 0, "is a web page, not a wheel"),
    "nothing": lambda _: (b"", 0, "does not have the hash"),
}


@pytest.mark.parametrize("name", FILES)
def test_an_index_that_sends_something_else(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a lock, and then it comes to its senses."""
    data = wheel(tmp_path / "shelf")
    sent, promised, says = FILES[name](data)
    folder = project(tmp_path / "project", {"app.py": f"import lib\n{HANDLER}"})
    with serve(tmp_path / "shelf") as good:
        (folder / "requirements.txt").write_text("lib\n")
        settings = environment(good, tmp_path / "cache")
        assert slimpack(folder, settings, "lock", "--python", BUILD[3]).returncode == 0
        lock = (folder / "pylock.toml").read_text()
        with faulty(answering(listed(data), sent, promised=promised)) as url:
            (folder / "pylock.toml").write_text(lock.replace(good.url.removesuffix("/simple"), url))
            done = slimpack(folder, settings, *BUILD)
        assert (done.returncode, done.stdout) == (4, ""), done.stderr
        assert says in done.stderr
        assert not (folder / "dist").exists()
        assert not list((tmp_path / "cache").glob("wheel/??/*"))
        (folder / "pylock.toml").write_text(lock)
        done = slimpack(folder, settings, *BUILD)
        assert (done.returncode, done.stderr) == (0, "")
