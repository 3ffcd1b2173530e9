"""Which package indexes the user has: slimpack's options, else uv's own configuration, else pip's.

uv does not read pip's configuration; people who have only that get it translated, through the environment and not
through arguments, which every user of the machine can read. Indexes that come from pip's configuration keep pip's
semantics (the best version of all indexes), so that uv and pip-tools give the same pins.
"""

import configparser
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from slimpack.host import process
from slimpack.host.python import uv_executable
from slimpack.host.tools import Tools
from slimpack.model.project import Resolution

_OPTION = re.compile(r"(?:-i|--index-url|--extra-index-url)[\s=]+\S+$")
_CREDENTIAL = re.compile(r"(?<=://)[^/@\s'\"]+@")


def without_credentials(url: str) -> str:
    """The URL without user and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def redacted(text: str) -> str:
    """The text with every user and password in its URLs cut out."""
    return _CREDENTIAL.sub("", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class PipSettings:
    """What pip would use: `pip.conf` of the machine, the user and the environment, then the PIP_ variables."""

    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    cert: str = ""
    proxy: str = ""
    no_index: bool = False


def pip_settings(environment: Mapping[str, str]) -> PipSettings:
    """Read pip's configuration as pip does: later files override, the environment overrides all."""
    values: dict[str, str] = {}
    for path in _pip_files(environment):
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue  # pip itself says what is wrong with it
        for section in ("global", "install"):
            if parser.has_section(section):
                values |= {key.replace("_", "-"): value for key, value in parser.items(section)}
    for key, value in environment.items():
        if key.startswith("PIP_") and value:
            values[key.removeprefix("PIP_").lower().replace("_", "-")] = value
    return PipSettings(
        index_url=values.get("index-url", "").strip(),
        extra_index_urls=tuple(values.get("extra-index-url", "").split()),
        find_links=tuple(values.get("find-links", "").split()),
        trusted_hosts=tuple(values.get("trusted-host", "").split()),
        cert=values.get("cert", ""),
        proxy=values.get("proxy", ""),
        no_index=values.get("no-index", "").lower() in {"1", "true", "yes", "on"},
    )


def _pip_files(environment: Mapping[str, str]) -> Iterator[Path]:
    chosen = environment.get("PIP_CONFIG_FILE", "")
    if chosen == "/dev/null":  # how pip is told to read no file at all
        return
    home = Path(environment.get("HOME") or Path.home())
    for folder in reversed(environment.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")):
        yield Path(folder, "pip", "pip.conf")
    yield Path("/etc/pip.conf")
    yield home / ".pip" / "pip.conf"
    yield Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"
    yield Path(sys.prefix) / "pip.conf"
    if chosen:
        yield Path(chosen)


def uv_environment(resolution: Resolution, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for uv: the user's, with what the options or pip's configuration say of indexes."""
    made = dict(environment)
    pip = pip_settings(environment)
    if resolution.index_url:
        made["UV_DEFAULT_INDEX"] = resolution.index_url
    elif not _any(environment, "UV_DEFAULT_INDEX", "UV_INDEX_URL") and pip.index_url:
        made["UV_DEFAULT_INDEX"] = pip.index_url
    if resolution.extra_index_urls:
        made["UV_INDEX"] = " ".join(resolution.extra_index_urls)
    elif (
        not _any(environment, "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")
        and pip.extra_index_urls
    ):
        made["UV_INDEX"] = " ".join(pip.extra_index_urls)
        made.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    # uv stops at a folder that is not there; pip only warns, so people have such lines.
    links = resolution.find_links or tuple(filter(_reachable, pip.find_links))
    if links and not _any(environment, "UV_FIND_LINKS"):
        made["UV_FIND_LINKS"] = ",".join(links)
    if pip.trusted_hosts and not _any(environment, "UV_INSECURE_HOST"):
        made["UV_INSECURE_HOST"] = " ".join(pip.trusted_hosts)
    if pip.cert and not _any(environment, "SSL_CERT_FILE"):
        made["SSL_CERT_FILE"] = pip.cert
    if pip.proxy and not _any(environment, "ALL_PROXY", "HTTPS_PROXY", "https_proxy"):
        made["ALL_PROXY"] = pip.proxy
    return made


def no_index(environment: Mapping[str, str]) -> bool:
    """Whether the user told pip to use find-links alone."""
    return not _any(environment, "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX") and pip_settings(environment).no_index


def known(resolution: Resolution, tools: Tools, *, cwd: Path, lines: Iterable[str] = ()) -> tuple[str, ...]:
    """The index URLs that uv would ask, with credentials where it was given them, in its order.

    uv is asked, because its answer holds what `uv.toml` and `[tool.uv]` add, and uv's own default. `lines` are the
    lines of a requirements file that name indexes.
    """
    environment = uv_environment(resolution, tools.environment)
    command = [uv_executable(), "pip", "compile", "--no-header", "--quiet", "--emit-index-url", "--offline"]
    command += ["--no-python-downloads", "--python", sys.executable, "-"]
    options = [line for line in map(str.strip, lines) if _OPTION.match(line)]
    done = process.run(command, environment=environment, cwd=cwd, stdin="\n".join([*options, ""]).encode())
    answers = re.findall(r"^--(index-url|extra-index-url) (\S+)", done.stdout, re.MULTILINE)
    ordered = sorted(answers, key=lambda answer: answer[0] == "index-url")  # extra indexes come before the default one
    given = {_place(url): url for url in (*_given(environment), *(line.split()[-1] for line in options))}
    return tuple(dict.fromkeys(given.get(_place(url), url) for _, url in ordered))


def _given(environment: Mapping[str, str]) -> Iterator[str]:
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL"):
        for entry in environment.get(name, "").split():
            yield re.sub(r"^[\w.-]+=(?=[a-z]+://)", "", entry)


def _place(url: str) -> str:
    return without_credentials(url).rstrip("/")


def _reachable(link: str) -> bool:
    path = link.removeprefix("file://")
    return "://" in path or Path(path).expanduser().exists()


def _any(environment: Mapping[str, str], *names: str) -> bool:
    return any(environment.get(name) for name in names)
