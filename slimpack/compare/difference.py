"""Two Snapshots -> Comparison: sizes, distributions, files, findings, and (with the interval of both) init."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from slimpack.compare.causes import causes
from slimpack.model.comparison import Comparison, InitChange, Measure, Moved, Quantity, Snapshot, Weight
from slimpack.model.finding import Finding

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LINE = re.compile(r":\d+$")


def compare(before: Snapshot, after: Snapshot, *, init: InitChange | None) -> Comparison:
    """What changed; `init` is how it changed, where both were measured."""
    known = before.findings is not None and after.findings is not None
    return Comparison(
        function=after.function,
        before=before.name,
        after=after.name,
        quantities=tuple(_quantities(before, after, init)),
        distributions=tuple(_moved(before, after)),
        init=init,
        causes=causes(before, after, init),
        new=_without(after.findings or (), before.findings or ()) if known else None,
        gone=_without(before.findings or (), after.findings or ()) if known else None,
        added=_files(after, before),
        removed=_files(before, after),
        own=tuple(sorted(after.own)),
    )


def _quantities(before: Snapshot, after: Snapshot, init: InitChange | None) -> Iterator[Quantity]:
    yield Quantity(measure=Measure.ZIP, before=before.zip, after=after.zip)
    yield Quantity(measure=Measure.UNPACKED, before=before.unpacked, after=after.unpacked)
    yield Quantity(measure=Measure.FILES, before=len(before.files), after=len(after.files))
    times = (init.before, init.after) if init else (_init(before), _init(after))
    yield Quantity(measure=Measure.INIT, before=times[0], after=times[1])
    yield Quantity(measure=Measure.PEAK_RSS, before=_memory(before), after=_memory(after))


def _init(snapshot: Snapshot) -> float | None:
    return snapshot.timing.after.median_cpu if snapshot.timing else None


def _memory(snapshot: Snapshot) -> float | None:
    return snapshot.timing.after.peak_rss if snapshot.timing else None


def _moved(before: Snapshot, after: Snapshot) -> Iterator[Moved]:
    """Those that came, went, or are not as they were; the largest change first."""
    names = sorted(before.weights.keys() | after.weights.keys())
    found = [Moved(name=name, before=before.weights.get(name), after=after.weights.get(name)) for name in names]
    # What a file takes in the zip depends on what else is in it: levels are chosen for the whole.
    changed = [one for one in found if _of(one.before) != _of(one.after)]
    yield from sorted(changed, key=lambda one: (-abs(one.growth), one.name))


def _of(weight: Weight | None) -> tuple[str, int] | None:
    return (weight.version, weight.unpacked) if weight else None


def _files(one: Snapshot, other: Snapshot) -> tuple[tuple[str, int], ...]:
    """The files of one that the other has not, the largest first; bytecode and source are the same module's."""
    known = set(map(_module, other.files))
    found = ((path, size) for path, size in one.files.items() if _module(path) not in known)
    return tuple(sorted(found, key=lambda file: (-file[1], file[0])))


def _module(path: str) -> str:
    """A path without what only tells source from bytecode; __pycache__ is beside both."""
    return path[:-1] if path.endswith(".pyc") and "__pycache__" not in path else path


def _without(some: Iterable[Finding], others: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that the others do not have, whatever line they stand in and whatever number they tell."""
    known = Counter(map(_fingerprint, others))
    found: list[Finding] = []
    for finding in sorted(some):
        mark = _fingerprint(finding)
        if known[mark]:
            known[mark] -= 1
        else:
            found.append(finding)
    return tuple(found)


def _fingerprint(finding: Finding) -> tuple[str, str, str, str]:
    place, message = _LINE.sub("", finding.where), _NUMBER.sub("#", finding.message)
    return (finding.code, place, message, finding.severity.value)
