"""Any tree -> zip: what zipfile reads back is the tree, and the bytes depend on nothing else."""

import os
import random
import time
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from slimpack.emit import emit
from slimpack.host.cache import Cache
from slimpack.host.tools import Tools
from slimpack.model.artifact import Artifact
from slimpack.model.project import (
    Budget,
    Layout,
    Optimize,
    Output,
    Policy,
    Project,
    Requirements,
    Resolution,
    SourceKind,
)
from slimpack.model.target import Architecture, Target
from slimpack.model.tree import Bytes, File, Tree, is_safe

# Letters of several scripts and planes; surrogates cannot be encoded, so no file of a wheel can have them.
LETTERS = st.characters(codec="utf-8", exclude_characters="/\\\0")
NAMES = st.text(LETTERS, min_size=1, max_size=12).filter(is_safe)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
CONTENTS = st.one_of(
    st.binary(max_size=200),
    st.sampled_from([b"", b"#!/bin/sh\n", b"\x7fELF", b"a" * 5000, os.urandom(3000)]),
    st.binary(min_size=1, max_size=20).map(lambda unit: unit * 400),
)
FILES = st.builds(
    File, st.builds(Bytes, CONTENTS), executable=st.booleans(), owner=st.sampled_from(["", "lib", "other"])
)
TREES = st.dictionaries(PATHS, FILES, max_size=25)


def written(files: dict[str, File], folder: Path, *, layout: Layout, optimize: Optimize) -> tuple[Artifact, bytes]:
    project = Project(
        name="app",
        root=folder,
        entry_points=(),
        requirements=Requirements(kind=SourceKind.NONE),
        resolution=Resolution(),
        target=Target(python=(3, 12), architecture=Architecture.X86_64, glibc=(2, 34)),
        policy=Policy(optimize=optimize),
        budget=Budget(),
        output=Output(layout=layout, path=folder / "app.zip", report=folder / "app.json"),
    )
    tools = Tools(cache=Cache(folder / "cache"), environment={})
    artifact = emit(Tree(files), project=project, origins={}, tools=tools)
    return artifact, artifact.path.read_bytes()


@settings(deadline=None, max_examples=60)
@given(files=TREES, layout=st.sampled_from([Layout.ZIP, Layout.LAYER]), optimize=st.sampled_from(list(Optimize)))
def test_zipfile_reads_back_the_tree(files: dict[str, File], layout: Layout, optimize: Optimize) -> None:
    place = "python/lib/python3.12/site-packages/" if layout is Layout.LAYER else ""
    with TemporaryDirectory() as folder:
        artifact, data = written(files, Path(folder), layout=layout, optimize=optimize)
        assert artifact.size == len(data)
        with zipfile.ZipFile(artifact.path) as archive:
            assert archive.testzip() is None
            assert archive.namelist() == [place + path for path in sorted(files)]
            for entry in archive.infolist():
                file = files[entry.filename.removeprefix(place)]
                data = file.content.read()
                runs = file.executable or data.startswith((b"#!", b"\x7fELF"))
                assert archive.read(entry) == data
                assert entry.external_attr >> 16 == (0o100755 if runs else 0o100644)
                assert entry.date_time == (1980, 1, 1, 0, 0, 0)
                assert entry.compress_size <= entry.file_size
                assert (entry.create_system, entry.extra, entry.comment) == (3, b"", b"")
            assert artifact.unpacked == sum(entry.file_size for entry in archive.infolist())
            stored = {member.path: (member.size, member.stored) for member in artifact.members}
            assert stored == {e.filename: (e.file_size, e.compress_size) for e in archive.infolist()}


@settings(deadline=None, max_examples=40)
@given(files=TREES, seed=st.integers(), optimize=st.sampled_from(list(Optimize)))
def test_bytes_depend_on_the_tree_alone(files: dict[str, File], seed: int, optimize: Optimize) -> None:
    shuffled = list(files.items())
    random.Random(seed).shuffle(shuffled)
    umask, zone = os.umask(0o077), os.environ.get("TZ")
    try:
        with TemporaryDirectory() as folder:
            one, first = written(files, Path(folder), layout=Layout.ZIP, optimize=optimize)
        os.umask(0o000)
        os.environ["TZ"] = "Pacific/Kiritimati"
        time.tzset()
        with TemporaryDirectory() as folder:
            two, second = written(dict(shuffled), Path(folder), layout=Layout.ZIP, optimize=optimize)
    finally:
        os.umask(umask)
        os.environ.pop("TZ")
        if zone is not None:
            os.environ["TZ"] = zone
        time.tzset()
    assert first == second
    assert (one.sha256, one.content_sha256) == (two.sha256, two.content_sha256)


@settings(deadline=None, max_examples=30)
@given(files=TREES)
def test_content_digest_does_not_depend_on_the_compressor(files: dict[str, File]) -> None:
    with TemporaryDirectory() as folder:
        fast, _ = written(files, Path(folder), layout=Layout.ZIP, optimize=Optimize.SPEED)
        small, _ = written(files, Path(folder), layout=Layout.ZIP, optimize=Optimize.SIZE)
    assert fast.content_sha256 == small.content_sha256
    assert small.size <= fast.size
