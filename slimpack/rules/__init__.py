"""What is known of packages and of Lambda's runtimes, as data: distribution names -> Rules."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

from slimpack.model.rule import Rule
from slimpack.rules.prices import prices
from slimpack.rules.replacements import replacements
from slimpack.rules.runtimes import data, runtime, runtimes
from slimpack.rules.schema import parse

__all__ = ["known", "load", "packages", "prices", "replacements", "runtime", "runtimes", "version"]


def load(distributions: Iterable[str]) -> tuple[Rule, ...]:
    """Return the rules of these distributions (normalised names), sorted; most have none."""
    return tuple(_load(name) for name in sorted(set(distributions) & known()))


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """The distributions that have a rule."""
    return frozenset(entry.name.removesuffix(".toml") for entry in _data().iterdir() if entry.name.endswith(".toml"))


@lru_cache(maxsize=1)
def packages() -> Mapping[str, str]:
    """Top-level package -> the distribution of its name, else the one whose rule speaks of it.

    Whose a package is where no metadata is left to say so.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for rule in load(known()):
        for top in _tops(rule):
            found[top].add(rule.distribution)
    named = {top: names & {top.replace("_", "-")} or names for top, names in sorted(found.items())}
    return {top: next(iter(names)) for top, names in named.items() if len(names) == 1}


def _tops(rule: Rule) -> Iterator[str]:
    items = (*rule.keep, *rule.drop, *rule.source, *(item for _, item in rule.rewrite))
    paths = [glob for item in items if not item.of for glob in item.globs]
    paths += [item.path for item in rule.understood] + [item.folder for item in rule.services]
    yield from (top for path in paths if "/" in path and (top := path.partition("/")[0]).isidentifier())


@lru_cache(maxsize=1)
def version() -> str:
    """A digest of all rule data: what was learnt under other rules is not reused."""
    digest = sha256()
    for name, text in data().items():
        digest.update(name.encode() + b"\0" + text)
    for name in sorted(known()):
        digest.update(name.encode() + b"\0" + _data().joinpath(f"{name}.toml").read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=256)
def _load(name: str) -> Rule:
    return parse(_data().joinpath(f"{name}.toml").read_text(encoding="utf-8"), where=f"rules/data/{name}.toml")


def _data() -> Traversable:
    return files("slimpack.rules").joinpath("data")
