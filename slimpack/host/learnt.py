"""What was learnt of files by looking at their bytes: asked once, remembered in one blob a wheel and kind."""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

from slimpack.host.tools import Tools
from slimpack.model.tree import File, Tree


def learn(
    files: Mapping[str, File],
    study: Callable[[File], Any],
    *,
    kind: str,
    tree: Tree,
    tools: Tools,
    stage: str = "",
) -> dict[str, Any]:
    """Answer by path what `study` says of each file: JSON, and a pure function of the file's content.

    `kind` names the question and its version, `stage` who hears how far it is. A file that belongs to no wheel of
    the tree has a blob of its own. At most `tools.workers` files are being read at a time, the largest first.
    """
    wheels = {distribution.name: distribution.sha256 for distribution in tree.distributions}
    shelf_of = {path: _key(kind, wheels.get(file.owner) or file.content.sha256) for path, file in files.items()}
    shelves = {key: _load(kind, key, tools) for key in sorted(set(shelf_of.values()))}
    missing: dict[tuple[str, str], File] = {}
    for path, file in files.items():
        if file.content.sha256 not in shelves[shelf_of[path]]:
            missing[shelf_of[path], file.content.sha256] = file
    asked = sorted(missing, key=lambda place: (-missing[place].content.size, place))
    total = sum(file.content.size for file in missing.values())
    done = 0
    for place, answer in zip(asked, _answers([missing[place] for place in asked], study, tools), strict=True):
        key, digest = place
        shelves[key][digest] = answer
        done += missing[place].content.size
        if stage:
            tools.listener.progressed(stage, done=done, total=total, unit="bytes")
    for key in sorted({key for key, _ in asked}):
        tools.cache.put(kind, key, json.dumps(shelves[key], sort_keys=True).encode())
    return {path: shelves[shelf_of[path]][file.content.sha256] for path, file in files.items()}


def _answers(files: list[File], study: Callable[[File], Any], tools: Tools) -> Iterator[Any]:
    if not files:
        return
    pool = ThreadPoolExecutor(max_workers=max(1, tools.workers))
    try:
        yield from pool.map(study, files)
    finally:
        pool.shutdown(cancel_futures=True)  # after an interrupt, no file is begun any more


def _key(kind: str, digest: str) -> str:
    return sha256(f"{kind}\0{digest}".encode()).hexdigest()


def _load(kind: str, key: str, tools: Tools) -> dict[str, Any]:
    raw = tools.cache.get(kind, key)
    try:
        known = json.loads(raw) if raw else {}
    except ValueError:
        return {}
    return known if isinstance(known, dict) else {}
