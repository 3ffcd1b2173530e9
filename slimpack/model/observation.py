"""Observation: what running entry points and extension modules really loaded and opened."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Evidence to keep, never a reason to drop.

    `loaded` maps what was imported (an entry point's module or an extension module, dotted) to the modules that this
    import brought in; `opened` maps it to the tree paths opened or listed meanwhile; `failed` maps it to the error
    that its import raised. `modules` is the module set after the entry points alone were imported.
    """

    loaded: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    opened: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
