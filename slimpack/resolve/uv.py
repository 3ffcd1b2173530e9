"""Loose requirements -> pins through uv, which resolves for any target from any host.

uv knows few glibc levels (2.17, 2.28, 2.31 to 2.40), so the level at or next above the target's ceiling is asked for,
and every pin is then held against the exact tags. A version that has no acceptable wheel is excluded, with all other
versions that the index shows to have none, and uv resolves again: it then finds the newest that has one.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from packaging.pylock import Package, Pylock
from packaging.version import Version

from slimpack.errors import ResolveError
from slimpack.host import indexes, process
from slimpack.host.disk import temporary_folder
from slimpack.host.python import find, uv_executable
from slimpack.host.tools import Tools
from slimpack.model.lock import Pin
from slimpack.model.project import Project, SourceKind
from slimpack.model.target import Target
from slimpack.resolve import built, declared, problems, pylock, tags, uv_errors

_LEVELS = (17, 28, *range(31, 41))
_ROUNDS = 20
"""Each round excludes every unusable version of at least one more distribution; real projects need one to three."""


def platform(target: Target) -> str:
    """The platform of uv's that accepts at least what the target accepts."""
    level = next((level for level in _LEVELS if level >= target.glibc[1]), _LEVELS[-1])
    return f"{target.architecture.machine}-manylinux_{target.glibc[0]}_{level}"


def compile_pins(
    project: Project, tools: Tools, *, hashes: Mapping[str, frozenset[str]] | None = None
) -> tuple[Pin, ...]:
    """Resolve the project's requirements for its target. Raises ResolveError, ConfigError or ToolError."""
    source = _source(project)
    excluded: dict[str, set[Version]] = {}
    lock, noticed = _run(project, tools, excluded)
    for _ in range(_ROUNDS):
        unusable = [package for package in lock.packages if not _usable(package, project)]
        if not unusable or not _exclude(unusable, excluded, project, tools):
            break
        try:
            lock, noticed = _run(project, tools, excluded)
        except ResolveError:
            break  # nothing else satisfies the requirements: what was chosen before says what is missing
    for line in noticed:
        tools.listener.noticed(line)
    return pylock.pins(lock, base=source.parent, where=source.name, project=project, tools=tools, hashes=hashes)


def _source(project: Project) -> Path:
    if project.requirements.path is None:
        raise ValueError(f"{project.requirements.kind} without a path")
    return project.requirements.path


def _usable(package: Package, project: Project) -> bool:
    if package.wheels is None and package.sdist is None:
        return True  # a path, URL or repository: there is no other version to choose
    if built.allowed(package.name, project) and package.sdist is not None:
        return True
    return any(tags.fits(wheel.filename, project.target) for wheel in package.wheels or ())


def _exclude(packages: Iterable[Package], excluded: dict[str, set[Version]], project: Project, tools: Tools) -> bool:
    """Exclude what has no acceptable wheel; False where that would leave nothing to choose."""
    wanted = list(packages)
    worse = problems.unusable_versions([package.name for package in wanted], project=project, tools=tools)
    for package in wanted:
        if package.version is None:
            return False
        excluded.setdefault(package.name, set()).update({package.version}, worse.get(package.name, ()))
    return True


def _run(project: Project, tools: Tools, excluded: Mapping[str, set[Version]]) -> tuple[Pylock, tuple[str, ...]]:
    with temporary_folder() as folder:
        constraints = [str(path) for path in project.requirements.constraints]
        if excluded:
            lines = [
                name + ",".join(f"!={version}" for version in sorted(versions))
                for name, versions in sorted(excluded.items())
            ]
            constraints.append(str(folder / "unusable.txt"))
            (folder / "unusable.txt").write_text("\n".join(lines), "utf-8")
        command = _command(project, tools, constraints)
        tools.listener.detailed(indexes.redacted(" ".join(command)))
        settings = indexes.uv_environment(project.resolution, tools.environment)
        done = _uv(command, settings, cwd=_source(project).parent)
    if done.code != 0:
        raise uv_errors.explain(done.code, done.stderr, command, project=project, tools=tools)
    return pylock.parse(done.stdout, where="uv's answer"), uv_errors.yanked(done.stderr)


def _uv(command: list[str], environment: Mapping[str, str], *, cwd: Path) -> process.Completed:
    """Run uv; without its cache where it can write none (a container's user without a home)."""
    done = process.run(command, environment=environment, cwd=cwd)
    if done.code != 0 and uv_errors.NO_CACHE in done.stderr and "--offline" not in command:
        return process.run([*command, "--no-cache"], environment=environment, cwd=cwd)
    return done


def _command(project: Project, tools: Tools, constraints: Iterable[str]) -> list[str]:
    wanted, target = project.requirements, project.target
    command = [uv_executable(), "pip", "compile", _source(project).name, "--format", "pylock.toml", "--no-header"]
    command += ["--python-version", target.python_version, "--python-platform", platform(target)]
    # Without an interpreter named, uv tries to download one of that version, although it only resolves.
    command += ["--python", sys.executable, "--no-python-downloads", "--no-progress", "--color", "never"]
    # Building is all or nothing for uv: what was not allowed is found by its lack of a wheel, and excluded.
    command += [] if project.resolution.build else ["--no-build"]
    command += ["--offline"] if project.resolution.offline else []
    command += ["--no-index"] if indexes.no_index(tools.environment) and not project.resolution.index_url else []
    if wanted.kind is SourceKind.PYPROJECT:
        command += [part for extra in wanted.extras for part in ("--extra", extra)]
        command += [part for group in wanted.groups for part in ("--group", group)]
    return command + [part for path in constraints for part in ("--constraints", path)]


def export_pins(project: Project, tools: Tools) -> tuple[Pin, ...]:
    """What `uv.lock` holds for the target: uv checks it against pyproject.toml and exports it as PEP 751."""
    folder = _project_folder(project)
    declared.check(declared.table(folder / "pyproject.toml"), project.requirements, str(folder / "pyproject.toml"))
    environment = dict(tools.environment)  # the lock names its own indexes
    checks = ["--no-python-downloads", "--no-progress", "--color", "never"]
    checks += ["--offline"] if project.resolution.offline else []
    check = [uv_executable(), "lock", "--check", *checks, *_interpreter(project, tools)]
    done = _uv(check, environment, cwd=folder)
    if done.code != 0:
        raise _lock_failed(done, check, project, tools)
    command = [uv_executable(), "export", "--frozen", "--format", "pylock.toml", "--no-header", "--quiet", *checks]
    command += ["--no-emit-project", "--no-default-groups", *_interpreter(project, tools)]
    command += [part for extra in project.requirements.extras for part in ("--extra", extra)]
    command += [part for group in project.requirements.groups for part in ("--group", group)]
    done = _uv(command, environment, cwd=folder)
    if done.code != 0:
        raise uv_errors.explain(done.code, done.stderr, command, project=project, tools=tools)
    lock = pylock.parse(done.stdout, where="uv's export of uv.lock")
    return pylock.pins(lock, base=folder, where="uv.lock", project=project, tools=tools)


def _interpreter(project: Project, tools: Tools) -> list[str]:
    """The lowest Python that the lock is for: without `requires-python`, uv goes by its interpreter."""
    locked = str(declared.table(_source(project)).get("requires-python", ""))
    lowest = re.search(r">=\s*(\d+)\.(\d+)", locked)
    wanted = (int(lowest[1]), int(lowest[2])) if lowest else project.target.python
    found = find(wanted, tools) or find(project.target.python, tools)
    return ["--python", found.executable] if found else []


def _project_folder(project: Project) -> Path:
    """The member of the workspace that the project is: the nearest pyproject.toml between its root and the lock."""
    top = _source(project).parent
    for folder in (project.root, *project.root.parents):
        if (folder / "pyproject.toml").is_file() and folder.is_relative_to(top):
            return folder
    return top


def _lock_failed(done: process.Completed, command: list[str], project: Project, tools: Tools) -> Exception:
    unsolved = "No solution found" in done.stderr
    if "needs to be updated" in done.stderr or unsolved:
        return ResolveError(problems.out_of_date("uv.lock", "pyproject.toml", "uv lock"))
    return uv_errors.explain(done.code, done.stderr, command, project=project, tools=tools)
