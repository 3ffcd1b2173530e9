"""Lock -> pylock.toml, valid by PEP 751 and the same text for the same pins."""

import json
import os
from pathlib import Path
from typing import Any

from slimpack.model.lock import Lock, Pin
from slimpack.model.project import Project
from slimpack.model.target import Target
from slimpack.resolve import pylock


def lock_text(lock: Lock, project: Project) -> str:
    """The text of a `pylock.toml` that gives these pins again for this target."""
    target = project.target
    major, minor = target.python
    lines = [
        'lock-version = "1.0"',
        f"environments = [{_value(_environment(target))}]",
        f"requires-python = {_value(f'>={target.python_version},<{major}.{minor + 1}')}",
        'created-by = "slimpack"',
        "" if lock.pins else "packages = []",
    ]
    for pin in lock.pins:
        lines += ["[[packages]]", *(f"{key} = {_value(value)}" for key, value in _package(pin, project).items()), ""]
    text = "\n".join(lines).rstrip("\n") + "\n"
    pylock.parse(text, where="the lock that was made")
    return text


def _environment(target: Target) -> str:
    parts = {
        "implementation_name": "cpython",
        "platform_machine": target.architecture.machine,
        "python_version": target.python_version,
        "sys_platform": "linux",
    }
    return " and ".join(f"{name} == '{value}'" for name, value in parts.items())


def _package(pin: Pin, project: Project) -> dict[str, Any]:
    if "+" in pin.built_from.partition("://")[0] and "://" in pin.built_from:
        return {"name": pin.name, "version": pin.version, "vcs": _repository(pin.built_from)}
    if pin.built_from_sha256:
        name = pin.built_from.rsplit("/", 1)[-1]
        sdist = {"name": name, "url": pin.built_from, "hashes": {"sha256": pin.built_from_sha256}}
        return {"name": pin.name, "version": pin.version, "sdist": sdist}
    if pin.built_from:
        return {"name": pin.name, "directory": {"path": pin.built_from}}
    package: dict[str, Any] = {"name": pin.name, "version": pin.version}
    if pin.index:
        package["index"] = pin.index
    wheel: dict[str, Any] = {"name": pin.filename}
    wheel |= {"url": pin.url} if pin.url else {"path": _relative(pin.path, project)}
    wheel |= {"size": pin.size} if pin.size else {}
    package["wheels"] = [wheel | {"hashes": {"sha256": pin.sha256}}]
    return package


def _repository(place: str) -> dict[str, Any]:
    kind, _, rest = place.partition("+")
    rest, _, fragment = rest.partition("#subdirectory=")
    url, _, commit = rest.rpartition("@")
    return {"type": kind, "url": url, "commit-id": commit} | ({"subdirectory": fragment} if fragment else {})


def _relative(path: str, project: Project) -> str:
    base = project.requirements.path.parent if project.requirements.path else project.root
    return Path(os.path.relpath(path, base)).as_posix()


def _value(value: Any) -> str:
    match value:
        case dict():
            return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + " }"
        case list():
            return "[" + ", ".join(_value(item) for item in value) + "]"
        case int():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False)  # a JSON string is a TOML basic string
