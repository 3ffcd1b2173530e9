"""argv -> exit code: the commands, and the one place where errors become messages."""

import errno
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from slimpack.cli import cache
from slimpack.cli.build import build
from slimpack.cli.compare import compare
from slimpack.cli.console import Console, print_problems
from slimpack.cli.init import init
from slimpack.cli.inspect import inspect
from slimpack.cli.lock import lock
from slimpack.cli.measure import measure
from slimpack.cli.sbom import sbom
from slimpack.cli.slim import slim
from slimpack.cli.verify import verify
from slimpack.cli.why import report, tree, why
from slimpack.errors import EmitError, Problem, SlimpackError
from slimpack.project.kinds import nearest
from slimpack.version import __version__

__all__ = ["main", "run"]

_QUOTES = " '?"
_SYSTEM = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE}
    | {errno.EIO, errno.ENAMETOOLONG, errno.ENOMEM}
)
_BUG, _INTERRUPTED, _USAGE = 70, 130, 2
_BUG_TEXT = f"""this is a bug in slimpack {__version__}, not in your project
  do:    report it where you got slimpack from, with the lines above and the command that you ran"""

app = typer.Typer(
    name="slimpack",
    rich_markup_mode=None,  # help with rich costs 60 ms more, and reads no better
    pretty_exceptions_enable=False,
    help="Turn a Python AWS Lambda project into the smallest package that starts fastest and provably still works.",
)
app.command()(init)
app.command()(build)
app.command()(lock)
app.command()(slim)
app.command()(inspect)
app.command()(verify)
app.command()(measure)
app.command()(compare)
app.command()(why)
app.command()(tree)
app.command()(report)
app.command()(sbom)
app.add_typer(cache.app, name="cache")


def _show_version(wanted: bool) -> None:
    if wanted:
        Console().product(f"slimpack {__version__}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and stop.")
]


@app.callback(invoke_without_command=True)
def _top(context: typer.Context, version: Version = False) -> int:  # noqa: ARG001 its callback has acted
    """Show help where no command is given."""
    if context.invoked_subcommand is None:
        Console().product(context.get_help())
    return 0


def main() -> None:
    """Run the command line and leave with its exit code."""
    # A CI job that is cancelled: clean up as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command line; what goes wrong becomes a message on stderr and the exit code of its kind."""
    try:
        code = app(list(arguments), prog_name="slimpack", standalone_mode=False)
    except SlimpackError as error:
        if "--debug" in arguments:
            traceback.print_exc()
        print_problems(error.problems)
        return error.exit_code
    except OSError as error:
        if error.errno not in _SYSTEM or isinstance(error, BrokenPipeError):
            return _bug()
        if "--debug" in arguments:
            traceback.print_exc()
        print_problems([_refused_by_system(error)])
        return EmitError.exit_code
    except Exception as error:  # noqa: BLE001 the edge: whatever is left is a bug, and says so
        if hasattr(error, "format_message"):  # click's usage errors: their class moved into typer in 2026
            print_problems([_usage(error, arguments)])
            return _USAGE
        return _bug()
    except KeyboardInterrupt:
        code = _INTERRUPTED
    if code == _INTERRUPTED:
        print("interrupted", file=sys.stderr)
    return code if isinstance(code, int) else 0


def _bug() -> int:
    traceback.print_exc()
    print(f"error: {_BUG_TEXT}", file=sys.stderr)
    return _BUG


def _refused_by_system(error: OSError) -> Problem:
    """What the stages did not foresee but no program can mend: a full disk, a quota, too many open files."""
    return Problem(
        what=f"the system refused: {error.strerror}",
        where=str(error.filename or ""),
        do="free some space or set TMPDIR and SLIMPACK_CACHE_DIR to folders that can be written; --debug shows more",
    )


def _usage(error: Exception, arguments: Sequence[str]) -> Problem:
    """A wrong command line in the form of every other error."""
    context = getattr(error, "ctx", None)
    first = arguments[0] if arguments else ""
    where = context.command_path if context else f"slimpack {first}".strip()
    choices = tuple(getattr(error, "possibilities", None) or ())
    # format_message would list the choices, of which the nearest is enough.
    message: str = error.message if choices else error.format_message()  # type: ignore[attr-defined]  # as its caller saw
    what, _, meant = message.partition(" Did you mean ")
    what = what.strip().removesuffix(".").removeprefix("Invalid value: ")
    near = nearest(getattr(error, "option_name", ""), choices)
    if near or meant:
        do = f"did you mean {near or meant.strip(_QUOTES)}?"
    elif what.startswith("No such command") and "." in first:
        do = f"did you mean slimpack build {first}?"
    else:
        do = f"see {where} --help"
    return Problem(what=what[:1].lower() + what[1:], where=where, do=do)
