"""Arguments -> an opened package, and the project whose settings it is treated by."""

import os
import re
from pathlib import Path

from slimpack import rules
from slimpack.install.package import opened
from slimpack.model.package import Package
from slimpack.model.project import Project
from slimpack.project import Options, load_packaged

_VERSION = re.compile(r"(?:python)?(3)\.(\d+)")


def packaged(path: Path, options: Options, *, in_place: bool = False, looking: bool = False) -> tuple[Package, Project]:
    """Open what lies at `path`, and settle the options for it; to have it looked at, no handler is needed."""
    package = open_package(path, options)
    project = load_packaged(
        options, package=package, in_place=in_place, looking=looking, environment=os.environ, runtimes=rules.runtimes()
    )
    return package, project


def open_package(path: Path, options: Options) -> Package:
    """Open what lies at `path`; what is wrong with the options is said when they are settled."""
    version = _VERSION.fullmatch(options.python or "")
    python = (int(version[1]), int(version[2])) if version else None
    return opened(path, python=python, handlers=options.handlers, known=rules.packages)
