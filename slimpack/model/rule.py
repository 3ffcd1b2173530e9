"""Rule: what is known of one distribution, each item with its why."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports:
    """When `module` (dotted; empty: any module of the distribution) is reached, `targets` are imported.

    A target is a dotted module, or a pattern with `*` over dotted names.
    """

    module: str
    targets: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Globs over tree paths, with a why. `when` (dotted module; empty: always) limits it to trees that reach it.

    `of = "own"` limits it to the project's own files.
    """

    globs: tuple[str, ...]
    why: str
    when: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """Dynamic code at `path` (tree path glob) of which it is known that it finds only what is already kept.

    With `only`, names that are written out in it count as little: it asks whether they are there, or hands them on.
    """

    path: str
    why: str
    imports: tuple[str, ...] = ()
    only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Data folders that are loaded by a literal argument of a call: botocore's `client("s3")`.

    `calls` are the names of functions or methods whose first string argument names a folder under `folder`;
    `always` are the folders needed whatever is called.
    """

    calls: tuple[str, ...]
    folder: str
    always: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Eager:
    """Modules (dotted, with all below them) that must be loaded when they always were."""

    modules: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Classes (dotted) that do nothing about a class that derives from them, which analysis cannot see."""

    classes: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A variable that native code of the distribution reads once, when it is loaded."""

    variable: str
    value: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is known of one distribution. Parsed whole or rejected whole."""

    distribution: str
    imports: tuple[Imports, ...] = ()
    keep: tuple[Paths, ...] = ()
    drop: tuple[Paths, ...] = ()
    source: tuple[Paths, ...] = ()
    understood: tuple[Understood, ...] = ()
    services: tuple[Services, ...] = ()
    rewrite: tuple[tuple[str, Paths], ...] = ()
    eager: tuple[Eager, ...] = ()
    quiet: tuple[Quiet, ...] = ()
    start: tuple[Start, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What one Lambda runtime is and provides, from dated data.

    `provides` maps normalised distribution names to the version in the runtime ("" if not known); `libraries` are the
    sonames the operating system has; dates are ISO, "" where there is none. `sdk` names the distributions that go
    or stay together; `stdlib` the top-level modules of this Python's standard library.
    """

    name: str
    glibc: tuple[int, int]
    status: str
    deprecated: str
    provides: tuple[tuple[str, str], ...]
    libraries: tuple[str, ...]
    as_of: str
    blocked: str = ""
    sdk: tuple[str, ...] = ()
    stdlib: frozenset[str] = frozenset()
