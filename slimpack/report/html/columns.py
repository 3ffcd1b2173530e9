"""Rows -> columns of small numbers and each text once: what makes thousands of rows fit into a page."""

from collections.abc import Hashable, Iterable, Sequence
from os.path import commonprefix
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Table(Generic[T]):
    """Values by number, each once, in the order in which they were first asked for."""

    def __init__(self, values: Iterable[T] = ()) -> None:
        self._places: dict[T, int] = {}
        for value in values:
            self.place(value)

    def place(self, value: T) -> int:
        """The number of a value; a new one is put at the end."""
        return self._places.setdefault(value, len(self._places))

    @property
    def values(self) -> list[T]:
        """All values by their numbers."""
        return list(self._places)


def front_coded(texts: Sequence[str]) -> dict[str, list[int] | list[str]]:
    """Sorted texts as what each shares with the one before, in UTF-16 as the reader counts, and what is left of it."""
    shared: list[int] = []
    rest: list[str] = []
    before = ""
    for text in texts:
        common = commonprefix((before, text))  # noqa: RUF071 of characters, as it says
        shared.append(len(common.encode("utf-16-le")) // 2)
        rest.append(text[len(common) :])
        before = text
    return {"shared": shared, "rest": rest}
