"""Metadata -> metadata without the description, the README that a distribution's page on an index shows.

Every header stays, so that versions, requirements, licences and entry points are found as before. Where code asks for
what could show the description (`metadata(name).get_payload()` or `["Description"]`), the plan leaves it whole. Of 12
distributions of a small web function it is 50 of 61 KB zipped.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from slimpack.apply.job import Job, Outcome
from slimpack.apply.rewritten import Change, Unchanged, rewritten
from slimpack.model.tree import File

_KIND = "description-1"
_END = re.compile(rb"\r?\n\r?\n")
_HEADERS = re.compile(rb"Metadata-Version:")


def without_description(files: Mapping[str, File], job: Job) -> Outcome:
    """Cut each METADATA behind its headers."""
    contents = rewritten(files, _attempt, kind=_KIND, least=0.1, job=job)
    placed = {}
    for path, file in files.items():
        content = contents[path]
        placed[path] = {path: file if isinstance(content, Unchanged) else replace(file, content=content)}
    return Outcome(files=placed)


def _attempt(data: bytes) -> Change | Unchanged:
    if _HEADERS.match(data) is None:
        return Unchanged(why="it does not begin as metadata does")
    end = _END.search(data)
    if end is None or not data[end.end() :].strip():
        return Unchanged(why="it has no description")
    return Change(data=data[: end.start()] + b"\n", gain=len(data) - end.start() - 1)
