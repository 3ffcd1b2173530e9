"""Refuse what a wheel must not hold: members that leave the tree, device names, encryption, bombs, duplicates."""

import stat
from collections.abc import Iterator, Sequence
from zipfile import ZipInfo

from slimpack.errors import InstallError, Problem
from slimpack.install.content import DEFLATED, STORED
from slimpack.model.tree import is_safe

_BOMB_RATIO = 200
_BOMB_SIZE = 100 * 1024**2
_TOTAL = 2 * 1024**3
_ENCRYPTED = 0x1
# Windows opens a device for these names whatever the suffix; a wheel that holds one cannot be unpacked there.
_DEVICES = frozenset(
    {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"} | {f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10)}
)


DO = "do not use this wheel; report it to its publisher, or pin another version"


def check_members(entries: Sequence[ZipInfo], *, wheel: str, do: str = DO, portable: bool = True) -> None:
    """Raise one InstallError that lists every unsafe member, or the bomb that the members are together.

    What is `portable` can be unpacked on any system: a wheel must, what Lambda alone unpacks need not.
    """
    problems = [
        Problem(what=f"{wheel} holds an unsafe member: {name!r} {why}", where=wheel, do=do)
        for name, why in _unsafe(entries, portable=portable)
    ]
    if sum(entry.file_size for entry in entries) > _TOTAL:
        problems.append(Problem(what=f"{wheel} unpacks to more than 2 GB, which no function can hold", where=wheel))
    if problems:
        raise InstallError(*problems)


def _unsafe(entries: Sequence[ZipInfo], *, portable: bool) -> Iterator[tuple[str, str]]:
    folded: dict[str, str] = {}
    for entry in entries:
        name = entry.orig_filename
        if (why := _name_is_bad(name, portable=portable) or _entry_is_bad(entry)) is not None:
            yield name, why
        key = name.casefold() if portable else name
        other = folded.setdefault(key, "")
        if other == name:
            yield name, "is there twice"
        elif other:
            yield name, f"differs from {other!r} only in case"
        folded[key] = name


def _name_is_bad(name: str, *, portable: bool) -> str | None:
    bare = name.removesuffix("/")
    if name.startswith("/") or name[1:2] == ":":
        return "has an absolute path"
    if ".." in name.replace("\\", "/").split("/"):
        return "leaves the package"
    if not is_safe(bare):
        return "is not a normal relative path"
    if portable and any(part.split(".")[0].rstrip(" ").upper() in _DEVICES for part in bare.split("/")):
        return "has the name of a device"
    return None


def _entry_is_bad(entry: ZipInfo) -> str | None:
    if entry.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if entry.compress_type not in {STORED, DEFLATED}:
        return f"uses compression method {entry.compress_type}, which is neither stored nor deflated"
    if entry.file_size > _BOMB_SIZE and entry.file_size > _BOMB_RATIO * max(entry.compress_size, 1):
        return f"unpacks {entry.compress_size} bytes to {entry.file_size}: a bomb"
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK}:
        return "is a device, pipe or socket"
    return None
