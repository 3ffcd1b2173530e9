"""Package -> its distributions and own code, with what each weighs."""

from collections import defaultdict
from collections.abc import Mapping

from slimpack.model.inspection import Held
from slimpack.model.package import Package


def contents(package: Package, stored: Mapping[str, int]) -> tuple[Held, ...]:
    """One row each, the heaviest first; `stored` is what each file takes in a zip."""
    versions = {one.name: one.version for one in package.tree.distributions}
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for path, file in package.tree.files.items():
        for position, amount in enumerate((1, file.content.size, stored[path])):
            sums[file.owner][position] += amount
    held = (
        Held(name=owner, version=versions.get(owner, ""), files=files, unpacked=unpacked, zipped=zipped)
        for owner, (files, unpacked, zipped) in sums.items()
    )
    return tuple(sorted(held, key=lambda one: (-one.zipped, -one.unpacked, one.name)))
