"""A scene and its entry points -> Start: what init loads, who asked for it first, its cost, and what it compiles."""

from ast import literal_eval
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from slimpack.host.sandbox import run_probe
from slimpack.host.watched import Scene, module_of
from slimpack.measure.importtime import parse
from slimpack.model.project import EntryPoint
from slimpack.model.timing import ModuleTime

_OUTPUT_LIMIT = 16 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One init. `importers` as in `model.lazy.Seen`, in the order of loading; `own` in µs.

    `origins` maps everything that is loaded in the end, the interpreter's own included, to where it came from, and
    whether it is a package; `places` those below the scene's roots to their path there. `patterns` are (pattern, flags)
    in the order in which they were compiled.
    """

    importers: Mapping[str, str]
    own: Mapping[str, int]
    origins: Mapping[str, tuple[str, bool]]
    places: Mapping[str, str]
    patterns: tuple[tuple[str | bytes, int], ...]
    failed: str = ""


def start(scene: Scene, entries: Sequence[EntryPoint]) -> Start:
    """Import the entry points in one process, nothing of them watched."""
    modules = tuple(module_of(entry) for entry in entries)
    request: list[Sequence[str]] = [("root", *scene.roots), *(("entry", module) for module in modules)]
    if scene.bytecode is not None:
        request.append(("bytecode", str(scene.sandbox.code), str(scene.bytecode)))
    ended = run_probe(
        "started", scene.sandbox, request=request, options=("-X", "importtime"), output_limit=_OUTPUT_LIMIT
    )
    origins: dict[str, tuple[str, bool]] = {}
    patterns: list[tuple[str | bytes, int]] = []
    failed = "" if ended.answers and not ended.hung else ended.how
    for kind, *fields in ended.answers:
        match kind:
            case "module":
                origins[fields[0]] = fields[1], fields[2] == "1"
            case "pattern":
                patterns.append((literal_eval(fields[1]), int(fields[0])))
            case "failed":
                failed = f"{fields[0]}: {fields[1]}"
            case _:
                pass
    times = parse(ended.output)
    importers = _there(dict(_importers(times, modules)), origins)
    own: dict[str, int] = {}
    for time in times:
        own.setdefault(time.module, time.own)
    return Start(
        importers=importers,
        own={name: own[name] for name in importers},
        origins=origins,
        places=_places(origins, scene.roots),
        patterns=tuple(patterns),
        failed=failed or ("" if origins else ended.how),
    )


def _there(importers: Mapping[str, str], loaded: Collection[str]) -> dict[str, str]:
    """Only what is there in the end: what a module imported that then failed is its importer's."""
    found: dict[str, str] = {}
    for name, parent in importers.items():
        importer = parent
        while importer and importer not in loaded:
            importer = importers[importer]
        if name in loaded:
            found[name] = importer
    return found


def _places(origins: Mapping[str, tuple[str, bool]], roots: Sequence[str]) -> dict[str, str]:
    return {
        name: origin[len(root) + 1 :]
        for name, (origin, _) in origins.items()
        for root in roots
        if origin.startswith(f"{root}/")
    }


def _importers(times: Iterable[ModuleTime], entries: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Who asked for each module first, in the order in which loading began: a parent's line stands behind its own.

    A module that failed and was asked for again has two lines: what it brought in the first time came first.
    """
    below: dict[str, list[str]] = {}
    for time in times:
        below.setdefault(time.parent, []).append(time.module)
    done: set[str] = set()
    roots = [name for name in below.get("", ()) if name in entries]
    stack = [("", iter(roots))]
    while stack:
        importer, rest = stack[-1]
        name = next(rest, None)
        if name is None:
            stack.pop()
        elif name not in done:
            done.add(name)
            yield name, importer
            stack.append((name, iter(below.get(name, ()))))
