"""Package -> findings: what is there twice, hidden by something else, for another Python, or not as recorded."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from slimpack.model.finding import Finding, Severity
from slimpack.model.package import Package
from slimpack.model.rule import Runtime
from slimpack.model.target import Target
from slimpack.model.tree import OWN, File

_SMALL = 64 * 1024
"""Copies of less than this are not worth a line."""
_SHOWN = 3
_TAGGED = re.compile(r"\.cpython-(\d)(\d+)-[^/]*\.so$")


def problems(package: Package, target: Target, runtime: Runtime) -> tuple[Finding, ...]:
    """Every finding, sorted."""
    files = package.tree.files
    return tuple(
        sorted(
            [
                *_for_others(files, target),
                *_copies(files),
                *_hidden(files, target),
                *_shadowing(files, runtime),
                *_doubled(package),
                *_guessed(package),
                *_untrue(package),
                *_outside(package),
            ]
        )
    )


def _for_others(files: Mapping[str, File], target: Target) -> Iterator[Finding]:
    """Extension modules that the target's import system does not look at, for their names say another version."""
    there: dict[tuple[str, str], list[str]] = defaultdict(list)
    modules = set()
    for path in files:
        if match := _TAGGED.search(path):
            version = f"{match[1]}.{match[2]}"
            if version == target.python_version:
                modules.add(path[: match.start()])
            else:
                there[files[path].owner, version].append(path)
    for (owner, version), paths in sorted(there.items()):
        alone = [path for path in paths if _TAGGED.sub("", path) not in modules]
        yield Finding(
            code="SLP026",
            where=paths[0],
            severity=Severity.ERROR if alone else Severity.WARNING,
            message=f"{_who(owner)}: {_count(len(paths), 'extension module')} for Python {version}, which "
            f"Python {target.python_version} does not import{_more(paths)}",
            help=f"install it for Python {target.python_version}" if alone else "leave it out",
        )


def _copies(files: Mapping[str, File]) -> Iterator[Finding]:
    sizes: dict[int, list[str]] = defaultdict(list)
    for path, file in files.items():
        if file.content.size > _SMALL:
            sizes[file.content.size].append(path)
    for size, paths in sizes.items():
        same: dict[str, list[str]] = defaultdict(list)
        for path in paths if len(paths) > 1 else ():
            same[files[path].content.sha256].append(path)
        for first, *others in same.values():
            if others:
                message = f"{size:,} bytes are there {len(others) + 1} times, also as {', '.join(others)}"
                yield Finding(code="SLP030", where=first, message=message)


def _hidden(files: Mapping[str, File], target: Target) -> Iterator[Finding]:
    """Modules that no import can reach, because another of their name comes first in Python's order."""
    suffixes = (f".{target.cache_tag}-{target.architecture.machine}-linux-gnu.so", ".abi3.so", ".so", ".py", ".pyc")
    twins: dict[str, list[str]] = defaultdict(list)
    for path in files:
        suffix = next((one for one in suffixes if path.endswith(one)), "")
        stem = path.removesuffix(suffix)
        if not suffix or stem.endswith("/__init__"):
            continue
        package = next((f"{stem}/__init__{end}" for end in suffixes if f"{stem}/__init__{end}" in files), "")
        if package:
            yield _by_package(path, package, files)
        elif suffix == ".py" and any(f"{stem}{end}" in files for end in suffixes[:3]):
            twins[files[path].owner].append(path)
    for owner, paths in sorted(twins.items()):
        message = f"{_who(owner)}: {_count(len(paths), 'module')} hidden by native ones of the same name{_more(paths)}"
        yield Finding(code="SLP032", where=paths[0], message=message)


def _by_package(path: str, package: str, files: Mapping[str, File]) -> Finding:
    one, other = files[path].owner, files[package].owner
    first = f"{package} of {_who(other)}" if one != other else package
    return Finding(
        code="SLP032",
        where=path,
        severity=Severity.WARNING,
        message=f"{_who(one)}: no import finds it, for {first} comes first",
        help="rename one of the two" if OWN in {one, other} else "leave one of the two out",
    )


def _shadowing(files: Mapping[str, File], runtime: Runtime) -> Iterator[Finding]:
    seen = set()
    for path, file in files.items():
        top, slash, _ = path.partition("/")
        is_module = path.endswith((".py", ".so")) and (not slash or f"{top}/__init__.py" in files)
        name = top if slash else top.split(".", 1)[0]
        if is_module and name in runtime.stdlib and name not in seen:
            seen.add(name)
            yield Finding(
                code="SLP031",
                where=path,
                severity=Severity.WARNING,
                message=f"{_who(file.owner)} hides the standard library's {name!r}: Lambda looks in the package first",
                help="rename it" if file.owner == OWN else f"leave out {file.owner}, if Python has its own",
            )


def _doubled(package: Package) -> Iterator[Finding]:
    right = {one.name: one for one in package.tree.distributions}
    for one in package.doubled:
        yield Finding(
            code="SLP033",
            where=one.info,
            severity=Severity.WARNING,
            message=f"{one.name} is described as {one.version} too; its files are those of {right[one.name].version}",
            help="remove the folder: which of the two importlib.metadata finds is a matter of chance",
        )


def _guessed(package: Package) -> Iterator[Finding]:
    for name in package.guessed:
        yield Finding(
            code="SLP035",
            where="",
            message=f"{name} has no metadata: it is known by the names of its packages, without a version",
            help="leave the dist-info folders in the package: code may ask for them, and so do auditors",
        )


def _untrue(package: Package) -> Iterator[Finding]:
    files = package.tree.files
    by_owner: dict[str, list[str]] = defaultdict(list)
    for path in package.changed:
        by_owner[files[path].owner].append(path)
    for owner, paths in sorted(by_owner.items()):
        message = f"{owner}: {_count(len(paths), 'file')} changed since the installation{_more(paths)}"
        yield Finding(code="SLP034", where=paths[0], message=message)
    gone: dict[str, list[str]] = defaultdict(list)
    for owner, path in package.absent:
        gone[owner].append(path)
    for owner, paths in sorted(gone.items()):
        message = f"{owner}: {_count(len(paths), 'file')} that its installer recorded, and not there{_more(paths)}"
        yield Finding(code="SLP034", where=paths[0], message=message)


def _outside(package: Package) -> Iterator[Finding]:
    if package.is_layer and package.outside:
        total = len(package.outside)
        message = f"{_count(total, 'file')} of the layer outside of {package.place}{_more(package.outside)}"
        yield Finding(
            code="SLP034", where=package.outside[0], message=message, help="slimpack slim refuses such a layer"
        )


def _who(owner: str) -> str:
    return owner or "own code"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _more(paths: Iterable[str]) -> str:
    """The first few behind the one that is named anyway."""
    _, *others = paths
    if not others:
        return ""
    rest = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    return f": also {', '.join(others[:_SHOWN])}{rest}"
