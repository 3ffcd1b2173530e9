"""Texts -> Gates: `init 300ms`, `init +10%`, `peak-rss +20MB`."""

import re
from collections.abc import Iterable

from slimpack.errors import ConfigError, Problem
from slimpack.model.gate import Allowed, Gate, Metric
from slimpack.project.kinds import DURATION, SIZE, NotAllowedError, nearest

_OPTION = "--fail-on"
_FORM = re.compile(r"\s*(\S+)\s+(\+?)\s*(\S.*?)\s*")
_PER_CENT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*%")
_NAMES = tuple(metric.value for metric in Metric)
_KINDS = {Metric.INIT: DURATION, Metric.PEAK_RSS: SIZE}
_EXAMPLES = {
    Metric.INIT: '"init 300ms", "init +30ms" or "init +10%"',
    Metric.PEAK_RSS: '"peak-rss 200MB", "peak-rss +20MB" or "peak-rss +10%"',
}


def gates(texts: Iterable[str], *, against: bool) -> tuple[Gate, ...]:
    """Read them all. Raises ConfigError with every problem; without `against` there is nothing to be above of."""
    found: list[Gate] = []
    problems: list[Problem] = []
    for text in dict.fromkeys(texts):
        read = _gate(text)
        if isinstance(read, Problem):
            problems.append(read)
        elif read.allowed is not Allowed.VALUE and not against:
            what = f'"{text}" compares with another subject, and there is none'
            problems.append(
                Problem(what=what, where=_OPTION, do="name it: --against SUBJECT; or give a limit without +")
            )
        else:
            found.append(read)
    if problems:
        raise ConfigError(*problems)
    return tuple(found)


def _gate(text: str) -> Gate | Problem:
    match = _FORM.fullmatch(text)
    name = match[1] if match else text.strip()
    if name not in _NAMES:
        near = nearest(name, _NAMES)
        do = f"did you mean {near}?" if near else f"write {_EXAMPLES[Metric.INIT]}, or {_EXAMPLES[Metric.PEAK_RSS]}"
        return Problem(
            what=f'"{text}" names nothing that is measured here: {name or "it is empty"}', where=_OPTION, do=do
        )
    metric = Metric(name)
    wrong = Problem(what=f'"{text}" is no limit', where=_OPTION, do=f"write it as {_EXAMPLES[metric]}")
    if match is None:
        return wrong
    if share := _PER_CENT.fullmatch(match[3]):
        return Gate(metric=metric, allowed=Allowed.PER_CENT, limit=float(share[1]), text=text) if match[2] else wrong
    try:
        limit = _KINDS[metric].parse(match[3])
    except NotAllowedError:
        return wrong
    allowed = Allowed.MORE if match[2] else Allowed.VALUE
    return Gate(metric=metric, allowed=allowed, limit=float(str(limit)), text=text)
