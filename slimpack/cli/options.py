"""The options: those of `project.settings`, made from its table, and those of the command line alone; each once."""

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from slimpack.project.options import Options
from slimpack.project.settings import SETTINGS, Setting

Command = Callable[..., int]

Handlers = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="HANDLER",
        help="Handler (app.handler) or name of a configured function; without it: all configured functions.",
        show_default=False,
    ),
]
Root = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Folder of pyproject.toml and requirements.", show_default="here"),
]
PackagePath = Annotated[Path, typer.Argument(metavar="PACKAGE", help="A zip, or a folder as it is deployed.")]
Layer = Annotated[bool, typer.Option("--layer", help="Short for --format layer.")]
NoMeasure = Annotated[bool, typer.Option("--no-measure", help="Short for --runs 0.")]
Json = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
Markdown = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as Markdown too.")]
Html = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Write the report as one HTML file too; of several functions, one file for each."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors and the path of the product.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say what every stage did.")]
Debug = Annotated[bool, typer.Option("--debug", help="Say everything; show a traceback with every error.")]
CacheDir = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Where the cache is.", show_default="$SLIMPACK_CACHE_DIR, ~/.cache/slimpack"),
]
LockFile = Annotated[
    str | None, typer.Option("--output", "-o", metavar="PATH", help="Where the lock goes; - prints it.")
]
ReportFile = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", help="The report to ask.", show_default="the last in dist/")
]


def with_settings(settings: Iterable[Setting]) -> Callable[[Command], Command]:
    """Give a command with `**given` one option for each of `settings`, as if they were written out."""

    def decorate(command: Command) -> Command:
        signature = inspect.signature(command)
        own = [parameter for parameter in signature.parameters.values() if parameter.kind is not parameter.VAR_KEYWORD]
        made = [_parameter(setting) for setting in settings]
        first, rest = own[:1], [parameter.replace(kind=parameter.KEYWORD_ONLY) for parameter in own[1:]]
        command.__dict__["__signature__"] = signature.replace(parameters=[*first, *made, *rest])
        return command

    return decorate


def _parameter(setting: Setting) -> inspect.Parameter:
    kind = setting.kind
    names = [setting.option, *([f"-{setting.short}"] if setting.short else [])]
    annotation: Any = str | None
    if kind.flag:
        names, annotation = [f"--{setting.name}/--no-{setting.name}"], bool | None
    elif kind.many:
        annotation = list[str] | None
    option = typer.Option(*names, metavar=kind.metavar or None, help=_help(setting), show_default=False)
    return inspect.Parameter(
        setting.name.replace("-", "_"),
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[annotation, option],
    )


def _help(setting: Setting) -> str:
    text = f"{setting.help[:-1]}; may be given again." if setting.kind.many else setting.help
    default = shown_default(setting)
    return f"{text} [default: {default}]" if default else text


def shown_default(setting: Setting) -> str:
    """The default in words; empty where there is none."""
    if setting.shown or setting.default is None:
        return setting.shown
    if isinstance(setting.default, bool):
        return setting.name if setting.default else ""
    return str(setting.default)


VERIFY_SETTINGS = tuple(setting for setting in SETTINGS if setting.locks or setting.verifies)
MEASURE_SETTINGS = VERIFY_SETTINGS
_NOT_OF_PACKAGES = {"source", "format", "frozen", "follow-symlinks"}
_OF_PACKAGES_TOO = {"python", "arch", "offline"}
SLIM_SETTINGS = tuple(
    setting
    for setting in SETTINGS
    if setting.name not in _NOT_OF_PACKAGES and (not setting.locks or setting.name in _OF_PACKAGES_TOO)
)
"""What a build decides that does not resolve and install."""
_OF_MAKING = {
    "output",
    "verify",
    "repair",
    "runs",
    "optimize",
    "allow-secrets",
    "debug-ranges",
    "keep-symbols",
    "memory",
}
INSPECT_SETTINGS = tuple(
    setting
    for setting in SLIM_SETTINGS
    if setting.name not in _OF_MAKING and not setting.name.startswith(("max-", "lazy", "eager", "fallback", "ignore-a"))
)
"""What decides what would go."""
LOCK_SETTINGS = tuple(setting for setting in SETTINGS if setting.locks)


def options_of(
    handlers: list[str] | None, root: Path | None, given: dict[str, Any], *, locking: bool = False
) -> Options:
    """The Options that a command line means."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items() if value is not None
    }
    return Options(handlers=tuple(handlers or ()), root=root, locking=locking, **values)


def short_for(given: dict[str, Any], name: str, value: str, *, short: str) -> None:
    """Let a flag stand for another option; a usage error where both are given and differ."""
    if given.get(name) not in {None, value}:
        raise typer.BadParameter(f"{short} and --{name} {given[name]} exclude one another")
    given[name] = value
