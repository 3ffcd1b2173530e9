"""Profile -> Findings: what its owner could do about init, with what it saved when it was tried.

Only what is worth it is said: at least 5 ms, and 5 % of init. What every event needs is not saved by moving it, and
advice says so; which requests there are in production only its owner knows.
"""

from collections.abc import Iterable, Sequence

from slimpack.model.finding import Finding
from slimpack.model.profile import STANDARD, Movable, Profile, Replaceable, Share, Statement, StatementKind

_IDLE = 3
_IDLE_LEAST = 1.0
_EVENTS = 3
_SECOND = 1000


def advice(profile: Profile) -> tuple[Finding, ...]:
    """Everything worth saying, sorted by code, the largest first."""
    by_place = {one.where: one for one in profile.statements}
    waiting = {one.statements[0]: one for one in profile.movable}
    imports = [one for place, one in waiting.items() if by_place[place].kind is StatementKind.IMPORT]
    return (
        *(_import(one, profile) for one in imports if profile.matters(one.saved)),
        *(_work(one, waiting.get(one.where), profile) for one in _costliest(profile) if profile.matters(_takes(one))),
        *(_distribution(one, profile) for one in _dominant(profile.shares) if profile.matters(one.own)),
        *(_replacement(one, profile) for one in profile.replaceable if profile.matters(one.saved)),
    )


def _costliest(profile: Profile) -> list[Statement]:
    return sorted(
        (one for one in profile.statements if one.kind is not StatementKind.IMPORT),
        key=lambda one: (-_takes(one), one.path, one.line),
    )


def _takes(one: Statement) -> float:
    """What a statement costs; a definition's imports are not its own doing."""
    return one.itself if one.kind is StatementKind.DEFINITION else one.alone


def _import(one: Movable, profile: Profile) -> Finding:
    """Statements that could wait until something needs them."""
    by_place = {statement.where: statement for statement in profile.statements}
    first, *others = (by_place[place] for place in one.statements)
    cost = _cost(one.saved, profile)
    what = f"`{first.text}`{_together(first, others)} costs {cost} of init{_loads(one)}"
    events = [request.event for request in profile.requests]
    if not events:
        said = ", and nothing in init needs it; which requests do is not known"
        do = "import it where it is used, unless every request needs it; --event shows which do"
    elif not one.needed:
        said = f", and {_none_of(events)}"
        do = f"unless it is there for what its import does, import it where it is used: {_ms(one.saved)} less a start"
    elif len(one.needed) < len(events):
        said = f", and only {_names(one.needed)} of {len(events)} events needed it"
        do = f"import it where it is used: {_ms(one.saved)} less a start, {_ms(one.paid)} more for such a request"
    else:
        said = f", and {_all_of(events)} needed it: imported where it is used, that would take {_ms(one.paid)} longer"
        do = "worth it only where many requests need none of it"
    return Finding(code="SLP100", where=first.where, message=what + said, help=do)


def _loads(one: Movable) -> str:
    names = [owner for owner in one.owners if owner and owner != STANDARD]
    shown = ", ".join(names[:_IDLE]) + (", …" if len(names) > _IDLE else "")
    return f" ({one.modules} modules{f' of {shown}' if shown else ''})"


def _together(first: Statement, others: Sequence[Statement]) -> str:
    """What has to be moved along."""
    if not others:
        return ""
    here = [str(line) for line in sorted(one.line for one in others if one.path == first.path)]
    elsewhere = sorted(one.where for one in others if one.path != first.path)
    lines = [f"line{'s' * (len(here) > 1)} {', '.join(here)}"] if here else []
    return f" with {' and '.join([*lines, *elsewhere])}"


def _work(one: Statement, waiting: Movable | None, profile: Profile) -> Finding:
    """A statement that costs by itself."""
    cost = _takes(one)
    imports = f", {_ms(cost - one.itself)} of it imports that nothing else does" if cost - one.itself >= 1 else ""
    what = f"`{one.text}` takes {_cost(cost, profile)} of init{imports}"
    if waiting is not None:
        said, do = _waiting(waiting, profile, _cheaper(one, cost))
    elif one.kind is StatementKind.DEFINITION:
        said, do = ": decorators, base classes or defaults work when it is defined", ""
    elif place := _held(one, profile):
        said, do = f", and init needs it: {place}", _cheaper(one, cost)
    else:
        said, do = "", "every start pays it: do it when it is first needed, or once when you deploy, where you can"
    return Finding(code="SLP101", where=one.where, message=what + said, help=do)


def _cheaper(one: Statement, cost: float) -> str:
    """What may still be done about work that has to be done."""
    if one.itself < cost / 2:
        return "most of it is imports: see the costliest of them above, and what --lazy profile makes of them"
    return "make it cheaper, or cache what it makes in the package"


def _waiting(one: Movable, profile: Profile, cheaper: str) -> tuple[str, str]:
    """What would come of it if it were done when it is first needed: tried, not guessed."""
    by_place = {statement.where: statement for statement in profile.statements}
    first, *others = (by_place[place] for place in one.statements)
    events = [request.event for request in profile.requests]
    tried = f"; done{_together(first, others)} when it is first needed, init took {_ms(one.saved)} less"
    if not events:
        return f"{tried}; which requests need it is not known", "do so, unless every request needs it; --event shows"
    if not one.needed:
        return f"{tried}, and {_none_of(events)}", "do so"
    if len(one.needed) < len(events):
        said = f", and of {len(events)} events only {_names(one.needed)} needed it and took {_ms(one.paid)} longer"
        return tried + said, "do so where many requests need none of it"
    said = f", and {_all_of(events)} needed it and took {_ms(one.paid)} longer"
    return tried + said, cheaper


def _held(one: Statement, profile: Profile) -> str:
    """The first place in init that cannot wait and needs it, also by way of others; empty where there is none."""
    by_place = {statement.where: statement for statement in profile.statements}
    events = {request.event for request in profile.requests}
    seen, frontier = {one.where}, [one]
    while frontier:
        for by in frontier.pop().needed or ():
            user = by_place.get(by)
            if by in events or by in seen:
                continue
            if user is None or user.needed is None or user.kind is StatementKind.DEFINITION:
                return f"{by} `{user.text}`" if user else "the runtime client asks for it"
            seen.add(by)
            frontier.append(user)
    return ""


def _dominant(shares: Sequence[Share]) -> list[Share]:
    """The one that costs more than all other distributions together, if there is one."""
    theirs = [one for one in shares if one.owner and one.owner != STANDARD]
    return [one for one in theirs if one.own > sum(other.own for other in theirs if other is not one)]


def _distribution(one: Share, profile: Profile) -> Finding:
    others = [share for share in profile.shares if share.owner not in {"", STANDARD, one.owner}]
    rest = _ms(sum(share.own for share in others))
    than = f", more than all other distributions together ({rest})" if others else ""
    modules = [imported for imported in profile.imports if imported.owner == one.owner]
    known = [imported for imported in modules if imported.used is not None]
    said = ""
    if one.ran is not None:
        by = "init or an event" if profile.requests else "init"
        said = f"; once imported, {one.ran} of its {len(known)} Python modules had a function called, by {by}"
    idle = sorted((each for each in known if not each.used), key=lambda each: (-each.own, each.module))
    names = [f"{each.module} ({_ms(each.own)})" for each in idle[:_IDLE] if each.own >= _IDLE_LEAST]
    return Finding(
        code="SLP102",
        where=one.importer,
        message=f"{one.owner} costs {_cost(one.own, profile)} of init{than}{said}",
        help=f"the costliest of those that had not: {', '.join(names)}" if names else "",
    )


def _replacement(one: Replaceable, profile: Profile) -> Finding:
    return Finding(
        code="SLP103",
        where=one.importer,
        message=f"{one.owner} costs about {_cost(one.saved, profile)} of init more than {one.by} alone, which it needs",
        help=one.why,
    )


def _none_of(events: Sequence[str]) -> str:
    return f"none of the {len(events)} events needed it" if len(events) > 1 else f"{events[0]} did not need it"


def _all_of(events: Sequence[str]) -> str:
    return f"each of the {len(events)} events" if len(events) > 1 else events[0]


def _names(events: Iterable[str]) -> str:
    names = list(events)
    return ", ".join(names[:_EVENTS]) + (f" and {len(names) - _EVENTS} more" if len(names) > _EVENTS else "")


def _cost(value: float, profile: Profile) -> str:
    return f"{_ms(value)} ({100 * value / profile.init.median_cpu:.0f} %)"


def _ms(value: float) -> str:
    return f"{value / _SECOND:.2f} s" if value >= _SECOND else f"{value:.0f} ms"
