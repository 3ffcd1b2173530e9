"""Rows of a probe: tab-separated fields, written to a descriptor as things happen, each thing once."""

# Only os and sys are loaded before the program is, so no pathlib:
# ruff: noqa: PTH109, PTH118

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def escape(field: object) -> str:
    """Make a field fit between tabs."""
    return str(field).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def unescape(field: str) -> str:
    """Undo `escape`."""
    parts = field.split("\\\\")
    return "\\".join(part.replace("\\t", "\t").replace("\\n", "\n") for part in parts)


class Watch:
    """What is watched, and where it is told."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.roots: tuple[str, ...] = ()
        self.plugged = False
        self.told: set[tuple[object, ...]] = set()
        self.extensions: list[set[str]] = []

    def tell(self, *fields: object) -> None:
        """Write one row."""
        row = "\t".join([escape(field) for field in fields]) + "\n"
        data = row.encode("utf-8", "surrogateescape")
        while data:
            data = data[os.write(self.descriptor, data) :]

    def once(self, *fields: object) -> None:
        """Write a row that was not written before."""
        if fields not in self.told:
            self.told.add(fields)
            self.tell(*fields)

    def inside(self, path: "Any") -> "str | None":
        """The absolute form of a path below one of the roots, else None."""
        if isinstance(path, int) or path is None:
            return None
        try:
            text = os.fsdecode(path)
        except TypeError:
            return None
        if not text.startswith("/"):
            text = os.path.join(os.getcwd(), text)
        if "/." in text or "//" in text or text.endswith("/"):
            text = os.path.normpath(text)
        for root in self.roots:
            if text == root or text.startswith(root + "/"):
                return text
        return None
