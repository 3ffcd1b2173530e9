"""One structured warning for each module that is loaded from the archive: a line of JSON in the function's log.

It goes to the process's standard error itself, which Lambda takes into the log. Through `logging` or `sys.stderr` it
would reach what the program does with these: click's test runner took it for output, an error tracker for an event.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .loaders import Place

told: "dict[str, object]" = {}
"""The modules that were told of, and whose call that was: two threads may ask for the same code."""


def tell(place: "Place", module: str) -> None:
    """Warn. Never fails."""
    mine = object()
    if told.setdefault(module, mine) is not mine:
        return
    keep = 'keep = ["{}"]'.format(place.file)
    text = (
        "{} was loaded on demand: no event touched it, so slimpack shipped it compressed; to ship it ready, "
        "write {} in [tool.slimpack], or add an event that uses it"
    )
    fields = {
        "level": "WARNING",
        "message": text.format(module, keep),
        "event": "slimpack.loaded_on_demand",
        "module": module,
        "distribution": place.cold.blobs[place.blob][1],
        "file": place.file,
        "keep": keep,
    }
    try:
        import json

        os.write(2, (json.dumps(fields) + "\n").encode())
    except Exception:  # a descriptor that is closed, a module that is itself being imported now: the module matters
        return
