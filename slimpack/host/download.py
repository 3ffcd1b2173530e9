"""Download a file whose SHA-256 is known: pooled, retried, through the user's proxies, certificates and credentials."""

import hashlib
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from slimpack.errors import InstallError, Problem
from slimpack.host import credentials
from slimpack.host.credentials import Credential, redacted

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

_CHUNK = 1 << 18
_LARGEST = 2 * 1000**3
"""Bytes of a wheel, more than a function can hold: an index that sends without end must not fill the disk."""
_BUSY = (429, 500, 502, 503, 504)
_NOT_FOUND = (404, 410)
_DENIED = (401, 403)
_OK = 200
_CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE")
_INCOMPLETE = re.compile(r"IncompleteRead\((\d+) bytes read, (\d+) more expected\)")
_TRUSTED = ("UV_INSECURE_HOST", "PIP_TRUSTED_HOST")
_TIMEOUTS = ("UV_HTTP_TIMEOUT", "PIP_DEFAULT_TIMEOUT")
_OFFLINE = (
    "check the network and the proxy settings; once every wheel is in the cache, --offline builds without an index"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What went wrong and may go right the next time; `of_host`: with the index as a whole, not with one file."""

    what: str
    of_host: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Connections that are shared by all threads of one install; closed by whoever made them."""

    environment: Mapping[str, str] = field(repr=False)
    known: Sequence[Credential] = field(repr=False)
    attempts: int = 4
    backoff: float = 0.5
    connections: int = 8
    stopped: threading.Event = field(default_factory=threading.Event, repr=False)
    down: dict[str, Trouble] = field(default_factory=dict, repr=False)
    _pools: dict[tuple[str, bool], "PoolManager"] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def pool(self, url: str) -> "PoolManager":
        """The pool for a URL: direct, or through the proxy that the environment names for it."""
        proxy = _proxy(url, self.environment)
        trusted = _host(url) in self._unchecked or (urlsplit(url).hostname or "") in self._unchecked
        with self._lock:
            if (proxy, trusted) not in self._pools:
                self._pools[proxy, trusted] = _open(proxy, trusted=trusted, session=self)
            return self._pools[proxy, trusted]

    @property
    def _unchecked(self) -> list[str]:
        """Hosts whose certificates the user told pip or uv not to check."""
        return " ".join(self.environment.get(name, "") for name in _TRUSTED).replace(",", " ").split()

    def go_on(self, name: str) -> None:
        """Raise InstallError where the install was stopped: threads must not keep an interrupted program waiting."""
        if self.stopped.is_set():
            raise InstallError(Problem(what=f"{name}: the download was stopped"))

    def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            pool.clear()


def fetch(
    url: str,
    into: Path,
    *,
    sha256: str,
    name: str,
    session: Session,
    received: Callable[[int], object] = lambda _: None,
) -> None:
    """Write the file at `url` (http, https or file) to `into`; raise InstallError unless its digest is `sha256`.

    `received` hears of every chunk (bytes; negative where an attempt was thrown away).
    """
    if urlsplit(url).scheme == "file":
        path = Path(unquote(urlsplit(url).path))
        try:
            into.write_bytes(data := path.read_bytes())
        except OSError as error:
            raise _failed(name, url, f"cannot be read: {error.strerror}", "check the path in the lock") from error
        received(len(data))
        _check(hashlib.sha256(data).hexdigest(), sha256, head=data[:64], kind="", name=name, url=url)
        return
    trouble = session.down.get(_host(url))
    for attempt in range(1, 1 if trouble else session.attempts + 1):
        trouble = _attempt(url, into, sha256=sha256, name=name, session=session, received=received)
        if trouble is None:
            return
        if attempt < session.attempts:
            session.stopped.wait(session.backoff * 2 ** (attempt - 1))
    if trouble is not None and trouble.of_host:
        # Said once for all files: the others need not find out for themselves, four attempts each.
        session.down[_host(url)] = trouble
        what = f"{_host(url)} cannot be reached: {trouble.what} ({session.attempts} attempts)"
        raise InstallError(Problem(what=what, where=f"{urlsplit(url).scheme}://{_host(url)}", do=_OFFLINE))
    said = trouble.what if trouble is not None else "no attempt was made"
    raise _failed(name, url, f"cannot be downloaded: {said} ({session.attempts} attempts)", _OFFLINE)


def _attempt(
    url: str, into: Path, *, sha256: str, name: str, session: Session, received: Callable[[int], object]
) -> Trouble | None:
    """Try once. Return what went wrong if it may go right the next time; raise InstallError if it will not."""
    from urllib3.exceptions import HTTPError, MaxRetryError, ResponseError  # noqa: PLC0415 costs 40 ms that a warm build saves

    count = 0
    session.go_on(name)
    try:
        response = _request(url, session)
        try:
            if (trouble := _refused(response, name=name, url=url)) is not None:
                return trouble
            digest, head = hashlib.sha256(), b""
            with into.open("wb") as stream:
                for chunk in response.stream(_CHUNK, decode_content=False):
                    session.go_on(name)
                    head = head or chunk[:64]
                    digest.update(chunk)
                    stream.write(chunk)
                    count += len(chunk)
                    received(len(chunk))
                    if count > _LARGEST:
                        what = f"is larger than {_LARGEST // 1000**2:,} MB, more than a function can hold"
                        raise _failed(name, url, what, "pin another version, or check the index")
            kind = response.headers.get("Content-Type", "")
        finally:
            response.release_conn()
            response.close()
    except MaxRetryError as error:
        return Trouble(what=_said(error.reason or error), of_host=not isinstance(error.reason, ResponseError))
    except HTTPError as error:
        received(-count)
        return Trouble(what=_said(error))
    _check(digest.hexdigest(), sha256, head=head, kind=kind, name=name, url=url)
    return None


def _request(url: str, session: Session) -> "BaseHTTPResponse":
    # Redirects are followed by urllib3, which drops Authorization when they leave scheme, host or port.
    headers = {"Accept-Encoding": "identity", "User-Agent": "slimpack"}
    if (value := credentials.authorization(url, session.known, session.environment)) is not None:
        headers["Authorization"] = value
    bare = url if "@" not in urlsplit(url).netloc else url.replace(urlsplit(url).netloc.rpartition("@")[0] + "@", "", 1)
    return session.pool(url).request("GET", bare, headers=headers, preload_content=False)


def _refused(response: "BaseHTTPResponse", *, name: str, url: str) -> Trouble | None:
    status = response.status
    if status == _OK:
        return None
    if status in _BUSY:
        return Trouble(what=f"it answers {status}", of_host=True)
    if status in _DENIED:
        do = "give the credentials in the index's URL, in UV_INDEX_<NAME>_USERNAME and _PASSWORD, in netrc or keyring"
        raise _failed(name, url, f"is refused by the index: {status}", do)
    if status in _NOT_FOUND:
        raise _failed(name, url, f"is not at the index: {status}", "the file may be removed; lock again")
    raise _failed(
        name,
        url,
        f"cannot be downloaded: the index answers {status}",
        "open the URL in a browser; lock again if it has moved",
    )


def _check(digest: str, expected: str, *, head: bytes, kind: str, name: str, url: str) -> None:
    if digest == expected:
        return
    if "html" in kind.lower() or head.lstrip()[:1] == b"<":
        what = "is a web page, not a wheel"
        raise _failed(name, url, what, "a login page or a proxy answers for the index: check the credentials")
    what = f"does not have the hash that the lock gives it\n  expected: sha256:{expected}\n  got:      sha256:{digest}"
    raise _failed(name, url, what, "if the file was replaced on purpose lock again; otherwise do not use it")


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _failed(name: str, url: str, what: str, do: str) -> InstallError:
    return InstallError(Problem(what=f"{name} {what}", where=redacted(url), do=do))


def _said(error: BaseException) -> str:
    """What went wrong, without the addresses of objects and the URL that urllib3 puts in front."""
    text = error.args[0] if error.args and isinstance(error.args[0], str) else str(error)
    if cut := _INCOMPLETE.search(text):
        return f"the connection broke off after {int(cut[1]):,} of {int(cut[1]) + int(cut[2]):,} bytes"
    return text.partition("object at ")[2].partition(">: ")[2] or text.rpartition("): ")[2] or text


def _proxy(url: str, environment: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    values = {name.lower(): value for name, value in sorted(environment.items()) if name.lower().endswith("_proxy")}
    if _is_direct(parts.hostname or "", parts.port, values.get("no_proxy", "")):
        return ""
    proxy = values.get(f"{parts.scheme}_proxy") or values.get("all_proxy") or ""
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


def _trust(environment: Mapping[str, str]) -> dict[str, str]:
    """The certificates that the user's variables name; without any, those of the system."""
    for name in _CERTIFICATES:
        if value := environment.get(name):
            if not Path(value).exists():
                do = f"correct or unset {name}"
                raise InstallError(Problem(what=f"{name} names certificates that are not there", where=value, do=do))
            return {"ca_cert_dir" if Path(value).is_dir() else "ca_certs": value, "cert_reqs": "CERT_REQUIRED"}
    return {}


def _is_direct(host: str, port: int | None, no_proxy: str) -> bool:
    """NO_PROXY as curl, pip and uv read it: names with all their subdomains, `name:port`, or `*`."""
    for item in no_proxy.replace(",", " ").split():
        name = item.lower().lstrip("*.") or item
        if name == "*" or name in {host, f"{host}:{port}"} or host.endswith(f".{name}"):
            return True
    return False


def _open(proxy: str, *, trusted: bool, session: Session) -> "PoolManager":
    import urllib3  # noqa: PLC0415 costs 40 ms that a warm build saves

    if trusted:  # the user chose it, and was told by pip or uv
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    environment = session.environment
    patience = next((float(value) for name in _TIMEOUTS if (value := environment.get(name, "")).isdecimal()), 60.0)
    options: dict[str, Any] = {
        "num_pools": 16,
        "maxsize": session.connections,
        "timeout": urllib3.Timeout(connect=min(patience, 15.0), read=patience),
        # Connections and busy answers are tried again by `fetch`, together with bodies that break off.
        "retries": urllib3.Retry(connect=0, read=0, other=0, status=0, redirect=10, raise_on_redirect=True),
        **({"cert_reqs": "CERT_NONE"} if trusted else _trust(environment)),
    }
    if not proxy:
        return urllib3.PoolManager(**options)
    parts = urlsplit(proxy)
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None
    bare = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    headers = urllib3.make_headers(proxy_basic_auth=user) if user else {}
    return urllib3.ProxyManager(bare, proxy_headers=headers, **options)
