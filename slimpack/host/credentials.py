"""The credentials that pip and uv users already have: in URLs, the environment, netrc and keyring; never shown.

A credential is sent only to the scheme, host and port it was given for; where one host has several indexes, the one
whose path shares the most leading segments with the URL wins (files are seldom below their index's own path).
"""

import base64
import netrc
import re
import shutil
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from slimpack.errors import ToolError
from slimpack.host import process

_VARIABLES = (
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
)
_URL = re.compile(r"https?://[^\s\"'<>]+")
_REFERENCE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A user and a password (None: keyring is asked) for one origin, best below `path`."""

    origin: tuple[str, str, int]
    path: str
    user: str
    password: str | None = field(repr=False)


def gather(
    environment: Mapping[str, str], *, texts: Iterable[str] = (), files: Iterable[Path] = ()
) -> list[Credential]:
    """Every credential in the environment's index variables, in `texts`, in pip's and uv's and the given files."""
    readable = [*(environment.get(name, "") for name in _VARIABLES), *texts]
    documents = [text for path in (*files, *_configuration(environment)) if (text := _read(path))]
    found = [credential for text in (*readable, *documents) for credential in _in_text(text, environment)]
    for name, url in (*_named(environment), *_declared(documents)):
        found += _by_variable(name, url, environment)
    return found


def authorization(url: str, known: Iterable[Credential], environment: Mapping[str, str]) -> str | None:
    """The value of the Authorization header for `url`, or None where nothing is known for its host."""
    parts = urlsplit(url)
    origin = _origin(parts)
    if parts.username:
        matches = [_from_parts(parts)]
    else:
        matches = [credential for credential in known if credential.origin == origin]
    best = max(matches, key=lambda one: (_shared(one.path, parts.path), one.password is not None), default=None)
    if best is None:
        return _from_netrc(origin[1], environment)
    password = best.password
    if password is None:
        password = _from_keyring(best, environment)
    if password is None:
        return _from_netrc(origin[1], environment)
    return _basic(best.user, password)


def redacted(url: str) -> str:
    """The URL without user, password, query and fragment: what may be shown."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _in_text(text: str, environment: Mapping[str, str]) -> Iterator[Credential]:
    expanded = _REFERENCE.sub(lambda match: environment.get(match[1], match[0]), text)
    for url in _URL.findall(expanded):
        parts = _split(url)
        if parts is not None and parts.username:
            yield _from_parts(parts)


def _from_parts(parts: SplitResult) -> Credential:
    password = unquote(parts.password) if parts.password is not None else None
    return Credential(origin=_origin(parts), path=parts.path, user=unquote(parts.username or ""), password=password)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _origin(parts)
    except ValueError:  # a port that is no number, a broken IPv6 address
        return None
    return parts


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme, 0)


def _shared(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one.strip("/").split("/"), other.strip("/").split("/"), strict=False):
        if left != right:
            break
        count += 1
    return count


def _named(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Indexes that uv's variables name: `name=https://…`, several with spaces between."""
    for variable in ("UV_DEFAULT_INDEX", "UV_INDEX"):
        for item in environment.get(variable, "").split():
            name, equals, url = item.partition("=")
            if equals and "://" not in name:
                yield name, url


def _declared(documents: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Indexes that a pyproject.toml or uv.toml declares."""
    for text in documents:
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            continue
        tool = data.get("tool")
        section = tool.get("uv", data) if isinstance(tool, dict) else data
        for index in section.get("index", []) if isinstance(section.get("index"), list) else []:
            if isinstance(index, dict) and isinstance(index.get("name"), str) and isinstance(index.get("url"), str):
                yield index["name"], index["url"]


def _by_variable(name: str, url: str, environment: Mapping[str, str]) -> Iterator[Credential]:
    stem = "UV_INDEX_" + re.sub(r"[^A-Z0-9]", "_", name.upper())
    user, password = environment.get(f"{stem}_USERNAME"), environment.get(f"{stem}_PASSWORD")
    parts = _split(url)
    if parts is not None and (user or password):
        yield Credential(origin=_origin(parts), path=parts.path, user=user or "", password=password)


def _configuration(environment: Mapping[str, str]) -> list[Path]:
    home = _home(environment)
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    chosen = [Path(environment[name]) for name in ("PIP_CONFIG_FILE", "UV_CONFIG_FILE") if environment.get(name)]
    usual = [config / "pip" / "pip.conf", home / ".pip" / "pip.conf", config / "uv" / "uv.toml"]
    return [*chosen, *usual, Path("/etc/pip.conf"), Path("/etc/uv/uv.toml")]


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _home(environment: Mapping[str, str]) -> Path:
    return Path(environment["HOME"]) if environment.get("HOME") else Path.home()


def _from_netrc(host: str, environment: Mapping[str, str]) -> str | None:
    # Only a host that the file names: its `default` entry would send a password to every public index.
    path = Path(environment["NETRC"]) if environment.get("NETRC") else _home(environment) / ".netrc"
    try:
        entry = netrc.netrc(str(path)).hosts.get(host)
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
        return None
    return _basic(entry[0], entry[2] or "") if entry else None


def _from_keyring(credential: Credential, environment: Mapping[str, str]) -> str | None:
    """Ask the `keyring` program, as pip and uv do: by the index's URL, then by its host."""
    if (program := shutil.which("keyring", path=environment.get("PATH", ""))) is None:
        return None
    scheme, host, port = credential.origin
    where = host if port == _PORTS.get(scheme) else f"{host}:{port}"
    for service in (f"{scheme}://{where}{credential.path}", where):
        try:
            done = process.run([program, "get", service, credential.user], environment=environment, timeout=30)
        except ToolError:
            return None
        if done.code == 0 and done.stdout.strip():
            return done.stdout.rstrip("\r\n")
    return None


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
