"""Regular expressions -> what the interpreter's compiler makes of them, for a start that need not compile them again.

To compile a pattern takes 50 to 500 µs; to make it of its code takes one or two. On the corpus patterns are 2 to 13 %
of init. The code is valid for one `_sre.MAGIC`, which is that of a minor version of Python.
"""

from __future__ import annotations

import re
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Union

_LOCAL = int(re.LOCALE | re.DEBUG)
"""Flags under which a pattern means something else elsewhere, or prints."""


def compiler() -> Any:
    """The module whose `compile` every `re` function ends in: `sre_compile`, from 3.11 on `re._compiler`."""
    return sys.modules.get("re._compiler") or sys.modules["sre_compile"]


def tables(patterns: Iterable[tuple[Union[str, bytes], int]]) -> tuple[int, list[Any]]:
    """(`_sre.MAGIC`, rows of (pattern, flags, flags of the compiled, code, groups, names, names by group))."""
    import _sre  # type: ignore[import-not-found]  # typeshed does not know it

    there = compiler()
    given: list[Any] = []

    class Recording:
        """Stands for `_sre` in the compiler, and notes what it is given."""

        def __getattr__(self, name: str) -> Any:
            return getattr(_sre, name)

        def compile(self, *arguments: Any) -> Any:
            given.append(arguments)
            return _sre.compile(*arguments)

    rows = []
    there._sre = Recording()  # noqa: SLF001 there is no other way to hear of it
    try:
        for pattern, flags in patterns:
            if flags & _LOCAL:
                continue
            try:
                there.compile(pattern, flags)
            except Exception:  # noqa: S112 it fails at the start too, and there it says why
                continue
            _, mode, code, groups, names, by_group = given[-1]
            rows.append(
                (pattern, flags, int(mode), [int(one) for one in code], int(groups), dict(names), tuple(by_group))
            )
    finally:
        there._sre = _sre  # noqa: SLF001 as above
    return int(_sre.MAGIC), rows
