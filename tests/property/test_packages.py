"""Any bytes as a zip, any text as a RECORD: an error of its kind or a tree that stays inside, and never anything else."""

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from slimpack.errors import InstallError
from slimpack.install.installed import installed
from slimpack.install.package import opened
from slimpack.model.tree import OWN, Bytes, File, is_safe

NAMES = st.text(st.sampled_from("ab./\\:-_ é\0"), min_size=1, max_size=12)
MODES = st.sampled_from([0o100644, 0o100755, 0o120777, 0o040755, 0o010644, 0])


@settings(max_examples=150, deadline=None)
@given(
    members=st.lists(st.tuples(NAMES, st.binary(max_size=40), MODES), min_size=1, max_size=6), cut=st.integers(0, 20)
)
def test_any_zip_is_a_tree_inside_or_one_error(members: list[tuple[str, bytes, int]], cut: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data, mode in members:
            entry = zipfile.ZipInfo("x")
            entry.filename = entry.orig_filename = name
            entry.external_attr = mode << 16
            archive.NameToInfo.clear()  # twins are what is wanted
            archive.writestr(entry, data)
    with TemporaryDirectory() as folder:
        path = Path(folder, "fn.zip")
        path.write_bytes(buffer.getvalue()[cut:] if cut > 15 else buffer.getvalue())
        try:
            found = opened(path)
        except InstallError:
            return
        assert all(is_safe(place) and file.content.read() is not None for place, file in found.tree.files.items())
        assert {file.content.read() for file in found.tree.files.values()} <= {data for _, data, _ in members}


@settings(max_examples=150, deadline=None)
@given(record=st.text(max_size=200), metadata=st.text(max_size=80), entry_points=st.text(max_size=60))
def test_any_record_leaves_every_file_where_it_is(record: str, metadata: str, entry_points: str) -> None:
    texts = {
        "lib-1.dist-info/RECORD": record, "lib-1.dist-info/METADATA": metadata, "app.py": "x",
        "lib-1.dist-info/entry_points.txt": entry_points, "lib/__init__.py": "y",
    }  # fmt: skip
    found = installed({path: File(Bytes(text.encode("utf-8", "surrogatepass"))) for path, text in texts.items()})
    assert set(found.tree) == set(texts)
    (one,) = found.tree.distributions
    assert {file.owner for file in found.tree.files.values()} <= {one.name, OWN}
