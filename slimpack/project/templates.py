"""A template of SAM, CloudFormation or the Serverless Framework -> the Python functions that it declares.

What only a deployment knows (`!Sub`, `!ImportValue`, `${…}`) is unknown here, and left empty; `!Ref` of a parameter is
its default.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from slimpack.errors import ConfigError, Problem

_SAM: Final = ("template.yaml", "template.yml", "template.json")
_SERVERLESS: Final = ("serverless.yml", "serverless.yaml", "serverless.json")
_FUNCTIONS: Final = frozenset({"AWS::Serverless::Function", "AWS::Lambda::Function"})
_RUNTIME: Final = re.compile(r"python(3\.\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One function: `where` in the template, its `name` there, its code's `folder`; what is not known is empty."""

    where: str
    name: str
    handler: str
    folder: str
    python: str
    arch: str


def declared(root: Path) -> tuple[Declared, ...]:
    """The Python functions of the first template in `root`; none without one. Raises ConfigError if it is no YAML."""
    for names, functions in ((_SAM, _of_sam), (_SERVERLESS, _of_serverless)):
        for name in names:
            if (root / name).is_file():
                found = tuple(functions(_loaded(root / name), name))
                if found:
                    return found
    return ()


def _loaded(path: Path) -> Mapping[str, Any]:
    import yaml  # noqa: PLC0415 only `init` reads templates

    class Loader(yaml.SafeLoader):
        """Makes of `!Ref X` and its like what JSON would have; a class of its own, so that no other one learns it."""

    def intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
        return {suffix: loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None}

    Loader.add_multi_constructor("!", intrinsic)
    do = "mend it, or name the handlers, as in slimpack init app.handler"
    try:
        text = path.read_bytes()
        # JSON may be indented by tabs, which YAML forbids.
        data = json.loads(text) if path.suffix == ".json" else yaml.load(text, Loader)  # noqa: S506 a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        what = f"{path.name} is not valid YAML: {error.problem}"
        raise ConfigError(Problem(what=what, where=f"{path.name}{line}", do=do)) from error
    except (OSError, yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ConfigError(Problem(what=f"{path.name} cannot be read: {error}", where=path.name, do=do)) from error
    return _table(data)


def _of_sam(template: Mapping[str, Any], name: str) -> Iterator[Declared]:
    shared = _table(_table(template.get("Globals")).get("Function"))
    parameters = _table(template.get("Parameters"))
    for logical, resource in _table(template.get("Resources")).items():
        properties = {**shared, **_table(_table(resource).get("Properties"))}
        own = not {"InlineCode", "ImageUri"} & properties.keys() and properties.get("PackageType") != "Image"
        if _table(resource).get("Type") in _FUNCTIONS and own:
            architectures = properties.get("Architectures")
            first = architectures[0] if isinstance(architectures, list) and architectures else "x86_64"
            yield from _python(
                where=f"{name}, Resources.{logical}",
                name=str(logical),
                handler=_text(properties.get("Handler"), parameters),
                folder=_text(properties.get("CodeUri", properties.get("Code", ".")), parameters),
                runtime=_text(properties.get("Runtime"), parameters),
                arch=_text(first, parameters),
            )


def _of_serverless(service: Mapping[str, Any], name: str) -> Iterator[Declared]:
    provider = _table(service.get("provider"))
    for key, value in _table(service.get("functions")).items():
        function = {**provider, **_table(value)}
        yield from _python(
            where=f"{name}, functions.{key}",
            name=str(key),
            handler=_text(function.get("handler"), {}),
            folder=_text(function.get("module", "."), {}),
            runtime=_text(function.get("runtime"), {}),
            arch=_text(function.get("architecture", "x86_64"), {}),
        )


def _python(*, where: str, name: str, handler: str, folder: str, runtime: str, arch: str) -> Iterator[Declared]:
    """The function, if it is one of Python's whose code is known to lie below the root."""
    version = _RUNTIME.fullmatch(runtime)
    inside = PurePosixPath(folder)
    if handler and folder and (version or not runtime) and not inside.is_absolute() and ".." not in inside.parts:
        yield Declared(
            where=where,
            name=name,
            handler=handler,
            folder="" if inside == PurePosixPath(".") else inside.as_posix(),
            python=version[1] if version else "",
            arch=arch if arch in {"x86_64", "arm64"} else "",
        )


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object, parameters: Mapping[str, Any]) -> str:
    """A text, or the default of the parameter that is meant; empty for what is not known before a deployment."""
    if isinstance(value, dict) and isinstance(value.get("Ref"), str):
        value = _table(parameters.get(value["Ref"])).get("Default")
    return value if isinstance(value, str) and "${" not in value and "://" not in value else ""
