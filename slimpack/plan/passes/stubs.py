"""Type information, which no running program reads, but for lazy loaders.

touches                                    | leaves alone
-------------------------------------------|------------------------------------------------
`*.pyi`, `py.typed`, `*-stubs/`            | a stub that code reads at run time
                                           | (`lazy_loader.attach_stub`: scikit-image, librosa)
"""

from collections.abc import Mapping

from slimpack.model.plan import Decision
from slimpack.model.trace import ReasonKind
from slimpack.model.tree import OWN
from slimpack.plan.context import WHOLE, Context, drop

_WEAK = WHOLE | {ReasonKind.LISTED}


def decide(context: Context) -> Mapping[str, Decision]:
    """Drop stubs without a reader."""
    files, reasons = context.tree.files, context.trace.reasons
    why = drop("stubs", "type information, read by no program")
    return {
        path: why
        for path in context.paths
        if path.endswith((".pyi", "/py.typed"))
        and files[path].owner != OWN
        and (path not in reasons or reasons[path].kind in _WEAK)
    }
