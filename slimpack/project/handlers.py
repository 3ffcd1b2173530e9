"""Handler texts -> EntryPoints that exist: the file is there, it parses, and its top level defines the attribute."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from slimpack.errors import Problem
from slimpack.model.project import EntryPoint
from slimpack.project.kinds import nearest

# A module may be called what an import statement could not say, as in `my-function.handler`: Lambda imports by name.
_FORM = re.compile(r"(?:\w[\w-]*[./])+[^\W\d]\w*")


def parse(text: str, *, where: str, problems: list[Problem]) -> EntryPoint | None:
    """Read a handler as Lambda does: what follows the last dot is the attribute, `/` and `.` part the module."""
    module, _, attribute = text.rpartition(".")
    if _FORM.fullmatch(text) and module and "/" not in attribute:
        if attribute == "py":
            do = f"name the function too, as in {module}.handler"
            problems.append(Problem(what=f"{text} names a file, not a handler", where=where, do=do))
            return None
        return EntryPoint(module=module.replace("/", "."), attribute=attribute)
    guess = text.removeprefix("./").replace(".py:", ".").replace(":", ".").replace("\\", "/").replace(".py.", ".")
    meant = guess if guess != text and _FORM.fullmatch(guess) else ""
    do = f"did you mean {meant}?" if meant else "write it as in app.handler or pkg/app.handler"
    problems.append(Problem(what=f'"{text}" is not a handler', where=where, do=do))
    return None


def check(entry: EntryPoint, *, root: Path, python: tuple[int, int], where: str) -> Problem | None:
    """What is wrong with the entry point, or None: its module is in `root`, parses, and defines the attribute.

    Of an extension module only an import tells what it defines.
    """
    path = _file_of(entry.module, root)
    if path is None:
        return _no_module(entry, root, where)
    try:
        names = defined(ast.parse(path.read_bytes())) if path.suffix == ".py" else None
    except OSError as error:
        return Problem(what=f"cannot read the handler's file: {error.strerror}", where=str(path))
    except (SyntaxError, ValueError) as error:
        # A newer grammar than ours: the target's own interpreter will tell.
        return None if python > sys.version_info[:2] else does_not_parse(path.relative_to(root).as_posix(), error)
    if names is None or entry.attribute in names:
        return None
    public = tuple(sorted(name for name in names if not name.startswith("__")))
    meant = nearest(entry.attribute, public)
    do = f"did you mean {entry.module}.{meant}?" if meant else f"it defines {', '.join(public[:12]) or 'nothing'}"
    return Problem(what=f"{path.relative_to(root).as_posix()} defines no {entry.attribute}", where=where, do=do)


def does_not_parse(path: str, error: Exception) -> Problem:
    """The problem of a handler's file that is no Python."""
    line = f":{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return Problem(what=f"the handler's file does not parse: {message}", where=path + line, do="mend the file")


def _file_of(module: str, root: Path) -> Path | None:
    """The module's file, in the order in which Python looks: package, extension module, source."""
    base = root.joinpath(*module.split("."))
    if (base / "__init__.py").is_file():
        return base / "__init__.py"
    if base.parent.is_dir() and (extensions := sorted(base.parent.glob(f"{base.name}.*so"))):
        return extensions[0]
    for suffix in (".py", ".pyc"):
        source = base.with_name(base.name + suffix)
        if source.is_file():
            return source
    return None


def _no_module(entry: EntryPoint, root: Path, where: str) -> Problem:
    what = f"there is no module {entry.module} in {root.name or root}"
    for folder in sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else ():
        if _file_of(entry.module, folder) is not None:
            return Problem(
                what=what,
                where=where,
                do=f'it is in {folder.name}: set source = "{folder.name}" (or --source {folder.name})',
            )
    parent, _, name = entry.module.rpartition(".")
    folder = root.joinpath(*parent.split(".")) if parent else root
    while not folder.is_dir() and folder != root:
        name, folder = folder.name, folder.parent
    siblings = tuple(_modules(folder))
    meant = nearest(name, siblings)
    if meant:
        prefix = ".".join(folder.relative_to(root).parts)
        do = f"did you mean {prefix + '.' if prefix else ''}{meant}?"
    else:
        there = f"the modules there are {', '.join(siblings[:12])}"
        do = there if siblings else "there is no Python file: run slimpack where it is, or set source (or --source)"
    return Problem(what=what, where=where, do=do)


def _modules(folder: Path) -> Iterator[str]:
    """The names that can be imported from `folder`."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix == ".py" and path.stem != "__init__" and path.is_file():
            yield path.stem
        elif path.name.isidentifier() and any(True for pattern in ("*.py", "*/*.py") for _ in path.glob(pattern)):
            yield path.name


def suggestions(root: Path) -> tuple[str, ...]:
    """Handlers that the top level of `root` seems to define, for an error that asks for one."""
    found: list[str] = []
    for name in _modules(root):
        path = root / f"{name}.py"
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        found += [f"{name}.{match[1]}" for match in re.finditer(r"^(?:async )?def (\w*handler)\(", text, re.MULTILINE)]
    return tuple(found)


def defined(tree: ast.Module) -> set[str] | None:
    """Names that the top level binds; None where that cannot be told: star import, `__getattr__`, globals()."""
    names: set[str] = set()
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
                continue  # what is bound inside is not of the module
            case ast.Lambda():
                continue
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names.update(alias.asname or alias.name.partition(".")[0] for alias in aliases)
            case ast.Name(id=name, ctx=ast.Store()) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                names.add(name)
            case ast.AST():
                pass
        pending.extend(ast.iter_child_nodes(node))
    if {"*", "__getattr__"} & names or _binds_from_afar(tree):
        return None
    return names


def _binds_from_afar(tree: ast.Module) -> bool:
    """`global name` in a function, or code that writes a namespace by other means."""
    afar = {"globals", "exec", "setattr", "vars"}
    return any(
        isinstance(node, ast.Global) or (isinstance(node, ast.Name) and node.id in afar) for node in ast.walk(tree)
    )
