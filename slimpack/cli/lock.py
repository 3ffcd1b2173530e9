"""`slimpack lock`: resolve for the target and write a pylock.toml to commit."""

import os
from pathlib import Path
from typing import Any

from slimpack.cli.console import Console, tools
from slimpack.cli.options import (
    LOCK_SETTINGS,
    CacheDir,
    Debug,
    Handlers,
    LockFile,
    Quiet,
    Root,
    Verbose,
    options_of,
    with_settings,
)


@with_settings(LOCK_SETTINGS)
def lock(
    handlers: Handlers = None,
    *,
    lock_file: LockFile = None,
    root: Root = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    cache_dir: CacheDir = None,
    **given: Any,
) -> int:
    """Resolve the requirements for the target and write them, pinned and hashed, as a pylock.toml (PEP 751).

    Functions that need different locks get one each: pylock.NAME.toml.
    """
    options = options_of(handlers, root, given, locking=True)
    from slimpack import rules  # noqa: PLC0415 --help must not pay for the pipeline, nor must a mistyped option
    from slimpack.project import load  # noqa: PLC0415

    console = Console(quiet=quiet, verbose=verbose, debug=debug)
    projects = load(options, environment=os.environ, runtimes=rules.runtimes())
    from slimpack import building  # noqa: PLC0415
    from slimpack.errors import ConfigError, Problem  # noqa: PLC0415
    from slimpack.host.disk import write_atomically  # noqa: PLC0415

    if all(project.requirements.path is None for project in projects):
        what = "there are no requirements to lock"
        do = "write them in requirements.txt or pyproject.toml, or name the file with --requirements"
        raise ConfigError(Problem(what=what, where=str((root or Path()).absolute()), do=do))
    with tools(console, cache_dir=cache_dir) as services:
        texts = {project.name: building.lock(project, tools=services) for project in projects}
    alike = len(set(texts.values())) == 1
    if lock_file is not None and not alike:
        names = ", ".join(sorted(texts))
        raise ConfigError(
            Problem(
                what=f"{names} need different locks", where="--output", do="lock one at a time, or leave out --output"
            )
        )
    if lock_file == "-":
        console.product(next(iter(texts.values())))
        return 0
    folder = root or Path()
    for name, text in sorted(texts.items())[: 1 if alike else None]:
        path = Path(lock_file) if lock_file else folder / ("pylock.toml" if alike else f"pylock.{name}.toml")
        _refuse_foreign(path)
        write_atomically(path, [text.encode()])
        console.product(str(path))
    return 0


def _refuse_foreign(path: Path) -> None:
    """Raise ConfigError rather than write over a requirements file, or anything else that is no lock."""
    from slimpack.errors import ConfigError, Problem  # noqa: PLC0415

    if path.is_file() and (old := path.read_bytes()).strip() and b"lock-version" not in old:
        what = f"{path.name} is there and is no pylock.toml: it would be overwritten"
        raise ConfigError(Problem(what=what, where=str(path), do="choose another --output, or remove the file"))
