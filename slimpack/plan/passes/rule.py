"""What the rules know must stay, and what they know is never needed.

touches                                    | leaves alone
-------------------------------------------|------------------------------------------------
`keep` of a rule: stays, junk or not       | rules of distributions that nothing reached
`drop` of a rule: goes                     | `drop` of what the entry point really loaded or
                                           | opened, or what the project includes
"""

from collections.abc import Mapping

from slimpack.model.plan import Decision
from slimpack.model.trace import ReasonKind
from slimpack.plan.context import Context, drop, keep

_SEEN = frozenset({ReasonKind.ENTRY, ReasonKind.INCLUDED, ReasonKind.LOADED, ReasonKind.OPENED, ReasonKind.OBSERVED})


def decide(context: Context) -> Mapping[str, Decision]:
    """Decide what a glob of a rule matches; `keep` wins over `drop`."""
    keeps = context.matching((rule, item) for rule in context.rules for item in rule.keep)
    drops = context.matching((rule, item) for rule in context.rules for item in rule.drop)
    decisions: dict[str, Decision] = {}
    if not keeps and not drops:
        return decisions
    reasons = context.trace.reasons
    for path in context.paths:
        for matches, why in keeps:
            if matches(path):
                decisions[path] = keep("rule", why)
                break
        else:
            for matches, why in drops:
                seen = path in context.trace.observed or (path in reasons and reasons[path].kind in _SEEN)
                if matches(path) and not seen:
                    decisions[path] = drop("rule", why)
                    break
    return decisions
