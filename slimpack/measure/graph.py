"""Who imports whom, and what each module costs -> what deferring an import would save.

An import saves what nobody else brings in: the modules that are not reached any more when this one edge is cut. A
module needs its parent packages, so those are edges too.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping


def savings(
    edges: Iterable[tuple[str, str]], own: Mapping[str, float], *, root: str, candidates: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], float]:
    """For each candidate edge (importer, module), the sum of `own` over what only it reaches. Times in any one unit."""
    targets: dict[str, set[str]] = defaultdict(set)
    for importer, module in edges:
        if module != importer:
            targets[importer].add(module)
    for module in own:
        parent = module.rpartition(".")[0]
        if parent in own:
            targets[module].add(parent)
    reached = _reached(targets, root, None)
    found = {}
    for importer, module in candidates:
        if importer not in reached or module not in reached:
            found[importer, module] = 0.0
            continue
        left = _reached(targets, root, (importer, module))
        found[importer, module] = sum(own.get(name, 0.0) for name in reached - left)
    return found


def _reached(targets: Mapping[str, set[str]], root: str, cut: tuple[str, str] | None) -> set[str]:
    seen = {root}
    frontier = [root]
    while frontier:
        importer = frontier.pop()
        for module in targets.get(importer, ()):
            if module not in seen and (importer, module) != cut:
                seen.add(module)
                frontier.append(module)
    return seen
