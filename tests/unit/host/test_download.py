"""Downloads against a server of our own: retries, broken bodies, web pages, redirects, proxies, and who gets a password."""

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from slimpack.errors import InstallError
from slimpack.host import credentials
from slimpack.host.download import Session, fetch

DATA = b"PK wheel bytes " * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()
Answer = Callable[["Handler"], None]


@dataclass
class Server:
    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    seen: list[tuple[str, str | None]] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    record: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.record.seen.append((self.path, self.headers.get("Authorization")))
        answer = self.record.answers.pop(0) if self.record.answers else whole
        answer(self)

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), "Connection": "close", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name that the base class gives it
        pass


def whole(handler: Handler) -> None:
    handler.send(200, DATA)


def status(code: int) -> Answer:
    return lambda handler: handler.send(code)


def half(handler: Handler) -> None:
    handler.send(200, DATA[:500], Content_Length=str(len(DATA)))


def page(handler: Handler) -> None:
    handler.send(200, b"<!doctype html><title>Sign in</title>", Content_Type="text/html; charset=utf-8")


def redirect(to: str) -> Answer:
    return lambda handler: handler.send(302, Location=to)


@pytest.fixture
def start() -> Iterator[Callable[[], Server]]:
    running: list[ThreadingHTTPServer] = []

    def begin() -> Server:
        record = Server()
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Handler,), {"record": record}))
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        record.url = f"http://127.0.0.1:{server.server_address[1]}"
        running.append(server)
        return record

    yield begin
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture
def server(start: Callable[[], Server]) -> Server:
    return start()


def get(url: str, tmp_path: Path, *, sha256: str = DIGEST, **environment: str) -> bytes:
    surroundings = {"HOME": str(tmp_path), "PATH": "", **environment}
    session = Session(
        environment=surroundings, known=credentials.gather(surroundings, texts=[url]), attempts=3, backoff=0
    )
    try:
        fetch(url, tmp_path / "out", sha256=sha256, name="lib-1-py3-none-any.whl", session=session)
    finally:
        session.close()
    return (tmp_path / "out").read_bytes()


def failure(url: str, tmp_path: Path, *, begins: str = "lib-1-py3-none-any.whl ", **options: str) -> str:
    with pytest.raises(InstallError) as caught:
        get(url, tmp_path, **options)
    assert caught.value.exit_code == 4
    message = str(caught.value)
    assert message.startswith(begins)
    assert "hunter2" not in message
    return message


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_whole_file(server: Server, tmp_path: Path) -> None:
    assert get(f"{server.url}/f.whl", tmp_path) == DATA
    assert server.seen == [("/f.whl", None)]


@pytest.mark.parametrize("trouble", [half, status(503), status(500), status(429)])
def test_trouble_that_passes_is_tried_again(server: Server, tmp_path: Path, trouble: Answer) -> None:
    server.answers = [trouble, trouble]
    assert get(f"{server.url}/f.whl", tmp_path) == DATA
    assert len(server.seen) == 3


def test_half_a_file_each_time(server: Server, tmp_path: Path) -> None:
    server.answers = [half] * 3
    message = failure(f"{server.url}/f.whl", tmp_path)
    assert "the connection broke off after 500 of 15,000 bytes" in message
    assert "3 attempts" in message


def test_progress_takes_back_what_was_thrown_away(server: Server, tmp_path: Path) -> None:
    server.answers = [half]
    counts: list[int] = []
    session = Session(environment={"HOME": str(tmp_path)}, known=(), attempts=2, backoff=0)
    fetch(f"{server.url}/f", tmp_path / "out", sha256=DIGEST, name="f", session=session, received=counts.append)
    session.close()
    assert sum(counts) == len(DATA)


def test_index_down(tmp_path: Path) -> None:
    url = "http://user:hunter2@127.0.0.1:9/simple/f.whl?token=hunter2"
    message = failure(url, tmp_path, begins="127.0.0.1:9 cannot be reached: ")
    assert "Connection refused (3 attempts)" in message
    assert "where: http://127.0.0.1:9\n" in message
    assert "--offline" in message


def test_index_that_is_down_is_asked_once(server: Server, tmp_path: Path) -> None:
    server.answers = [status(503)] * 100
    session = Session(environment={"HOME": str(tmp_path)}, known=(), attempts=3, backoff=0)
    problems = set()
    for name in ("a", "b", "c"):
        with pytest.raises(InstallError) as caught:
            fetch(f"{server.url}/{name}", tmp_path / name, sha256=DIGEST, name=name, session=session)
        problems |= set(caught.value.problems)
    session.close()
    assert len(server.seen) == 3
    assert len(problems) == 1
    assert "it answers 503 (3 attempts)" in problems.pop().what


def test_stopped_session_downloads_nothing_more(server: Server, tmp_path: Path) -> None:
    session = Session(environment={"HOME": str(tmp_path)}, known=(), attempts=3, backoff=60)

    def stop(_: int) -> None:
        session.stopped.set()

    server.answers = [half]
    with pytest.raises(InstallError, match="the download was stopped"):
        fetch(f"{server.url}/f", tmp_path / "f", sha256=DIGEST, name="f", session=session, received=stop)
    session.close()
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (404, "is not at the index: 404"),
        (403, "is refused by the index: 403"),
        (401, "is refused by"),
        (418, "answers 418"),
    ],
)
def test_refusals_are_not_tried_again(server: Server, tmp_path: Path, code: int, says: str) -> None:
    server.answers = [status(code)]
    assert says in failure(f"{server.url}/f", tmp_path)
    assert len(server.seen) == 1


def test_web_page_instead_of_a_wheel(server: Server, tmp_path: Path) -> None:
    server.answers = [page]
    assert "is a web page, not a wheel" in failure(f"{server.url}/f", tmp_path)


def test_wrong_hash_says_both(server: Server, tmp_path: Path) -> None:
    message = failure(f"{server.url}/f", tmp_path, sha256="0" * 64)
    assert f"expected: sha256:{'0' * 64}" in message
    assert f"got:      sha256:{DIGEST}" in message
    assert f"{server.url}/f" in message


def test_password_in_the_url_is_sent_and_not_shown(server: Server, tmp_path: Path) -> None:
    url = server.url.replace("http://", "http://me:hunter2%21@")
    assert get(f"{url}/f", tmp_path) == DATA
    assert server.seen == [("/f", basic("me", "hunter2!"))]


def test_password_stays_on_a_redirect_within_the_host(server: Server, tmp_path: Path) -> None:
    server.answers = [redirect("/moved")]
    get(server.url.replace("http://", "http://me:pw@") + "/f", tmp_path)
    assert server.seen == [("/f", basic("me", "pw")), ("/moved", basic("me", "pw"))]


def test_password_is_dropped_on_a_redirect_elsewhere(start: Callable[[], Server], tmp_path: Path) -> None:
    one, two = start(), start()
    one.answers = [redirect(f"{two.url}/cdn")]
    assert get(one.url.replace("http://", "http://me:pw@") + "/f", tmp_path) == DATA
    assert two.seen == [("/cdn", None)]


def test_endless_redirects(server: Server, tmp_path: Path) -> None:
    server.answers = [redirect("/again")] * 40
    assert "too many redirects" in failure(f"{server.url}/f", tmp_path)


def test_proxy_is_used_and_no_proxy_is_obeyed(start: Callable[[], Server], tmp_path: Path) -> None:
    proxy, origin = start(), start()
    assert get("http://index.example/f", tmp_path, HTTP_PROXY=proxy.url) == DATA
    assert proxy.seen == [("http://index.example/f", None)]
    assert get(f"{origin.url}/f", tmp_path, http_proxy=proxy.url, NO_PROXY="example.org, 127.0.0.1") == DATA
    assert len(proxy.seen) == 1


@pytest.mark.parametrize(
    ("no_proxy", "direct"),
    [
        ("*", True),
        ("corp.example", True),
        (".corp.example", True),
        ("index.corp.example:81", True),
        ("rp.example", False),
        ("", False),
    ],
)
def test_no_proxy(no_proxy: str, direct: bool) -> None:
    from slimpack.host.download import _proxy  # noqa: PLC0415

    chosen = _proxy("http://index.corp.example:81/f", {"http_proxy": "proxy:3128", "no_proxy": no_proxy})
    assert chosen == ("" if direct else "http://proxy:3128")


def test_file_url(tmp_path: Path) -> None:
    (tmp_path / "a b.whl").write_bytes(DATA)
    assert get((tmp_path / "a b.whl").as_uri(), tmp_path) == DATA
    assert "cannot be read: No such file" in failure((tmp_path / "gone.whl").as_uri(), tmp_path)
    assert "does not have the hash" in failure((tmp_path / "a b.whl").as_uri(), tmp_path, sha256="1" * 64)


def test_certificates_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="SSL_CERT_FILE names certificates that are not there") as caught:
        get("https://127.0.0.1:9/f", tmp_path, SSL_CERT_FILE=str(tmp_path / "gone.pem"))
    assert "correct or unset SSL_CERT_FILE" in str(caught.value)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_certificates_of_the_user_are_trusted(variable: str, tmp_path: Path) -> None:
    from slimpack.host.download import _trust  # noqa: PLC0415

    (tmp_path / "own.pem").write_text("")
    assert _trust({variable: str(tmp_path / "own.pem")})["ca_certs"] == str(tmp_path / "own.pem")
    assert _trust({variable: str(tmp_path)})["ca_cert_dir"] == str(tmp_path)
    assert _trust({}) == {}


@pytest.mark.parametrize(
    ("value", "unchecked"),
    [("a.example", True), ("b.example a.example:81", True), ("a.example:80", False), ("", False)],
)
def test_only_hosts_that_the_user_trusts_go_unchecked(value: str, unchecked: bool, tmp_path: Path) -> None:
    session = Session(environment={"PIP_TRUSTED_HOST": value}, known=())
    options = session.pool("https://a.example:81/f").connection_pool_kw
    assert (options.get("cert_reqs") == "CERT_NONE") is unchecked
    session.close()
