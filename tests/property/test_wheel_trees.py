"""Any files -> wheel -> tree -> zip: what was packed is what ships, and a damaged wheel is refused or the same."""

import hashlib
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from resolving import project as project_of
from wheels import make_wheel

from slimpack.emit import emit
from slimpack.errors import InstallError
from slimpack.host.cache import Cache
from slimpack.host.tools import Tools
from slimpack.install import wheel as wheels
from slimpack.install.index import dump, load
from slimpack.install.merge import merge
from slimpack.model.lock import Pin
from slimpack.model.tree import Tree

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Cs"], exclude_characters='/\\:",'), min_size=1, max_size=8)  # fmt: skip
SAFE = NAMES.map(lambda name: f"n{name}")  # no `..`, no device, no blank at the ends
PATHS = st.lists(SAFE, min_size=1, max_size=3).map(lambda parts: "lib/" + "/".join(parts))
CONTENTS = st.binary(max_size=300) | st.binary(min_size=1, max_size=9).map(lambda unit: unit * 300)
FILES = st.dictionaries(PATHS, CONTENTS, max_size=12).filter(
    lambda files: (
        len({path.casefold() for path in files}) == len(files)
        and not any(one != other and other.startswith(f"{one}/") for one in files for other in files)
    )
)


def tree_of(path: Path) -> Tree:
    """The wheel as later stages see it, read twice: from its bytes, and from the cached index."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    pin = Pin(name="lib", version="1.0", filename=path.name, sha256=digest, path=str(path))
    file, index = wheels.read(path, pin=pin)
    again = load(dump(index))
    assert again == index
    return merge([(again.distribution, again.files(file))])


@settings(deadline=None, max_examples=60)
@given(files=FILES, stored=st.booleans(), executable=st.booleans())
def test_what_was_packed_is_what_ships(files: dict[str, bytes], stored: bool, executable: bool) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = make_wheel(folder, "lib", "1.0", files, stored=stored, executable=[*files] if executable else ())
        tree = tree_of(path)
        mine = {path: file for path, file in tree.files.items() if not path.startswith("lib-1.0.dist-info/")}
        assert {path: file.content.read() for path, file in mine.items()} == files
        assert {path: file.content.size for path, file in mine.items()} == {path: len(files[path]) for path in files}
        assert all(file.executable for file in mine.values()) or not executable
        tools = Tools(cache=Cache(folder / "cache"), environment={})
        artifact = emit(tree, project=project_of(folder / "requirements.txt"), origins={}, tools=tools)
        with zipfile.ZipFile(artifact.path) as archive:
            assert {path: archive.read(path) for path in files} == files


@settings(deadline=None, max_examples=150)
@given(
    files=FILES,
    changes=st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), min_size=1, max_size=3),
    cut=st.none() | st.integers(0, 2**12),
)
def test_a_damaged_wheel_is_refused_or_the_same(
    files: dict[str, bytes], changes: list[tuple[int, int]], cut: int | None
) -> None:
    with TemporaryDirectory() as name:
        path = make_wheel(Path(name), "lib", "1.0", files)
        good = {path: file.content.sha256 for path, file in tree_of(path).files.items()}
        data = bytearray(path.read_bytes())
        for at, value in changes:
            data[at % len(data)] = value
        path.write_bytes(data[:cut])
        try:
            found = {path: file.content.sha256 for path, file in tree_of(path).files.items()}
        except InstallError:
            return
        assert found == good  # what was changed is read by nobody: dates, comments, modes
