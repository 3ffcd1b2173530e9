"""Documentation and examples, where no code that stays refers to them.

touches                                    | leaves alone
-------------------------------------------|------------------------------------------------
all below `doc`, `docs`, `example(s)`,     | a folder in which a Python file is reached, or
`sample(s)` of a distribution              | (`--level clean`) could be: botocore.docs is code
README, CHANGES, … of any suffix for texts | licences; texts that code names; own code

Evidence: removing `docs` by its name alone breaks boto3 (`botocore.docs`), and so it was withdrawn from AWS's own
recipe.
"""

import re
from collections.abc import Mapping

from slimpack.model.plan import Decision
from slimpack.model.trace import ReasonKind
from slimpack.model.tree import OWN
from slimpack.plan.context import Context, drop

_FOLDER = re.compile(r"(?P<folder>(?:.*?/)?(?:docs?|examples?|samples?))/.+", re.DOTALL)
_TEXT = re.compile(
    r"(?:.*/)?(?:readme|changes|changelog|history|news|contributing|authors|todo|release[-_]notes|code_of_conduct|"
    r"security)(?:\.(?:md|rst|txt|markdown))?",
    re.IGNORECASE | re.DOTALL,
)


def decide(context: Context) -> Mapping[str, Decision]:
    """Drop documentation and examples that nothing asks for."""
    files = context.tree.files
    folders: dict[str, list[str]] = {}
    decisions: dict[str, Decision] = {}
    text = drop("docs", "a text for people")
    for path in context.paths:
        if files[path].owner == OWN or ".dist-info/" in path:
            continue
        if found := _FOLDER.fullmatch(path):
            folders.setdefault(found["folder"], []).append(path)
        elif _TEXT.fullmatch(path) and not context.named(path):
            decisions[path] = text
    for folder, paths in folders.items():
        if not any(_is_code(context, path) for path in paths):
            why = drop("docs", f"documentation or examples in {folder}/ that nothing refers to")
            decisions |= {path: why for path in paths if not _asked_for(context, path)}
    return decisions


def _is_code(context: Context, path: str) -> bool:
    return path.endswith((".py", ".so")) and (path in context.trace.reasons or not context.traced)


def _asked_for(context: Context, path: str) -> bool:
    """Data that code beside it may open stays here: a folder `samples` may be the package's very content."""
    reason = context.trace.reasons.get(path)
    return reason is not None and reason.kind is not ReasonKind.UNRESOLVED
