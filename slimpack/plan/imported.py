"""What the probe says of one module, as plain tuples -> LazyFacts: absolute names, and which modules a name loads."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from slimpack.model.lazy import Effect, LazyFacts, Statement
from slimpack.plan.loading import parents

Rows = Iterable[tuple[int, str, int, str, str, str, bool]]
"""As of `probe/deferrable.py`: line, bound name, level, module, attribute, refusal, sure."""


def lazy_facts(
    name: str,
    rows: Rows,
    effects: tuple[Any, ...],
    *,
    is_package: bool,
    known: Collection[str],
    opaque: str = "",
    fixed: str = "",
) -> LazyFacts:
    """Facts of module `name`; `known` are all modules that there are."""
    done, functions, classes, watched, asked, opened = effects
    found = list(_absolute(name, rows, is_package=is_package))
    return LazyFacts(
        name=name,
        is_package=is_package,
        statements=tuple(
            Statement(line=line, name=bound, loads=loads, refusal=refusal, sure=sure)
            for line, bound, target, attribute, refusal, sure in found
            if (loads := tuple(_loads(target, attribute, known)))
        ),
        stars=tuple(sorted({target for _, bound, target, *_ in found if bound == "*"})),
        effects=tuple(Effect(*each) for each in done),
        functions=dict(functions),
        classes={each: (bases, hears) for each, bases, hears in classes},
        aliases={bound: _alias(bound, target, attribute) for _, bound, target, attribute, *_ in found},
        watched=watched,
        asked=asked,
        opened=opened,
        opaque=opaque,
        fixed=fixed,
    )


def _absolute(name: str, rows: Rows, *, is_package: bool) -> Iterator[tuple[int, str, str, str, str, bool]]:
    around = parents(name if is_package else name.rpartition(".")[0])
    for line, bound, level, module, attribute, refusal, sure in rows:
        if module == "__future__" or level > len(around):
            continue
        base = around[len(around) - level] if level else ""
        yield line, bound, f"{base}.{module}".strip("."), attribute, refusal, sure


def _loads(target: str, attribute: str, known: Collection[str]) -> Iterator[str]:
    yield from (each for each in parents(target) if each in known)
    if attribute and f"{target}.{attribute}" in known:
        yield f"{target}.{attribute}"


def _alias(bound: str, target: str, attribute: str) -> str:
    """What a bound name stands for: `import a.b` binds `a`."""
    if attribute:
        return f"{target}.{attribute}"
    return bound if target.startswith(f"{bound}.") else target
