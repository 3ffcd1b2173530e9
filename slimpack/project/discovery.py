"""A folder -> the handlers in it: functions of (event, context), and what else is called as Lambda calls a handler."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from slimpack.model.project import SourceKind
from slimpack.project.initial import Function
from slimpack.project.templates import Declared

_NOT_OURS: Final = frozenset({"node_modules", "site-packages", "dist", "build", "cdk.out", "tests", "test"})
_NOT_A_FUNCTION: Final = re.compile(r"(?:test_.*|.*_test|conftest|setup|noxfile)\.py")
_PART: Final = re.compile(r"\w[\w-]*")
_EVENT, _CONTEXT = frozenset({"event", "evt"}), frozenset({"context", "ctx", ""})
_USUAL: Final = frozenset({"handler", "lambda_handler"})
_BESIDE: Final = tuple(kind.value for kind in SourceKind if kind not in {SourceKind.NONE, SourceKind.PYPROJECT})
"""Files that give a function's folder requirements of its own; a pyproject.toml may be there for other reasons."""


def functions(root: Path) -> tuple[Function, ...]:
    """Every handler below `root`, by path."""
    found = []
    for path in _files(root):
        source, requirements = _home(path.parent, root)
        module = path.relative_to(root / source).with_suffix("").as_posix().removesuffix("/__init__")
        if all(_PART.fullmatch(part) for part in module.split("/")):
            found += [
                Function(handler=f"{module}.{name}", source=source, requirements=requirements)
                for name in handlers_in(path.read_bytes())
            ]
    return tuple(found)


def deployed(declared: Declared, root: Path) -> Function:
    """A function of a template, with the requirements beside its code."""
    own = next((file for file in _BESIDE if (root / declared.folder / file).is_file()), "") if declared.folder else ""
    return Function(
        handler=declared.handler,
        source=declared.folder,
        requirements=f"{declared.folder}/{own}" if own else "",
        name=declared.name,
        python=declared.python,
        arch=declared.arch,
        template=declared.where.partition(",")[0],
    )


def placed(handler: str, root: Path) -> Function:
    """A handler that was named, in the root or in src/."""
    base = handler.rpartition(".")[0].replace(".", "/")
    for folder in (root, root / "src"):
        for path in (folder / f"{base}.py", folder / base / "__init__.py"):
            if path.is_file():
                source = "" if folder == root else "src"
                return Function(handler=handler, source=source)
    return Function(handler=handler)


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not _foreign(Path(folder, name)))
        for name in sorted(names):
            if name.endswith(".py") and not _NOT_A_FUNCTION.fullmatch(name):
                yield Path(folder, name)


def _foreign(folder: Path) -> bool:
    """Hidden folders, what tools make, virtual environments, and tests."""
    return (
        folder.name.startswith((".", "__"))
        or folder.name in _NOT_OURS
        or (folder / "pyvenv.cfg").exists()
        or (folder / "conda-meta").exists()
    )


def _home(folder: Path, root: Path) -> tuple[str, str]:
    """The source folder and the requirements of a function whose file is in `folder`; empty where the root decides."""
    inner = folder
    while inner != root:
        name = inner.relative_to(root).as_posix()
        package = (inner / "__init__.py").exists()
        own = next((file for file in _BESIDE if (inner / file).is_file()), "")
        if own or (name == "src" and not package):
            return "" if package else name, f"{name}/{own}" if own else ""
        inner = inner.parent
    return "", ""


def handlers_in(source: bytes) -> tuple[str, ...]:
    """The handlers of one module: those with a usual name, else those whose name ends so, else all that take events.

    What others do in between (a helper of the same two parameters) is then not taken for a handler.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ()
    names = [name for node in tree.body for name in _callable(node)]
    for better in (lambda name: name in _USUAL, lambda name: name.endswith("handler"), lambda _: True):
        if chosen := tuple(dict.fromkeys(name for name in names if better(name))):
            return chosen
    return ()


def _callable(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name, args=arguments) if not name.startswith("_") and _takes_events(arguments):
            yield name
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call()) if name in _USUAL:  # an adapter: Mangum(app)
            yield name


def _takes_events(arguments: ast.arguments) -> bool:
    first = [argument.arg.strip("_").lower() for argument in (*arguments.posonlyargs, *arguments.args)]
    needed = len(first) - len(arguments.defaults)
    if needed > 2 or len(first) < 2 or None in arguments.kw_defaults:  # noqa: PLR2004 event and context
        return False
    context = first[1].removeprefix("lambda_")
    return first[0] in _EVENT and context in _CONTEXT
