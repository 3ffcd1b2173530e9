"""`slimpack cache`: where it is, make it smaller, empty it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slimpack.cli.console import Console
from slimpack.cli.options import CacheDir

if TYPE_CHECKING:
    from slimpack.host.cache import Cache

MaxSize = Annotated[str | None, typer.Option(metavar="SIZE", help="What to leave, as in 500MB.", show_default="5GB")]

app = typer.Typer(rich_markup_mode=None, help="Show, shrink or empty the cache; losing it costs time only.")


@app.callback(invoke_without_command=True)
def _top(context: typer.Context) -> int:
    if context.invoked_subcommand is None:
        Console().product(context.get_help())
    return 0


@app.command()
def dir(cache_dir: CacheDir = None) -> int:  # noqa: A001 it is the command's name
    """Print the folder of the cache."""
    Console().product(str(_cache(cache_dir).root))
    return 0


@app.command()
def clear(cache_dir: CacheDir = None) -> int:
    """Remove everything from the cache."""
    cache = _cache(cache_dir)
    cache.clear()
    Console().say(f"emptied {cache.root}")
    return 0


@app.command()
def prune(max_size: MaxSize = None, cache_dir: CacheDir = None) -> int:
    """Remove what was not used for longest, until the cache is small enough."""
    from slimpack.host.cache import SIZE_LIMIT  # noqa: PLC0415 --help must not pay for it
    from slimpack.project.kinds import SIZE, NotAllowedError  # noqa: PLC0415

    limit = SIZE_LIMIT
    if max_size is not None:
        try:
            limit = int(str(SIZE.parse(max_size)))
        except NotAllowedError as error:
            raise typer.BadParameter(f'--max-size cannot be "{max_size}"; allowed: {SIZE.allowed}') from error
    freed = _cache(cache_dir).prune(limit)
    Console().say(f"removed {max(freed, 0) / 1024**2:.1f} MB")
    return 0


def _cache(chosen: Path | None) -> "Cache":
    from slimpack.host.cache import Cache  # noqa: PLC0415 zstandard costs 5 ms
    from slimpack.host.tools import cache_folder  # noqa: PLC0415

    return Cache(chosen.expanduser().absolute() if chosen else cache_folder(os.environ))
