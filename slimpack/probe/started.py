"""Import the entry points and say what was loaded by then, from where, and which regular expressions were compiled.

Runs inside the target's interpreter: `started.py REQUEST DESCRIPTOR START`, with the rows of `imported.py`. Answers are
`module NAME ORIGIN PACKAGE` of whatever is loaded in the end, `pattern FLAGS LITERAL` in the order of compiling, and
`failed NAME SUMMARY`. Meant to be run with `-X importtime`, which says who imported what: so nothing is watched.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from slimpack.probe.watching import arrange, begin, leave, watch
else:
    from watching import arrange, begin, leave, watch  # beside this file, until `arrange`


def hear_patterns() -> None:
    """Tell which patterns are compiled from now on; `re` is loaded by Lambda's own client before any function."""
    import re

    there: "Any" = sys.modules.get("re._compiler") or sys.modules["sre_compile"]
    original = there.compile

    def compile(pattern: "Any", flags: int = 0) -> "Any":  # noqa: A001 its name there
        made = original(pattern, flags)
        if isinstance(pattern, (str, bytes)):
            plain = str(pattern) if isinstance(pattern, str) else bytes(pattern)
            watch.once("pattern", int(flags), repr(plain))
        return made

    there.compile = compile
    re.purge()  # what was compiled before would not be heard of


def main() -> None:
    """Import and tell."""
    rows = begin()
    arrange(rows)
    hear_patterns()
    for row in rows:
        if row[0] == "entry":
            try:
                __import__(row[1])
            except BaseException as error:
                watch.tell("failed", row[1], "{}: {}".format(type(error).__name__, error))
                break
    for name, module in sorted(sys.modules.items()):
        if isinstance(name, str) and module is not None:
            origin = getattr(getattr(module, "__spec__", None), "origin", None)  # none where a module replaced itself
            watch.tell("module", name, origin if isinstance(origin, str) else "", int(hasattr(module, "__path__")))
    leave()


main()
