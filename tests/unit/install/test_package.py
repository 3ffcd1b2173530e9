"""Packages of any origin: what a zip or folder must not hold, links, layers, and what they say they are for."""

import io
import os
import stat
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from slimpack.errors import ConfigError, InstallError, SlimpackError
from slimpack.host.cache import Cache
from slimpack.host.tools import Tools
from slimpack.install.package import compressed_sizes, opened, refuse_outside, refuse_slimmed, zip_size
from slimpack.model.package import Package
from slimpack.model.target import Architecture

LINK = stat.S_IFLNK | 0o777


def zipped(path: Path, members: Mapping[str, bytes], *, modes: Mapping[str, int] | None = None) -> Path:
    """A zip with exactly these names."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            entry = zipfile.ZipInfo("x")
            entry.filename = entry.orig_filename = name
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (modes or {}).get(name, 0o100644) << 16
            archive.writestr(entry, data)
    return path


def laid(folder: Path, files: Mapping[str, bytes]) -> Path:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def texts(package: Package) -> dict[str, bytes]:
    return {path: file.content.read() for path, file in package.tree.files.items()}


def refused(path: Path, *words: str, kind: type[SlimpackError] = InstallError) -> None:
    with pytest.raises(kind) as caught:
        opened(path)
    (problem,) = caught.value.problems
    for word in words:
        assert word in problem.what
    assert problem.do


def test_a_zip_and_its_folder_are_the_same_package(tmp_path: Path) -> None:
    files = {"app.py": b"pass", "lib/x.txt": b"text" * 100, "lib/empty": b"", "bin/run": b"#!/bin/sh\n"}
    one = opened(zipped(tmp_path / "fn.zip", {"lib/": b"", **files}))
    two = opened(laid(tmp_path / "fn", files))
    assert texts(one) == texts(two) == files
    assert [file.content.sha256 for file in one.tree.files.values()] == [
        file.content.sha256 for file in two.tree.files.values()
    ]
    assert one.tree["bin/run"].executable
    assert (one.is_zip, two.is_zip, one.is_layer, one.name, two.name) == (True, False, False, "fn.zip", "fn")
    assert one.tree["lib/x.txt"].content.deflated() is not None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../evil.py", "leaves the package"),
        ("a/../../evil.py", "leaves the package"),
        ("/etc/passwd", "has an absolute path"),
        ("C:\\evil.py", "has an absolute path"),
        ("a\\..\\..\\evil.py", "leaves the package"),
        ("a\\b.py", "is not a normal relative path"),
        ("a//b.py", "is not a normal relative path"),
        ("./a.py", "is not a normal relative path"),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str, why: str) -> None:
    refused(zipped(tmp_path / "fn.zip", {"app.py": b"", name: b"x"}), "fn.zip holds an unsafe member", why)


@pytest.mark.parametrize("target", [b"/etc/passwd", b"../../etc/passwd", b"nothing", b".", b"loop"])
def test_a_link_that_ends_at_no_file_of_the_zip_is_refused(tmp_path: Path, target: bytes) -> None:
    path = zipped(
        tmp_path / "fn.zip", {"app.py": b"", "loop": b"loop", "d/link": target}, modes={"d/link": LINK, "loop": LINK}
    )
    refused(path, "does not end at a file of the package")


def test_links_inside_a_zip_are_what_they_stand_for(tmp_path: Path) -> None:
    files = {"lib/a.py": b"a", "lib/deep/b.py": b"b", "c.py": b"lib/a.py", "lib64": b"lib", "lib/up": b"../lib/deep"}
    path = zipped(tmp_path / "fn.zip", files, modes=dict.fromkeys(("c.py", "lib64", "lib/up"), LINK))
    assert texts(opened(path)) == {
        "lib/a.py": b"a", "lib/deep/b.py": b"b", "lib/up/b.py": b"b", "c.py": b"a",
        "lib64/a.py": b"a", "lib64/deep/b.py": b"b",
    }  # fmt: skip


def test_bombs_twins_pipes_and_encryption_are_refused(tmp_path: Path) -> None:
    refused(zipped(tmp_path / "bomb.zip", {"app.py": b"", "zeros": bytes(101 * 1024**2)}), "a bomb")
    refused(
        zipped(tmp_path / "pipe.zip", {"pipe": b""}, modes={"pipe": stat.S_IFIFO | 0o644}), "device, pipe or socket"
    )
    refused(zipped(tmp_path / "both.zip", {"a": b"", "a/b": b""}), "'a' is a file and a folder")
    twice = zipped(tmp_path / "twice.zip", {"app.py": b"", "app.pY": b""})
    twice.write_bytes(twice.read_bytes().replace(b"app.pY", b"app.py"))
    refused(twice, "is there twice")


def test_a_directory_that_lies_is_refused(tmp_path: Path) -> None:
    """A size or a checksum in the central directory that is not that of the member."""
    whole = zipped(tmp_path / "fn.zip", {"app.py": b"print(1)\n" * 50}).read_bytes()
    at = whole.index(b"PK\1\2")
    for offset, value in ((16, 1), (24, 10), (24, 2**31), (42, 7)):
        data = bytearray(whole)
        struct.pack_into("<L", data, at + offset, value)
        path = tmp_path / f"lies-{offset}-{value}.zip"
        path.write_bytes(data)
        with pytest.raises(InstallError):
            opened(path)


def test_many_links_to_one_large_member_are_refused_before_memory_is_full(tmp_path: Path) -> None:
    data = os.urandom(1024) * 60 * 1024  # 60 MB, whose ratio alone is none of a bomb's at once
    links = {f"link{number}": b"large" for number in range(40)}
    path = zipped(tmp_path / "fn.zip", {"large": data[: 60 * 1024**2], **links}, modes=dict.fromkeys(links, LINK))
    refused(path, "more than 2 GB")


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip", b"PK\5\6" + bytes(18)])
def test_what_is_no_package_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "fn.zip"
    path.write_bytes(data)
    refused(path, "fn.zip is")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "empty is empty")
    refused(tmp_path / "missing.zip", "there is no package missing.zip", kind=ConfigError)


def test_links_in_a_folder(tmp_path: Path) -> None:
    folder = laid(tmp_path / "fn", {"lib/a.py": b"a", "app.py": b""})
    (folder / "lib64").symlink_to("lib")
    (folder / "b.py").symlink_to("lib/a.py")
    assert set(opened(folder).tree) == {"app.py", "b.py", "lib/a.py", "lib64/a.py"}
    (folder / "round").symlink_to(".")
    (folder / "out.py").symlink_to(tmp_path / "elsewhere.py")
    (folder / "dead").symlink_to("nothing")
    refused(
        folder,
        "out.py is a link that leads out of it",
        "dead is a link to nothing",
        "round is a link to a folder that it is in",
    )


def test_a_folder_with_a_pipe_or_a_name_that_no_zip_takes_is_refused(tmp_path: Path) -> None:
    folder = laid(tmp_path / "fn", {"app.py": b""})
    os.mkfifo(folder / "pipe")
    (folder / "back\\slash.py").write_bytes(b"")
    (folder / os.fsdecode(b"\xff.py")).write_bytes(b"")
    refused(folder, "pipe is a device, pipe or socket", "has a name that cannot be in a zip")


@pytest.mark.parametrize(
    ("paths", "place"),
    [
        (["app.py"], ""),
        (["python/lib/x.py", "python/app.py", "bin/run"], "python/"),
        (["python/lib/python3.12/site-packages/x.py"], "python/lib/python3.12/site-packages/"),
        (["python/app.py", "app.py"], ""),
        (["python/data.txt"], ""),
    ],
)
def test_a_layer_is_known_by_its_folder(tmp_path: Path, paths: list[str], place: str) -> None:
    package = opened(zipped(tmp_path / "l.zip", dict.fromkeys(paths, b"x")))
    assert package.place == place
    assert all(f"{place}{path}" in paths for path in package.tree)


def test_a_layer_for_two_versions_needs_to_know_which(tmp_path: Path) -> None:
    site = "python/lib/python3.{}/site-packages/"
    files = {site.format(minor) + "lib.py": b"x" for minor in (11, 12)}
    path = zipped(tmp_path / "l.zip", files)
    refused(path, "has modules in several places")
    package = opened(path, python=(3, 11))
    assert (package.place, set(package.tree)) == (site.format(11), {"lib.py"})
    with pytest.raises(InstallError, match="outside of python/lib"):
        refuse_outside(package)
    refused(zipped(tmp_path / "m.zip", {**files, "python/x.py": b""}), "python/")


def test_a_handler_below_python_makes_it_a_function(tmp_path: Path) -> None:
    path = zipped(tmp_path / "fn.zip", {"python/app.py": b""})
    assert opened(path, handlers=("python/app.handler",)).place == ""
    assert opened(path, handlers=("app.handler",)).place == "python/"


def test_native_modules_say_what_a_package_is_for(tmp_path: Path) -> None:
    names = [
        "a.cpython-312-aarch64-linux-gnu.so",
        "b.cpython-312-aarch64-linux-gnu.so",
        "c.cpython-311-x86_64-linux-gnu.so",
    ]
    package = opened(laid(tmp_path / "fn", dict.fromkeys(names, b"")))
    assert (package.python, package.architecture) == ((3, 12), Architecture.ARM64)
    pure = opened(laid(tmp_path / "pure", {"app.py": b"", "lib.abi3.so": b""}))
    assert (pure.python, pure.architecture) == (None, None)
    cached = opened(laid(tmp_path / "cached", {"app.py": b"", "__pycache__/app.cpython-313.pyc": b""}))
    assert (cached.python, cached.architecture) == ((3, 13), None)
    site = opened(laid(tmp_path / "site", {"python/lib/python3.11/site-packages/x/__pycache__/y.cpython-313.pyc": b""}))
    assert site.python == (3, 11)


def test_what_slimpack_made_at_the_level_observed_is_not_the_whole(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="level observed"):
        refuse_slimmed(opened(laid(tmp_path / "fn", {"_slimpack/__init__.py": b"", "app.py": b""})))


def test_the_size_of_a_folder_is_that_of_its_zip(tmp_path: Path) -> None:
    files = {f"lib/{number}.py": f"x = {number}\n".encode() * 200 for number in range(50)} | {"empty": b""}
    folder = opened(laid(tmp_path / "fn", files))
    real = opened(zipped(tmp_path / "fn.zip", files))
    tools = Tools(cache=Cache(tmp_path / "cache"), environment={})
    assert zip_size(real, tools) == (tmp_path / "fn.zip").stat().st_size
    assert zip_size(folder, tools) == pytest.approx(zip_size(real, tools), rel=0.05)
    assert compressed_sizes(folder.tree, tools).keys() == files.keys()


def test_the_lock_of_a_package_has_a_digest_for_each_distribution(tmp_path: Path) -> None:
    info = "lib-1.0.dist-info"
    files = {"lib.py": b"", f"{info}/METADATA": b"Name: lib\nVersion: 1.0\n", f"{info}/RECORD": b"lib.py,,\n"}
    lock = opened(laid(tmp_path / "fn", files)).lock
    assert [(pin.name, pin.version, pin.filename, len(pin.sha256)) for pin in lock.pins] == [("lib", "1.0", "", 64)]
    assert lock.source == "fn"


def test_random_damage_is_an_error_or_changes_nothing(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "fn.zip", {"app.py": b"print(1)\n" * 9, "lib/x": b"y" * 300}).read_bytes()
    expected = texts(opened(tmp_path / "fn.zip"))
    for at in range(0, len(whole), 3):
        data = bytearray(whole)
        data[at] ^= 0x55
        path = tmp_path / "damaged.zip"
        path.write_bytes(data)
        try:
            found = texts(opened(path))
        except InstallError:
            continue
        assert set(found.values()) <= set(expected.values())


def test_a_zip_behind_other_bytes_is_read(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "fn.zip", {"app.py": b"pass"}).read_bytes()
    path = tmp_path / "self-extracting.zip"
    path.write_bytes(b"#!/usr/bin/env python3\n" + inner)
    assert zipfile.is_zipfile(io.BytesIO(path.read_bytes()))
    assert texts(opened(path)) == {"app.py": b"pass"}
