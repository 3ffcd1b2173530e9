"""Tree -> zip: sorted, dated 1980, with the wheels' own streams where a file is as its wheel brought it."""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

from slimpack.emit import archive
from slimpack.emit.members import content_sha256, head, mode, prefix
from slimpack.emit.streams import Stream, compress, stream_of
from slimpack.host.disk import write_atomically
from slimpack.host.tools import Tools
from slimpack.model.artifact import Artifact, Member
from slimpack.model.project import Project
from slimpack.model.tree import Tree


def write_zip(tree: Tree, *, project: Project, origins: Mapping[str, str], tools: Tools) -> Artifact:
    """Write the zip of a function or a layer; one member at a time is in memory, and what had to be compressed."""
    optimize = project.policy.optimize
    compressed = compress(tree, optimize=optimize, tools=tools)
    layout = project.output.layout
    place = prefix(layout, project.target)
    members: list[Member] = []
    lines: list[tuple[str, int, str]] = []

    def entries() -> Iterator[archive.Entry]:
        for path, file in tree.files.items():
            stream = stream_of(file.content, compressed=compressed, optimize=optimize)
            entry = _entry(place + path, stream, size=file.content.size, bits=mode(file, head(stream)))
            members.append(
                Member(
                    path=entry.path,
                    size=entry.size,
                    stored=entry.stored,
                    origin=origins.get(path, path),
                    owner=file.owner,
                )
            )
            lines.append((entry.path, entry.mode, file.content.sha256))
            yield entry

    total = _Total()
    write_atomically(project.output.path, total.over(archive.write(entries())))
    return Artifact(
        path=project.output.path,
        layout=layout,
        size=total.size,
        unpacked=tree.size,
        sha256=total.digest.hexdigest(),
        content_sha256=content_sha256(lines),
        members=tuple(members),
    )


def _entry(path: str, stream: Stream, *, size: int, bits: int) -> archive.Entry:
    return archive.Entry(path=path, mode=bits, method=stream.method, crc32=stream.crc32, size=size, data=stream.data)


class _Total:
    """Counts and digests what goes by, so that the zip need not be read again."""

    __slots__ = ("digest", "size")

    def __init__(self) -> None:
        self.size = 0
        self.digest = sha256()

    def over(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.size += len(chunk)
            self.digest.update(chunk)
            yield chunk
