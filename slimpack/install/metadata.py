"""What a wheel says of itself: METADATA, WHEEL and entry_points.txt, held against the pin that asked for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from slimpack.errors import InstallError, Problem
from slimpack.model.lock import Pin


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Requirements as METADATA writes them, entry points as (group, name, value), both in the file's order.

    `name` and `version` are empty where METADATA has none.
    """

    requires: tuple[str, ...]
    entry_points: tuple[tuple[str, str, str], ...]
    name: str = ""
    version: str = ""


def info_folder(members: Mapping[str, object], *, pin: Pin) -> str:
    """The wheel's one dist-info folder. Raises InstallError where it has none, several, or that of another project."""
    folders = sorted({path.partition("/")[0] for path in members if path.partition("/")[0].endswith(".dist-info")})
    if len(folders) != 1:
        found = ", ".join(folders) or "none"
        raise _wrong(pin, f"a wheel has one .dist-info folder; this has {found}")
    name, _, version = folders[0].removesuffix(".dist-info").partition("-")
    if canonicalize_name(name) != pin.name or not _same(version, pin.version):
        raise _wrong(pin, f"it holds {folders[0]}, not {pin.name} {pin.version}")
    needed = (f"{folders[0]}/{name}" for name in ("METADATA", "WHEEL", "RECORD"))
    if missing := [path for path in needed if path not in members]:
        raise _wrong(pin, f"it has no {', '.join(missing)}")
    return folders[0]


def check_filename(pin: Pin) -> None:
    """Raise InstallError where the file's name is not that of the pin's wheel.

    The tags in `WHEEL` are not compared: retagged wheels (auditwheel of old, vendors' rebuilds) disagree with their
    names and install everywhere; what counts is the machine code, and the ELF gate of `verify` reads that.
    """
    try:
        name, version, _, _ = parse_wheel_filename(pin.filename)
    except (InvalidWheelFilename, InvalidVersion) as error:
        raise _wrong(pin, f"its name is not that of a wheel ({error})") from error
    if name != pin.name or not _same(str(version), pin.version):
        raise _wrong(pin, f"its name says {name} {version}, the lock says {pin.name} {pin.version}")


def check_statements(metadata: str, wheel: str, *, pin: Pin) -> None:
    """Raise InstallError where METADATA names another project or version, or WHEEL a format that is not known."""
    headers = HeaderParser().parsestr(metadata)
    name, version = headers.get("Name", ""), headers.get("Version", "")
    if canonicalize_name(name) != pin.name or not _same(version, pin.version):
        raise _wrong(pin, f"its METADATA says {name or '?'} {version or '?'}, the lock says {pin.name} {pin.version}")
    layout = HeaderParser().parsestr(wheel).get("Wheel-Version", "")
    if layout.partition(".")[0] != "1":
        raise _wrong(pin, f"its Wheel-Version is {layout or 'missing'}; slimpack knows 1.x")


def statement(metadata: str, entry_points: str) -> Statement:
    """The parts of METADATA and entry_points.txt that later stages ask for."""
    headers = HeaderParser().parsestr(metadata)
    return Statement(
        requires=tuple(str(line) for line in headers.get_all("Requires-Dist", [])),
        entry_points=tuple(_entry_points(entry_points)),
        name=str(headers.get("Name", "")).strip(),
        version=str(headers.get("Version", "")).strip(),
    )


def _entry_points(text: str) -> Iterator[tuple[str, str, str]]:
    # As importlib.metadata reads it at run time, which is more lenient than configparser.
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1]
        elif line and not line.startswith("#") and group:
            name, _, value = line.partition("=")
            yield group, name.strip(), value.strip()


def _same(one: str, other: str) -> bool:
    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one == other


def _wrong(pin: Pin, what: str) -> InstallError:
    return InstallError(
        Problem(
            what=f"{pin.filename} is not the wheel that the lock names: {what}",
            where=pin.url or pin.path,
            do="lock again, or report the wheel to its publisher",
        )
    )
