"""The project's own `keep` and `drop` globs; what the user says stands over everything.

touches                                    | leaves alone
-------------------------------------------|------------------------------------------------
what a `keep` glob matches: stays          | everything else
what a `drop` glob matches: goes           | what both match: `keep` wins
"""

from collections.abc import Mapping

from slimpack.model.glob import matcher
from slimpack.model.plan import Decision
from slimpack.plan.context import Context, drop, keep


def decide(context: Context) -> Mapping[str, Decision]:
    """Decide what a glob of the project matches."""
    policy = context.policy
    decisions: dict[str, Decision] = {}
    for globs, verdict, word in ((policy.drop, drop, "drop"), (policy.keep, keep, "keep")):
        if not globs:
            continue
        matches = matcher(globs)
        for path in context.paths:
            if matches(path):
                glob = next(one for one in globs if matcher((one,))(path))
                decisions[path] = verdict("user", f"{word} = {glob!r}")
    return decisions
