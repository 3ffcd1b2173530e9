"""Report <-> JSON, by the fields of the values: what one writes the other reads back equal."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from slimpack.errors import ConfigError, Problem
from slimpack.model.comparison import Comparison
from slimpack.model.finding import Finding
from slimpack.model.inspection import Inspection
from slimpack.model.plan import Action, Decision
from slimpack.model.profile import Difference, Profile
from slimpack.model.report import SCHEMA_VERSION, FileRow, Report
from slimpack.model.trace import Reason, ReasonKind


def to_json(report: Report) -> str:
    """Write the report as JSON text that ends in a newline; keys in the order of the fields."""
    value = {"schema": SCHEMA_VERSION, **_encoded(report)}
    value["files"] = [_row(row) for row in report.files]
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def profiles_json(
    profiles: Sequence[Profile], *, difference: Difference | None, advice: Sequence[Finding], broken: Sequence[str]
) -> str:
    """Measurements as JSON text, raw samples and all: the subject, and the reference where there is one."""
    value = {
        "schema": SCHEMA_VERSION,
        "profiles": [_encoded(profile) for profile in profiles],
        "difference": _encoded(difference),
        "advice": _encoded(advice),
        "broken": list(broken),
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def comparison_json(comparison: Comparison, *, broken: Sequence[str]) -> str:
    """What changed as JSON text, with the limits that it breaks."""
    value = {"schema": SCHEMA_VERSION, "comparison": _encoded(comparison), "broken": list(broken)}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def inspection_json(inspection: Inspection) -> str:
    """What is in a package as JSON text."""
    value = {"schema": SCHEMA_VERSION, **_encoded(inspection)}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def from_json(text: str) -> Report:
    """Read a report back. Raises ConfigError where the text is not a report of this version."""
    try:
        value = json.loads(text)
        if value.get("schema") != SCHEMA_VERSION:
            raise ConfigError(
                Problem(
                    what=f"report has schema {value.get('schema')!r}, this slimpack reads {SCHEMA_VERSION}",
                    do="build again with this version of slimpack",
                )
            )
        rows = tuple(_read_row(row) for row in value.pop("files"))
        return Report(files=rows, **_read(Report, value))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            Problem(what=f"not a slimpack report: {type(error).__name__}: {error}", do="build again to write a new one")
        ) from error


def _encoded(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case Path():
            return value.as_posix()
        case tuple() | list():
            return [_encoded(item) for item in value]
        case Mapping():
            return {str(key): _encoded(item) for key, item in value.items()}
        case _ if is_dataclass(value):
            skipped = "files" if isinstance(value, Report) else ""
            return {
                field.name: _encoded(getattr(value, field.name)) for field in fields(value) if field.name != skipped
            }
        case _:
            return value


# Rows are thousands, so they are written out by hand: ten times as fast as going by their fields.
def _row(row: FileRow) -> dict[str, Any]:
    decision = row.decision
    value: dict[str, Any] = {
        "path": row.path,
        "owner": row.owner,
        "size": row.size,
        "shipped": row.shipped,
        "stored": row.stored,
        "decision": {"action": decision.action.value, "by": decision.by, "why": decision.why},
    }
    if row.reason is not None:
        value["reason"] = _reason(row.reason)
    if row.rewrites:
        value["rewrites"] = list(row.rewrites)
    if row.also:
        value["also"] = [_reason(one) for one in row.also]
    if row.more:
        value["more"] = row.more
    return value


def _reason(reason: Reason) -> dict[str, Any]:
    return {"kind": reason.kind.value, "parent": reason.parent, "line": reason.line, "detail": reason.detail}


def _read_reason(value: dict[str, Any]) -> Reason:
    return Reason(kind=_KINDS[value["kind"]], parent=value["parent"], line=value["line"], detail=value["detail"])


_KINDS = {kind.value: kind for kind in ReasonKind}
_ACTIONS = {action.value: action for action in Action}


def _read_row(value: dict[str, Any]) -> FileRow:
    decision, reason = value["decision"], value.get("reason")
    return FileRow(
        path=value["path"],
        owner=value["owner"],
        size=value["size"],
        shipped=value["shipped"],
        stored=value["stored"],
        decision=Decision(action=_ACTIONS[decision["action"]], by=decision["by"], why=decision["why"]),
        reason=reason and _read_reason(reason),
        rewrites=tuple(value.get("rewrites", ())),
        also=tuple(_read_reason(one) for one in value.get("also", ())),
        more=value.get("more", 0),
    )


@cache
def _fields(kind: type) -> dict[str, Callable[[Any], Any]]:
    hints = get_type_hints(kind)
    return {field.name: _reader(hints[field.name]) for field in fields(kind)}


def _reader(hint: Any) -> Callable[[Any], Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {UnionType, Union}:
        inner = _reader(next(argument for argument in arguments if argument is not NoneType))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is ...:  # noqa: PLR2004 tuple[X, ...]
            item = _reader(arguments[0])
            return lambda value: tuple(item(one) for one in value)
        items = [_reader(argument) for argument in arguments]
        return lambda value: tuple(read(one) for read, one in zip(items, value, strict=True))
    if is_dataclass(hint):
        return lambda value: _built(hint, value)
    if isinstance(hint, type) and issubclass(hint, Enum | Path):
        return hint
    return lambda value: value


def _built(kind: Any, value: dict[str, Any]) -> Any:
    return kind(**_read(kind, value))


def _read(kind: Any, value: dict[str, Any]) -> dict[str, Any]:
    # A report that was written before a field was added: the field's default, or the error of the one that is missing.
    return {name: read(value[name]) for name, read in _fields(kind).items() if name in value}
