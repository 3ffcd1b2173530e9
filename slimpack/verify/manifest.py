"""Original, Plan, Artifact -> Manifest: what was there and is not any more, and who decided that."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from slimpack.model.artifact import Artifact
from slimpack.model.lookup import folders_of
from slimpack.model.plan import Plan
from slimpack.model.rule import Rule
from slimpack.model.tree import Distribution, Tree

COMPILED = "bytecode"
"""Decided of a source that ships as bytecode alone: its module is there, its text is not."""
ARCHIVED = "archived"
"""Decided of a module that no event touched, where the archive has it: an import finds it, nothing else does."""
PROVIDED = "runtime_provided"
"""The pass whose drops the runtime has: they come after the artifact on the path, as in Lambda."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`original` is every file there was; `missing` maps those that do not ship to the pass that decided it.

    Below the `quiet` folders a rule knows that what goes is listed and probed, and that this does not matter.
    """

    original: frozenset[str]
    missing: Mapping[str, str]
    folders: frozenset[str]
    lost_folders: frozenset[str]
    distributions: tuple[Distribution, ...]
    provided: frozenset[str]
    quiet: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Of what is missing and why."""
        lines = "".join(f"{path}\0{by}\n" for path, by in self.missing.items())
        return sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()

    def below(self, folder: str) -> dict[str, str]:
        """What is missing under a folder."""
        return {path: by for path, by in self.missing.items() if path.startswith(f"{folder}/")}

    def is_quiet(self, path: str) -> bool:
        """Listings and existence checks here are accounted for by a rule."""
        return any(path == folder or path.startswith(f"{folder}/") for folder in self.quiet)

    def keep(self, path: str) -> str:
        """The glob that keeps `path`: of the highest folder that is lost with all in it, else of the file alone."""
        glob = path
        folder = path.removesuffix("/")
        while folder:
            if folder in self.lost_folders:
                glob = f"{folder}/**"
            folder = folder.rpartition("/")[0]
        return glob


def manifest_of(
    artifact: Artifact, *, original: Tree, plan: Plan, rules: tuple[Rule, ...] = (), archived: bool = False
) -> Manifest:
    """Compare what was with what ships."""
    prefix = root_of(artifact)
    shipped = {member.path[len(prefix) :] for member in artifact.members if member.path.startswith(prefix)}
    cold = ARCHIVED if archived else ""
    dropped = {path: plan.decisions[path].by for path in plan.dropped()}
    dropped |= {path: cold or plan.decisions[path].by for path in plan.cold()}
    provided = frozenset(path for path, by in dropped.items() if by == PROVIDED)
    # What a rewrite gave another name (service models lose their gzip) ships; a source's text is another thing.
    renamed = {member.origin for member in artifact.members if not member.origin.endswith(".py")}
    there = shipped | provided | renamed
    missing = {path: dropped.get(path, COMPILED) for path in original if path not in there}
    folders = folders_of(original)
    return Manifest(
        original=frozenset(original),
        missing=missing,
        folders=folders,
        lost_folders=folders - folders_of(shipped | provided),
        distributions=original.distributions,
        provided=provided,
        quiet=tuple(sorted(services.folder for rule in rules for services in rule.services)),
    )


def root_of(artifact: Artifact) -> str:
    """What stands before a tree's path in the artifact: "" in a zip, `python/` or the site folder in a layer."""
    for member in artifact.members:
        for origin in (member.origin, f"{member.origin}c"):
            if member.path != origin and member.path.endswith(f"/{origin}"):
                return member.path[: -len(origin)]
    return ""
