"""An index that stalls, resets, breaks off, sends without end, or answers with what is no list: one clear error."""

import contextlib
import json
import socket
import time
from hashlib import sha256
from pathlib import Path

import pytest
from faulty_index import DATA, FAULTS, Fault, faulty, head
from resolving import tools

from slimpack.errors import InstallError, ResolveError
from slimpack.host import download, simple_index
from slimpack.host.download import Session, fetch


def failure(url: str, tmp_path: Path) -> str:
    session = Session(environment={"UV_HTTP_TIMEOUT": "1", "HOME": str(tmp_path)}, known=(), attempts=2, backoff=0)
    begun = time.monotonic()
    with pytest.raises(InstallError) as caught:
        fetch(f"{url}/x.whl", tmp_path / "x", sha256=sha256(DATA).hexdigest(), name="x.whl", session=session)
    session.close()
    assert time.monotonic() - begun < 8
    return str(caught.value)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_wheel_from_a_faulty_index(fault: Fault, tmp_path: Path) -> None:
    with faulty(fault) as url:
        said = failure(url, tmp_path)
    assert "cannot be" in said or "does not have the hash" in said
    assert "  do:    " in said
    assert "0x" not in said  # no object's address


def test_a_wheel_without_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks for ever: no disk holds that."""
    monkeypatch.setattr(download, "_LARGEST", 1_000_000)

    def endless(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"10000\r\n" + bytes(65536) + b"\r\n")

    with faulty(endless) as url:
        assert "x.whl is larger than 1 MB" in failure(url, tmp_path)
    assert (tmp_path / "x").stat().st_size < 2_000_000


def listing(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(simple_index, "_PAUSE", 0)
    monkeypatch.setattr(simple_index, "_ATTEMPTS", 2)
    with pytest.raises(ResolveError) as caught:
        simple_index.files(["lib"], indexes=(f"{url}/simple",), tools=tools(tmp_path, UV_HTTP_TIMEOUT="1"))
    return str(caught.value)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_list_from_a_faulty_index(fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with faulty(fault) as url:
        said = listing(url, tmp_path, monkeypatch)
    assert said.startswith("the package index does not answer: ")
    assert "0x" not in said
    assert f"{url}/simple/lib/" in said


GOOD = {"filename": "lib-1-py3-none-any.whl", "url": "x", "hashes": {"sha256": "0" * 64}}
KIND = "application/vnd.pypi.simple.v1+json"
BAD: tuple[object, ...] = (5, None, [])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"<!doctype html><title>Sign in</title>",
        b"\xff\xfe",
        b"[" * 100_000,
        b"9" * 10_000,
        json.dumps({"files": 5}).encode(),
        json.dumps({"files": [5]}).encode(),
        json.dumps({"files": [GOOD]}).encode()[:-20],
        *(json.dumps({"files": [{**GOOD, name: bad}]}).encode() for name in GOOD for bad in BAD),
        json.dumps({"files": [{**GOOD, "url": "https://[x"}]}).encode(),
        json.dumps({"files": [{**GOOD, "size": "much"}]}).encode(),
        json.dumps({"files": [{**GOOD, "hashes": {"sha256": 5}}]}).encode(),
    ],
    ids=lambda body: body[:60].decode("latin-1"),
)
def test_what_is_no_list_of_files(body: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head(len(body), KIND) + body)

    with faulty(answer) as url:
        said = listing(url, tmp_path, monkeypatch)
    assert said.startswith("the package index answers with what is no list of files (")
    assert len(said) < 900
    assert "a login page may answer for it" in said


@pytest.mark.parametrize("body", [b"<a href='https://[x'>", b"<![if x", b"<!DOCTYPE [<!x"])
def test_html_that_is_none(body: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head(len(body), "text/html") + body)

    monkeypatch.setattr(simple_index, "_PAUSE", 0)
    with faulty(answer) as url, contextlib.suppress(ResolveError):
        found = simple_index.files(["lib"], indexes=(f"{url}/simple",), tools=tools(tmp_path))
        assert found == {"lib": ()}
