"""What was found out about a project -> the texts of a first configuration, Makefile target and workflow."""

import json
import re
import tomllib
from dataclasses import dataclass, replace
from typing import Final

from slimpack.model.target import Target

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_TARGET: Final = re.compile(rb"^ *(?:[^#\s:=][^#\n:=]*[ \t])?package(?:[ \t][^\n:=]*)?:(?![:]?=)", re.MULTILINE)

_MAKEFILE: Final = """\
.PHONY: package
package:
\tslimpack build
"""

_WORKFLOW: Final = """\
name: package
on:
  push:
    branches: [main, master]
  pull_request:
permissions:
  contents: read
jobs:
  package:
    runs-on: @RUNNER@
@DEFAULTS@    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "@PYTHON@"
      - uses: actions/cache@v4
        with:
          path: ~/.cache/slimpack
          key: slimpack-${{ hashFiles('**/requirements*.txt', '**/*.lock', '**/pylock*.toml', '**/pyproject.toml') }}
          restore-keys: slimpack-
      - run: python -m pip install slimpack
      - run: slimpack build --markdown "$RUNNER_TEMP/package.md"
      - run: cat "$RUNNER_TEMP/package.md" >> "$GITHUB_STEP_SUMMARY"
        if: ${{ !cancelled() }}
      - uses: actions/upload-artifact@v4
        if: ${{ !cancelled() }}
        with:
          name: package
          path: @DIST@
"""
# A machine of the target's own kind, so that what ships can be run there.
_RUNNERS: Final = {"x86_64": "ubuntu-latest", "arm64": "ubuntu-24.04-arm"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A handler, and where its code and requirements are; empty where that is the root, or what `load` finds itself.

    `name`, `python` and `arch` are what `template`, a file that deploys it, says.
    """

    handler: str
    source: str = ""
    requirements: str = ""
    name: str = ""
    python: str = ""
    arch: str = ""
    template: str = ""


def configuration(functions: tuple[Function, ...], target: Target) -> str:
    """`[tool.slimpack]` for one function; for several, one table each below it."""
    python = f"{target.python[0]}.{target.python[1]}"
    shared = f"python = {_text(python)}\narch = {_text(target.architecture)}\n"
    same = {python: "", target.architecture.value: ""}
    functions = tuple(
        replace(one, python=same.get(one.python, one.python), arch=same.get(one.arch, one.arch)) for one in functions
    )
    if len(functions) == 1:
        return f"[tool.slimpack]\n{_keys(functions[0])}{shared}"
    named = zip(_names(functions), functions, strict=True)
    tables = [f"\n[tool.slimpack.functions.{_key(name)}]\n{_keys(function)}" for name, function in named]
    return f"[tool.slimpack]\n{shared}{''.join(tables)}"


def _keys(function: Function) -> str:
    values = ((key, getattr(function, key)) for key in ("handler", "source", "requirements", "python", "arch"))
    return "".join(f"{key} = {_text(value)}\n" for key, value in values if value)


def _text(value: str) -> str:
    # A JSON string is a TOML basic string, as long as nothing is escaped as a pair of surrogates.
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _names(functions: tuple[Function, ...]) -> tuple[str, ...]:
    """Each function as its template calls it, else by its own folder, else its module, else its attribute; by as much
    of that as tells it apart.
    """  # noqa: D205 one sentence
    if all(one.name for one in functions):
        return tuple(one.name for one in functions)
    sources = [one.source for one in functions]
    handlers = [tuple(re.split(r"[./]", one.handler)) for one in functions]
    modules = [(source, handler[:-1]) for source, handler in zip(sources, handlers, strict=True)]
    paths: list[tuple[str, ...]] = []
    for source, handler, module in zip(sources, handlers, modules, strict=True):
        folder = tuple(filter(None, source.split("/")))
        if source not in {"", "src"} and sources.count(source) == 1:
            paths.append(folder)
        else:
            paths.append(folder + (module[1] if modules.count(module) == 1 else handler))
    return tuple(_shortest(path, paths) for path in paths)


def _shortest(path: tuple[str, ...], paths: list[tuple[str, ...]]) -> str:
    lengths = range(1, len(path) + 1)
    alone = (length for length in lengths if sum(other[-length:] == path[-length:] for other in paths) == 1)
    return "-".join(path[-next(alone, len(path)) :])


def added(old: bytes, text: str) -> bytes:
    """`old` byte for byte, an empty line, and `text` in its kind of line ends."""
    end = b"\r\n" if b"\r\n" in old else b"\n"
    between = b"" if not old else end if old.endswith(b"\n") else end * 2
    return old + between + text.encode().replace(b"\n", end)


def keeps(old: bytes, new: bytes) -> bool:
    """Tell whether `new` says in TOML what `old` says, and [tool.slimpack] besides."""
    try:
        before, after = tomllib.loads(old.decode()), tomllib.loads(new.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return False
    tools = after.get("tool", {})
    if not tools.pop("slimpack", None):
        return False
    if not tools and "tool" not in before:
        del after["tool"]
    return before == after


def has_target(makefile: bytes) -> bool:
    """Tell whether a Makefile has a rule for `package`."""
    return bool(_TARGET.search(makefile))


def makefile() -> str:
    """A target that builds everything: slimpack itself sees what has changed."""
    return _MAKEFILE


def workflow(target: Target, *, folder: str) -> str:
    """A workflow of GitHub Actions; `folder` is where the project is in the repository, empty for its root."""
    defaults = f"    defaults:\n      run:\n        working-directory: {_text(folder)}\n" if folder else ""
    values = {
        "@RUNNER@": _RUNNERS[target.architecture],
        "@DEFAULTS@": defaults,
        "@PYTHON@": f"{target.python[0]}.{target.python[1]}",
        "@DIST@": _text(f"{folder}/dist/") if folder else "dist/",
    }
    text = _WORKFLOW
    for name, value in values.items():
        text = text.replace(name, value)
    return text
