"""What a tree path says by its name alone: a test, a module, bytecode, a shared object."""

import re

_TEST = re.compile(r"(?:.*/)?(?:tests?/.*|test_[^/]*\.py|[^/]*_test\.py|conftest\.py)", re.DOTALL)
_SHARED = re.compile(r".*\.so(?:\.\d+)*", re.DOTALL)


def looks_like_test(path: str) -> bool:
    """A file in a folder `test` or `tests`, or a test by pytest's own naming; `testing` is an API, not a test."""
    return _TEST.fullmatch(path) is not None


def is_shared_object(path: str) -> bool:
    """`x.so`, `x.cpython-313-x86_64-linux-gnu.so`, `libx.so.1.2`."""
    return ".so" in path and _SHARED.fullmatch(path) is not None


def module_name(path: str) -> str:
    """The dotted name under which `path` is imported; empty where it is no module that an import can name."""
    if path.endswith(".py"):
        stem = path[:-3]
    elif path.endswith(".so"):
        folder, _, name = path.rpartition("/")
        stem = f"{folder}/{name.split('.', 1)[0]}" if folder else name.split(".", 1)[0]
    else:
        return ""
    stem = stem.removesuffix("/__init__")
    parts = stem.split("/")
    return ".".join(parts) if all(part.isidentifier() for part in parts) else ""
