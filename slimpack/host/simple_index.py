"""Ask a package index which files a project has (PEP 503 and 691), and fetch a file: with retries and credentials."""

import json
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from slimpack.errors import Problem, ResolveError
from slimpack.host import credentials
from slimpack.host.download import Session
from slimpack.host.indexes import pip_settings, redacted, without_credentials
from slimpack.host.tools import Tools

_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
_OK, _MISSING = 200, 404
_BUSY = (429, 500, 502, 503, 504)
_ATTEMPTS, _PAUSE = 3, 0.4
_SHOWN = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFile:
    """One file of a project. `url` holds no credential; `yanked` is the reason ("" may be one), None if it is not."""

    filename: str
    url: str
    sha256: str
    size: int = 0
    yanked: str | None = None
    requires_python: str = ""
    index: str = ""


def files(names: Iterable[str], *, indexes: tuple[str, ...], tools: Tools) -> Mapping[str, tuple[IndexFile, ...]]:
    """For each normalised project name, its files on all the indexes; none where no index has the project.

    Raises ResolveError if an index does not answer.
    """
    wanted = sorted(set(names))
    session = _session(indexes, tools)
    with ThreadPoolExecutor(max_workers=8) as workers:
        jobs = {name: [workers.submit(_project, name, index, session) for index in indexes] for name in wanted}
        found = {name: tuple(file for job in jobs[name] for file in job.result()) for name in wanted}
    session.close()
    return found


def fetch(url: str, *, tools: Tools, indexes: tuple[str, ...] = ()) -> bytes:
    """The bytes of a small file (an sdist, a wheel without a hash). Raises ResolveError if it cannot be had."""
    if url.startswith("file:"):
        path = Path(unquote(urlsplit(url).path))
        try:
            return path.read_bytes()
        except OSError as error:
            what = f"{path.name} cannot be read: {error.strerror}"
            raise ResolveError(Problem(what=what, where=str(path), do="check the path")) from error
    session = _session((url, *indexes), tools)
    status, data, _ = _get(url, "*/*", session)
    session.close()
    if status != _OK:
        raise _failed(url, f"HTTP status {status}")
    return data


def sha256_of(url: str, *, tools: Tools, indexes: tuple[str, ...] = ()) -> str:
    """The SHA-256 of what is at the URL."""
    return sha256(fetch(url, tools=tools, indexes=indexes)).hexdigest()


def _project(name: str, index: str, session: Session) -> tuple[IndexFile, ...]:
    base = f"{without_credentials(index).rstrip('/')}/{name}/"
    if index.startswith("file:"):
        page = Path(unquote(urlsplit(base).path), "index.html")
        return _from_html(page.read_text("utf-8"), base) if page.is_file() else ()
    status, data, kind = _get(base, _ACCEPT, session)
    if status == _MISSING:
        return ()
    if status != _OK:
        raise _failed(base, f"HTTP status {status}")
    try:
        return _from_json(data, base) if "json" in kind else _from_html(data.decode("utf-8", "replace"), base)
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        what = f"the package index answers with what is no list of files ({type(error).__name__}: {error})"
        raise ResolveError(
            Problem(what=what[:_SHOWN], where=base, do="check the index URL; a proxy or a login page may answer for it")
        ) from error


def _from_json(data: bytes, base: str) -> tuple[IndexFile, ...]:
    found = []
    for row in json.loads(data)["files"]:
        yanked = row.get("yanked", False)
        found.append(
            IndexFile(
                filename=_text(row["filename"]),
                url=without_credentials(urljoin(base, _text(row["url"]))),
                sha256=_text(row["hashes"].get("sha256", "")),
                size=int(row.get("size") or 0),
                yanked=None if yanked is False else (yanked if isinstance(yanked, str) else ""),
                requires_python=_text(row.get("requires-python") or ""),
                index=base.rsplit("/", 2)[0],
            )
        )
    return tuple(found)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} instead of a text")
    return value


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {key: value or "" for key, value in attrs}
        if tag == "a" and "href" in attributes:
            self.found.append(attributes)


def _from_html(text: str, base: str) -> tuple[IndexFile, ...]:
    links = _Links()
    links.feed(text)
    found = []
    for attributes in links.found:
        url, _, fragment = urljoin(base, attributes["href"]).partition("#")
        found.append(
            IndexFile(
                filename=unquote(urlsplit(url).path.rsplit("/", 1)[-1]),
                url=without_credentials(url),
                sha256=fragment.removeprefix("sha256=") if fragment.startswith("sha256=") else "",
                yanked=attributes.get("data-yanked"),
                requires_python=attributes.get("data-requires-python", ""),
                index=base.rsplit("/", 2)[0],
            )
        )
    return tuple(found)


def _session(indexes: Iterable[str], tools: Tools) -> Session:
    pip = pip_settings(tools.environment)
    environment = dict(tools.environment)
    if pip.cert:
        environment.setdefault("PIP_CERT", pip.cert)
    if pip.proxy:
        environment.setdefault("all_proxy", pip.proxy)
    return Session(environment=environment, known=credentials.gather(tools.environment, texts=indexes))


def _get(url: str, accept: str, session: Session) -> tuple[int, bytes, str]:
    """(status, body, content type); busy servers and broken connections are tried again."""
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 costs 40 ms that a warm build saves

    headers = {"Accept": accept, "User-Agent": "slimpack"}
    if (value := credentials.authorization(url, session.known, session.environment)) is not None:
        headers["Authorization"] = value
    reason = ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE * 2**attempt)
        try:
            answer = session.pool(url).request("GET", without_credentials(url), headers=headers)
        except HTTPError as error:
            reason = redacted(str(getattr(error, "reason", None) or error)).rpartition("object at ")[2]
            continue
        if answer.status not in _BUSY:
            return answer.status, answer.data, answer.headers.get("Content-Type", "")
        reason = f"HTTP status {answer.status}"
    raise _failed(url, reason)


def _failed(url: str, reason: str) -> ResolveError:
    return ResolveError(
        Problem(
            what=f"the package index does not answer: {reason}",
            where=without_credentials(url),
            do="check the network and the index URL, or build with --offline to use what the cache holds",
        )
    )
