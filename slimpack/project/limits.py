"""Texts -> Limits of a comparison: `zip +5%`, `init +30ms`, `files +100`, `new-finding error`."""

import re
from collections.abc import Iterable

from slimpack.errors import ConfigError, Problem
from slimpack.model.comparison import Limit, Measure
from slimpack.model.finding import CATALOGUE, Severity
from slimpack.model.gate import Allowed
from slimpack.project.kinds import COUNT, DURATION, SIZE, NotAllowedError, nearest

_OPTION = "--fail-on"
_FINDING = "new-finding"
_PER_CENT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*%")
_KINDS = {
    Measure.ZIP: SIZE,
    Measure.UNPACKED: SIZE,
    Measure.FILES: COUNT,
    Measure.INIT: DURATION,
    Measure.PEAK_RSS: SIZE,
}
_EXAMPLES = {
    Measure.ZIP: '"zip +5%" or "zip +500KB"',
    Measure.UNPACKED: '"unpacked +5%" or "unpacked +1MB"',
    Measure.FILES: '"files +5%" or "files +100"',
    Measure.INIT: '"init +10%" or "init +30ms"',
    Measure.PEAK_RSS: '"peak-rss +10%" or "peak-rss +20MB"',
}
_NAMES = (*(measure.value for measure in Measure), _FINDING)


def limits(texts: Iterable[str]) -> tuple[Limit, ...]:
    """Read them all. Raises ConfigError with every problem."""
    read = [_limit(text) for text in dict.fromkeys(texts)]
    if problems := [one for one in read if isinstance(one, Problem)]:
        raise ConfigError(*problems)
    return tuple(one for one in read if isinstance(one, Limit))


def _limit(text: str) -> Limit | Problem:
    name, *words = text.split(maxsplit=1) or [""]
    rest = words[0].strip() if words else ""
    if name == _FINDING:
        return _finding(text, rest)
    if name not in _NAMES:
        # `zip+5%` is `zip +5%` without its blank.
        near = nearest(name.partition("+")[0], _NAMES)
        do = f"did you mean {near}?" if near and "+" not in name else f"write it as {_EXAMPLES[Measure.ZIP]}"
        if near in _EXAMPLES and "+" in name:
            do = f"write it as {_EXAMPLES[Measure(near)]}"
        return Problem(what=f'"{text}" is no limit', where=_OPTION, do=f"{do}; known are {', '.join(_NAMES)}")
    measure = Measure(name)
    wrong = Problem(what=f'"{text}" is no limit', where=_OPTION, do=f"write it as {_EXAMPLES[measure]}")
    if not rest.startswith("+"):
        return wrong
    amount = rest[1:].strip()
    if share := _PER_CENT.fullmatch(amount):
        return Limit(text=text, measure=measure, allowed=Allowed.PER_CENT, limit=float(share[1]))
    try:
        # `+0`: no growth at all; what the kinds of sizes and times do not take.
        value = 0.0 if amount == "0" else float(str(_KINDS[measure].parse(amount)))
    except NotAllowedError:
        return wrong
    return Limit(text=text, measure=measure, limit=value)


def _finding(text: str, code: str) -> Limit | Problem:
    known = (*CATALOGUE, *(severity.value for severity in Severity))
    wanted = code.upper() if code.upper() in CATALOGUE else code.lower()
    if code and wanted not in known:
        near = nearest(code, known)
        do = f"did you mean {near}?" if near else "name a code as SLP023, or info, warning or error; or leave it out"
        return Problem(what=f'"{text}" names no kind of finding', where=_OPTION, do=do)
    return Limit(text=text, code=wanted)
