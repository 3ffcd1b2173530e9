"""Project: everything the user decided, made once; nothing later reads configuration, argv or the environment."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from slimpack.model.lazy import Laziness
from slimpack.model.target import Target


class Level(StrEnum):
    """How much may go: only junk, what has no route, or what no event touched."""

    CLEAN = "clean"
    TRACED = "traced"
    OBSERVED = "observed"


class Fallback(StrEnum):
    """What becomes of a module that no event touched, at the level OBSERVED."""

    NONE = "none"
    EXPLAIN = "explain"
    ARCHIVE = "archive"


class Bytecode(StrEnum):
    """What becomes of Python sources: as decided per file (AUTO), sources alone, both, or bytecode alone."""

    AUTO = "auto"
    SOURCE = "source"
    BOTH = "both"
    ONLY = "only"


class Optimize(StrEnum):
    """What the artifact is optimised for."""

    SPEED = "speed"
    SIZE = "size"


class Layout(StrEnum):
    """The shape of the artifact."""

    ZIP = "zip"
    LAYER = "layer"
    DIRECTORY = "directory"


class Resolver(StrEnum):
    """Who resolves loose requirements."""

    UV = "uv"
    PIP_TOOLS = "pip-tools"


class SourceKind(StrEnum):
    """The kinds of requirement sources, in the order in which they are looked for."""

    PYLOCK = "pylock.toml"
    UV_LOCK = "uv.lock"
    POETRY_LOCK = "poetry.lock"
    PDM_LOCK = "pdm.lock"
    PIPFILE_LOCK = "Pipfile.lock"
    REQUIREMENTS = "requirements.txt"
    PYPROJECT = "pyproject.toml"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPoint:
    """A handler as Lambda names it: `pkg/app.handler` or `pkg.app.handler`; without attribute a module of a layer."""

    module: str
    attribute: str

    def __str__(self) -> str:
        return f"{self.module}.{self.attribute}" if self.attribute else self.module


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event to run a handler on. `name` is its file relative to the project, `body` the JSON in it."""

    name: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """Where the requirements come from, and which parts of it are wanted."""

    kind: SourceKind
    path: Path | None = None
    constraints: tuple[Path, ...] = ()
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """How requirements become a lock. `build` names the distributions whose sdist may be built (`:all:` for all)."""

    resolver: Resolver = Resolver.UV
    frozen: bool = False
    offline: bool = False
    build: tuple[str, ...] = ()
    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What may be dropped and rewritten, and what slimpack may execute. Globs are over POSIX paths in the artifact.

    `eager` are modules whose imports never wait; `memory` is the function's, in MB.
    """

    level: Level = Level.TRACED
    fallback: Fallback = Fallback.ARCHIVE
    bytecode: Bytecode = Bytecode.AUTO
    optimize: Optimize = Optimize.SPEED
    lazy: Laziness = Laziness.OFF
    lazy_own: bool = False
    eager: tuple[str, ...] = ()
    memory: int = 1769
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    allow_secrets: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: tuple[str, ...] = ()
    keep_docs: bool = False
    debug_ranges: bool = False
    symbols: bool = False
    runtime_provided: bool = False
    follow_symlinks: bool = True
    run: bool = True
    verify: bool = True
    repair: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How functions are run to be observed and verified. `timeout` in seconds for one event.

    `variables` are what the user's function finds in its environment besides what Lambda sets; `ignored` the JSON
    pointers of what may differ between two answers.
    """

    events: tuple[Event, ...] = ()
    timeout: float = 30.0
    network: bool = False
    variables: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Limits the user sets: bytes, bytes, milliseconds of init (CPU). None: no limit."""

    max_zip: int | None = None
    max_unzipped: int | None = None
    max_init: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """`report` is the JSON report beside the artifact; `replaces`: what is at `path` goes, whoever made it."""

    layout: Layout
    path: Path
    report: Path
    replaces: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One artifact to build. `name` is the function's name; `root` the folder of its own code, absolute."""

    name: str
    root: Path
    entry_points: tuple[EntryPoint, ...]
    requirements: Requirements
    resolution: Resolution
    target: Target
    policy: Policy
    budget: Budget
    output: Output
    trial: Trial = field(default_factory=Trial)
    runs: int = 0
    config: Path | None = None

    @property
    def mounted_at(self) -> str:
        """Where Lambda shows the tree's root, so what tracebacks name: the task root, or a layer's site directory."""
        if self.output.layout is Layout.LAYER:
            return f"/opt/python/lib/{self.target.runtime}/site-packages"
        return "/var/task"
