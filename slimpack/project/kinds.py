"""Kinds of values in the configuration and on the command line: how each is read, and what is allowed, in words."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from slimpack.model.finding import CATALOGUE
from slimpack.model.glob import fault
from slimpack.model.target import Architecture

# Lambda counts its limits in units of 1024: 250 MB are 262,144,000 bytes (quota page), so `MB` means that here too.
_SIZE_UNITS: Final = {
    "": 1,
    "b": 1,
    "kb": 1024,
    "kib": 1024,
    "mb": 1024**2,
    "mib": 1024**2,
    "gb": 1024**3,
    "gib": 1024**3,
}
_DURATION_UNITS: Final = {"ms": 1.0, "s": 1000.0}
_MEMORY = 128, 10_240
_QUANTITY: Final = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-zµ]*)\s*")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
# What people call Lambda's architectures elsewhere; an error says Lambda's own name.
_ARCHITECTURES: Final = {
    "aarch64": "arm64",
    "arm": "arm64",
    "graviton": "arm64",
    "amd64": "x86_64",
    "x64": "x86_64",
    "x86-64": "x86_64",
    "x86": "x86_64",
    "intel": "x86_64",
}


class NotAllowedError(ValueError):
    """A value that its setting does not allow; `meant` is the nearest one that it does, `because` what is wrong."""

    def __init__(self, meant: str = "", *, because: str = "") -> None:
        self.meant = meant
        self.because = because
        super().__init__(meant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`parse` reads a value from TOML or the command line or raises NotAllowedError; `allowed` says what it takes.

    A `secret` value is in no message.

    `many` is for lists, `flag` for yes or no, `names` are the words of a choice, `metavar` stands for a value in help.
    """

    parse: Callable[[object], object]
    allowed: str
    metavar: str = ""
    many: bool = False
    flag: bool = False
    secret: bool = False
    names: tuple[str, ...] = ()


def nearest(word: str, words: tuple[str, ...]) -> str:
    """The one of `words` that begins like `word`, else the most similar one; empty where none is near."""
    from difflib import get_close_matches  # noqa: PLC0415 only when there is something wrong: --help must not pay

    folded = {name.casefold(): name for name in words}
    longer = [name for name in folded if word and name.startswith(word.casefold())]
    if len(longer) == 1:
        return folded[longer[0]]
    found = get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else ""


def choice(kind: type[StrEnum]) -> Kind:
    """One of the words of an enum."""
    names = tuple(member.value for member in kind)

    def parse(value: object) -> StrEnum:
        if isinstance(value, str) and value in names:
            return kind(value)
        meant = nearest(value, names) if isinstance(value, str) else ""
        if kind is Architecture and isinstance(value, str):
            meant = _ARCHITECTURES.get(value.casefold(), meant)
        raise NotAllowedError(meant)

    return Kind(parse=parse, allowed=" or ".join(names), metavar="|".join(names), names=names)


def _text(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise NotAllowedError


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise NotAllowedError({"true": "true", "false": "false"}.get(str(value).casefold(), ""))


def _count(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    raise NotAllowedError


def _memory(value: object) -> int:
    size = _count(value)
    if not _MEMORY[0] <= size <= _MEMORY[1]:
        raise NotAllowedError
    return size


def _quantity(value: object, units: dict[str, float] | dict[str, int]) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise NotAllowedError
    match = _QUANTITY.fullmatch(str(value))
    unit = match[2].casefold() if match else ""
    if match is None or unit not in units or not float(match[1]):
        raise NotAllowedError
    return float(match[1]) * units[unit]


def _size(value: object) -> int:
    return int(_quantity(value, _SIZE_UNITS))


def _duration(value: object) -> float:
    return _quantity(value, _DURATION_UNITS)


def _python(value: object) -> tuple[int, int]:
    text = str(value).removeprefix("python") if isinstance(value, str) else ""
    match = re.fullmatch(r"([0-9]+)\.([0-9]+)", text)
    if match is None:
        # `python = 3.10` without quotes is the float 3.1: only the text is safe.
        patch = re.fullmatch(r"([0-9]+\.[0-9]+)\.[0-9]+", text)
        raise NotAllowedError(patch[1] if patch else f'"{value}"' if isinstance(value, float) else "")
    return int(match[1]), int(match[2])


def _glob(value: object) -> str:
    text = _text(value).removeprefix("./")
    if because := fault(text):
        raise NotAllowedError(because=f"{text} {because}")
    return text


def _code(value: object) -> str:
    text = _text(value).upper()
    if text in CATALOGUE:
        return text
    raise NotAllowedError(nearest(text, tuple(CATALOGUE)))


def _ignored(value: object) -> str:
    code, colon, glob = _text(value).partition(":")
    return _code(code) + (f":{_glob(glob)}" if colon else "")


def _pointer(value: object) -> str:
    text = _text(value)
    if not text.startswith("/"):
        raise NotAllowedError("/" + text.lstrip("$.").replace(".", "/"))
    return text


def _variable(value: object) -> str:
    if not isinstance(value, str) or _VARIABLE.match(value) is None:
        raise NotAllowedError
    return value


def _many(parse: Callable[[object], str]) -> Callable[[object], tuple[str, ...]]:
    def parse_all(value: object) -> tuple[str, ...]:
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list | tuple):
            raise NotAllowedError
        return tuple(dict.fromkeys(parse(item) for item in items))

    return parse_all


TEXT = Kind(parse=_text, allowed="a text", metavar="TEXT")
PATH = Kind(parse=_text, allowed="a path", metavar="PATH")
PATHS = Kind(parse=_many(_text), allowed="a list of paths, which may be globs", metavar="FILE", many=True)
URL = Kind(parse=_text, allowed="a URL, in which ${NAME} stands for an environment variable", metavar="URL")
FLAG = Kind(parse=_flag, allowed="true or false", flag=True)
COUNT = Kind(parse=_count, allowed="a whole number, 0 or more", metavar="N")
MEMORY = Kind(parse=_memory, allowed=f"a whole number of MB, {_MEMORY[0]} to {_MEMORY[1]}", metavar="MB")
SIZE = Kind(
    parse=_size,
    allowed="a size over 0 in bytes or with a unit: KB, MB, GB (or KiB, MiB, GiB), each 1024 of the one before",
    metavar="SIZE",
)
DURATION = Kind(parse=_duration, allowed='a time over 0 with the unit ms or s, as in "300ms" or "1.5s"', metavar="TIME")
PYTHON = Kind(parse=_python, allowed='a minor version, as in "3.13"', metavar="3.X")
TEXTS = Kind(parse=_many(_text), allowed="a list of texts", metavar="NAME", many=True)
URLS = Kind(parse=_many(_text), allowed="a list of URLs or paths", metavar="URL", many=True)
GLOBS = Kind(
    parse=_many(_glob), allowed="a list of patterns of relative paths with / between", metavar="GLOB", many=True
)
POINTERS = Kind(
    parse=_many(_pointer), allowed="a list of JSON pointers, each / or beginning with /", metavar="POINTER", many=True
)
VARIABLES = Kind(
    parse=_many(_variable), allowed='a list of texts "NAME=VALUE"', metavar="NAME=VALUE", many=True, secret=True
)
IGNORED = Kind(
    parse=_many(_ignored),
    allowed="a list of codes of findings, as in SLP001, or SLP001:GLOB for some files",
    metavar="CODE[:GLOB]",
    many=True,
)
CODES = Kind(parse=_many(_code), allowed="a list of codes of findings, as in SLP001", metavar="CODE", many=True)
