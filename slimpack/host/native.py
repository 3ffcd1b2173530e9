"""Tree -> path -> Elf: what the loader will make of each native file, remembered per wheel."""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Any

from slimpack.host.learnt import learn
from slimpack.host.tools import Tools
from slimpack.model.elf import MAGIC, Elf, ElfError, Segment, is_elf, parse
from slimpack.model.tree import Content, File, Tree

_KIND = "elf-1"
_NEVER_NATIVE = {
    ".c", ".cc", ".cpp", ".css", ".csv", ".gz", ".h", ".hpp", ".html", ".js", ".json", ".md", ".pxd", ".py", ".pyc",
    ".pyi", ".pyx", ".rst", ".toml", ".txt", ".typed", ".xml", ".yaml", ".yml", ".zip",
}  # fmt: skip
"""Suffixes whose files are not looked into: they are most of a tree, and no loader is given them."""
_HEAD = 512


def elf_of(tree: Tree, tools: Tools, *, paths: Iterable[str] | None = None) -> Mapping[str, Elf | str]:
    """Parse the ELF files of the tree, or those among `paths`; text says why one is not valid. Sorted by path."""
    files = {
        path: tree[path]
        for path in sorted(tree if paths is None else paths)
        if PurePosixPath(path).suffix not in _NEVER_NATIVE and tree[path].content.size > len(MAGIC)
    }
    answers = learn(files, _study, kind=_KIND, tree=tree, tools=tools)
    return {path: _decoded(answer) for path, answer in answers.items() if answer is not None}


def _study(file: File) -> Any:
    if not is_elf(_head(file.content)):
        return None
    try:
        elf = parse(file.content.read())
    except ElfError as error:
        return str(error)
    return {**asdict(elf), "segments": [list(asdict(segment).values()) for segment in elf.segments]}


def _head(content: Content) -> bytes:
    """The first bytes, inflating no more than these where there is a stream."""
    ready = content.deflated()
    if ready is None:
        return content.read()[: len(MAGIC)]
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(ready.stream[:_HEAD], len(MAGIC))
    except zlib.error:
        return content.read()[: len(MAGIC)]


def _decoded(answer: Any) -> Elf | str:
    if isinstance(answer, str):
        return answer
    kind, flags, offset, vaddr, filesz, memsz, align = range(7)
    segments = tuple(
        Segment(
            kind=row[kind],
            flags=row[flags],
            offset=row[offset],
            vaddr=row[vaddr],
            filesz=row[filesz],
            memsz=row[memsz],
            align=row[align],
        )
        for row in answer["segments"]
    )
    names = {field: tuple(answer[field]) for field in ("needed", "rpath", "runpath")}
    versions = tuple((library, version) for library, version in answer["verneed"])
    return Elf(**{**answer, **names, "segments": segments, "verneed": versions})
