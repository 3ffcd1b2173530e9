"""Loaders of what is in the archive: modules come as if they lay in their places, and what lies there is read there."""

import os
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import (
    ExtensionFileLoader,
    SourceFileLoader,
    SourcelessFileLoader,
    spec_from_file_location,
)

from . import keep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, ModuleType
    from typing import Any, Callable, Optional

    from . import Cold, Row


def spec_of(cold: "Cold", fullname: str, origin: str, folder: str, row: "Row") -> "Any":
    """How to load a module. Called under the import lock: nothing is read or imported here."""
    blob, file = row
    place = Place(cold, blob, folder + "/" + file if folder else file)
    package = [origin.rpartition("/")[0]] if "/" in file else None
    if file.endswith(".so"):
        spec: ModuleSpec = UnpackedSpec(fullname, ColdExtension(fullname, origin, place))
        spec.submodule_search_locations = package
        spec.has_location = True
        return spec
    kind = ColdSource if file.endswith(".py") else ColdBytecode
    loader = kind(fullname, origin, place)
    return spec_from_file_location(fullname, origin, loader=loader, submodule_search_locations=package)


class Place:
    """Where a file is: in which blob, under which path."""

    def __init__(self, cold: "Cold", blob: int, file: str) -> None:
        self.cold, self.blob, self.file = cold, blob, file

    def read(self) -> bytes:
        """The file."""
        from . import archive

        return archive.read(self)

    def beside(self, path: "Any") -> "Optional[Place]":
        """The place of another file that is not where it was, or None."""
        relative = self.cold.relative(os.fspath(path))
        folder, _, file = (relative or "").rpartition("/")
        if folder not in self.cold.folders:
            return None
        blob, found = self.cold.modules(folder).get(file.partition(".")[0], (0, ""))
        return Place(self.cold, blob, relative or "") if found == file else None

    def tell(self, module: str) -> None:
        """Log, once, that the module is loaded."""
        from . import notice

        notice.tell(self, module)


class ColdSource(SourceFileLoader):
    """Loads a source from the archive as if it lay in its place; what lies beside that place is read from there."""

    def __init__(self, fullname: str, path: str, place: Place) -> None:
        super().__init__(fullname, path)
        self.place = place

    def get_code(self, fullname: str) -> "Optional[CodeType]":
        """Compile it; there is no bytecode."""
        self.place.tell(fullname)
        code: CodeType = self.source_to_code(self.get_data(self.path), self.path)
        return code

    def get_data(self, path: str) -> bytes:
        """A file as it was before."""
        if path == self.path:
            return self.place.read()
        return beside(super().get_data, path, self.place)

    def path_stats(self, path: str) -> "Any":
        """Size and time; what lies in an archive has no time."""
        return {"mtime": 0, "size": len(self.get_data(path))} if path == self.path else super().path_stats(path)


class ColdBytecode(SourcelessFileLoader):
    """Loads bytecode that a distribution has no source of."""

    def __init__(self, fullname: str, path: str, place: Place) -> None:
        super().__init__(fullname, path)
        self.place = place

    def get_code(self, fullname: str) -> "Optional[CodeType]":
        """As usual, but told."""
        self.place.tell(fullname)
        return super().get_code(fullname)

    def get_data(self, path: str) -> bytes:
        """A file as it was before."""
        if path == self.path:
            return self.place.read()
        return beside(super().get_data, path, self.place)


class ColdExtension(ExtensionFileLoader):
    """Loads an extension module from where it is unpacked to."""

    def __init__(self, fullname: str, origin: str, place: Place) -> None:
        self.name, self.place = fullname, place
        self._origin, self._path = origin, ""

    @property
    def path(self) -> str:  # type: ignore[override]
        """Where it lies now; its old place, where it cannot be unpacked."""
        if not self._path:
            from . import archive

            try:
                self._path = archive.unpacked(self.place)
            except OSError:  # to look is no error; create_module tells
                return self._origin
        return self._path

    def create_module(self, spec: "Any") -> "ModuleType":
        """Unpack it, tell, and load it."""
        from . import archive

        self.place.tell(self.name)
        try:
            self._path = archive.unpacked(self.place)
        except OSError as error:
            problem = "slimpack shipped {} compressed, and it cannot be unpacked: {}; to ship it ready, write {}"
            text = problem.format(self.place.file, error, keep(self.place.file))
            raise ImportError(text, name=self.name, path=self._origin) from error
        return super().create_module(spec)

    def get_data(self, path: str) -> bytes:
        """A file as it was before."""
        return beside(super().get_data, path, self.place)


class UnpackedSpec(ModuleSpec):
    """A spec whose file is unpacked when somebody asks where it is, not when it is found."""

    @property
    def origin(self) -> str:
        """Where the file lies."""
        path: str = self.loader.path  # type: ignore[union-attr]
        return path

    @origin.setter
    def origin(self, origin: "Optional[str]") -> None:
        """Nothing: the loader knows."""


def beside(read: "Callable[[str], bytes]", path: str, place: Place) -> bytes:
    """What lies on the disk, else in the archive."""
    try:
        return read(path)
    except OSError:
        other = place.beside(path)
        if other is None:
            raise
        return other.read()
