"""Options: what the user asked for on the command line or through the API, as written; None or () is not given."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Every field but the first four is a setting of `project.settings`, by its name with `_` for `-`.

    Values are texts as on the command line, so that every wrong one is found in one place. `handlers` are handlers or
    names of configured functions; `root` is the folder with the project's files. Paths are relative to `cwd`. With
    `locking` no handler is needed or looked at, and the pylock.toml, which is to be written, is a source only where
    there is no other.
    """

    handlers: tuple[str, ...] = ()
    root: Path | None = None
    cwd: Path | None = None
    locking: bool = False

    source: str | None = None
    python: str | None = None
    arch: str | None = None
    level: str | None = None
    fallback: str | None = None
    events: tuple[str, ...] = ()
    ignore_answers: tuple[str, ...] = ()
    timeout: str | None = None
    env: tuple[str, ...] = ()
    env_file: str | None = None
    allow_network: bool | None = None
    optimize: str | None = None
    bytecode: str | None = None
    lazy: str | None = None
    lazy_own: bool | None = None
    eager: tuple[str, ...] = ()
    memory: str | int | None = None
    format: str | None = None
    output: str | None = None
    imports: tuple[str, ...] = ()

    requirements: str | None = None
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    resolver: str | None = None
    frozen: bool | None = None
    offline: bool | None = None
    build_sdist: tuple[str, ...] = ()
    index_url: str | None = None
    extra_index_url: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()

    include: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    allow_secrets: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: tuple[str, ...] = ()
    keep_docs: bool | None = None
    debug_ranges: bool | None = None
    keep_symbols: bool | None = None
    runtime_provided: bool | None = None
    follow_symlinks: bool | None = None

    run: bool | None = None
    verify: bool | None = None
    repair: bool | None = None
    runs: str | int | None = None
    max_zip: str | int | None = None
    max_unzipped: str | int | None = None
    max_init: str | None = None

    def given(self, name: str) -> object:
        """The value of the setting `name`, None where it was not given."""
        value: object = getattr(self, name.replace("-", "_"))
        return None if value == () else value
