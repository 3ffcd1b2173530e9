"""Python files that an extension module of the same name hides.

touches                                    | leaves alone
-------------------------------------------|------------------------------------------------
`md.py` beside an importable `md.*.so`:    | `__init__.py`; twins of extensions that the
charset_normalizer, lxml, sqlalchemy,      | target does not import by that name, or that go
falcon, mypyc's own                        | sources that something opens or reads
                                           | everything, at `--level clean`

The import system takes the extension first and does not fall back if that fails to load, so no import can reach the
Python file.
"""

from collections.abc import Mapping

from slimpack.model.plan import Action, Decision
from slimpack.model.trace import ReasonKind
from slimpack.model.tree import OWN
from slimpack.plan.context import Context, drop
from slimpack.plan.passes import rule, user

_READ = frozenset({ReasonKind.ENTRY, ReasonKind.INCLUDED, ReasonKind.OPENED, ReasonKind.SOURCE, ReasonKind.RULE})


def decide(context: Context) -> Mapping[str, Decision]:
    """Drop the twins that no import can reach."""
    if not context.traced:
        return {}
    target, trace, files = context.target, context.trace, context.tree.files
    suffixes = (f".{target.cache_tag}-{target.architecture.machine}-linux-gnu.so", ".abi3.so", ".so")
    twins: dict[str, str] = {}
    for path in context.paths:
        suffix = next((one for one in suffixes if path.endswith(one)), "")
        twin = f"{path.removesuffix(suffix)}.py"
        if not suffix or path not in trace.reasons or twin not in files or twin.endswith("/__init__.py"):
            continue
        is_read = twin in trace.reads_source or (twin in trace.reasons and trace.reasons[twin].kind in _READ)
        if files[twin].owner != OWN and not is_read:
            twins[twin] = path
    # Who drops an extension to have its pure Python form wants the twin, above all.
    said = {**rule.decide(context), **user.decide(context)} if twins else {}
    return {
        twin: drop("twins", f"never imported: {path.rpartition('/')[2]} comes first")
        for twin, path in twins.items()
        if path not in said or said[path].action is Action.KEEP
    }
