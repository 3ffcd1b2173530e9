"""What a zip weighs beside its contents."""

import io
import zipfile

from slimpack.model.artifact import headers_size


def test_headers_are_those_of_a_real_zip() -> None:
    paths = ("a.py", "pkg/__init__.py", "pkg/größe.txt")
    with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
        for path in paths:
            archive.writestr(path, b"12345")
    assert headers_size(paths) == len(file.getvalue()) - 5 * len(paths)
    assert headers_size(()) == 22
