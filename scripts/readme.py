#!/usr/bin/env python3
"""Write the generated parts of README.md: what the program says of itself, between `<!-- made: NAME -->` markers.

python scripts/readme.py          # write them
python scripts/readme.py --check  # exit 1 if README.md says other than the program
"""

import inspect
import re
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import typer.main

from slimpack import errors, rules
from slimpack.cli import app
from slimpack.cli.options import shown_default
from slimpack.model.finding import CATALOGUE
from slimpack.plan.passes import PASSES
from slimpack.project.settings import HANDLER, SETTINGS

README = Path(__file__).parent.parent / "README.md"
_BLOCK = re.compile(r"(<!-- made: (?P<name>[a-z-]+) -->\n).*?(<!-- /made -->)", re.DOTALL)


def written(text: str) -> str:
    """Return the text with every generated part made anew."""
    makers = {
        "commands": commands,
        "settings": settings,
        "exit-codes": exit_codes,
        "findings": findings,
        "passes": passes,
        "runtimes": runtimes,
    }
    return _BLOCK.sub(lambda found: f"{found[1]}{makers[found['name']]()}\n{found[3]}", text)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def commands() -> str:
    """Every command with its arguments and the options that are not settings."""
    shared = {setting.option: setting.help.rstrip(".") for setting in SETTINGS}
    rows: list[tuple[str, str]] = []
    group = typer.main.get_command(app)
    for name, command in _leaves("slimpack", group):
        rows.append((f"**`{name}`**", " ".join((command.help or "").split("\n\n")[0].split())))
        for parameter in command.params:
            flags = [*parameter.opts, *parameter.secondary_opts]
            meaning = getattr(parameter, "help", "") or ""
            if parameter.name == "help" or any(flag in shared and meaning.startswith(shared[flag]) for flag in flags):
                continue
            label = ", ".join(flags) if flags[0].startswith("-") else parameter.metavar
            rows.append((f"`{label}`", meaning))
    return table(("command, option", "what it does"), rows)


def _leaves(name: str, command: Any) -> Iterable[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if not below:
        yield name, command
        return
    for key, inner in below.items():
        yield from _leaves(f"{name} {key}", inner)


def settings() -> str:
    """Each key with its option: both are made from one table in the program."""
    rows = [(f"`{HANDLER.name}`", "(the argument)", "", HANDLER.help)]
    rows += [
        (
            f"`{setting.name}`",
            f"`{setting.option}`" + (f", `-{setting.short}`" if setting.short else ""),
            shown_default(setting) or "-",
            setting.help,
        )
        for setting in SETTINGS
    ]
    return table(("key", "option", "default", "meaning"), rows)


def exit_codes() -> str:
    """The classes of `errors.py` by their codes, and those that are no error."""
    kinds = [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.SlimpackError) and kind is not errors.SlimpackError
    ]
    rows = [
        ("0", "built, and all gates held"),
        ("1", "built, but a gate did not hold: over budget, or a finding of severity error; `why` found nothing"),
        *((str(kind.exit_code), _sentence(kind)) for kind in sorted(kinds, key=lambda kind: kind.exit_code)),
        ("70", "a bug in slimpack: traceback, and where to report it"),
        ("130", "interrupted; nothing is half-written"),
    ]
    return table(("exit", "when"), rows)


def _sentence(kind: type) -> str:
    return f"{' '.join((kind.__doc__ or '').split())} (`{kind.__name__}`)"


def findings() -> str:
    return table(("code", "meaning"), [(f"`{code}`", meaning) for code, meaning in CATALOGUE.items()])


def passes() -> str:
    """The passes with the first table row of their docstrings left to the code."""
    rows = []
    for name, _, what in PASSES:
        module = import_module(f"slimpack.plan.passes.{name}")
        rows.append((f"[`{name}`](slimpack/plan/passes/{name}.py)", what, (module.__doc__ or "").splitlines()[0]))
    return table(("pass", "drops", "in its own words"), rows)


def runtimes() -> str:
    rows = [
        (f"`{one.name}`", ".".join(map(str, one.glibc)), one.status, one.deprecated or "-", one.as_of)
        for one in rules.runtimes()
    ]
    return table(("runtime", "glibc", "status", "deprecated", "as of"), rows)


def main() -> None:
    before = README.read_text()
    after = written(before)
    if "--check" not in sys.argv[1:]:
        README.write_text(after)
    elif after != before:
        sys.exit("README.md says other than the program: run python scripts/readme.py")


if __name__ == "__main__":
    main()
