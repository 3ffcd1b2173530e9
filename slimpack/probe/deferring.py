"""Worker in the target's interpreter: what can be said of a module's imports, modules rewritten, patterns compiled.

Requests are (question, …), answered as `serving.py` says:
("importing", source, module, is package)                   as of `waiting.py`;
("deferred", source, filename, groups, submodules)          (why not, the `.pyc`'s bytes or None) as of `deferred.py`;
("patterns", ((pattern, flags), …))                         what `_sre.compile` is given for each, as of `patterns.py`.
"""

from __future__ import annotations

from .canonical import unshared
from .deferred import deferred
from .extract import as_file
from .patterns import tables
from .serving import answering
from .waiting import importing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def answer(question: str, *rest: Any) -> Any:
    """Answer one request."""
    if question == "importing":
        source, module, is_package = rest
        return importing(source, module, is_package=is_package)
    if question == "patterns":
        return tables(*rest)
    source, filename, groups, submodules = rest
    try:
        return "", as_file(unshared(deferred(source, filename, groups, submodules=submodules)), source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return str(error) or type(error).__name__, None


def serve() -> None:
    """Answer requests until standard input ends."""
    answering(answer)
