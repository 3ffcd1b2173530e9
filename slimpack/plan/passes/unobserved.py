"""What no event touched, at `--level observed`.

touches                                    | leaves alone
-------------------------------------------|------------------------------------------------
third-party modules and libraries that     | what an event, or the import of the handler,
neither the handler's import nor an event  | loaded, opened, listed or asked for
loaded                                     | own code, metadata, what `include` names
                                           | data, unless the fallback is `none`
                                           | everything, at any other level

With a fallback such a module goes to where the fallback finds it (it is cold); without one it is dropped. What has no
route goes the same way: at this level running decides, and a module that the trace did not find may still be wanted.
"""

from collections.abc import Mapping

from slimpack.model.naming import is_shared_object
from slimpack.model.plan import Action, Decision
from slimpack.model.project import Fallback, Level
from slimpack.model.trace import ReasonKind
from slimpack.model.tree import OWN
from slimpack.plan.context import Context, drop

NAME = "unobserved"
_WHY = "no event touched it"
_CODE = (".py", ".pyc")
_STAY = frozenset({ReasonKind.ENTRY, ReasonKind.INCLUDED, ReasonKind.METADATA})


def decide(context: Context) -> Mapping[str, Decision]:
    """Decide for everything that was not touched."""
    policy, trace, files = context.policy, context.trace, context.tree.files
    if policy.level is not Level.OBSERVED:
        return {}
    bare = policy.fallback is Fallback.NONE
    cold = drop(NAME, _WHY) if bare else Decision(action=Action.COLD, by=NAME, why=_WHY)
    infos = tuple(f"{one.info}/" for one in context.distributions.values())
    decisions: dict[str, Decision] = {}
    for path in context.paths:
        reason = trace.reasons.get(path)
        stays = path in trace.observed or files[path].owner == OWN or path.startswith(infos)
        if stays or (reason is not None and reason.kind in _STAY):
            continue
        code = path.endswith(_CODE) or is_shared_object(path)
        if (code and not bare) or (bare and reason is not None):
            decisions[path] = cold
    return decisions
