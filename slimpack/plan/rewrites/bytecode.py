"""Which Python files ship as bytecode, which as source, which as both.

ships                                      | for
-------------------------------------------|------------------------------------------------
bytecode alone                             | third-party code: starts as fast as with its
                                           | source beside it and zips smaller than both
bytecode and source                        | own code (tracebacks show its lines); what reads
                                           | source; what `keep` names as a `.py`
source alone                               | files that no import can name (templates);
                                           | own code of under 2 KB in all, with --lazy off;
                                           | everything with `--bytecode source`,
                                           | `--optimize size`, or no interpreter for it
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from slimpack.model.glob import matcher
from slimpack.model.lazy import Laziness
from slimpack.model.naming import module_name
from slimpack.model.project import Bytecode, Optimize, Policy
from slimpack.model.trace import Reason, ReasonKind
from slimpack.model.tree import OWN
from slimpack.plan.context import Context

NAME = "bytecode"

_TINY = 2048
"""Bytes of own sources that are not worth compiling: with bytecode beside it a module of 345 bytes imports 0.3 ms
sooner, one of 1.4 KB 0.7 ms (CPython 3.12, medians of 12 runs), and the function's own part of the zip doubles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Which files get bytecode, and whose text ships.

    `readers` says why, for the files that would otherwise ship as bytecode alone.
    """

    compiled: frozenset[str]
    sources: frozenset[str]
    readers: Mapping[str, str]


def wanted(policy: Policy) -> Bytecode:
    """The mode in force: `--optimize size` means sources unless `--bytecode` says otherwise."""
    if policy.bytecode is Bytecode.AUTO and policy.optimize is Optimize.SIZE:
        return Bytecode.SOURCE
    return policy.bytecode


def split(context: Context, kept: Collection[str]) -> Split:
    """Decide for each kept Python file."""
    sources = [path for path in kept if path.endswith(".py")]
    mode = wanted(context.policy)
    if mode is Bytecode.SOURCE or not context.bytecode_possible:
        return Split(compiled=frozenset(), sources=frozenset(sources), readers={})
    compiled = frozenset(path for path in sources if module_name(path))
    if mode is Bytecode.BOTH:
        return Split(compiled=compiled, sources=frozenset(sources), readers={})
    files = context.tree.files
    own = {path for path in compiled if files[path].owner == OWN} if mode is Bytecode.AUTO else set()
    if sum(files[path].content.size for path in own) < _TINY and context.policy.lazy is Laziness.OFF:
        compiled -= own
    readers = _readers(context, compiled)
    texts = {path for path in sources if path not in compiled} | own | readers.keys()
    return Split(
        compiled=compiled,
        sources=frozenset(texts),
        readers={path: why for path, why in sorted(readers.items()) if path not in own},
    )


def _readers(context: Context, compiled: frozenset[str]) -> dict[str, str]:
    """The files whose text something reads, and what."""
    readers: dict[str, str] = {}
    # `keep = ["pkg/**"]` keeps modules; `keep = ["pkg/**/*.py"]` names texts, so these ship as such.
    named = matcher(glob for glob in context.policy.keep if glob.endswith(".py"))
    known = context.matching((rule, item) for rule in context.rules for item in rule.source)
    trace = context.trace
    for path in compiled:
        if named(path):
            readers[path] = "keep names it"
        elif path in trace.reads_source:
            readers[path] = _reader(trace.reads_source[path])
        elif path in trace.reasons and trace.reasons[path].kind is ReasonKind.OPENED:
            readers[path] = "it was opened when the entry point was imported"
        else:
            for matches, why in known:
                if matches(path):
                    readers[path] = why
                    break
    return readers


def _reader(reason: Reason) -> str:
    """Who reads the source, in words."""
    if reason.parent and reason.line:
        return f"{reason.parent}:{reason.line} reads it"
    return reason.detail or "it is read at run time"
