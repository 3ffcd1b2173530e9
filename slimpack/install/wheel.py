"""A wheel file -> its Index: every member checked against RECORD and mapped to its place in the tree.

All digests are checked, once for each wheel ever (measured, two cores: scipy's 112 MB in 0.19 s). The lock's hash of
the whole wheel would bind the bytes as well, but the SHA-256 of a member is what later stages key their caches by: a
RECORD that lied could make slimpack take another file's bytecode for this one's.
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from zipfile import ZipInfo

from slimpack.install import metadata, record, safety
from slimpack.install.content import WheelFile, damaged
from slimpack.install.index import Entry, Index
from slimpack.install.members import central_directory, is_link, link_target, offset_of, read_member
from slimpack.model.lock import Pin
from slimpack.model.tree import Distribution

_SCHEMES = {"purelib": "", "platlib": "", "data": "", "scripts": "bin/", "headers": "include/"}
"""`*.data/<scheme>/` -> folder at the root, as `pip install --target` lays them out."""


def read(path: Path, *, pin: Pin) -> tuple[WheelFile, Index]:
    """Open and check a wheel whose own digest is right. Raises InstallError for all that a wheel must not be."""
    metadata.check_filename(pin)
    wheel = WheelFile(path, name=pin.filename)
    entries = central_directory(path, name=pin.filename)
    safety.check_members(entries, wheel=pin.filename)
    members = {entry.filename: entry for entry in entries if not entry.is_dir()}
    info = metadata.info_folder(members, pin=pin)
    texts = _Texts(wheel, members)
    rows = record.parse(texts.read(f"{info}/RECORD"), info=info, members=members, wheel=pin.filename)
    about = texts.read(f"{info}/METADATA")
    metadata.check_statements(about, texts.read(f"{info}/WHEEL"), pin=pin)
    said = metadata.statement(about, texts.read(f"{info}/entry_points.txt"))
    located = sorted(_entries(wheel, members, rows, info=info, name=pin.name), key=lambda entry: entry.path)
    if twice := [one.path for one, two in pairwise(located) if one.path == two.path]:
        raise damaged(pin.filename, f"two members would be installed as {twice[0]}")
    distribution = Distribution(
        name=pin.name,
        version=pin.version,
        filename=pin.filename,
        sha256=pin.sha256,
        info=info,
        requires=said.requires,
        entry_points=said.entry_points,
    )
    return wheel, Index(distribution=distribution, entries=tuple(located))


class _Texts:
    """The few members that are read as text while a wheel is opened."""

    def __init__(self, wheel: WheelFile, members: Mapping[str, ZipInfo]) -> None:
        self._wheel = wheel
        self._members = members

    def read(self, path: str) -> str:
        if (entry := self._members.get(path)) is None:
            return ""
        try:
            return read_member(self._wheel, entry, offset_of(self._wheel, entry)).decode()
        except UnicodeDecodeError as error:
            raise damaged(self._wheel.name, f"{path} is not UTF-8") from error


def _entries(
    wheel: WheelFile, members: Mapping[str, ZipInfo], rows: Mapping[str, record.Row], *, info: str, name: str
) -> Iterator[Entry]:
    wrong: list[str] = []
    for path, entry in sorted(members.items()):
        link = is_link(entry)
        real = link_target(wheel, entry, members, do=safety.DO) if link else entry
        offset = offset_of(wheel, real)
        data = read_member(wheel, real, offset)
        digest = sha256(data)
        row = rows.get(path)
        if row is not None and not link and row.size is not None and row.size != entry.file_size:
            wrong.append(f"{path} has {entry.file_size} bytes, RECORD says {row.size}")
        elif (
            row is not None
            and not row.holds(data, sha256=digest.digest())
            and not (link and row.holds(read_member(wheel, entry)))
        ):
            wrong.append(f"{path} does not have the digest that RECORD gives it")
        mode = real.external_attr >> 16
        yield Entry(
            path=_place(path, info=info, name=name, wheel=wheel.name),
            offset=offset,
            stored=real.compress_size,
            size=real.file_size,
            method=real.compress_type,
            crc32=real.CRC,
            sha256=digest.hexdigest(),
            executable=bool(mode & 0o111) or data[:2] == b"#!" or data[:4] == b"\x7fELF",
        )
    if wrong:
        raise record.disagrees(wheel.name, wrong)


def _place(path: str, *, info: str, name: str, wheel: str) -> str:
    """The path in the tree: `*.data/<scheme>/` is mapped, all else stays."""
    data = info.removesuffix(".dist-info") + ".data/"
    if not path.startswith(data):
        return path
    scheme, _, rest = path.removeprefix(data).partition("/")
    if scheme not in _SCHEMES or not rest:
        raise damaged(wheel, f"{path} belongs to no known scheme ({', '.join(sorted(_SCHEMES))})")
    return f"{_SCHEMES[scheme]}{name}/{rest}" if scheme == "headers" else _SCHEMES[scheme] + rest
