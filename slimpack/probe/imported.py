"""Import modules one after another and say, as it happens, what that loads, opens, lists, asks for and does not find.

Runs inside the target's interpreter (Python 3.9 on), by itself: `imported.py REQUEST DESCRIPTOR START`. REQUEST holds
tab-separated rows: `path DIRECTORY…` (put first on sys.path), `root DIRECTORY…` (what is worth telling about),
`bytecode SOURCES FOLDER` (bytecode of sources below SOURCES lies in FOLDER), `entry MODULE ATTRIBUTE`, `module NAME`.
Answers are rows of the same form, written to DESCRIPTOR.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from slimpack.probe.watching import begin, explain, leave, mapped, modules, prepare, watch
else:
    from watching import begin, explain, leave, mapped, modules, prepare, watch  # beside this file, until `prepare`


def bring(name: str) -> bool:
    """Import one module and tell what came of it."""
    watch.tell("begin", name)
    before = modules()
    try:
        __import__(name)
        problem = None
    except BaseException as error:
        problem = "{}: {}".format(type(error).__name__, error), explain(error)
    new = modules() - before
    watch.tell("loaded", name, *sorted(new))
    if new:
        mapped()
    if problem is not None:
        watch.tell("failed", name, *problem)
    return problem is None


def check_attribute(name: str, attribute: str) -> None:
    """Tell if the handler is not there or cannot be called (without attribute: a module of a layer)."""
    module = sys.modules[name]
    if attribute and not callable(getattr(module, attribute, None)):
        watch.tell("missing", name, attribute, *sorted(vars(module)))


def main() -> None:
    """Do what the request says."""
    rows = begin()
    prepare(rows)
    start = modules()
    entries = [row for row in rows if row[0] == "entry"]
    good = [bring(row[1]) for row in entries]
    if entries:
        watch.tell("modules", *sorted(modules() - start))
    for row, imported in zip(entries, good):  # noqa: B905 not in Python 3.9
        if imported:
            check_attribute(row[1], row[2])
    for row in rows:
        if row[0] == "module":
            bring(row[1])
    watch.tell("done")
    leave()


main()
