#!/usr/bin/env python3
"""Write the generated parts of README.md: what the program says of itself, between `<!-- made: NAME -->` markers.

python scripts/readme.py          # write them
python scripts/readme.py --check  # exit 1 if README.md says other than the program
python scripts/readme.py --demo   # run `make demo` and show what it prints
"""

import inspect
import re
import subprocess
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
from slimpack.model.project import SourceKind
from slimpack.plan.passes import PASSES
from slimpack.project.kinds import PATH
from slimpack.project.settings import HANDLER, SETTINGS, Setting

README = Path(__file__).parent.parent / "README.md"
_DEMO = re.compile(r"(<!-- demo -->\n).*?(<!-- /demo -->)", re.DOTALL)
_SHOWN = {"where the bytes are": 5, "why bytes went": 3, "slowest imports": 3}
"""How many rows of a section of the report the first screen has room for."""
_BLOCK = re.compile(r"(<!-- made: (?P<name>[a-z-]+) -->\n).*?(<!-- /made -->)", re.DOTALL)


def written(text: str) -> str:
    """Return the text with every generated part made anew."""
    makers = {
        "commands": commands,
        "settings": settings,
        "values": values,
        "requirements": requirements,
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
    rows: list[tuple[str, str, str]] = []
    group = typer.main.get_command(app)
    for name, command in [("slimpack", group), *_leaves("slimpack", group)]:
        rows.append((f"**`{name}`**", "", " ".join((command.help or "").split())))
        for parameter in command.params:
            flags = [*parameter.opts, *parameter.secondary_opts]
            meaning = getattr(parameter, "help", "") or ""
            if parameter.name == "help" or any(flag in shared and meaning.startswith(shared[flag]) for flag in flags):
                continue
            default = getattr(parameter, "show_default", "")
            rows.append((f"`{_label(parameter, flags)}`", default if isinstance(default, str) else "", meaning))
    return table(("command, option", "default", "what it does"), rows)


def _label(parameter: Any, flags: Sequence[str]) -> str:
    metavar = parameter.metavar or ""
    return f"{', '.join(flags)} {metavar}".strip() if flags[0].startswith("-") else metavar


def _leaves(name: str, command: Any) -> Iterable[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if not below:
        yield name, command
        return
    for key, inner in below.items():
        yield from _leaves(f"{name} {key}", inner)


def settings() -> str:
    """Each key with its option: both are made from one table in the program."""
    rows = [(f"`{HANDLER.name}`", "(the argument)", "text or list", "", "", HANDLER.help)]
    rows += [
        (
            f"`{setting.name}`",
            _option(setting),
            _type(setting),
            _default(setting),
            "yes" if setting.locks else "",
            setting.help,
        )
        for setting in SETTINGS
    ]
    return table(("key", "option of `build`", "value", "default", "of `lock`", "meaning"), rows)


def _option(setting: Setting) -> str:
    if setting.kind.flag:
        return f"`--{setting.name}`, `--no-{setting.name}`"
    return f"`{setting.option}`" + (f", `-{setting.short}`" if setting.short else "")


def _type(setting: Setting) -> str:
    kind = setting.kind
    if kind.names:
        return ", ".join(f"`{name}`" for name in kind.names)
    if kind.flag:
        return "true, false"
    return f"list of {kind.metavar}" if kind.many else kind.metavar


def _default(setting: Setting) -> str:
    if setting.kind.flag:
        return str(setting.default).lower()
    return shown_default(setting) or ("none" if setting.kind.many else "")


def values() -> str:
    """The words of the column `value`, but for lists, of which the text says more."""
    simple = [
        setting.kind for setting in SETTINGS if not (setting.kind.names or setting.kind.flag or setting.kind.many)
    ]
    allowed = {kind.metavar: kind.allowed for kind in simple if kind is not PATH}
    return "\n".join(f"- {metavar}: {words}" for metavar, words in allowed.items())


def requirements() -> str:
    """Where requirements are looked for, in this order."""
    kinds = [kind.value for kind in SourceKind if kind is not SourceKind.NONE]
    return "\n".join(f"{place}. `{kind}`" for place, kind in enumerate(kinds, start=1))


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


def demo() -> str:
    """What `make demo` prints, with the long tables cut to what a screen holds."""
    done = subprocess.run(
        ["make", "--silent", "--old-file=.venv/.ready", "demo"],
        cwd=README.parent,
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    return shortened(done.stdout)


def shortened(report: str) -> str:
    """The report with the first rows of each long table, and a mark where rows were left out."""
    sections = [section.splitlines() for section in report.strip().split("\n\n")]
    for lines in sections:
        for heading, rows in _SHOWN.items():
            if lines[0].startswith(heading) and len(lines) > rows + 1:
                lines[rows + 1 :] = ["…"]
    return "\n\n".join("\n".join(lines) for lines in sections)


def main() -> None:
    before = README.read_text()
    if "--demo" in sys.argv[1:]:
        before = _DEMO.sub(lambda found: f"{found[1]}```console\n$ make demo\n{demo()}\n```\n{found[2]}", before)
    after = written(before)
    if "--check" not in sys.argv[1:]:
        README.write_text(after)
    elif after != before:
        sys.exit("README.md says other than the program: run python scripts/readme.py")


if __name__ == "__main__":
    main()
