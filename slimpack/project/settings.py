"""The settings: each key once, for `[tool.slimpack]`, for the command line, and for the README's tables."""

from dataclasses import dataclass, field
from typing import Any, Final

from slimpack.model.lazy import Laziness
from slimpack.model.project import Bytecode, Fallback, Layout, Level, Optimize, Resolver
from slimpack.model.target import Architecture
from slimpack.project.kinds import (
    CODES,
    COUNT,
    DURATION,
    FLAG,
    GLOBS,
    IGNORED,
    MEMORY,
    PATH,
    PATHS,
    POINTERS,
    PYTHON,
    SIZE,
    TEXTS,
    URL,
    URLS,
    VARIABLES,
    Kind,
    choice,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One key. `flag` is its option without the dashes, where that is not `name`; `short` a one-letter option.

    `adds`: a nearer list is added to a farther one (option to function to [tool.slimpack]) and does not replace it.
    `shown` says the default in words where the value does not. `locks`: it decides what a lock holds; `verifies`: how
    a finished artifact is run.
    """

    name: str
    kind: Kind
    help: str
    default: Any = None
    shown: str = ""
    flag: str = ""
    short: str = ""
    adds: bool = False
    locks: bool = False
    verifies: bool = False

    @property
    def option(self) -> str:
        """The option on the command line; empty where there is none."""
        return f"--{self.flag or self.name}"


# fmt: off
SETTINGS: Final[tuple[Setting, ...]] = (
    Setting(name="source", kind=PATH, default=".", verifies=True,
            help="Folder of the project's own code, relative to the root."),
    Setting(name="python", kind=PYTHON, shown="the project's, else the running one", locks=True,
            help="Python version of the Lambda runtime."),
    Setting(name="arch", kind=choice(Architecture), default=Architecture.X86_64, locks=True,
            help="Instruction set of the function."),
    Setting(name="level", kind=choice(Level), default=Level.TRACED, shown="traced; clean for a layer without imports",
            help="How much may go: only junk (clean), also what no import or data access reaches (traced), or all that "
                 "no event touched (observed)."),
    Setting(name="fallback", kind=choice(Fallback), default=Fallback.ARCHIVE,
            help="At the level observed, a module that no event touched: is not there (none), says so when it is "
                 "imported (explain), or ships compressed and is loaded on demand (archive)."),
    Setting(name="events", flag="event", kind=PATHS,
            verifies=True,
            help="JSON file with an event to run the handler on, original and artifact, and to compare the answers."),
    Setting(name="ignore-answers", flag="ignore-answer", kind=POINTERS, adds=True,
            verifies=True, help="JSON pointer of what may differ between two answers, as in /body/timestamp."),
    Setting(name="timeout", kind=DURATION, default=30_000.0, shown="30s", verifies=True,
            help="How long one event may take."),
    Setting(name="env", kind=VARIABLES, adds=True,
            verifies=True,
            help="Environment variable of the function when it is run here; ${NAME} takes it from outside."),
    Setting(name="env-file", kind=PATH, verifies=True, help="File with such variables, NAME=VALUE a line."),
    Setting(name="allow-network", kind=FLAG, default=False, verifies=True,
            help="Let the function reach the network when it is run."),
    Setting(name="optimize", kind=choice(Optimize), default=Optimize.SPEED,
            help="Start fastest (speed), or be smallest: sources only, strongest compression (size)."),
    Setting(name="bytecode", kind=choice(Bytecode), default=Bytecode.AUTO,
            help="Ship sources, bytecode, or both; auto: both of own code from 2 KB on, bytecode of the rest."),
    Setting(name="lazy", kind=choice(Laziness), default=Laziness.OFF,
            help="Let imports wait for their first use: none (off), those that analysis can justify (safe), also those "
                 "that do no harm as far as running shows (profile); and make the rest of init cheaper."),
    Setting(name="lazy-own", kind=FLAG, default=False, help="Let imports in own code wait too."),
    Setting(name="eager", kind=TEXTS, adds=True, help="Module whose import never waits, with all below it."),
    Setting(name="memory", kind=MEMORY, default=1769,
            help="Memory size of the function in MB: with less of it, a late import costs more than it saves."),
    Setting(name="format", kind=choice(Layout), default=Layout.ZIP, verifies=True, help="Shape of the artifact."),
    Setting(name="output", kind=PATH, short="o", shown="dist/NAME.zip",
            verifies=True, help="Where the artifact goes; a folder (directory format) if it ends in /."),
    Setting(name="imports", flag="import", kind=TEXTS, verifies=True, help="Module that users of a layer import."),
    Setting(name="requirements", short="r", kind=PATH, shown="the first lock or requirements file found", locks=True,
            help="File with the requirements: a lock, a requirements file, or a pyproject.toml."),
    Setting(name="groups", flag="group", kind=TEXTS, help="Dependency group to install as well.", locks=True),
    Setting(name="extras", flag="extra", kind=TEXTS, help="Extra of the project to install as well.", locks=True),
    Setting(name="resolver", kind=choice(Resolver), default=Resolver.UV, locks=True,
            help="Who resolves requirements that no lock pins."),
    Setting(name="frozen", kind=FLAG, default=False, verifies=True,
            help="Never resolve: the lock must be there and complete."),
    Setting(name="offline", kind=FLAG, default=False, help="Use the cache alone, no network.", locks=True),
    Setting(name="build-sdist", kind=TEXTS, adds=True, locks=True,
            help="Distribution that may be built from source; :all: for every one."),
    Setting(name="index-url", kind=URL, help="Package index instead of the one pip or uv is set to.", locks=True),
    Setting(name="extra-index-url", kind=URLS, help="Package index to ask as well.", locks=True),
    Setting(name="find-links", kind=URLS, help="Folder or page with wheels to look at as well.", locks=True),
    Setting(name="include", kind=GLOBS, adds=True, verifies=True,
            help="Own files to ship although nothing visible reads them."),
    Setting(name="keep", kind=GLOBS, adds=True, help="Files that are never dropped."),
    Setting(name="drop", kind=GLOBS, adds=True, help="Files to drop although something reaches them."),
    Setting(name="allow-secrets", flag="allow-secret", kind=GLOBS, adds=True,
            help="File that looks like a secret and may ship."),
    Setting(name="ignore", kind=IGNORED, adds=True, help="Finding to leave out of the report, for some files or all."),
    Setting(name="fail-on", kind=CODES, adds=True, help="Finding that makes the exit code 1."),
    Setting(name="keep-docs", kind=FLAG, default=False, help="Keep documentation that only help() shows."),
    Setting(name="debug-ranges", kind=FLAG, default=False, help="Keep the column positions in bytecode."),
    Setting(name="keep-symbols", kind=FLAG, default=False, help="Keep symbols and debug sections of native files."),
    Setting(name="runtime-provided", kind=FLAG, default=False, verifies=True,
            help="Leave out what the Lambda runtime provides."),
    Setting(name="follow-symlinks", kind=FLAG, default=True, verifies=True,
            help="Follow links in own code that stay inside."),
    Setting(name="run", kind=FLAG, default=True, help="Import handlers and extension modules to see what they load."),
    Setting(name="verify", kind=FLAG, default=True, help="Run the artifact and compare it with the original."),
    Setting(name="repair", kind=FLAG, default=False, help="Put back dropped files that the artifact misses."),
    Setting(name="runs", kind=COUNT, default=4, help="How often the init time is measured; 0: not at all."),
    Setting(name="max-zip", kind=SIZE, help="Budget of the zip, as in 10MB."),
    Setting(name="max-unzipped", kind=SIZE, help="Budget of the unpacked artifact."),
    Setting(name="max-init", kind=DURATION, help="Budget of the init's CPU time, as in 300ms."),
)
# fmt: on
"""In the order of help and README. Later lists and values win: default, [tool.slimpack], function, option."""

HANDLER: Final = Setting(
    name="handler",
    kind=TEXTS,
    help="The handler, `app.handler` or `pkg/app.handler`; a list for several in one artifact.",
)
"""The one key that a table may hold and that is no option: on the command line it is the argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The settled values of one function, and where each came from: an option, or a key of the file."""

    values: dict[str, Any] = field(default_factory=dict)
    where: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def is_set(self, name: str) -> bool:
        """Tell whether the user said anything about it."""
        return bool(self.where.get(name))
