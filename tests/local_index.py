"""A package index on loopback for tests: the simple API (PEP 503 and 691) over a folder, with yanks and a password."""

import contextlib
import http.server
import json
import re
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from wheels import make_sdist, make_wheel

X86 = "manylinux_2_17_x86_64.manylinux2014_x86_64"
ARM = "manylinux_2_17_aarch64.manylinux2014_aarch64"


@dataclass
class LocalIndex:
    """`url` is the simple API's root; `asked` collects the paths of all requests."""

    folder: Path
    port: int = 0
    yanked: Mapping[str, str] = field(default_factory=dict)
    password: str = ""
    html: bool = False
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/simple"

    @property
    def url_with_password(self) -> str:
        return f"http://user:{self.password}@127.0.0.1:{self.port}/simple"


@contextlib.contextmanager
def serve(
    folder: Path, *, yanked: Mapping[str, str] | None = None, password: str = "", html: bool = False
) -> Iterator[LocalIndex]:
    """Serve the wheels and sdists in `folder`; `yanked` gives reasons by file name."""
    index = LocalIndex(folder, yanked=yanked or {}, password=password, html=html)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"index": index}))
    index.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def stock(folder: Path) -> Path:
    """Fill `folder` with small distributions for resolver tests. Their hashes stand in fixtures/locks.

    alpha 1.0 requires beta, `gamma; python_version < "3.11"`, and delta for its extra `fast`; beta has wheels per
    platform; new-glibc's 2.0 and 1.5 need a glibc of 2.27, its 1.0 does not; sourced has an sdist alone.
    """
    alpha = ["beta>=1", 'gamma; python_version < "3.11"', 'delta; extra == "fast"', 'winonly; sys_platform == "win32"']
    make_wheel(folder, "alpha", "1.0", {"alpha.py": ""}, requires=alpha, extras=["fast"], stored=True)
    for version in ("1.0", "1.1"):
        for tag in (f"cp312-cp312-{X86}", f"cp313-cp313-{ARM}", f"cp311-cp311-{X86}", "cp312-cp312-win_amd64"):
            make_wheel(folder, "beta", version, {"beta.py": tag}, tag=tag, stored=True)
    for name in ("gamma", "delta", "epsilon", "winonly"):
        make_wheel(folder, name, "1.0", {f"{name}.py": ""}, stored=True)
    for version in ("1.5", "2.0"):
        tag = "cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64"
        make_wheel(folder, "new-glibc", version, {"n.py": ""}, tag=tag, stored=True)
    make_wheel(folder, "new-glibc", "1.0", {"n.py": ""}, tag=f"cp311-cp311-{X86}", stored=True)
    make_wheel(folder, "windows", "1.0", {"w.py": ""}, tag="cp312-cp312-win_amd64", stored=True)
    make_sdist(folder, "sourced", "1.0")
    return folder


def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    index: LocalIndex

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.index.asked.append(self.path)
        expected = "Basic " + b64encode(f"user:{self.index.password}".encode()).decode()
        path = self.index.folder / self.path.rsplit("/", 1)[-1]
        if self.index.password and self.headers.get("Authorization") != expected:
            self._answer(b"who are you?", "text/plain", 401)
        elif self.path.startswith("/simple/"):
            self._project(_normal(self.path.removeprefix("/simple/").strip("/")))
        elif path.is_file():
            self._answer(path.read_bytes(), "application/octet-stream")
        else:
            self._answer(b"", "text/plain", 404)

    do_HEAD = do_GET  # noqa: N815 the name that http.server looks for

    def _project(self, name: str) -> None:
        found = sorted(path for path in self.index.folder.iterdir() if _project_of(path) == name)
        if not found:
            self._answer(b"no such project", "text/plain", 404)
        elif self.index.html:
            links = "".join(f'<a href="/files/{p.name}#sha256={digest(p)}">{p.name}</a>' for p in found)
            self._answer(f"<html><body>{links}</body></html>".encode(), "text/html")
        else:
            body = {"meta": {"api-version": "1.0"}, "name": name, "files": [self._row(path) for path in found]}
            self._answer(json.dumps(body).encode(), "application/vnd.pypi.simple.v1+json")

    def _row(self, path: Path) -> dict[str, object]:
        return {
            "filename": path.name,
            "url": f"/files/{path.name}",
            "hashes": {"sha256": digest(path)},
            "size": path.stat().st_size,
            "yanked": self.index.yanked.get(path.name, False),
        }

    def _answer(self, body: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 401:
            self.send_header("WWW-Authenticate", "Basic")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _project_of(path: Path) -> str:
    return _normal(
        path.name.removesuffix(".tar.gz").split("-")[0] if path.suffix != ".gz" else path.name.rsplit("-", 1)[0]
    )


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
