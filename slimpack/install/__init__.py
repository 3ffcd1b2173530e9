"""Lock -> Tree: the pinned wheels, fetched, checked and laid over one another; their members stay in their zips."""

from slimpack.host.tools import Tools
from slimpack.model.lock import Lock
from slimpack.model.project import Project
from slimpack.model.tree import Tree

__all__ = ["install"]


def install(lock: Lock, *, project: Project, tools: Tools) -> Tree:
    """Fetch and check every wheel. Raises InstallError with all that is wrong; nothing is unpacked."""
    from slimpack.install import wheels

    return wheels.install(lock, project=project, tools=tools)
