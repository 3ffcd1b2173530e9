"""Trees of fixtures/lazy: what is known of them, the decision, and the tree built by it, for a given interpreter."""

import json
import shutil
import subprocess
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from slimpack.model.lazy import Laziness, Lazy, LazyFacts, Seen
from slimpack.plan.imported import lazy_facts
from slimpack.plan.lazy import lazy

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "fixtures" / "lazy"
CASES = sorted(folder.name for folder in FOLDER.iterdir())
_BOOT = (
    "import sys, types; probe = types.ModuleType('probe'); probe.__path__ = [sys.argv[1]];"
    "sys.modules['probe'] = probe; sys.dont_write_bytecode = True;"
)
_ASK = f"""{_BOOT}
import json
from probe.waiting import importing
out = {{}}
for name, path, is_package in json.load(sys.stdin):
    with open(path, "rb") as stream:
        out[path] = importing(stream.read(), name, is_package=is_package)
print(json.dumps(out))
"""
_BUILD = f"""{_BOOT}
import importlib.util, json, marshal, os, struct
from probe.deferred import deferred
refused = {{}}
for path, groups, submodules in json.load(sys.stdin):
    with open(path, "rb") as stream:
        source = stream.read()
    try:
        code = deferred(source, path, [[tuple(each) for each in group] for group in groups], submodules=submodules)
    except ValueError as error:
        refused[path] = str(error)
        continue
    place = importlib.util.cache_from_source(path)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    header = importlib.util.MAGIC_NUMBER + struct.pack("<I", 1) + importlib.util.source_hash(source)
    with open(place, "wb") as stream:
        stream.write(header + marshal.dumps(code))
print(json.dumps(refused))
"""
_RUN = """
import sys
sys.dont_write_bytecode = True
sys.path[:0] = [sys.argv[1]]
import main
here = [name for name in sys.argv[2:] if name in sys.modules]
if here:
    print("loaded on import:", here)
main.main()
"""


def _call(python: str, program: str, *arguments: str, given: Any = None) -> str:
    done = subprocess.run(
        [python, "-I", "-c", program, *arguments],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.stdout if not done.returncode else f"{done.stdout}\n{done.stderr}"


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name / "case.toml").read_text())


def modules(tree: Path) -> dict[str, tuple[Path, bool]]:
    """Each module of a tree: its path, and whether it is a package."""
    found = {}
    for path in sorted(tree.rglob("*.py")):
        parts = path.relative_to(tree).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        found[".".join(parts[:-1] if is_package else parts)] = path, is_package
    return found


def facts(tree: Path, python: str, *, standard: Sequence[str] = ()) -> dict[str, LazyFacts]:
    places = modules(tree)
    asked = [(name, str(path), is_package) for name, (path, is_package) in places.items()]
    answers = json.loads(_call(python, _ASK, str(ROOT / "slimpack" / "probe"), given=asked))
    known = {*places, *standard}
    return {
        name: lazy_facts(
            name, *_tuples(answers[str(path)][:2]), is_package=is_package, known=known, opaque=answers[str(path)][2]
        )
        for name, (path, is_package) in places.items()
    }


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def decide(tree: Path, python: str, *, standard: Sequence[str] = (), seen: Seen | None = None) -> Lazy:
    known = facts(tree, python, standard=standard)
    known["main"] = replace(known["main"], fixed="the program itself")
    return lazy(known, roots=["main"], laziness=Laziness.SAFE, seen=seen or Seen())


def build(
    tree: Path, python: str, groups: Mapping[str, Any], submodules: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Write the bytecode of the modules that are rewritten beside their sources; answer what the mechanism refused."""
    places = modules(tree)
    jobs = [
        (str(places[name][0]), groups.get(name, []), list(submodules.get(name, ())))
        for name in sorted({*groups, *submodules})
        if name in places
    ]
    answer: dict[str, str] = json.loads(_call(python, _BUILD, str(ROOT / "slimpack" / "probe"), given=jobs))
    return answer


def grouped(decision: Lazy) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for item in decision.deferrals:
        found.setdefault(item.module, []).append(item.names)
    return found


def run(tree: Path, python: str, *absent: str) -> str:
    return _call(python, _RUN, str(tree), *absent)


def copy(name: str, to: Path) -> Path:
    shutil.copytree(FOLDER / name / "tree", to)
    return to
