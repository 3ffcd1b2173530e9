"""Options, pyproject.toml -> Projects: what the user decided, settled once, with every mistake named at once."""

from slimpack.project.assemble import load
from slimpack.project.options import Options

__all__ = ["Options", "load"]
