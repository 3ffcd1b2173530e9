"""Report, module -> who imports it, which of these imports wait for their first use, and why the others do not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from slimpack.model.lazy import Deferral, Kept, Laziness
from slimpack.model.report import Report
from slimpack.report.units import milliseconds, number
from slimpack.report.why import module_of

_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Importing:
    """The answer to one name: the text, and whether anything of that name is known."""

    text: str
    known: bool


def imports_of(report: Report, name: str) -> Importing:
    """Say it for people; `name` is a dotted module, and stands for all below it."""
    places = {module_of(row.path): row.path for row in report.files}
    deferred = [item for item in report.imports.deferred if _is_below(item.target, name)]
    kept = [item for item in report.imports.kept if _is_below(item.target, name)]
    lines = [*_first(report, name)]
    if report.lazy is Laziness.OFF:
        lines.insert(0, f"{name}: no import waits: built with --lazy off")
    elif not deferred and not kept:
        told = "init does not import it, or it costs less than 2 ms with all that it imports"
        lines.insert(0, f"{name}: nothing to tell: {told}")
    else:
        waiting, staying = sum(len(item.names) for item in deferred), len(kept)
        lines = [f"{name}: {waiting} imports wait for their first use, {staying} do not"]
        lines += [*_waiting(deferred, places), *_staying(kept, places, name)]
    known = bool(deferred or kept) or any(_is_below(module, name) for module in places)
    if not known:
        near = get_close_matches(name, places, n=3)
        lines = [f"{name}: nothing of that name was in the tree" + (f"; nearest: {', '.join(near)}" if near else "")]
    return Importing(text="\n".join(lines) + "\n", known=known)


def deferral_line(report: Report) -> str:
    """What `--lazy` did, in one line; empty without it."""
    if report.lazy is Laziness.OFF:
        return ""
    count = sum(len(item.names) for item in report.imports.deferred)
    modules = len({item.module for item in report.imports.deferred})
    most = ", ".join(dict.fromkeys(item.target for item in report.imports.deferred[:_FEW]))
    what = "no import waits"
    if count:
        wait = "waits for its" if count == 1 else "wait for their"
        what = f"{number(count, 'import')} in {number(modules, 'module')} {wait} first use: {most}"
    rest = "; the rest of init is made cheaper by _slimpack_start" if report.imports.started else ""
    return f"lazy {report.lazy}: {what}{rest}"


_FEW = 4


def _is_below(module: str, name: str) -> bool:
    return module == name or module.startswith(f"{name}.")


def _waiting(found: Iterable[Deferral], places: dict[str, str]) -> Iterator[str]:
    for item in found:
        for line, bound in item.names:
            saved = f", saves about {milliseconds(item.gain / 1000)}" if item.gain else ""
            yield f"  waits    {places.get(item.module, item.module)}:{line}  {bound} from {item.target}{saved}"


def _staying(found: Iterable[Kept], places: dict[str, str], name: str) -> Iterator[str]:
    """Those of the module itself first, one line for each statement and reason."""
    statements: dict[tuple[bool, str, int, str, str], list[str]] = {}
    for item in found:
        key = (item.target != name, item.module, item.line, item.target, item.why)
        statements.setdefault(key, []).append(item.name)
    for (_, module, line, target, why), names in sorted(statements.items())[:_SHOWN]:
        yield f"  at init  {places.get(module, module)}:{line}  {', '.join(names)} from {target}"
        yield f"           {why}"
    if len(statements) > _SHOWN:
        yield f"  … and {len(statements) - _SHOWN} more at init: name one of them to see it"


def _first(report: Report, name: str) -> Iterator[str]:
    """Who imports it first, as the trace found it."""
    for row in report.files:
        if module_of(row.path) == name and row.reason is not None and row.reason.parent:
            yield f"  imported by {row.reason.parent}:{row.reason.line}"
