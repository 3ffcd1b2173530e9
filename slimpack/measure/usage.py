"""What the probe `used` told of one run -> who imports whom, what own statements import, and what is called when."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from slimpack.measure.graph import Edge

INIT = "init"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """`edges` are those of init, `later` those of events; `at` has them by statement of own code, "" for all others.

    A module's imports are those that it does, or has done by what it calls, while it is imported itself.

    `calls` has, for each module, the phases ("" is init) in which functions of it were called and by which statement.
    """

    edges: frozenset[Edge] = frozenset()
    later: tuple[tuple[str, str, str], ...] = ()
    at: Mapping[str, frozenset[Edge]] = field(default_factory=dict)
    calls: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    watched: bool = False
    opened: int = 0


def usage(told: Iterable[tuple[str, ...]], *, inside: "Sequence[str]", modules: Mapping[str, str]) -> Usage:
    """`inside` are the roots of the tree, `modules` maps the origin of each module that init loaded to its name."""
    edges: set[Edge] = set()
    later: dict[tuple[str, str, str], None] = {}
    at: dict[str, set[Edge]] = defaultdict(set)
    calls: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    watched, opened = False, 0
    names = {relative(origin, inside): module for origin, module in modules.items()}
    for kind, *fields in told:
        match kind:
            case "edge":
                phase, who, target, path, line = fields
                if phase:
                    later[phase, who, target] = None
                else:
                    edges.add((who, target))
                    at[f"{relative(path, inside)}:{line}" if path else ""].add((who, target))
            case "used":
                phase, path, line, *files = fields
                place = f"{relative(path, inside)}:{line}" if path else ""
                for file in files:
                    if (module := names.get(relative(file, inside))) is not None:
                        calls[module][phase, place] = None
            case "watched":
                watched = fields[0] == "1"
            case "opened":
                opened = opened or int(fields[0])
            case _:
                pass
    return Usage(
        edges=frozenset(edges),
        later=tuple(later),
        at={place: frozenset(found) for place, found in sorted(at.items())},
        calls={module: tuple(found) for module, found in calls.items()},
        watched=watched,
        opened=opened,
    )


def relative(path: str, roots: Sequence[str]) -> str:
    """The path below the tree's root, with the suffix of a source."""
    found = next((path[len(root) + 1 :] for root in roots if path.startswith(f"{root}/")), path)
    return found[:-1] if found.endswith(".pyc") else found
