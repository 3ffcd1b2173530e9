"""Import modules under watch in a sandbox, and hear what they did, in paths of the tree.

Observing the original and verifying the artifact run the same probe, so what is compared was seen alike.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from slimpack.host.sandbox import Answer, Ended, Sandbox, run_probe
from slimpack.model.project import EntryPoint

PROBE = "imported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is run where. `roots` are the folders that all show the tree's root; `bytecode` lies beside `code`."""

    sandbox: Sandbox
    roots: tuple[str, ...]
    bytecode: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One access of the program: `during` whose import, `kind` as the probe tells it, `fields` in tree paths."""

    during: str
    kind: str
    fields: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What one run of the probe told. `interrupted` is the module in whose import the process ended, "" if none."""

    ended: Ended
    events: tuple[Event, ...]
    loaded: dict[str, tuple[str, ...]]
    brought: dict[str, tuple[str, ...]]
    failed: dict[str, tuple[str, str]]
    missing: tuple[tuple[str, str, tuple[str, ...]], ...]
    modules: tuple[str, ...]
    interrupted: str

    @property
    def answered(self) -> bool:
        """The probe itself got as far as importing."""
        return bool(self.loaded or self.interrupted)

    def of_kind(self, kind: str) -> Iterator[Event]:
        """The events of one kind, as they happened."""
        return (event for event in self.events if event.kind == kind)


_PATHS = frozenset({"open", "list", "stat", "mapped"})
_NAMES = frozenset({"asked", "tried", "distribution", "plugins", "network"})


def watch(scene: Scene, *, entries: Iterable[EntryPoint] = (), modules: Sequence[str] = ()) -> Watched:
    """Import the entry points, then `modules`, in one process."""
    request: list[Sequence[str]] = [("root", *scene.roots)]
    if scene.bytecode is not None:
        request.append(("bytecode", str(scene.sandbox.code), str(scene.bytecode)))
    request.extend(("entry", module_of(entry), entry.attribute) for entry in entries)
    request.extend(("module", module) for module in modules)
    return understood(run_probe(PROBE, scene.sandbox, request=request), scene.roots)


def module_of(entry: EntryPoint) -> str:
    """The dotted module of an entry point, as the runtime client reads it."""
    return entry.module.replace("/", ".")


def understood(ended: Ended, roots: tuple[str, ...]) -> Watched:
    """What the rows of a probe say, with the folders `roots` left out of every path."""
    events: list[Event] = []
    loaded: dict[str, tuple[str, ...]] = {}
    brought: dict[str, tuple[str, ...]] = {}
    failed: dict[str, tuple[str, str]] = {}
    missing: list[tuple[str, str, tuple[str, ...]]] = []
    modules: tuple[str, ...] = ()
    current = ""
    finished = False
    for kind, *fields in ended.answers:
        match kind:
            case "begin":
                current = fields[0]
            case "loaded":
                loaded[fields[0]] = tuple(fields[1:])
            case "brought":
                brought[fields[0]] = tuple(sorted({*brought.get(fields[0], ()), *fields[1:]}))
            case "failed":
                failed[fields[0]] = (relative_text(fields[1], roots), relative_text(fields[2], roots))
            case "missing":
                missing.append((fields[0], fields[1], tuple(fields[2:])))
            case "modules":
                modules = tuple(fields)
            case "done":
                finished = True
            case _:
                events.extend(_event(kind, fields, current, roots))
    interrupted = current if current and not finished and current not in loaded else ""
    return Watched(
        ended=ended,
        events=tuple(events),
        loaded=loaded,
        brought=brought,
        failed=failed,
        missing=tuple(missing),
        modules=modules,
        interrupted=interrupted,
    )


def with_opened(run: Watched, opened: Iterable[tuple[str, str]], scene: Scene) -> Watched:
    """Add what somebody else saw being opened, (phase, absolute path), where the probe did not tell it."""
    known = {(event.during, event.fields[0]) for event in run.events if event.kind in _PATHS}
    found = {
        (during, inside)
        for during, path in opened
        if (inside := _relative(os.path.normpath(path), scene.roots)) and (during, inside) not in known
    }
    extra = (Event(during=during, kind="open", fields=(path,)) for during, path in sorted(found))
    return replace(run, events=(*run.events, *extra))


def _event(kind: str, fields: Sequence[str], during: str, roots: tuple[str, ...]) -> Iterator[Event]:
    if kind in _PATHS:
        inside = _relative(fields[0], roots)
        if inside is not None:
            yield Event(during=during, kind=kind, fields=(inside, *fields[1:]))
    elif kind == "unfound":
        folders = dict.fromkeys(inside for path in fields[2:] if (inside := _relative(path, roots)) is not None)
        yield Event(during=during, kind=kind, fields=(*fields[:2], *folders))
    elif kind in _NAMES:
        yield Event(during=during, kind=kind, fields=tuple(fields))


def _relative(path: str, roots: tuple[str, ...]) -> str | None:
    for root in roots:
        if path == root:
            return ""
        if path.startswith(f"{root}/"):
            return path[len(root) + 1 :]
    return None


def relative_text(text: str, roots: tuple[str, ...]) -> str:
    """A traceback without the folders of this machine."""
    for root in roots:
        text = text.replace(f"{root}/", "")
    return text
