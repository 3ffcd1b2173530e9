"""Read requirements files as far as a resolver's caller must: their texts, and what they pin and hash.

The resolver itself reads them again with its own semantics; this decides what a cached answer depends on, whether the
files alone determine it, and which hashes the user demands.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from slimpack.errors import ConfigError, Problem
from slimpack.host.indexes import redacted

_HASH = re.compile(r"--hash[=\s]+sha256:([0-9a-fA-F]{64})")
_OPTION = re.compile(r"\s--(?:hash|config-settings?|global-option)[=\s]")
_INCLUDE = re.compile(r"^(-r|--requirement|-c|--constraint)(?:\s+|=|(?<=^-[rc]))(?P<path>\S.*)$")


@dataclass(slots=True, kw_only=True)
class Requirements:
    """What a set of files says. `texts` are the files' contents without credentials, in the order read.

    `pinned` and `hashes` are by normalised name; `direct` says that something is taken from a path, URL or
    repository; `loose` that some requirement has no exact version; `empty` that nothing is required.
    """

    texts: list[str] = field(default_factory=list)
    pinned: dict[str, set[str]] = field(default_factory=dict)
    hashes: dict[str, frozenset[str]] = field(default_factory=dict)
    direct: bool = False
    loose: bool = False
    empty: bool = True


def read(paths: Iterable[Path], *, constraints: Iterable[Path] = ()) -> Requirements:
    """Read the files and all that they include. Raises ConfigError for one that cannot be read."""
    found = Requirements()
    seen: set[tuple[Path, bool]] = set()
    for path in paths:
        _read(path, found, seen, constraint=False)
    for path in constraints:
        _read(path, found, seen, constraint=True)
    return found


def note(
    requirement: Requirement, found: Requirements, *, hashes: Iterable[str] = (), constraint: bool = False
) -> None:
    """Add one requirement to what is known."""
    name = canonicalize_name(requirement.name)
    found.direct |= requirement.url is not None
    found.empty &= constraint
    exact = [
        spec.version
        for spec in requirement.specifier
        if spec.operator in {"==", "==="} and not spec.version.endswith(".*")
    ]
    if exact:
        found.pinned.setdefault(name, set()).update(exact)
    elif not constraint:
        found.loose = True
    if digests := frozenset(digest.lower() for digest in hashes):
        found.hashes[name] = found.hashes.get(name, frozenset()) | digests


def _read(path: Path, found: Requirements, seen: set[tuple[Path, bool]], *, constraint: bool) -> None:
    path = Path(os.path.normpath(path))
    if (path, constraint) in seen:
        return
    seen.add((path, constraint))
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:  # ValueError: bytes that are not UTF-8, or a zero byte in the path
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        do = "check the path" if isinstance(error, OSError) else "save it as UTF-8"
        raise ConfigError(Problem(what=f"cannot read {path.name}: {reason}", where=str(path), do=do)) from error
    found.texts.append(redacted(text))
    for line in _lines(text):
        if include := _INCLUDE.match(line):
            if "://" in include["path"]:
                found.direct = found.loose = True  # what the URL holds is not known here
                found.empty = False
            else:
                kind = constraint or include[1] in {"-c", "--constraint"}
                _read(path.parent / include["path"].strip("'\""), found, seen, constraint=kind)
        elif line.startswith(("-e", "--editable")):
            found.direct, found.empty = True, False
        elif not line.startswith("-"):
            _requirement(line, found, constraint=constraint)


def _requirement(line: str, found: Requirements, *, constraint: bool) -> None:
    text = _OPTION.split(line)[0].strip()
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        # A path or bare URL; anything else is the resolver's to refuse, which shows the place.
        found.direct = True
        found.empty &= constraint
    else:
        note(requirement, found, hashes=_HASH.findall(line), constraint=constraint)


def _lines(text: str) -> Iterator[str]:
    joined = re.sub(r"\\\r?\n[ \t]*", " ", text)
    for line in joined.splitlines():
        stripped = re.sub(r"(^|\s)#.*$", "", line).strip()
        if stripped:
            yield stripped
