"""Import statements -> module names: relative levels, submodules named in `from`, star imports."""

from collections.abc import Iterator

from slimpack.model.facts import Import
from slimpack.trace.index import Index


def absolute(level: int, module: str, package: str) -> str:
    """The absolute name of a relative import; empty where it leaves the top."""
    if level == 0:
        return module
    parts = package.split(".") if package else []
    if level - 1 > len(parts):
        return ""
    base = parts[: len(parts) - (level - 1)]
    return ".".join([*base, module] if module else base)


def targets(statement: Import, package: str, index: Index) -> Iterator[str]:
    """The modules of the tree that a statement imports, the named one first."""
    module = absolute(statement.level, statement.module, package)
    if module:
        yield module
    for name in statement.names:
        if name != "*":
            submodule = f"{module}.{name}" if module else name
            if index.exists(submodule):
                yield submodule


def star(statement: Import, package: str) -> str:
    """The module whose `__all__` a star import takes; empty where it is no star import."""
    return absolute(statement.level, statement.module, package) if "*" in statement.names else ""


def package_of(module: str, path: str) -> str:
    """What `__package__` is in the file at `path`."""
    name = path.rpartition("/")[2]
    return module if name.startswith("__init__.") else module.rpartition(".")[0]
