"""Tree -> Artifact: a zip, a layer or a directory; the same tree gives the same bytes, anywhere."""

from collections.abc import Mapping
from typing import assert_never

from slimpack.emit.directory import write_directory
from slimpack.emit.limits import limits
from slimpack.emit.zip import write_zip
from slimpack.host.tools import Tools
from slimpack.model.artifact import Artifact
from slimpack.model.project import Layout, Project
from slimpack.model.tree import Tree

__all__ = ["emit", "limits"]


def emit(tree: Tree, *, project: Project, origins: Mapping[str, str], tools: Tools) -> Artifact:
    """Write the artifact, whole or not at all. Raises EmitError where that cannot be done."""
    match project.output.layout:
        case Layout.ZIP | Layout.LAYER:
            return write_zip(tree, project=project, origins=origins, tools=tools)
        case Layout.DIRECTORY:
            return write_directory(tree, project=project, origins=origins)
        case never:
            assert_never(never)
