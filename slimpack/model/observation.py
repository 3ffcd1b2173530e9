"""Observation: what running entry points and extension modules really loaded and opened."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from slimpack.model.answer import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Evidence to keep, never a reason to drop (but at the level that says so).

    `loaded` maps what was imported (an entry point's module or an extension module, dotted) or an event that was
    handled (by its name, listed in `events`) to the modules that this brought in, directly or not; `failed` maps it to
    the error that its import raised. The import system's own
    accesses are not in what follows, so a `.py` in `opened` is a source that the program itself read. `opened` maps
    it to the tree paths opened, mapped or executed meanwhile; `listed` to the folders listed ("" is the root); `probed`
    to the files and folders that were there when their existence was asked for, by stat or by find_spec. `modules` is
    the module set after the entry points alone were imported, and the events handled. `answers` has what the entry
    points made of the events, in their order.
    """

    loaded: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    opened: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    listed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    probed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()

    def joined(self, other: "Observation") -> "Observation":
        """The evidence of both."""
        return Observation(
            loaded=_joined(self.loaded, other.loaded),
            opened=_joined(self.opened, other.opened),
            listed=_joined(self.listed, other.listed),
            probed=_joined(self.probed, other.probed),
            failed={**self.failed, **other.failed},
            modules=tuple(sorted({*self.modules, *other.modules})),
            events=self.events + other.events,
            answers=self.answers + other.answers,
        )

    def touched(self) -> frozenset[str]:
        """Every file that was opened, mapped, or asked for."""
        return frozenset(path for kind in (self.opened, self.probed) for paths in kind.values() for path in paths)


def _joined(one: Mapping[str, tuple[str, ...]], other: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(sorted({*one.get(name, ()), *other.get(name, ())})) for name in sorted({*one, *other})}
