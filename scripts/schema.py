#!/usr/bin/env python3
"""Write slimpack/report/schema.json, the JSON Schema of the report, from the fields of the values.

python scripts/schema.py          # write it
python scripts/schema.py --check  # exit 1 if the written one is not what the values say
"""

import json
import sys
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from slimpack.model.report import SCHEMA_VERSION, FileRow, Report

TARGET = Path(__file__).parent.parent / "slimpack" / "report" / "schema.json"
_SIMPLE = {str: "string", Path: "string", int: "integer", float: "number", bool: "boolean"}
_OPTIONAL = {"reason", "rewrites", "also", "more"}  # left out of a file's row where there is nothing to say


def schema() -> dict[str, Any]:
    """Return the whole schema."""
    definitions: dict[str, Any] = {}
    root = _object(Report, definitions)
    root["properties"] = {"schema": {"const": SCHEMA_VERSION}, **root["properties"]}
    root["required"] = ["schema", *root["required"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "slimpack report",
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def _object(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    optional = _OPTIONAL if kind is FileRow else set()
    return {
        "type": "object",
        "description": (kind.__doc__ or "").strip().splitlines()[0],
        "properties": {field.name: _of(hints[field.name], definitions) for field in fields(kind)},
        "required": [field.name for field in fields(kind) if field.name not in optional],
        "additionalProperties": False,
    }


def _of(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {UnionType, Union}:
        inner = next(argument for argument in arguments if argument is not NoneType)
        return {"anyOf": [_of(inner, definitions), {"type": "null"}]}
    if origin is tuple and arguments[-1] is ...:
        return {"type": "array", "items": _of(arguments[0], definitions)}
    if origin is tuple:
        items = [_of(argument, definitions) for argument in arguments]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    if is_dataclass(hint) and isinstance(hint, type):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}
            definitions[hint.__name__] = _object(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    return {"type": _SIMPLE[hint]}


def main() -> None:
    text = json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(text)
    elif TARGET.read_text() != text:
        sys.exit("slimpack/report/schema.json is out of date: run python scripts/schema.py")


if __name__ == "__main__":
    main()
