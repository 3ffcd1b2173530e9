"""Options -> Projects: find the root, settle every setting, check what they name, and raise once for all mistakes."""

from collections.abc import Mapping, Sequence
from os.path import normpath
from pathlib import Path

from slimpack.errors import ConfigError, Problem, TraceError
from slimpack.model.project import Budget, Layout, Level, Output, Policy, Project, Resolution
from slimpack.model.rule import Runtime
from slimpack.project import handlers, sources, trials
from slimpack.project import runtimes as known_runtimes
from slimpack.project.config import Configured, read, read_options
from slimpack.project.options import Options
from slimpack.project.select import Function, entry_points, select
from slimpack.project.settings import Chosen


def assemble(options: Options, *, environment: Mapping[str, str], runtimes: Sequence[Runtime]) -> tuple[Project, ...]:
    """Do what `load` promises."""
    problems: list[Problem] = []
    cwd = (options.cwd or Path.cwd()).absolute()
    root = cwd / (options.root or "")
    if not root.is_dir():
        raise ConfigError(Problem(what=f"the root {root.name} is not a folder", where="--root"))
    configured = read(root, problems)
    given = read_options(options, problems)
    functions = select(options, configured=configured, given=given, root=root, problems=problems)
    projects = [
        _project(
            function,
            options=options,
            configured=configured,
            root=root,
            cwd=cwd,
            environment=environment,
            runtimes=runtimes,
            problems=problems,
        )
        for function in functions
    ]
    if not options.locking:
        _check_outputs(projects, problems)
    if problems:
        raise ConfigError(*dict.fromkeys(problems))
    missing = [
        problem
        for project, function in zip(projects, functions, strict=True)
        for entry in project.entry_points
        if entry.attribute
        and not options.locking
        and (problem := handlers.check(entry, root=project.root, python=project.target.python, where=function.where))
    ]
    if missing:
        raise TraceError(*dict.fromkeys(missing))
    return tuple(projects)


def _project(
    function: Function,
    *,
    options: Options,
    configured: Configured,
    root: Path,
    cwd: Path,
    environment: Mapping[str, str],
    runtimes: Sequence[Runtime],
    problems: list[Problem],
) -> Project:
    chosen = function.chosen
    entries = entry_points(function, problems)
    source = _base(chosen, "source", root=root, cwd=cwd) / chosen["source"]
    if not source.is_dir():
        problems.append(
            Problem(what=f"the source folder {chosen['source']} is not there", where=chosen.where["source"])
        )
    base = _base(chosen, "requirements", root=root, cwd=cwd)
    requirements = sources.find(
        chosen, root=root, base=base, pyproject=configured.data, locking=options.locking, problems=problems
    )
    target = known_runtimes.choose(
        chosen,
        root=root,
        required=sources.required_pythons(requirements, configured.data),
        runtimes=runtimes,
        problems=problems,
    )
    check_together(chosen, problems)
    if chosen["events"] and not all(entry.attribute for entry in entries):
        do = "leave out the events, or build the function that uses the layer"
        where = chosen.where["events"]
        problems.append(Problem(what="a layer has no handler to run events on", where=where, do=do))
    return Project(
        name=function.name,
        root=source.resolve(),
        entry_points=entries,
        requirements=requirements,
        resolution=_resolution(chosen, environment, root=root, cwd=cwd, problems=problems),
        target=target,
        policy=policy_of(chosen, traced=bool(entries) or options.locking, problems=problems),
        trial=trials.trial(chosen, environment, root=root, cwd=cwd, problems=problems),
        budget=Budget(max_zip=chosen["max-zip"], max_unzipped=chosen["max-unzipped"], max_init=chosen["max-init"]),
        output=_output(function, root=root, cwd=cwd, problems=problems),
        runs=chosen["runs"] if chosen["run"] and entries else 0,
        config=configured.path,
    )


def _base(chosen: Chosen, name: str, *, root: Path, cwd: Path) -> Path:
    """Paths in the file are relative to it, paths in options to where the user is."""
    return cwd if chosen.where[name].startswith("--") else root


def check_together(chosen: Chosen, problems: list[Problem]) -> None:
    """Settings that exclude one another."""
    if chosen["max-init"] is not None and not (chosen["runs"] and chosen["run"]):
        switch = "--no-run" if not chosen["run"] else "--no-measure or runs = 0"
        problems.append(
            Problem(what=f"max-init needs a measurement, which {switch} forbids", where=chosen.where["max-init"])
        )
    if chosen["events"] and not chosen["run"]:
        do = "leave out one of the two"
        problems.append(Problem(what="events are run, which no-run forbids", where=chosen.where["events"], do=do))
    if chosen["level"] is Level.OBSERVED:
        _check_observed(chosen, problems)
    elif chosen.is_set("fallback"):
        do = "choose --level observed, or leave it out"
        problems.append(Problem(what="fallback is for the level observed", where=chosen.where["fallback"], do=do))
    if chosen["repair"] and not (chosen["verify"] and chosen["run"]):
        problems.append(
            Problem(
                what="repair needs the artifact to be verified",
                where=chosen.where["repair"],
                do="leave out no-verify and no-run",
            )
        )


def _check_observed(chosen: Chosen, problems: list[Problem]) -> None:
    where = chosen.where["level"]
    if not chosen["events"]:
        do = 'name some: --event events/order.json, or events = ["events/*.json"]'
        problems.append(Problem(what="the level observed needs events to observe", where=where, do=do))
    if not (chosen["run"] and chosen["verify"]):
        what = "the level observed needs the function to be run and the artifact to be verified"
        problems.append(Problem(what=what, where=where, do="leave out no-verify and no-run"))


def _resolution(
    chosen: Chosen, environment: Mapping[str, str], *, root: Path, cwd: Path, problems: list[Problem]
) -> Resolution:
    def filled(name: str, text: str) -> str:
        return trials.filled(text, environment, where=chosen.where[name], problems=problems)

    def link(text: str) -> str:
        text = filled("find-links", text)
        return text if "://" in text else str(_base(chosen, "find-links", root=root, cwd=cwd) / text)

    return Resolution(
        resolver=chosen["resolver"],
        frozen=chosen["frozen"],
        offline=chosen["offline"],
        build=chosen["build-sdist"],
        index_url=filled("index-url", chosen["index-url"] or ""),
        extra_index_urls=tuple(filled("extra-index-url", url) for url in chosen["extra-index-url"]),
        find_links=tuple(link(text) for text in chosen["find-links"]),
    )


def policy_of(chosen: Chosen, *, traced: bool, problems: list[Problem]) -> Policy:
    """What may go and be rewritten; `traced` where there is something to trace from."""
    level: Level = chosen["level"]
    if not traced and level is not Level.CLEAN:
        # Nothing to trace from: a layer of whole distributions.
        level = Level.CLEAN
        if chosen.is_set("level"):
            do = 'name what the layer imports: --import NAME or imports = ["NAME"]'
            what = f"the level {chosen['level']} needs an entry point"
            problems.append(Problem(what=what, where=chosen.where["level"], do=do))
    return Policy(
        level=level,
        fallback=chosen["fallback"],
        bytecode=chosen["bytecode"],
        optimize=chosen["optimize"],
        lazy=chosen["lazy"],
        lazy_own=chosen["lazy-own"],
        eager=chosen["eager"],
        memory=chosen["memory"],
        keep=chosen["keep"],
        drop=chosen["drop"],
        include=chosen["include"],
        allow_secrets=chosen["allow-secrets"],
        ignore=chosen["ignore"],
        fail_on=chosen["fail-on"],
        keep_docs=chosen["keep-docs"],
        debug_ranges=chosen["debug-ranges"],
        symbols=chosen["keep-symbols"],
        runtime_provided=chosen["runtime-provided"],
        follow_symlinks=chosen["follow-symlinks"],
        run=chosen["run"],
        verify=chosen["verify"] and chosen["run"],
        repair=chosen["repair"],
    )


def _output(function: Function, *, root: Path, cwd: Path, problems: list[Problem]) -> Output:
    """`dist/NAME.zip` and its report beside it, unless the user says otherwise."""
    chosen = function.chosen
    layout: Layout = chosen["format"]
    text: str = chosen["output"] or ""
    if text.endswith("/") and layout is Layout.ZIP:
        if chosen.is_set("format"):
            do = "leave out the / at its end, or choose --format directory"
            problems.append(
                Problem(what=f"a zip cannot be written to the folder {text}", where=chosen.where["output"], do=do)
            )
        layout = Layout.DIRECTORY
    folder = layout is Layout.DIRECTORY
    if not text:
        path = root / "dist" / (function.name if folder else f"{function.name}.zip")
    elif text.endswith("/") and not folder:
        path = _base(chosen, "output", root=root, cwd=cwd) / text / f"{function.name}.zip"
    else:
        path = _base(chosen, "output", root=root, cwd=cwd) / text
    path = Path(normpath(path))
    stem = path.name.removesuffix(".zip")
    return Output(layout=layout, path=path, report=path.with_name(f"{stem}.report.json"))


def _check_outputs(projects: Sequence[Project], problems: list[Problem]) -> None:
    """Two artifacts that would overwrite one another, or one that would overwrite what it is made from."""
    by_path: dict[Path, Project] = {}
    for project in projects:
        other = by_path.setdefault(project.output.report, project)
        if other is not project:
            names = f"{other.name} ({_handlers(other)}) and {project.name} ({_handlers(project)})"
            do = "give each its own output, or configure them under names of their own"
            problems.append(Problem(what=f"{names} have the same output", where=str(project.output.path), do=do))
        if project.output.layout is Layout.DIRECTORY and project.root.is_relative_to(project.output.path.resolve()):
            do = "choose a folder of its own with --output"
            what = "the output folder holds the project's own code"
            problems.append(Problem(what=what, where=str(project.output.path), do=do))
        elif project.output.layout is not Layout.DIRECTORY and _is_folder(project.output.path):
            what = f"the output {project.output.path.name} is a folder"
            problems.append(
                Problem(what=what, where=str(project.output.path), do="end it in / for the directory format")
            )


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False  # a name that is too long, a folder that may not be looked into: the build says it


def _handlers(project: Project) -> str:
    return ", ".join(str(entry) for entry in project.entry_points) or "no handler"
