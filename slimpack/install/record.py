"""RECORD: every member listed, every listed file there, each with a hash of sha256 or better and its size."""

import csv
import hashlib
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from slimpack.errors import InstallError, Problem

_ALGORITHMS = frozenset({"sha256", "sha384", "sha512"})
_SIGNATURES = ("RECORD", "RECORD.jws", "RECORD.p7s")
_SHOWN = 5
_DIGITS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of RECORD: the digest that a file must have, and its size (None where RECORD does not say)."""

    algorithm: str
    digest: bytes
    size: int | None

    def holds(self, data: bytes | bytearray, *, sha256: bytes = b"") -> bool:
        """Tell whether these are the bytes that RECORD means; their SHA-256 may be known already."""
        if self.algorithm == "sha256" and sha256:
            return sha256 == self.digest
        return hashlib.new(self.algorithm, data).digest() == self.digest


def parse(text: str, *, info: str, members: Collection[str], wheel: str) -> Mapping[str, Row]:
    """The rows by path. Raises InstallError where RECORD and the wheel's members do not name the same files."""
    rows: dict[str, Row] = {}
    listed: set[str] = set()
    wrong: list[str] = []
    exempt = {f"{info}/{name}" for name in _SIGNATURES}
    for line in _lines(text, wheel=wheel):
        path = line[0].replace("\\", "/") if line else ""  # old tools on Windows wrote backslashes
        if not path or path in exempt:
            continue
        if path in listed:
            wrong.append(f"{path} is in RECORD twice")
        elif (row := _row(line)) is None:
            wrong.append(f"{path} has no hash of sha256 or better in RECORD")
        else:
            rows[path] = row
        listed.add(path)
    wrong += [f"{path} is not in RECORD" for path in sorted(set(members) - listed - exempt)]
    wrong += [f"{path} is in RECORD and not in the wheel" for path in sorted(listed - set(members))]
    if wrong:
        raise disagrees(wheel, wrong)
    return rows


def rows_of(text: str) -> Iterator[tuple[str, Row | None]]:
    """Each line's path with its row (None where it has no digest that counts); a list that is damaged ends early."""
    try:
        for line in csv.reader(text.splitlines()):
            if line and line[0]:
                yield line[0], _row(line)
    except csv.Error:
        return


def _lines(text: str, *, wheel: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(text.splitlines())
    except csv.Error as error:
        raise disagrees(wheel, [f"RECORD is no CSV ({error})"]) from error


def disagrees(wheel: str, wrong: list[str]) -> InstallError:
    """The error for a wheel that is not what its RECORD says: the first few differences."""
    more = f" (and {len(wrong) - _SHOWN} more)" if len(wrong) > _SHOWN else ""
    return InstallError(
        Problem(
            what=f"{wheel} does not agree with its RECORD: {'; '.join(wrong[:_SHOWN])}{more}",
            where=wheel,
            do="report it to its publisher, and pin another version",
        )
    )


def _row(line: list[str]) -> Row | None:
    algorithm, _, encoded = (line[1] if len(line) > 1 else "").partition("=")
    if algorithm not in _ALGORITHMS or not encoded:
        return None
    try:
        digest = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except (Base64Error, ValueError):
        return None
    size = line[2] if len(line) > 2 else ""  # noqa: PLR2004 the third field
    return Row(algorithm=algorithm, digest=digest, size=int(size) if size.isdecimal() and len(size) < _DIGITS else None)
