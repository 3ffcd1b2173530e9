"""pyproject.toml, options -> settled settings of each function: default < [tool.slimpack] < function < option."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slimpack.errors import ConfigError, Problem
from slimpack.project.kinds import NotAllowedError, nearest
from slimpack.project.options import Options
from slimpack.project.settings import HANDLER, SETTINGS, Chosen, Setting

_TOP = {setting.name: setting for setting in (HANDLER, *SETTINGS)}
_FUNCTIONS = "functions"
# Names by which people know a setting from other tools and from our own command line.
_ALIASES = {
    "architecture": "arch",
    "runtime": "python",
    "python-version": "python",
    "exclude": "drop",
    "handlers": "handler",
    **{setting.flag: setting.name for setting in SETTINGS if setting.flag},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """What pyproject.toml says: `data` is the whole of it, `tables` the settings read so far by table name ("": top).

    A value is kept with the place where it stands, for the errors that a later look at it may bring.
    """

    path: Path | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    top: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    functions: Mapping[str, Mapping[str, tuple[Any, str]]] = field(default_factory=dict)


def read(root: Path, problems: list[Problem]) -> Configured:
    """Read `[tool.slimpack]` of the pyproject.toml in `root`; a missing file is an empty one."""
    path = root / "pyproject.toml"
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        return Configured()
    except OSError as error:
        raise ConfigError(
            Problem(
                what=f"cannot read pyproject.toml: {error.strerror}",
                where=str(path),
                do="make it a file that can be read",
            )
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            Problem(what=f"pyproject.toml is not valid TOML: {error}", where=str(path), do="mend the line")
        ) from error
    tool = data.get("tool", {})
    table = tool.get("slimpack", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        problems.append(
            Problem(
                what="[tool.slimpack] must be a table",
                where="pyproject.toml, tool.slimpack",
                do="write [tool.slimpack], and its settings below",
            )
        )
        table = {}
    functions = _function_tables(table, problems)
    top = {key: value for key, value in table.items() if key != _FUNCTIONS}
    return Configured(
        path=path,
        data=data,
        top=_read_table(top, "tool.slimpack", problems),
        functions={
            name: _read_table(values, f"tool.slimpack.{_FUNCTIONS}.{name}", problems)
            for name, values in functions.items()
        },
    )


def _function_tables(table: Mapping[str, Any], problems: list[Problem]) -> dict[str, Mapping[str, Any]]:
    functions = table.get(_FUNCTIONS, {})
    where = f"pyproject.toml, [tool.slimpack] {_FUNCTIONS}"
    if not isinstance(functions, dict):
        problems.append(
            Problem(what=f"{_FUNCTIONS} is {shown(functions)}", where=where, do="write [tool.slimpack.functions.NAME]")
        )
        return {}
    tables: dict[str, Mapping[str, Any]] = {}
    for name, values in functions.items():
        if not isinstance(values, dict):
            do = f'write [tool.slimpack.functions.{name}] with handler = "…" in it'
            problems.append(Problem(what=f"{name} is {shown(values)}, not a table", where=f"{where}.{name}", do=do))
        elif "/" in name or name in {"", ".", ".."}:
            problems.append(
                Problem(what=f"{name!r} cannot be the name of a function", where=where, do="use a name without /")
            )
        else:
            tables[name] = values
    return tables


def _read_table(table: Mapping[str, Any], name: str, problems: list[Problem]) -> dict[str, tuple[Any, str]]:
    values: dict[str, tuple[Any, str]] = {}
    for key, value in table.items():
        where = f"pyproject.toml, [{name}] {key}"
        setting = _TOP.get(key)
        if setting is None:
            problems.append(_unknown(key, where))
        else:
            _read_value(setting, value, where, values, problems)
    return values


def _unknown(key: str, where: str) -> Problem:
    dashed = key.replace("_", "-")
    known = (*_TOP, _FUNCTIONS)
    meant = _ALIASES.get(dashed) or (dashed if dashed in known else nearest(dashed, known))
    do = f"did you mean {meant}?" if meant else f"known keys: {', '.join(sorted(known))}"
    return Problem(what=f"unknown key {key}", where=where, do=do)


def _read_value(
    setting: Setting, value: object, where: str, values: dict[str, tuple[Any, str]], problems: list[Problem]
) -> None:
    try:
        values[setting.name] = (setting.kind.parse(value), where)
    except NotAllowedError as error:
        do = f"allowed: {setting.kind.allowed}" + (f"; did you mean {error.meant}?" if error.meant else "")
        there = "what is there (not shown: it may be a secret)" if setting.kind.secret else shown(value)
        what = f"{setting.name} cannot be {there}" + (f": {error.because}" if error.because else "")
        problems.append(Problem(what=what, where=where, do=do))


def shown(value: object) -> str:
    """A value as people write it in TOML, short."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(shown(item) for item in value)}]"
    return "a table" if isinstance(value, dict) else str(value)


def read_options(options: Options, problems: list[Problem]) -> dict[str, tuple[Any, str]]:
    """Read the options given, each like the key of the same name."""
    values: dict[str, tuple[Any, str]] = {}
    for setting in SETTINGS:
        value = options.given(setting.name)
        if value is not None:
            _read_value(setting, value, setting.option, values, problems)
    return values


def settle(*layers: Mapping[str, tuple[Any, str]]) -> Chosen:
    """Join layers, the farthest first: a nearer value wins, a list that adds is added."""
    chosen = Chosen()
    for setting in SETTINGS:
        value: Any = () if setting.kind.many else setting.default
        where = ""
        for layer in layers:
            if setting.name not in layer:
                continue
            nearer, where = layer[setting.name]
            value = tuple(dict.fromkeys((*value, *nearer))) if setting.adds else nearer
        chosen.values[setting.name] = value
        chosen.where[setting.name] = where
    return chosen
