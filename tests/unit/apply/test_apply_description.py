"""METADATA loses its README and nothing else."""

from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from slimpack.apply.description import _attempt
from slimpack.apply.rewritten import Change, Unchanged

HEAD = b"Metadata-Version: 2.4\nName: pkg\nVersion: 1.2\nRequires-Dist: six\nDescription-Content-Type: text/markdown\n"


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_headers_stay(newline: bytes, tmp_path: Path) -> None:
    data = HEAD.replace(b"\n", newline) + newline + b"# pkg" + newline * 2 + b"Name: not a header" + newline
    change = _attempt(data)
    assert isinstance(change, Change)
    info = tmp_path / "pkg-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_bytes(change.data)
    found = PathDistribution(info)
    assert (found.version, found.metadata["Name"], found.requires) == ("1.2", "pkg", ["six"])
    assert change.gain > 0
    assert b"not a header" not in change.data


@pytest.mark.parametrize("data", [HEAD, HEAD + b"\n", HEAD + b"\n\n \n", b"# just a text\n\nwith a blank line", b""])
def test_nothing_to_cut(data: bytes) -> None:
    assert isinstance(_attempt(data), Unchanged)
