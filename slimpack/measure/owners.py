"""A folder of unknown origin -> whose its modules are: by the RECORDs in it, else by the names at its top."""

import csv
from collections.abc import Mapping
from pathlib import Path

from packaging.utils import canonicalize_name

from slimpack.model.naming import module_name
from slimpack.model.tree import OWN


def owners(code: Path, *, entry: str) -> Mapping[str, str]:
    """Distribution by module; what no RECORD names is own code, or another package's where there is none at all."""
    found: dict[str, str] = {}
    records = sorted(code.glob("*.dist-info/RECORD"))
    for record in records:
        whose = canonicalize_name(record.parent.name.removesuffix(".dist-info").partition("-")[0])
        for row in csv.reader(record.read_text("utf-8", "replace").splitlines()):
            if row and (name := module_name(row[0])):
                found[name] = whose
    if not records:
        own = entry.partition(".")[0]
        tops = {path.name.partition(".")[0] for path in code.iterdir() if path.is_dir() or module_name(path.name)}
        found = {name: name for name in sorted(tops) if name.isidentifier() and name != own}
    return {name: whose for name, whose in found.items() if whose != OWN}


def own_files(code: Path, known: Mapping[str, str], *, entry: str) -> list[str]:
    """The sources of own code: the handler's module, and all that belongs to no distribution."""
    stem = entry.replace(".", "/")
    tops = {name.partition(".")[0] for name in known}
    files = sorted(path.relative_to(code).as_posix() for path in code.rglob("*.py"))
    others = [path for path in files if (name := module_name(path)) and name.partition(".")[0] not in tops]
    return list(dict.fromkeys([f"{stem}.py", f"{stem}/__init__.py", *others]))
