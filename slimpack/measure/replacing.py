"""Imports, who imports whom, and what is known of distributions -> Replaceable: what a lighter one would save."""

from collections.abc import Sequence

from slimpack.measure.graph import Graph
from slimpack.model.profile import Imported, Replaceable
from slimpack.model.replacement import Replacement


def replaceable(
    imports: Sequence[Imported], whole: Graph, replacements: Sequence[Replacement]
) -> tuple[Replaceable, ...]:
    """Only where the lighter one is loaded in this very init as well, so that what it costs is measured."""
    owners = {one.module: one.owner for one in imports}
    own = {module for module, owner in owners.items() if not owner}
    found = []
    for known in replacements:
        theirs = [one for one in imports if one.owner == known.distribution]
        if not theirs or known.module not in owners:
            continue
        names = {one.module for one in theirs}
        cut = {(who, module) for who in own for module in names}
        left = whole.reached(cut=cut) | whole.reached(since=(known.module,))
        saved = whole.cost(whole.reached() - left)
        if saved:
            found.append(
                Replaceable(
                    owner=known.distribution, by=known.by, why=known.why, importer=theirs[0].importer, saved=saved
                )
            )
    return tuple(found)
