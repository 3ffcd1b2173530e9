"""One idea of what may go in each file; the table below is all of them, in the order in which the first one decides."""

from collections.abc import Callable, Mapping

from slimpack.model.plan import Decision
from slimpack.plan.context import Context
from slimpack.plan.passes import (
    c_sources,
    caches,
    docs,
    installer_metadata,
    leftovers,
    runtime_provided,
    stubs,
    tests,
    twins,
    unobserved,
    unreachable,
)

Decide = Callable[[Context], Mapping[str, Decision]]
"""The files a pass would drop; the rest it leaves alone. Pure."""

PASSES: tuple[tuple[str, Decide, str], ...] = (
    ("runtime_provided", runtime_provided.decide, "distributions that the runtime has (on request)"),
    ("caches", caches.decide, "bytecode caches"),
    ("installer_metadata", installer_metadata.decide, "the installer's own notes"),
    ("leftovers", leftovers.decide, "scripts, headers, .pth files, what a build left"),
    ("stubs", stubs.decide, "type information"),
    ("c_sources", c_sources.decide, "C, C++, Fortran and Cython sources"),
    ("tests", tests.decide, "tests"),
    ("twins", twins.decide, "Python files that an extension module of the same name hides"),
    ("docs", docs.decide, "documentation and examples"),
    ("unobserved", unobserved.decide, "what no event touched, at the level observed"),
    ("unreachable", unreachable.decide, "what no entry point reaches"),
)
"""Name (also the file's), function, and what it drops. `user` and `rule` stand above these: see `plan`."""
