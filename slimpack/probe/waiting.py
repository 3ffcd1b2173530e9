"""Source of one module -> what can be said of its imports and effects, in one parse: `importing`."""

from __future__ import annotations

import ast

from .deferrable import candidates
from .effects import effects

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NOTHING = ((), (), (), (), (), ())


def importing(source: bytes, module: str, *, is_package: bool) -> tuple[Any, Any, str]:
    """(rows of `candidates`, answer of `effects`, why nothing is known); plain tuples that marshal can hold."""
    try:
        tree: Any = compile(source, "<module>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        rows = candidates(tree, is_package=is_package)
        return rows, effects(tree, module, is_package=is_package), ""
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return (), NOTHING, f"does not parse: {error}"
