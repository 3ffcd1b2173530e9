"""Files without a route from an entry point.

touches                                    | leaves alone
-------------------------------------------|------------------------------------------------
whole distributions without a route        | every file that the trace has a reason for
modules and data without a route           | metadata of a distribution that has a route
own files that nothing reads or includes,  | every distribution, at `--level clean`
at any level: a source root holds more     |
than a function                            |
"""

from collections.abc import Mapping

from slimpack.model.plan import Decision
from slimpack.model.tree import OWN
from slimpack.plan.context import Context, drop


def decide(context: Context) -> Mapping[str, Decision]:
    """Drop what has no reason in the trace."""
    files, reasons, reached = context.tree.files, context.trace.reasons, context.reached
    module = drop("unreachable", f"nothing on a route from {context.entry_points} imports or opens it")
    whole = {
        name: drop("unreachable", f"distribution without a route from {context.entry_points}")
        for name in context.distributions
        if name not in reached
    }
    infos = {name: f"{one.info}/" for name, one in context.distributions.items()}
    decisions: dict[str, Decision] = {}
    for path in context.paths:
        owner = files[path].owner
        if path in reasons or (owner != OWN and not context.traced):
            continue
        if owner != OWN and owner in reached and owner in infos and path.startswith(infos[owner]):
            continue
        decisions[path] = whole.get(owner, module)
    return decisions
