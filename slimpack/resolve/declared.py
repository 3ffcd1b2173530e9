"""What pyproject.toml declares: its dependencies with the extras and groups that are wanted."""

import contextlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from slimpack.errors import ConfigError, Problem, ResolveError
from slimpack.model.project import Requirements as Wanted
from slimpack.resolve.requirements_txt import Requirements, note, read


def table(path: Path) -> Mapping[str, Any]:
    """The whole of a TOML file. Raises ConfigError for one that cannot be read."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(
            Problem(what=f"cannot read {path.name}: {error.strerror}", where=str(path), do=f"put {path.name} there")
        ) from error
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits, a thousand brackets
        raise ConfigError(
            Problem(
                what=f"{path.name} is not valid TOML: {error}",
                where=str(path),
                do="mend the line, or write the file again",
            )
        ) from error


@contextlib.contextmanager
def as_written_by(command: str, path: Path) -> Iterator[None]:
    """Read a lock's tables within: what has another shape than its tool gives it is one ResolveError."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
        what = f"{path.name} does not have the shape that `{command}` gives it ({type(error).__name__}: {error})"
        raise ResolveError(Problem(what=what[:_LONGEST], where=str(path), do=f"run `{command}` again")) from error


_LONGEST = 500


def check_names(kind: str, asked: Iterable[str], known: Iterable[str], where: str) -> None:
    """Raise ConfigError for every extra or group that is asked for and not there."""
    there = {canonicalize_name(name): name for name in known}
    wrong = [
        Problem(what=f"no {kind} {name!r}", where=where, do=f"there are: {', '.join(sorted(there.values())) or 'none'}")
        for name in asked
        if canonicalize_name(name) not in there
    ]
    if wrong:
        raise ConfigError(*wrong)


def check(content: Mapping[str, Any], wanted: Wanted, where: str) -> None:
    """Raise ConfigError for extras and groups that pyproject.toml does not have, in any tool's notation."""
    try:
        extras, groups = _choices(content)
        if extras is not None:
            check_names("extra", wanted.extras, extras, where)
        check_names("dependency group", wanted.groups, groups, where)
    except (AttributeError, TypeError) as error:
        what = f"{Path(where).name} has a value where a table should be, or the reverse ({error})"
        raise ConfigError(
            Problem(what=what, where=where, do="mend [project], [dependency-groups] or [tool]")
        ) from error


def _choices(content: Mapping[str, Any]) -> tuple[list[str] | None, list[str]]:
    """Every extra (None: any may be made while building) and every group."""
    project, poetry = content.get("project", {}), content.get("tool", {}).get("poetry", {})
    pdm = content.get("tool", {}).get("pdm", {})
    extras = [*project.get("optional-dependencies", {}), *poetry.get("extras", {})]
    groups = [*content.get("dependency-groups", {}), *poetry.get("group", {}), *pdm.get("dev-dependencies", {})]
    if "dev-dependencies" in poetry or "dev-dependencies" in content.get("tool", {}).get("uv", {}):
        groups.append("dev")
    return None if "optional-dependencies" in project.get("dynamic", ()) else extras, groups


def requirements(path: Path, wanted: Wanted) -> Requirements:
    """What is required, in the same terms as requirements files."""
    found = read((), constraints=wanted.constraints)
    content = table(path)
    check(content, wanted, str(path))
    found.texts.append(path.read_text("utf-8"))
    # Sources and workspaces take distributions from elsewhere; a build backend may add dependencies of its own.
    found.direct |= "sources" in content.get("tool", {}).get("uv", {})
    dynamic = "project" not in content or "dependencies" in content["project"].get("dynamic", ())
    found.direct |= dynamic
    found.empty = not dynamic
    for text in texts(content, wanted):
        try:
            note(Requirement(text), found)
        except InvalidRequirement as error:
            raise ConfigError(
                Problem(what=f"not a requirement: {text}", where=str(path), do=f"write it as PEP 508 says: {error}")
            ) from error
    return found


def texts(content: Mapping[str, Any], wanted: Wanted) -> Iterator[str]:
    """The requirements of the project with the extras and groups that are wanted."""
    project = content.get("project", {})
    yield from project.get("dependencies", ())
    optional = {canonicalize_name(name): rows for name, rows in project.get("optional-dependencies", {}).items()}
    for extra in wanted.extras:
        yield from optional.get(canonicalize_name(extra), ())
    groups: dict[str, Any] = {
        canonicalize_name(name): rows for name, rows in content.get("dependency-groups", {}).items()
    }
    for group in wanted.groups:
        yield from _group(canonicalize_name(group), groups, ())


def _group(name: str, groups: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[str]:
    for row in groups.get(name, ()):
        if isinstance(row, str):
            yield row
        elif (included := canonicalize_name(row.get("include-group", ""))) and included not in above:
            yield from _group(included, groups, (*above, name))
