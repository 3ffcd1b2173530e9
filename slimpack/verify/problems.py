"""Verdict -> Problems: what an artifact that does not hold lacks, each with the line of configuration that mends it."""

from slimpack.errors import Problem
from slimpack.model.verdict import Miss, Verdict
from slimpack.verify.manifest import ARCHIVED, COMPILED

_MANY = 4
"""Misses of one package that are told one by one."""


def misses_as_problems(verdict: Verdict) -> tuple[Problem, ...]:
    """What an artifact that does not hold lacks, each with the line of configuration that mends it."""
    problems = [_problem(misses) for misses in _grouped(verdict.misses)]
    if verdict.differences and not verdict.error:
        problems.append(
            Problem(
                what="the artifact does not load the same modules as the original",
                where="; ".join(verdict.differences),
                do="find out with `slimpack why MODULE` what went, and keep it",
            )
        )
    problems += [
        Problem(
            what=f"the artifact answers {event.original.event} differently: {event.difference}"
            + (f"; changed in it: {', '.join(verdict.changed[:_MANY])}" if verdict.changed else ""),
            where=event.original.handler,
            do="keep what is named above"
            if verdict.misses
            else "ignore-answers names what naturally differs; else build with --level clean, and report this",
        )
        for event in verdict.events
        if event.difference and not verdict.error
    ]
    if verdict.error:
        problems.append(
            Problem(
                what=f"the artifact cannot be imported: {verdict.error}",
                do="" if problems else "build with --level clean, and report this with the handler's imports",
            )
        )
    return tuple(problems)


def _grouped(misses: tuple[Miss, ...]) -> list[list[Miss]]:
    """Misses one by one; together where many are of one package, dropped by one pass."""
    groups: dict[tuple[str, str], list[Miss]] = {}
    for miss in misses:
        groups.setdefault((miss.path.partition("/")[0], miss.by), []).append(miss)
    return [part for group in groups.values() for part in ([group] if len(group) > _MANY else [[one] for one in group])]


def _problem(misses: list[Miss]) -> Problem:
    first = misses[0]
    if len(misses) == 1:
        do = f'keep = ["{first.keep}"] in [tool.slimpack], or --repair'
        return Problem(what=_in_words(first), where=first.path, do=do)
    top = first.path.partition("/")[0]
    return Problem(
        what=f"{_in_words(first)}; so are {len(misses) - 1} more below {top}/",
        where=", ".join(miss.path for miss in misses[:_MANY]) + ", …",
        do=f'keep = ["{top}/**"] in [tool.slimpack], or --repair',
    )


def _in_words(miss: Miss) -> str:
    looked = {
        "import": "imported",
        "open": "opened",
        "stat": "looked for",
        "list": "listed",
        "find_spec": "looked up",
    }[miss.how]
    if miss.by == ARCHIVED:
        gone = "an import alone finds it in the archive"
    else:
        gone = "its source does not ship" if miss.by == COMPILED else f"dropped by the pass {miss.by!r}"
    return f"{miss.path} is {looked} at run time, but {gone}"
