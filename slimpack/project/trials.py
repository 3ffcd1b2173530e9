"""The settings of running a function -> Trial: events are read and checked, variables filled in."""

import json
import re
from collections.abc import Iterator, Mapping
from glob import glob, has_magic
from pathlib import Path

from slimpack.errors import Problem
from slimpack.model.project import Event, Trial
from slimpack.project.settings import Chosen

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_QUOTES = "\"'"
_RESERVED = ("AWS_LAMBDA_", "LAMBDA_", "_HANDLER", "PYTHON")


def trial(chosen: Chosen, environment: Mapping[str, str], *, root: Path, cwd: Path, problems: list[Problem]) -> Trial:
    """Do what the module says."""

    def base(name: str) -> Path:
        return cwd if chosen.where[name].startswith("--") else root

    variables: dict[str, str] = {}
    if chosen["env-file"] is not None:
        variables.update(_from_file(base("env-file") / chosen["env-file"], chosen.where["env-file"], problems))
    for text in chosen["env"]:
        name, _, value = text.partition("=")
        variables[name] = filled(value, environment, where=chosen.where["env"], problems=problems)
    where = chosen.where["env"] or chosen.where["env-file"]
    problems += [
        Problem(what=f"{name} is set by Lambda itself", where=where, do="leave it out")
        for name in variables
        if name.startswith(_RESERVED) and name != "PYTHONWARNINGS"
    ]
    return Trial(
        events=tuple(_events(chosen, base("events"), root, problems)),
        timeout=chosen["timeout"] / 1000,
        network=chosen["allow-network"],
        variables=tuple(sorted(variables.items())),
        ignored=chosen["ignore-answers"],
    )


def filled(text: str, environment: Mapping[str, str], *, where: str, problems: list[Problem]) -> str:
    """Put the variables of the environment in the place of `${NAME}`."""
    for variable in _REFERENCE.findall(text):
        if variable not in environment:
            what = f"the environment has no {variable}"
            problems.append(Problem(what=what, where=where, do=f"set {variable}, or write the value"))
    return _REFERENCE.sub(lambda match: environment.get(match[1], ""), text)


def _events(chosen: Chosen, base: Path, root: Path, problems: list[Problem]) -> Iterator[Event]:
    where = chosen.where["events"]
    known: set[Path] = set()
    names: set[str] = set()
    for pattern in chosen["events"]:
        wild = has_magic(pattern)
        # pathlib's own glob takes no absolute pattern.
        found = sorted(glob(str(base / pattern), recursive=True)) if wild else [str(base / pattern)]  # noqa: PTH207
        files = [path for path in map(Path, found) if path.is_file()]
        if not files:
            what = f"no event matches {pattern}" if wild else f"there is no event {pattern}"
            problems.append(Problem(what=what, where=where, do=f"the path is relative to {base}"))
        for path in files:
            if path not in known:
                known.add(path)
                yield from _event(path, root, problems, taken=names)


def _event(path: Path, root: Path, problems: list[Problem], *, taken: set[str]) -> Iterator[Event]:
    # No path of this machine gets into a report, so a file from elsewhere goes by its name.
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    while name in taken:
        name = f"{name}~"
    taken.add(name)
    try:
        body = path.read_text("utf-8-sig")
        json.loads(body)
    except OSError as error:
        problems.append(Problem(what=f"cannot read the event {name}: {error.strerror}", where=str(path)))
    except UnicodeDecodeError:
        problems.append(Problem(what=f"the event {name} is not UTF-8", where=str(path), do="save it as UTF-8"))
    except json.JSONDecodeError as error:
        place = f"{path}:{error.lineno}:{error.colno}"
        problems.append(Problem(what=f"the event {name} is not JSON: {error.msg}", where=place, do="mend it"))
    else:
        yield Event(name=name, body=body)


def _from_file(path: Path, where: str, problems: list[Problem]) -> Iterator[tuple[str, str]]:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        problems.append(Problem(what=f"cannot read the env-file {path.name}: {why}", where=where))
        return
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = _ASSIGNMENT.fullmatch(text)
        if match is None:
            do = "write NAME=VALUE"
            problems.append(Problem(what="a line that sets no variable", where=f"{path}:{number}", do=do))
            continue
        name, value = match[1], match[2]
        if len(value) > 1 and value[0] in _QUOTES and value[-1] == value[0]:
            value = value[1:-1]
        yield name, value
