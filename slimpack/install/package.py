"""A zip or folder of any origin -> Package: the other front of the pipeline, in place of resolving and installing."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import deflate

from slimpack.errors import ConfigError, InstallError, Problem
from slimpack.host.learnt import learn
from slimpack.host.tools import Tools
from slimpack.install import folder, zipped
from slimpack.install.installed import installed
from slimpack.model.artifact import headers_size
from slimpack.model.package import Package
from slimpack.model.plan import FALLBACK_PACKAGE
from slimpack.model.target import Architecture
from slimpack.model.tree import File, Tree

_SITE = re.compile(r"^python/lib/python(3)\.(\d+)/site-packages/")
_TAGGED = re.compile(r"\.cpython-(3)(\d+)-(x86_64|aarch64)-linux-gnu\.so$")
_CACHED = re.compile(r"/?__pycache__/[^/]+\.cpython-(3)(\d+)(?:\.opt-\d)?\.pyc$")
_CODE = (".py", ".pyc", ".so")
_LEVEL = 6
"""As `zip`, `sam package` and the others compress."""


def opened(
    path: Path,
    *,
    python: tuple[int, int] | None = None,
    handlers: Iterable[str] = (),
    known: Callable[[], Mapping[str, str]] = dict,
) -> Package:
    """Open a package and say whose each file is; nothing is unpacked.

    `known` says whose a top-level package is that no metadata is left of. `python` chooses among a layer's site
    directories; a handler below `python.` tells a function from a layer. Raises ConfigError where there is none,
    InstallError where it holds what it must not.
    """
    if not path.exists():
        raise ConfigError(Problem(what=f"there is no package {path.name}", where=str(path), do="name a zip or folder"))
    try:
        files = folder.files_of(path) if path.is_dir() else zipped.files_of(path)
        size = 0 if path.is_dir() else path.stat().st_size
    except OSError as error:
        raise InstallError(Problem(what=f"cannot read {path.name}: {error.strerror}", where=str(path))) from error
    if not files:
        raise InstallError(Problem(what=f"{path.name} is empty", where=str(path), do="name a zip or folder with code"))
    own = any(text.replace("/", ".").startswith("python.") for text in handlers)
    place = "" if own else _place(files, python, path)
    inside = {where.removeprefix(place): file for where, file in files.items() if where.startswith(place)}
    found = installed(inside, known=known)
    return Package(
        path=path,
        name=path.resolve().name,
        place=place,
        tree=found.tree,
        size=size,
        outside=tuple(sorted(where for where in files if not where.startswith(place))),
        python=_python(files),
        architecture=_architecture(files),
        guessed=found.guessed,
        unlisted=found.unlisted,
        changed=found.changed,
        absent=found.absent,
        doubled=found.doubled,
    )


def _place(files: Mapping[str, File], python: tuple[int, int] | None, path: Path) -> str:
    """Where the modules lie: a package whose code is all below `python/` is a layer."""
    code = [where for where in files if where.endswith(_CODE) or "-info/" in where]
    if not code or not all(where.startswith("python/") for where in code):
        return ""
    sites = Counter(match[0] for where in code if (match := _SITE.match(where)))
    if not sites:
        return "python/"
    wanted = f"python/lib/python{python[0]}.{python[1]}/site-packages/" if python else ""
    if sites.total() < len(code) or (len(sites) > 1 and wanted not in sites):
        found = ", ".join(sorted(sites)) + (", python/" if sites.total() < len(code) else "")
        do = "choose one with --python" if sites.total() == len(code) else "put all modules into one of them"
        what = f"the layer {path.name} has modules in several places: {found}"
        raise InstallError(Problem(what=what, where=str(path), do=do))
    return wanted if wanted in sites else next(iter(sites))


def _python(files: Iterable[str]) -> tuple[int, int] | None:
    """The version that most native modules are for, else that of a layer's site directory, else of bytecode."""
    for pattern in (_TAGGED, _SITE, _CACHED):
        found = Counter((int(match[1]), int(match[2])) for path in files if (match := pattern.search(path)))
        if found:
            return min(found, key=lambda version: (-found[version], version))
    return None


def _architecture(files: Iterable[str]) -> Architecture | None:
    found = Counter(match[3] for path in files if (match := _TAGGED.search(path)))
    machine = min(found, key=lambda name: (-found[name], name)) if found else ""
    return next((one for one in Architecture if one.machine == machine), None)


def refuse_slimmed(package: Package) -> None:
    """Raise InstallError where the level observed has put modules into an archive: what is there is not the whole."""
    if any(path.startswith(f"{FALLBACK_PACKAGE}/") for path in package.tree):
        raise InstallError(
            Problem(
                what=f"{package.name} was made by slimpack at the level observed",
                where=str(package.path),
                do="name the package that it was made from",
            )
        )


def refuse_outside(package: Package) -> None:
    """Raise InstallError where a layer holds more than modules: it would be lost."""
    if package.outside and package.place:
        first, more = package.outside[0], len(package.outside) - 1
        listed = first + (f" and {more} more" if more else "")
        raise InstallError(
            Problem(
                what=f"{package.name} holds files outside of {package.place}: {listed}",
                where=str(package.path),
                do="put them into a layer of their own: only modules can be slimmed",
            )
        )


def times_of(package: Package) -> Mapping[str, int]:
    """The time of each file in seconds, as it lies in the package: a zip's has no zone, and is taken for UTC."""
    if not package.is_zip:
        return folder.times_of(package.tree.files)
    times = zipped.times_of(package.path)
    return {path: times.get(f"{package.place}{path}", 0) for path in package.tree}


def zip_size(package: Package, tools: Tools) -> int:
    """The bytes of the package's zip; of a folder, what `zip` makes of it, but for folders and times."""
    if package.is_zip:
        return package.size
    sizes = compressed_sizes(package.tree, tools)
    return sum(sizes.values()) + headers_size(sizes)


def compressed_sizes(tree: Tree, tools: Tools) -> Mapping[str, int]:
    """The bytes that each file takes in a zip: as it lies in one, or as `zip` would compress it."""
    ready = {path: file for path, file in tree.files.items() if file.content.deflated() is None}
    known: Mapping[str, int] = learn(ready, _compressed, kind="zip-6", tree=tree, tools=tools, stage="measure")
    return {path: known[path] if path in known else _stored(file) for path, file in tree.files.items()}


def _stored(file: File) -> int:
    stream = file.content.deflated()
    return len(stream.stream) if stream is not None else file.content.size


def _compressed(file: File) -> int:
    data = file.content.read()
    return min(len(data), len(deflate.deflate_compress(data, _LEVEL))) if data else 0
