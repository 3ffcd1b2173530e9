"""Answers of original and artifact -> Trialled: are they equal, and where not, at which place.

Answers are compared as JSON, so the order of an object's keys is nothing; a text that is JSON itself (a body for API
Gateway) is compared as what it holds. Errors are equal in type and message: a trace shows lines that need not ship.
"""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from slimpack.model.answer import Answer, Ending
from slimpack.model.glob import matcher
from slimpack.model.lookup import found_from_root
from slimpack.verify.manifest import ARCHIVED, COMPILED, Manifest

_MESSAGE = "/errorMessage"
_SHOWN = 60
_MODULE = re.compile(r"No module named '([\w.]+)'|cannot import name '(\w+)' from '([\w.]+)'")
_FILE = re.compile(r"No such file or directory: '([^']+)'")
_ATTRIBUTE = re.compile(r"module '([\w.]+)' has no attribute '(\w+)'")
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")
_MISSING = object()


def difference(original: Answer, artifact: Answer, ignored: Collection[str]) -> str:
    """The first difference in words, empty where there is none. `ignored` are JSON pointers, which may hold `*`."""
    skip = matcher(_globs(ignored))
    if _outcome(original) != _outcome(artifact):
        return f"the original {original.in_words}, the artifact {artifact.in_words}"
    alike = _ADDRESS.sub("", original.text) == _ADDRESS.sub("", artifact.text)
    if original.ending is Ending.RAISED and not alike and not skip(_MESSAGE[1:]):
        before, after = _shown(original.text), _shown(artifact.text)
        return f"{original.error} says {before} in the original, {after} in the artifact"
    if original.ending is not Ending.ANSWERED:
        return ""
    for pointer, before, after in _differences(_parsed(original.text), _parsed(artifact.text), ""):
        if not skip(pointer[1:]):
            return f"{pointer or '/'} is {_shown(before)} in the original, {_shown(after)} in the artifact"
    return ""


def _outcome(answer: Answer) -> tuple[Ending, str, int]:
    return answer.ending, answer.error, answer.status


def noise(one: Answer, other: Answer) -> tuple[str, ...]:
    """The pointers at which two answers of the same program differ."""
    if one.ending is not other.ending:
        return ("/",)
    if one.ending is not Ending.ANSWERED:
        return (_MESSAGE,) if one.text != other.text else ()
    return tuple(pointer or "/" for pointer, _, _ in _differences(_parsed(one.text), _parsed(other.text), ""))


def named(answer: Answer, manifest: Manifest, endings: tuple[str, ...]) -> str:
    """The dropped file that an error's message is about; empty where it names none."""
    text = answer.text
    if match := _MODULE.search(text):
        names = [match[1]] if match[1] else [f"{match[3]}.{match[2]}", match[3]]
    elif match := _ATTRIBUTE.search(text):
        # The package itself may be a mere folder now: what is left of it imports as a namespace.
        names = [f"{match[1]}.{match[2]}", match[1]]
    elif match := _FILE.search(text):
        return match[1] if match[1] in manifest.missing else ""
    else:
        return ""
    for name in names:
        path = found_from_root(manifest.original, name, endings)
        if path and manifest.missing.get(path, COMPILED) not in {COMPILED, ARCHIVED}:
            return path
    return ""


def _globs(ignored: Collection[str]) -> tuple[str, ...]:
    # A pointer is a path: what is ignored, is so with all that is in it.
    return ("**",) if "/" in ignored else tuple(pointer.strip("/") for pointer in ignored)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _inner(value: Any) -> Any:
    """What a text holds, where it is JSON with parts."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        parsed = _parsed(value)
        return parsed if isinstance(parsed, dict | list) else value
    return value


def _differences(before: Any, after: Any, pointer: str) -> Iterator[tuple[str, Any, Any]]:
    """Pointer, value before, value after, for each place where they differ; _MISSING for what is not there."""
    before, after = _inner(before), _inner(after)
    if isinstance(before, dict) and isinstance(after, dict):
        pairs = [(key, before.get(key, _MISSING), after.get(key, _MISSING)) for key in sorted({*before, *after})]
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = [(str(index), one, other) for index, (one, other) in enumerate(zip(before, after, strict=True))]
    else:
        if before != after or type(before) is not type(after):
            yield pointer, before, after
        return
    for key, one, other in pairs:
        yield from _differences(one, other, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")


def _shown(value: Any) -> str:
    if value is _MISSING:
        return "missing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
