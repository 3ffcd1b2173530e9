"""What the probes told of own code's top-level statements -> Statements: what each costs, who needs what it binds."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

from slimpack.measure.attribution import Ground, Told
from slimpack.model.profile import Statement, StatementKind

_MILLION = 1e6
_LONGEST = 100
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_Source = Mapping[int, tuple[StatementKind, str]]


def own_sources(code: Path, paths: Sequence[str]) -> tuple[Path, ...]:
    """Those of the project's own sources that ship and parse: their statements can be timed."""
    files = (code / path for path in paths if path.endswith(".py"))
    return tuple(file for file in files if file.is_file() and _parsed(file) is not None)


def statements(timed: Sequence[Told], needed: Told | None, ground: Ground) -> tuple[Statement, ...]:
    """The median of each statement over the runs, in the order of files and lines."""
    found: dict[tuple[str, int], list[tuple[float, float]]] = defaultdict(list)
    for run in timed:
        for kind, *fields in run:
            if kind == "statement":
                path, number, took, importing = fields
                found[path, int(number)].append((int(took) / _MILLION, int(importing) / _MILLION))
    sources = {path: _source(Path(path)) for path in sorted({path for path, _ in found})}
    needs = _needs(needed, ground) if needed is not None else {}
    made = []
    for (path, line), costs in found.items():
        kind, text = sources[path].get(line, (StatementKind.WORK, ""))
        where = ground.place(path, str(line))
        made.append(
            Statement(
                path=ground.inside(path),
                line=line,
                text=text,
                cpu=max(median(took for took, _ in costs), 0.0),
                imports=max(median(importing for _, importing in costs), 0.0),
                kind=kind,
                needed=needs.get(where),
            )
        )
    return tuple(sorted(made, key=lambda one: (one.path, one.line)))


def _needs(told: Iterable[tuple[str, ...]], ground: Ground) -> dict[str, tuple[str, ...]]:
    """Who needs each statement that binds something: places in init, or events; not of names that change hands."""
    found: dict[str, dict[str, None]] = {}
    rebound: set[str] = set()
    for kind, *fields in told:
        if kind == "binds":
            path, line, _ = fields
            found.setdefault(ground.place(path, line), {})
        elif kind == "needed":
            path, line, phase, by, by_line = fields
            found.setdefault(ground.place(path, line), {})[phase or ground.place(by, by_line)] = None
        elif kind == "rebound":
            rebound.add(ground.place(*fields))
    return {place: tuple(by) for place, by in found.items() if place not in rebound}


def _parsed(file: Path) -> ast.Module | None:
    try:
        return ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return None


def _source(file: Path) -> _Source:
    """The kind and the first line of the statement that begins at each line."""
    tree = _parsed(file)
    if tree is None:
        return {}
    lines = file.read_bytes().decode("utf-8", "replace").splitlines()
    return {
        node.lineno: (_kind(node), lines[node.lineno - 1].strip()[:_LONGEST] if node.lineno <= len(lines) else "")
        for node in reversed(tree.body)
    }


def _kind(node: ast.stmt) -> StatementKind:
    """A `try` of imports alone is an import too."""
    inner = node.body if isinstance(node, ast.Try) else [node]
    if all(isinstance(each, ast.Import | ast.ImportFrom) for each in inner):
        return StatementKind.IMPORT
    return StatementKind.DEFINITION if isinstance(node, _DEFINITIONS) else StatementKind.WORK
