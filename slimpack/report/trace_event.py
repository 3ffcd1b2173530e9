"""Profile -> Chrome's trace format (also read by Perfetto and speedscope): the imports of init on one time axis."""

import json

from slimpack.model.profile import Imported, Profile

_MICRO = 1000


def trace_json(profile: Profile) -> str:
    """One complete event an import, nested as they were; CPU time in µs, children one after the other."""
    children: dict[str, list[Imported]] = {}
    known = {one.module for one in profile.imports}
    for one in profile.imports:
        children.setdefault(one.parent if one.parent in known else "", []).append(one)
    events: list[dict[str, object]] = []

    def add(parent: str, start: float) -> None:
        for one in children.get(parent, ()):
            events.append(
                {
                    "name": one.module,
                    "cat": one.owner or "own",
                    "ph": "X",
                    "ts": round(start * _MICRO),
                    "dur": round(one.cumulative * _MICRO),
                    "pid": 1,
                    "tid": 1,
                    "args": {"first imported by": one.importer, "saved if deferred, ms": round(one.saved, 3)},
                }
            )
            add(one.module, start)
            start += one.cumulative

    add("", 0.0)
    return json.dumps({"displayTimeUnit": "ms", "traceEvents": events}, indent=1) + "\n"


def importtime_text(profile: Profile) -> str:
    """As `-X importtime` writes it: an import stands below what it imported, two blanks less deep."""
    children: dict[str, list[Imported]] = {}
    known = {one.module for one in profile.imports}
    for one in profile.imports:
        children.setdefault(one.parent if one.parent in known else "", []).append(one)
    lines = ["import time: self [us] | cumulative | imported package"]

    def add(parent: str, depth: int) -> None:
        for one in children.get(parent, ()):
            add(one.module, depth + 1)
            own, whole = round(one.own * _MICRO), round(one.cumulative * _MICRO)
            lines.append(f"import time: {own:9} | {whole:10} | {'  ' * depth}{one.module}")

    add("", 0)
    return "\n".join(lines) + "\n"
