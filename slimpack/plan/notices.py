"""What a plan has to tell: the findings that follow from the tree, the runtime and what was decided."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from slimpack.model.finding import Finding, Severity
from slimpack.model.plan import Action, Decision
from slimpack.model.project import Bytecode
from slimpack.model.tree import OWN
from slimpack.plan.context import Context
from slimpack.plan.passes.runtime_provided import obstacles, provided
from slimpack.plan.rewrites.bytecode import Split, wanted

_SMALL = 64 * 1024
"""Copies of less than this are not worth a line."""


def notices(context: Context, decisions: Mapping[str, Decision], split: Split) -> tuple[Finding, ...]:
    """Every finding of the plan, sorted."""
    kept = [path for path, decision in decisions.items() if decision.action is Action.KEEP]
    return tuple(
        sorted(
            [
                *_bytecode(context, kept, split),
                *_duplicates(context, kept),
                *_shadowing(context, kept),
                *_provided(context),
                *_pth(context, decisions),
            ]
        )
    )


def _bytecode(context: Context, kept: Collection[str], split: Split) -> Iterator[Finding]:
    if not context.bytecode_possible and wanted(context.policy) is not Bytecode.SOURCE:
        version = context.target.python_version
        count = sum(1 for path in kept if path.endswith(".py"))
        yield Finding(
            code="SLP010",
            where="",
            severity=Severity.WARNING,
            message=f"no Python {version} was found: {count} sources ship, and every cold start compiles those it "
            "imports again (imports were measured to take 2 to 3.5 times as long)",
            help=f"install Python {version}, or let uv fetch it: uv python install {version}",
        )
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path, why in split.readers.items():
        groups[context.tree[path].owner, why].append(path)
    for (owner, why), paths in groups.items():
        first, more = paths[0], len(paths) - 1
        yield Finding(
            code="SLP011",
            where=first,
            message=f"the source ships beside its bytecode{f' ({more} more of {owner})' if more else ''}: {why}",
        )


def _duplicates(context: Context, kept: Collection[str]) -> Iterator[Finding]:
    files = context.tree.files
    sizes: dict[int, list[str]] = defaultdict(list)
    for path in kept:
        if files[path].content.size > _SMALL:
            sizes[files[path].content.size].append(path)
    for size, paths in sizes.items():
        same: dict[str, list[str]] = defaultdict(list)
        if len(paths) > 1:
            for path in paths:
                same[files[path].content.sha256].append(path)
        for first, *others in same.values():
            if others:
                yield Finding(
                    code="SLP030",
                    where=first,
                    message=f"{size:,} bytes ship {len(others) + 1} times, also as {', '.join(others)}",
                )


def _shadowing(context: Context, kept: Collection[str]) -> Iterator[Finding]:
    files, seen = context.tree.files, set()
    for path in kept:
        top, slash, _ = path.partition("/")
        is_module = path.endswith((".py", ".so")) and (not slash or f"{top}/__init__.py" in context.tree)
        name = top if slash else top.split(".", 1)[0]
        if not is_module or name in seen or name not in context.runtime.stdlib:
            continue
        seen.add(name)
        owner = files[path].owner
        who = "the project's own code" if owner == OWN else owner
        yield Finding(
            code="SLP031",
            where=path,
            severity=Severity.WARNING,
            message=f"{who} hides the standard library's {name!r}: Lambda looks in the package first",
            help="rename it"
            if owner == OWN
            else f"drop the requirement {owner} if Python {context.target.python_version} has its own",
        )


def _provided(context: Context) -> Iterator[Finding]:
    names = provided(context)
    if not names:
        return
    listed = ", ".join(f"{name} {context.distributions[name].version}" for name in names)
    if against := obstacles(context):
        yield Finding(
            code="SLP061",
            where=context.runtime.name,
            severity=Severity.WARNING,
            message=f"{listed} ship, although left to the runtime was asked: {'; '.join(against)}",
            help="all of the SDK ships, or none: AWS warns of mixed versions",
        )
    else:
        yield Finding(
            code="SLP061",
            where=context.runtime.name,
            message=f"left to {context.runtime.name}, whose versions AWS chooses: {listed}",
        )


def _pth(context: Context, decisions: Mapping[str, Decision]) -> Iterator[Finding]:
    for path in context.paths:
        owner = context.tree[path].owner
        if (
            not path.endswith(".pth")
            or "/" in path
            or owner == OWN
            or (context.traced and owner not in context.reached)
        ):
            continue
        ships = decisions[path].action is Action.KEEP
        yield Finding(
            code="SLP080",
            where=path,
            severity=Severity.WARNING,
            message=f"{owner} installs a .pth file, which "
            + ("ships, but what it runs was not traced" if ships else "does not ship"),
            help="" if ships else f'if the program needs it: keep = ["{path}"]',
        )
