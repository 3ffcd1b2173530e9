"""Modules -> what can be said of their imports; a choice of these -> bytecode: by workers of the target's interpreter.

What can be said of a module depends on its bytes, its name and the interpreter, so it is cached by wheel.
"""

import marshal
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from slimpack.host.compiled import compiled
from slimpack.host.python import Interpreter
from slimpack.host.tools import Tools
from slimpack.host.workers import Pool
from slimpack.model.tree import Content

_KIND = "importing"
_PROBE = Path(__file__).parent.parent / "probe"
_SOURCES = (
    "deferrable.py", "deferring.py", "effect_tables.py", "effects.py", "lookouts.py", "names.py", "waiting.py",
)  # fmt: skip
_FAILED = ((), ((), (), (), (), (), ()), "the interpreter failed or took too long over this module")


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One module to look at. `shelf` names what it is cached with: its wheel, by digest, or its own bytes."""

    name: str
    is_package: bool
    shelf: str
    read: Callable[[], bytes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One module to rewrite: groups of (line, name) that are imported together, and submodules that it answers for."""

    path: str
    filename: str
    groups: Sequence[Sequence[tuple[int, str]]]
    submodules: Sequence[str]
    read: Callable[[], bytes] = field(repr=False)


Said = tuple[Any, Any, str]
"""As `probe/waiting.py` answers: rows, effects, and why nothing is known."""


class Rewriter:
    """Asks the workers; use it as a context manager, so that they end."""

    def __init__(self, tools: Tools, interpreter: Interpreter, *, debug_ranges: bool) -> None:
        self._tools = tools
        self._pool = Pool(interpreter.executable, count=tools.workers, debug_ranges=debug_ranges, server="deferring")
        digest = sha256(f"{interpreter.version}\0{interpreter.magic}".encode())
        for name in _SOURCES:
            digest.update((_PROBE / name).read_bytes())
        self._about = digest.hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.close()

    def importing(self, modules: Iterable[Module]) -> Mapping[str, Said]:
        """What each module says, by its name."""
        asked = {module.name: module for module in modules}
        shelves: dict[str, dict[str, Said]] = {}
        for shelf in sorted({module.shelf for module in asked.values()}):
            shelves[shelf] = self._recalled(shelf)
        missing = [module for module in asked.values() if module.name not in shelves[module.shelf]]

        def ask(module: Module) -> Said:
            found: Said | None = self._pool.ask(("importing", module.read(), module.name, module.is_package))
            return _FAILED if found is None else found

        for module, said in zip(missing, self._each(ask, missing), strict=True):
            shelves[module.shelf][module.name] = said
        for shelf in sorted({module.shelf for module in missing}):
            known = dict(sorted(shelves[shelf].items()))
            self._tools.cache.put(_KIND, self._key(shelf), marshal.dumps(known, 4))
        return {name: shelves[module.shelf][name] for name, module in asked.items()}

    def deferred(self, changes: Sequence[Change]) -> Mapping[str, Content | str]:
        """The bytecode of each rewritten module by its path, or why it cannot be rewritten."""

        def ask(change: Change) -> Content | str:
            request = ("deferred", change.read(), change.filename, tuple(map(tuple, change.groups)))
            why, made = self._pool.ask((*request, tuple(change.submodules))) or ("the interpreter failed over it", None)
            return str(why) if made is None else compiled(made)

        return dict(zip((change.path for change in changes), self._each(ask, changes), strict=True))

    def patterns(self, wanted: Sequence[tuple[str | bytes, int]]) -> tuple[int, list[Any]]:
        """`_sre.MAGIC`, and what its compiler makes of each pattern; nothing where that fails."""
        magic, rows = self._pool.ask(("patterns", tuple(wanted))) or (0, [])
        return magic, rows

    def _each(self, ask: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        with ThreadPoolExecutor(max(1, self._tools.workers)) as threads:
            return list(threads.map(ask, items))

    def _key(self, shelf: str) -> str:
        return sha256(f"{self._about}\0{shelf}".encode()).hexdigest()

    def _recalled(self, shelf: str) -> dict[str, Said]:
        blob = self._tools.cache.get(_KIND, self._key(shelf))
        if blob is None:
            return {}
        try:
            found: dict[str, Said] = marshal.loads(blob)  # noqa: S302 the cache checked its digest
        except (ValueError, EOFError, TypeError):
            self._tools.cache.discard(_KIND, self._key(shelf))
            return {}
        return found
