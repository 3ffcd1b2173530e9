"""The transforms that kept files go through in `apply`: path -> their names, in order."""

from collections.abc import Collection, Mapping

from slimpack.model.naming import is_shared_object
from slimpack.plan.context import Context
from slimpack.plan.rewrites.bytecode import NAME as BYTECODE

SYMBOLS = "symbols"
DESCRIPTION = "description"


def rewrites(context: Context, kept: Collection[str], *, compiled: frozenset[str]) -> Mapping[str, tuple[str, ...]]:
    """Name the transforms of each file that has any.

    touches                                    | leaves alone
    -------------------------------------------|------------------------------------------------
    `symbols`: shared objects by their name,   | all of them with `symbols` (kept as they are)
    `x.so`, `libx.so.3`                        |
    transforms that a rule names               | with `keep_docs`, those that drop documentation
    `description`: METADATA of distributions,  | with `keep_docs`; METADATA of own projects, and
    whose README only an index's page shows    | of what code asks for more than a version
    `bytecode`: Python files                   | see `bytecode.py`
    """
    asked = tuple(
        (transform, matches)
        for rule in context.rules
        for transform, item in rule.rewrite
        if not (context.policy.keep_docs and transform.endswith("-docs"))
        for matches, _ in context.matching([(rule, item)])
    )
    read = context.trace.reads_metadata
    infos = frozenset(f"{one.info}/METADATA" for name, one in context.distributions.items() if name not in read)
    result: dict[str, tuple[str, ...]] = {}
    for path in kept:
        if path in compiled:
            result[path] = (BYTECODE,)
            continue
        names = tuple(transform for transform, matches in asked if matches(path))
        if not context.policy.keep_docs and path in infos:
            names = (*names, DESCRIPTION)
        if not context.policy.symbols and is_shared_object(path):
            names = (*names, SYMBOLS)
        if names:
            result[path] = names
    return result
