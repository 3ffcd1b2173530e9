"""Arguments and configuration -> the functions to build: by configured name, by handler, or all."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slimpack.errors import Problem
from slimpack.model.project import EntryPoint, Layout
from slimpack.project import handlers
from slimpack.project.config import Configured, settle
from slimpack.project.kinds import nearest
from slimpack.project.options import Options
from slimpack.project.settings import HANDLER, Chosen

Layer = Mapping[str, tuple[Any, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One thing to build, before its parts are checked. `where` is what named it, for errors."""

    name: str
    handlers: tuple[str, ...]
    chosen: Chosen
    where: str


def select(
    options: Options, *, configured: Configured, given: Layer, root: Path, problems: list[Problem]
) -> tuple[Function, ...]:
    """The functions that the arguments name, in their order; all configured ones where there is no argument."""
    arguments, top = options.handlers, configured.top
    if not arguments:
        every = tuple(_configured(name, configured, given, problems) for name in _all(options, configured))
        return every or _alone(options, configured, given, root, problems)
    functions: list[Function] = []
    for argument in dict.fromkeys(arguments):
        names = _named(argument, configured)
        if names:
            functions += [_configured(name, configured, given, problems) for name in names]
        elif configured.functions and "." not in argument and "/" not in argument:
            known = tuple(sorted(configured.functions))
            meant = nearest(argument, known)
            do = f"did you mean {meant}?" if meant else f"configured are {', '.join(known)}"
            problems.append(Problem(what=f"there is no function {argument}", where="HANDLER", do=do))
        else:
            chosen = settle(top, given)
            functions.append(Function(name=_name_of(argument), handlers=(argument,), chosen=chosen, where="HANDLER"))
    unique = {function.name + "\0" + "\0".join(function.handlers): function for function in functions}
    return tuple(unique.values())


def _all(options: Options, configured: Configured) -> tuple[str, ...]:
    """The configured functions; with --layer only those that are layers, for a function must not become one."""
    names = tuple(sorted(configured.functions))
    if options.format != Layout.LAYER:
        return names
    return tuple(name for name in names if configured.functions[name].get("format", ("", ""))[0] is Layout.LAYER)


def _named(argument: str, configured: Configured) -> tuple[str, ...]:
    """The configured functions that an argument means: the one of that name, else those with that very handler."""
    if argument in configured.functions:
        return (argument,)
    return tuple(
        name
        for name, table in sorted(configured.functions.items())
        if HANDLER.name in table and argument in table[HANDLER.name][0]
    )


def _configured(name: str, configured: Configured, given: Layer, problems: list[Problem]) -> Function:
    table = configured.functions[name]
    chosen = settle(configured.top, table, given)
    wanted, where = table.get(HANDLER.name, ((), f"pyproject.toml, [tool.slimpack.functions.{name}]"))
    if not wanted and chosen["format"] is not Layout.LAYER:
        do = 'add handler = "app.handler", or format = "layer" for a layer'
        problems.append(Problem(what=f"the function {name} has no handler", where=where, do=do))
    return Function(name=name, handlers=wanted, chosen=chosen, where=where)


def _alone(
    options: Options, configured: Configured, given: Layer, root: Path, problems: list[Problem]
) -> tuple[Function, ...]:
    """What to build without arguments and without functions: the handler of [tool.slimpack], or a layer."""
    chosen = settle(configured.top, given)
    wanted, where = configured.top.get(HANDLER.name, ((), ""))
    if wanted and options.format != Layout.LAYER:
        return (Function(name=_name_of(wanted[0]), handlers=wanted, chosen=chosen, where=where),)
    if options.locking or chosen["format"] is Layout.LAYER:
        return (Function(name="layer", handlers=(), chosen=chosen, where="--layer"),)
    if problems:  # a broken configuration is reason enough for finding nothing
        return ()
    found = handlers.suggestions(root / chosen["source"])
    example = found[0] if found else "app.handler"
    do = f"name one, as in slimpack build {example}, or configure [tool.slimpack.functions.NAME]"
    problems.append(Problem(what="there is nothing to build: no handler given and none configured", do=do))
    return ()


def _name_of(handler: str) -> str:
    """`pkg/app.handler` -> `app`."""
    module = handler.rpartition(".")[0] or handler
    return module.replace("/", ".").rpartition(".")[2] or "function"


def entry_points(function: Function, problems: list[Problem]) -> tuple[EntryPoint, ...]:
    """The handlers of a function, and the modules that a layer imports (these have no attribute)."""
    found = [handlers.parse(text, where=function.where, problems=problems) for text in function.handlers]
    modules: list[EntryPoint] = []
    for name in function.chosen["imports"]:
        if all(part.isidentifier() for part in name.split(".")):
            modules.append(EntryPoint(module=name, attribute=""))
        else:
            where = function.chosen.where["imports"]
            problems.append(Problem(what=f'"{name}" is not a module', where=where, do="write it as in package.module"))
    return (*(entry for entry in found if entry is not None), *modules)
