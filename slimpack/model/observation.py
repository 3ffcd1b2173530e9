"""Observation: what running entry points and extension modules really loaded and opened."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Evidence to keep, never a reason to drop.

    `loaded` maps what was imported (an entry point's module or an extension module, dotted) to the modules that this
    import brought in, directly or not; `failed` maps it to the error that its import raised. The import system's own
    accesses are not in what follows, so a `.py` in `opened` is a source that the program itself read. `opened` maps
    it to the tree paths opened, mapped or executed meanwhile; `listed` to the folders listed ("" is the root); `probed`
    to the files and folders that were there when their existence was asked for, by stat or by find_spec. `modules` is
    the module set after the entry points alone were imported.
    """

    loaded: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    opened: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    listed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    probed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
