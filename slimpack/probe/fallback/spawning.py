"""Let a process that multiprocessing starts afresh have the hook before it unpickles what it is to do."""

import sys
from multiprocessing import spawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Again:
    """Unpickles to the import of `_slimpack`: the child's sys.path is not the parent's by then, and is set afterwards.

    Nothing of ours is named in the pickle, since nothing of ours can be found by then.
    """

    def __reduce__(self) -> "Any":
        roots = [hook.slimpack for hook in sys.path_hooks if hasattr(hook, "slimpack")]
        return exec, ("import sys; sys.path.extend({!r}); import _slimpack".format(roots[::-1]),)


def mend() -> None:
    """Send it along with what every child is told first; the child ignores what it does not know."""
    original: Any = getattr(spawn, "get_preparation_data", None)
    if original is None or hasattr(original, "slimpack"):
        return

    def get_preparation_data(name: str) -> "Any":
        data = original(name)
        data["slimpack"] = Again()
        return data

    get_preparation_data.slimpack = True  # type: ignore[attr-defined]
    spawn.get_preparation_data = get_preparation_data
