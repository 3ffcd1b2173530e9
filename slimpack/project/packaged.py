"""Options, a package of any origin -> Project: what is settled as for a build, but for where the code comes from."""

import ast
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from os.path import normpath
from pathlib import Path

from slimpack.errors import ConfigError, Problem, TraceError
from slimpack.model.naming import module_name
from slimpack.model.package import Package
from slimpack.model.project import (
    Budget,
    EntryPoint,
    Layout,
    Output,
    Policy,
    Project,
    Requirements,
    Resolution,
    SourceKind,
)
from slimpack.model.rule import Runtime
from slimpack.model.tree import OWN, Tree
from slimpack.project import handlers, trials
from slimpack.project import runtimes as known_runtimes
from slimpack.project.assemble import check_together, policy_of
from slimpack.project.config import Configured, read, read_options, settle
from slimpack.project.kinds import nearest
from slimpack.project.options import Options
from slimpack.project.select import Function, entry_points, select
from slimpack.project.settings import Chosen

_NAMED = 12
"""Names that an error lists."""


def assemble(
    options: Options,
    *,
    package: Package,
    in_place: bool,
    looking: bool,
    environment: Mapping[str, str],
    runtimes: Sequence[Runtime],
) -> Project:
    """Do what `load_packaged` promises."""
    problems: list[Problem] = []
    cwd = (options.cwd or Path.cwd()).absolute()
    root = cwd / (options.root or "")
    if not root.is_dir():
        raise ConfigError(Problem(what=f"the root {root.name} is not a folder", where="--root"))
    configured = read(root, problems)
    function = _function(options, configured, package, looking=looking, root=root, problems=problems)
    chosen = function.chosen
    _settle_target(chosen, package, known=looking or (root / ".python-version").is_file(), problems=problems)
    entries = entry_points(function, problems)
    check_together(chosen, problems)
    target = known_runtimes.choose(chosen, root=root, required=(), runtimes=runtimes, problems=problems)
    project = Project(
        name=_stem(package),
        root=root,
        entry_points=entries,
        requirements=Requirements(kind=SourceKind.NONE),
        resolution=Resolution(offline=chosen["offline"]),
        target=target,
        policy=_policy(chosen, package, traced=bool(entries), problems=problems),
        trial=trials.trial(chosen, environment, root=root, cwd=cwd, problems=problems),
        budget=Budget(max_zip=chosen["max-zip"], max_unzipped=chosen["max-unzipped"], max_init=chosen["max-init"]),
        output=_output(chosen, package, in_place=in_place, root=root, cwd=cwd, problems=problems),
        runs=chosen["runs"] if chosen["run"] and entries else 0,
        config=configured.path,
    )
    if problems:
        raise ConfigError(*dict.fromkeys(problems))
    if missing := [one for entry in entries if (one := _fault(entry, package, project, where=function.where))]:
        raise TraceError(*missing)
    return project


def _stem(package: Package) -> str:
    return package.name.removesuffix(".zip")


def _function(
    options: Options,
    configured: Configured,
    package: Package,
    *,
    looking: bool,
    root: Path,
    problems: list[Problem],
) -> Function:
    """What is to be slimmed for: the handler, the only one that is configured, or what a layer's users import."""
    given = read_options(options, problems)
    if not options.handlers:
        if options.imports or package.is_layer or looking:
            chosen = settle(configured.top, given)
            return Function(name=_stem(package), handlers=(), chosen=chosen, where="--import")
        if not configured.top.get("handler") and len(configured.functions) != 1:
            found = _suggestions(package)
            do = f"name it, as in slimpack slim {package.name} {found[0] if found else 'app.handler'}"
            raise ConfigError(*problems, Problem(what=f"which handler {package.name} is for is not known", do=do))
    functions = select(options, configured=configured, given=given, root=root, problems=problems)
    if not functions:
        raise ConfigError(*dict.fromkeys(problems))
    if len(options.handlers) > 1:
        chosen, where = settle(configured.top, given), "HANDLER"
        return Function(name=_stem(package), handlers=options.handlers, chosen=chosen, where=where)
    return functions[0]


def _suggestions(package: Package) -> tuple[str, ...]:
    """Handlers that the top level of the package seems to define."""
    found: list[str] = []
    for path, file in package.tree.files.items():
        if file.owner == OWN and path.endswith(".py") and "/" not in path:
            names = _names(file.content.read()) or set()
            found += [f"{path[:-3]}.{name}" for name in sorted(names) if name.endswith("handler")]
    return tuple(found)


def _names(source: bytes) -> set[str] | None:
    try:
        return handlers.defined(ast.parse(source))
    except (SyntaxError, ValueError):
        return None


def _settle_target(chosen: Chosen, package: Package, *, known: bool, problems: list[Problem]) -> None:
    """What the package's native modules are for is what it is for, unless the user says otherwise.

    Our own version is no guess to build on: bytecode of another Python than the function's does not run at all.
    """
    if not chosen.is_set("python") and package.python is None and not known:
        do = "name it, as in --python 3.13"
        problems.append(Problem(what=f"which Python {package.name} is for is not known", where="--python", do=do))
    if package.python and not chosen.is_set("python"):
        chosen.values["python"] = package.python
        chosen.where["python"] = f"the files of {package.name}"
    if package.architecture and not chosen.is_set("arch"):
        chosen.values["arch"] = package.architecture


def _policy(chosen: Chosen, package: Package, *, traced: bool, problems: list[Problem]) -> Policy:
    """The user's, and that metadata stays of which nobody can tell whether its files are in use."""
    policy = policy_of(chosen, traced=traced, problems=problems)
    return replace(policy, keep=(*policy.keep, *(f"{info}/**" for info in package.unlisted)))


def _output(
    chosen: Chosen, package: Package, *, in_place: bool, root: Path, cwd: Path, problems: list[Problem]
) -> Output:
    """`dist/NAME.slim.zip` and its report beside it, unless the user says otherwise; in place, the report in dist/."""
    source = Path(normpath(cwd / package.path))
    text: str = chosen["output"] or "" if chosen.where["output"].startswith("--") else ""
    if in_place:
        path = source
        if text:
            problems.append(Problem(what="--in-place and --output exclude one another", where="--output"))
    else:
        path = Path(normpath(cwd / text)) if text else root / "dist" / f"{_stem(package)}.slim.zip"
        _check_elsewhere(path, source, problems)
    folder = text.endswith("/") or (in_place and not package.is_zip)
    if folder and package.is_layer:
        do = "write a zip: --output layer.zip"
        problems.append(Problem(what="a slimmed layer is a zip, not a folder", where=str(path), do=do))
    layout = Layout.LAYER if package.is_layer else Layout.DIRECTORY if folder else Layout.ZIP
    stem = path.name.removesuffix(".zip")
    # Beside what a builder will deploy, nothing is to lie; and in dist/, `why` and the others look for it.
    report = (root / "dist" if in_place else path.parent) / f"{stem}.report.json"
    return Output(layout=layout, path=path, report=report, replaces=in_place)


def _check_elsewhere(path: Path, source: Path, problems: list[Problem]) -> None:
    """What is made must not overwrite what it is made from, nor lie in it."""
    one, other = path.resolve(), source.resolve()
    if one == other:
        what = f"the output would overwrite the package {source.name}"
        problems.append(Problem(what=what, where=str(path), do="choose another --output, or say --in-place"))
    elif one.is_relative_to(other):
        what = f"the output would lie in the package {source.name}"
        problems.append(Problem(what=what, where=str(path), do="choose another --output"))
    elif other.is_relative_to(one):
        what = f"the package {source.name} lies in the output folder {path.name}"
        problems.append(Problem(what=what, where=str(path), do="choose another --output"))


def _fault(entry: EntryPoint, package: Package, project: Project, *, where: str) -> Problem | None:
    """What is wrong with an entry point, or None: its module is in the package, parses, and defines the attribute."""
    tree, stem = package.tree, entry.module.replace(".", "/")
    found = next((path for path in (f"{stem}/__init__.py", f"{stem}.py") if path in tree), "")
    if not found:
        return None if _is_there(stem, tree) else _no_module(entry, package, where)
    try:
        names = handlers.defined(ast.parse(tree[found].content.read()))
    except (SyntaxError, ValueError) as error:
        # A newer grammar than ours: the target's own interpreter will tell.
        return None if project.target.python > sys.version_info[:2] else handlers.does_not_parse(found, error)
    if not entry.attribute or names is None or entry.attribute in names:
        return None
    public = tuple(sorted(name for name in names if not name.startswith("__")))
    meant = nearest(entry.attribute, public)
    do = f"did you mean {entry.module}.{meant}?" if meant else f"it defines {', '.join(public[:_NAMED]) or 'nothing'}"
    return Problem(what=f"{found} defines no {entry.attribute}", where=where, do=do)


def _is_there(stem: str, tree: Tree) -> bool:
    """An extension module, bytecode alone, or (of a layer) a namespace."""
    return any(
        path.startswith(f"{stem}/") or (path.startswith(f"{stem}.") and path.endswith((".pyc", ".so"))) for path in tree
    )


def _no_module(entry: EntryPoint, package: Package, where: str) -> Problem:
    names = sorted({name for path in package.tree if (name := module_name(path))})
    top = [name for name in names if package.tree.files.get(f"{name}.py") and "." not in name]
    meant = nearest(entry.module, tuple(names))
    inside = next((name for name in names if name.endswith(f".{entry.module}")), "")
    if inside and entry.attribute:
        do = f"did you mean {inside}.{entry.attribute}?"
    elif meant:
        do = f"did you mean {meant}?"
    else:
        do = f"the modules there are {', '.join(top[:_NAMED])}" if top else "there is no module at its top level"
    return Problem(what=f"there is no module {entry.module} in {package.name}", where=where, do=do)
