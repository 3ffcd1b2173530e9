"""Which file of a tree an import finds: the import system's order of precedence, without importing."""

from collections.abc import Container, Iterable, Iterator

from slimpack.model.target import Target


def suffixes(target: Target) -> tuple[str, ...]:
    """The endings of modules in the order in which the target's interpreter tries them."""
    extension = f".{target.cache_tag}-{target.architecture.machine}-linux-gnu.so"
    return (extension, ".abi3.so", ".so", ".py", ".pyc")


def found(files: Container[str], name: str, folders: Iterable[str], endings: tuple[str, ...]) -> str:
    """The path that the last part of `name` is loaded from, looked for in `folders` ("" is the root); "" if none."""
    tail = name.rpartition(".")[2]
    for folder in folders:
        stem = f"{folder}/{tail}" if folder else tail
        for candidate in _candidates(stem, endings):
            if candidate in files:
                return candidate
    return ""


def found_from_root(files: Container[str], name: str, endings: tuple[str, ...]) -> str:
    """The path that a dotted name is loaded from where no package extends its `__path__`; "" if none."""
    return found(files, name, [name.rpartition(".")[0].replace(".", "/")], endings)


def folders_of(paths: Iterable[str]) -> frozenset[str]:
    """Every folder that holds one of `paths`, however deep; without the root."""
    known: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in known:
            known.add(folder)
            folder = folder.rpartition("/")[0]
    return frozenset(known)


def _candidates(stem: str, endings: tuple[str, ...]) -> Iterator[str]:
    for ending in endings:
        yield f"{stem}/__init__{ending}"
    for ending in endings:
        yield stem + ending
