"""Sources and headers of other languages, left over from the build of an extension.

touches                                    | leaves alone
-------------------------------------------|------------------------------------------------
C, C++, CUDA, Fortran, Rust, Cython        | files that code names or opens
sources and headers of a distribution      | packages that compile at run time (rules: numba,
                                           | triton, torch, cffi, pythran)
                                           | own code
"""

from collections.abc import Mapping

from slimpack.model.plan import Decision
from slimpack.model.trace import ReasonKind
from slimpack.model.tree import OWN
from slimpack.plan.context import WHOLE, Context, drop

# fmt: off
_SUFFIXES = (
    ".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".hxx", ".inl", ".c.in", ".h.in", ".c.src", ".h.src",
    ".pyx", ".pxd", ".pxi", ".pyx.in", ".pxd.in", ".pxi.in", ".pyx.tp",
    ".f", ".for", ".f77", ".f90", ".f95", ".f03", ".pyf", ".pyf.src", ".cu", ".cuh", ".rs",
)
# fmt: on
_WEAK = WHOLE | {ReasonKind.LISTED}


def decide(context: Context) -> Mapping[str, Decision]:
    """Drop sources that only a compiler reads."""
    files, reasons = context.tree.files, context.trace.reasons
    why = drop("c_sources", "source code that only a compiler reads")
    return {
        path: why
        for path in context.paths
        if path.endswith(_SUFFIXES)
        and files[path].owner != OWN
        and (path not in reasons or reasons[path].kind in _WEAK)
    }
