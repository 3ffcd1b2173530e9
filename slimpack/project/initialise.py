"""A folder -> the files that a first configuration adds to it: nothing is asked, and nothing is overwritten."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from slimpack.errors import ConfigError, Problem, TraceError
from slimpack.model.rule import Runtime
from slimpack.model.target import Architecture, Target
from slimpack.project import discovery, handlers, runtimes, sources
from slimpack.project.config import Configured, read, settle
from slimpack.project.initial import Function, added, configuration, has_target, keeps, makefile, workflow
from slimpack.project.kinds import PYTHON, choice
from slimpack.project.templates import Declared, declared

_MAKEFILES: Final = ("GNUmakefile", "makefile", "Makefile")
"""In the order in which make looks for them."""
_WORKFLOW: Final = Path(".github", "workflows", "package.yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A file to write: `data` is the whole of it, `text` what is new, `summary` that in a line."""

    path: Path
    data: bytes
    text: str
    summary: str


def initialise(
    root: Path, *, given: Sequence[str], with_makefile: bool, with_workflow: bool, known: Sequence[Runtime]
) -> tuple[Addition, ...]:
    """What is to be written into `root`. Raises ConfigError or TraceError, and then nothing should be.

    A configuration that is there stays; to ask for it alone is an error.
    """
    if not root.is_dir():
        raise ConfigError(Problem(what=f"the root {root.name} is not a folder", where="--root"))
    problems: list[Problem] = []
    configured = read(root, problems)
    tool = configured.data.get("tool")
    there = isinstance(tool, dict) and "slimpack" in tool
    if there and (given or not (with_makefile or with_workflow)):
        what = "[tool.slimpack] is there already, and stays as it is"
        raise ConfigError(Problem(what=what, where="pyproject.toml", do="change it there, or run slimpack build"))
    # Of a configuration that is there, only its target counts: the workflow needs it.
    templated = () if there or given else declared(root)
    chosen = settle(_said(templated[0]) if templated else {}, configured.top)
    requirements = sources.find(
        chosen, root=root, base=root, pyproject=configured.data, locking=False, problems=problems
    )
    required = sources.required_pythons(requirements, configured.data)
    target = runtimes.choose(chosen, root=root, required=required, runtimes=known, problems=problems)
    for other in {(one.python, one.arch): one for one in templated[1:]}.values():
        runtimes.choose(settle(_said(other)), root=root, required=required, runtimes=known, problems=problems)
    if problems:
        raise ConfigError(*problems)
    additions = []
    if not there:
        functions = _deployed(root, templated, target) if templated else _functions(root, given, target)
        source = requirements.path.name if requirements.path else "none"
        additions.append(_configuration(root, configured, functions, target, source))
    if with_makefile:
        additions.append(_makefile(root))
    if with_workflow:
        additions.append(_workflow(root, target))
    return tuple(additions)


def _said(function: Declared) -> dict[str, tuple[object, str]]:
    """The target of a function's template, as settings that stand there."""
    values = (("python", PYTHON, function.python), ("arch", choice(Architecture), function.arch))
    return {key: (kind.parse(value), function.where) for key, kind, value in values if value}


def _deployed(root: Path, templated: Sequence[Declared], target: Target) -> tuple[Function, ...]:
    """The functions of a template, which have to be there."""
    problems: list[Problem] = []
    for one in templated:
        entry = handlers.parse(one.handler, where=one.where, problems=problems)
        problem = entry and handlers.check(entry, root=root / one.folder, python=target.python, where=one.where)
        problems += [problem] if problem else []
    if problems:
        raise TraceError(*problems)
    return tuple(discovery.deployed(one, root) for one in templated)


def _functions(root: Path, given: Sequence[str], target: Target) -> tuple[Function, ...]:
    if not given:
        if found := discovery.functions(root):
            return found
        what = "no handler was found: no function of (event, context) at the top level of a module"
        raise ConfigError(Problem(what=what, where=str(root), do="name it, as in slimpack init app.handler"))
    named = tuple(discovery.placed(handler, root) for handler in dict.fromkeys(given))
    problems: list[Problem] = []
    entries = [handlers.parse(one.handler, where="HANDLER", problems=problems) for one in named]
    if problems:
        raise ConfigError(*problems)
    missing = [
        problem
        for one, entry in zip(named, entries, strict=True)
        if entry and (problem := handlers.check(entry, root=root / one.source, python=target.python, where="HANDLER"))
    ]
    if missing:
        raise TraceError(*missing)
    return named


def _configuration(
    root: Path, configured: Configured, functions: tuple[Function, ...], target: Target, source: str
) -> Addition:
    text = configuration(functions, target)
    path = root / "pyproject.toml"
    old = path.read_bytes() if configured.path else b""
    new = added(old, text)
    if not keeps(old, new):
        what = "[tool.slimpack] cannot be added to what is there"
        do = "write tool as tables, as in [tool.black], not as tool = {…}"
        raise ConfigError(Problem(what=what, where="pyproject.toml", do=do))
    names = ", ".join(f"{one.source}/{one.handler}".lstrip("/") for one in functions)
    own = sorted({function.requirements for function in functions if function.requirements})
    where = ", ".join(own) or source
    python = f"python{target.python[0]}.{target.python[1]}"
    template = f"; from {functions[0].template}" if functions[0].template else ""
    summary = f"[tool.slimpack] for {names}; {python} {target.architecture}; requirements: {where}{template}"
    return Addition(path=path, data=new, text=text, summary=summary)


def _makefile(root: Path) -> Addition:
    path = next((root / name for name in _MAKEFILES if (root / name).is_file()), root / "Makefile")
    old = path.read_bytes() if path.is_file() else b""
    if has_target(old):
        raise _there(f"{path.name} has a target package already", path, "leave out --makefile")
    return Addition(path=path, data=added(old, makefile()), text=makefile(), summary="target package")


def _workflow(root: Path, target: Target) -> Addition:
    """GitHub looks for workflows at the top of the repository alone."""
    root = root.resolve()
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)
    path = top / _WORKFLOW
    if path.exists():
        raise _there("the workflow is there already", path, "leave out --workflow, or rename the file")
    inside = root.relative_to(top).as_posix()
    text = workflow(target, folder="" if inside == "." else inside)
    return Addition(path=path, data=text.encode(), text=text, summary="workflow of GitHub Actions")


def _there(what: str, path: Path, do: str) -> ConfigError:
    return ConfigError(Problem(what=f"{what}, and stays as it is", where=str(path), do=do))
