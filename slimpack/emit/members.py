"""Tree -> members: each file at its place in the layout, with the mode its content asks for."""

import zlib
from collections.abc import Iterable
from hashlib import sha256

from slimpack.emit.archive import STORED
from slimpack.emit.streams import Stream
from slimpack.model.project import Layout
from slimpack.model.target import Target
from slimpack.model.tree import File

_PROGRAMS = (b"\x7fELF", b"#!")
_LONGEST = 4
_PEEK = 4096  # compressed bytes: a dynamic block's tables take some hundred


def prefix(layout: Layout, target: Target) -> str:
    """Where the tree's root lies in the artifact. A layer's is a site directory, so that `.pth` files work there."""
    return f"python/lib/python{target.python_version}/site-packages/" if layout is Layout.LAYER else ""


def mode(file: File, data: bytes) -> int:
    """0755 for programs and native libraries, else 0644; by the file and never by the umask of whoever builds."""
    return 0o755 if file.executable or data.startswith(_PROGRAMS) else 0o644


def head(stream: Stream) -> bytes:
    """The first bytes of what the stream holds."""
    if stream.method == STORED:
        return stream.data[:_LONGEST]
    return zlib.decompressobj(wbits=-zlib.MAX_WBITS).decompress(stream.data[:_PEEK], _LONGEST)


def content_sha256(lines: Iterable[tuple[str, int, str]]) -> str:
    """One digest over names, modes and contents (in the members' order), whatever compressed them."""
    total = sha256()
    for path, bits, digest in lines:
        total.update(f"{path}\0{bits:o}\0{digest}\n".encode())
    return total.hexdigest()
