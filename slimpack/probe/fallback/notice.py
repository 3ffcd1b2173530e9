"""One structured warning for each module that is loaded from the archive."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .loaders import Place

told: "dict[str, object]" = {}
"""The modules that were told of, and whose call that was: two threads may ask for the same code."""


def tell(place: "Place", module: str) -> None:
    """Warn, through the logging that the program has set up, or else as Python does without. Never fails."""
    mine = object()
    if told.setdefault(module, mine) is not mine:
        return
    keep = 'keep = ["{}"]'.format(place.file)
    distribution = place.cold.blobs[place.blob][1]
    text = (
        "{} was loaded on demand: no event touched it, so slimpack shipped it compressed; to ship it ready, "
        "write {} in [tool.slimpack], or add an event that uses it"
    )
    fields = {
        "message": text.format(module, keep),
        "event": "slimpack.loaded_on_demand",
        "module": module,
        "distribution": distribution,
        "file": place.file,
        "keep": keep,
    }
    try:
        import json
        import logging

        # One key of `extra`: "module" and "message" are names of a record's own.
        logging.getLogger("slimpack").warning("%s", json.dumps(fields), extra={"slimpack": fields})
    except Exception:  # logging that the program replaced, or that is itself being imported now
        from contextlib import suppress

        with suppress(Exception):  # the module is what matters
            sys.stderr.write(fields["message"] + "\n")
