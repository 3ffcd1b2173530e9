"""What the runs told -> Observation: accesses become tree paths, crashes become failures."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from slimpack.host.watched import Watched
from slimpack.model.answer import Answer
from slimpack.model.lookup import folders_of, found_from_root, suffixes
from slimpack.model.observation import Observation
from slimpack.model.target import Target
from slimpack.model.tree import Tree


def evidence(
    runs: Sequence[Watched],
    tree: Tree,
    target: Target,
    *,
    events: tuple[str, ...] = (),
    answers: tuple[Answer, ...] = (),
) -> Observation:
    """Join the runs; `events` are those that were handled in them, and `answers` what came of it."""
    folders = folders_of(tree)
    endings = suffixes(target)
    opened: dict[str, set[str]] = defaultdict(set)
    listed: dict[str, set[str]] = defaultdict(set)
    probed: dict[str, set[str]] = defaultdict(set)
    real = {name for run in runs for names in (run.modules, *run.loaded.values()) for name in names}
    for run in runs:
        for event in run.events:
            subject = event.fields[0]
            match event.kind:
                case "open" | "mapped" if subject in tree:
                    opened[event.during].add(subject)
                case "list" if not subject or subject in folders:
                    listed[event.during].add(subject)
                case "stat" if subject in tree or subject in folders:
                    probed[event.during].add(subject)
                case "plugins":
                    opened[event.during].update(_giving(tree, subject))
                case "asked" if path := found_from_root(tree.files, subject, endings):
                    probed[event.during].add(path)
                case "tried" if subject not in real and (path := found_from_root(tree.files, subject, endings)):
                    probed[event.during].add(path)  # it is there, was run, and failed
                case _:
                    pass
    return Observation(
        loaded=_loaded(runs, tree, endings, real),
        opened=_sorted(opened),
        listed=_sorted(listed),
        probed=_sorted(probed),
        failed={name: why for name, why in _failed(runs).items() if name not in events},
        modules=tuple(sorted({name for run in runs for name in run.modules})) if events else runs[0].modules,
        events=events,
        answers=answers,
    )


def _giving(tree: Tree, group: str) -> Iterator[str]:
    """The entry points of a group that was searched for ("": all that are no scripts)."""
    for distribution in tree.distributions:
        groups = {entry[0] for entry in distribution.entry_points}
        path = f"{distribution.info}/entry_points.txt"
        if path in tree and (group in groups if group else groups - {"console_scripts", "gui_scripts"}):
            yield path


def _loaded(
    runs: Sequence[Watched], tree: Tree, endings: tuple[str, ...], real: set[str]
) -> dict[str, tuple[str, ...]]:
    """What each import brought in; attempts that came to nothing (optional imports) left out."""
    loaded: dict[str, set[str]] = defaultdict(set)
    for run in runs:
        for module, names in run.loaded.items():
            loaded[module].update(names)
        for module, names in run.brought.items():
            if found_from_root(tree.files, module, endings):  # else an extension of the standard library
                loaded[module].update(real.intersection(names) - {module})
    return _sorted(loaded)


def _failed(runs: Sequence[Watched]) -> dict[str, str]:
    failed = {module: summary for run in runs for module, (summary, _) in run.failed.items()}
    failed.update({run.interrupted: run.ended.how for run in runs if run.interrupted})
    return dict(sorted(failed.items()))


def _sorted(values: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(sorted(values[key])) for key in sorted(values)}
