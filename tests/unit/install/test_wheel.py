"""One wheel: RECORD, schemes, metadata against the pin, unsafe members, bombs, damage."""

import hashlib
import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from wheels import make_wheel

from slimpack.errors import InstallError
from slimpack.install import wheel as wheels
from slimpack.install.content import WheelFile
from slimpack.install.index import Index, dump, load
from slimpack.model.lock import Pin
from slimpack.model.tree import File


def pin(wheel: Path, *, name: str = "lib", version: str = "1.0") -> Pin:
    return Pin(
        name=name,
        version=version,
        filename=wheel.name,
        sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        path=str(wheel),
    )


def read(wheel: Path, **names: str) -> Mapping[str, File]:
    file, index = wheels.read(wheel, pin=pin(wheel, **names))
    assert load(dump(index)) == index
    return index.files(file)


def index(wheel: Path) -> Index:
    return wheels.read(wheel, pin=pin(wheel))[1]


def raw_wheel(folder: Path, members: Mapping[str, bytes], *, attributes: Mapping[str, int] | None = None) -> Path:
    """A wheel with exactly these members beside right metadata and RECORD, whatever their names."""
    info = "lib-1.0.dist-info"
    files = {
        **members,
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: lib\nVersion: 1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\n",
    }
    from wheels import _digest  # noqa: PLC0415 the one way RECORD is written

    record = "".join(f'"{path}",{_digest(data)},{len(data)}\n' for path, data in files.items())
    path = folder / "lib-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**files, f"{info}/RECORD": record.encode()}.items():
            entry = zipfile.ZipInfo("x")
            entry.filename = entry.orig_filename = name
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (attributes or {}).get(name, 0o100644) << 16
            archive.writestr(entry, data)
    return path


def refused(wheel: Path, match: str, **names: str) -> str:
    with pytest.raises(InstallError, match=match) as caught:
        read(wheel, **names)
    assert wheel.name in str(caught.value)
    return str(caught.value)


def test_schemes_are_laid_out_as_pip_target_does(tmp_path: Path) -> None:
    wheel = make_wheel(
        tmp_path,
        "lib",
        "1.0",
        {
            "lib/__init__.py": "",
            "lib-1.0.data/purelib/lib/pure.py": "1",
            "lib-1.0.data/platlib/lib/plat.py": "2",
            "lib-1.0.data/data/share/lib/table.csv": "3",
            "lib-1.0.data/scripts/tool": "#!python\n",
            "lib-1.0.data/headers/lib.h": "4",
            "other-1.0.data/kept.txt": "not this wheel's",
        },
    )
    files = read(wheel)
    assert {
        "lib/pure.py",
        "lib/plat.py",
        "share/lib/table.csv",
        "bin/tool",
        "include/lib/lib.h",
        "other-1.0.data/kept.txt",
    } <= set(files)
    assert files["bin/tool"].executable
    assert not files["lib/pure.py"].executable


def test_unknown_scheme(tmp_path: Path) -> None:
    refused(make_wheel(tmp_path, "lib", "1.0", {"lib-1.0.data/lost/x": ""}), "no known scheme")


def test_two_schemes_for_one_place(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "lib", "1.0", {"lib.py": "1", "lib-1.0.data/purelib/lib.py": "1"})
    refused(wheel, r"two members would be installed as lib\.py")


def test_programs_are_executable_by_content(tmp_path: Path) -> None:
    files = read(
        make_wheel(
            tmp_path, "lib", "1.0", {"a.so": b"\x7fELF...", "b": "#!/bin/sh", "c": "plain", "d": "x"}, executable=["d"]
        )
    )
    assert [files[name].executable for name in "abcd" if name in files] == [True, False, True]
    assert files["a.so"].executable


def test_streams_are_the_wheels_own(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "lib", "1.0", {"lib.py": "x = 1\n" * 100})
    deflated = read(wheel)["lib.py"].content.deflated()
    assert deflated is not None
    assert deflated.stream in wheel.read_bytes()
    with zipfile.ZipFile(wheel) as archive:
        assert deflated.crc32 == archive.getinfo("lib.py").CRC


def test_stored_members_have_no_stream(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "lib", "1.0", {"lib.py": "x = 1\n"})
    stored = io.BytesIO()
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(stored, "w", zipfile.ZIP_STORED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, old.read(entry))
    wheel.write_bytes(stored.getvalue())
    content = read(wheel)["lib.py"].content
    assert content.deflated() is None
    assert content.read() == b"x = 1\n"


@pytest.mark.parametrize(
    ("row", "match"),
    [
        (None, r"lib\.py is not in RECORD"),
        ("sha256=AAAA,5", r"lib\.py does not have the digest"),
        ("md5=AAAA,5", r"lib\.py has no hash of sha256 or better"),
        (",", r"lib\.py has no hash"),
        ("sha256=!!,5", r"lib\.py (has no hash|does not have the digest)"),
        ("{digest},6", r"lib\.py has 5 bytes, RECORD says 6"),
    ],
)
def test_record_disagrees(tmp_path: Path, row: str | None, match: str) -> None:
    from wheels import _digest  # noqa: PLC0415

    row = row.replace("{digest}", _digest(b"a = 1")) if row else row
    refused(make_wheel(tmp_path, "lib", "1.0", {"lib.py": "a = 1"}, record={"lib.py": row}), match)


def test_record_names_a_file_that_is_not_there(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "lib", "1.0", {"lib.py": ""}, record={"gone.py": "sha256=AAAA,1"})
    refused(wheel, r"gone\.py is in RECORD and not in the wheel")


def test_record_may_use_better_hashes_and_leave_signatures_out(tmp_path: Path) -> None:
    from base64 import urlsafe_b64encode  # noqa: PLC0415

    better = "sha512=" + urlsafe_b64encode(hashlib.sha512(b"a = 1").digest()).rstrip(b"=").decode()
    wheel = make_wheel(
        tmp_path,
        "lib",
        "1.0",
        {"lib.py": "a = 1", "lib-1.0.dist-info/RECORD.jws": "signature"},
        record={"lib.py": f"{better},5", "lib-1.0.dist-info/RECORD.jws": None},
    )
    assert read(wheel)["lib.py"].content.sha256 == hashlib.sha256(b"a = 1").hexdigest()


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("../evil.py", "leaves the package"),
        ("lib/../../evil.py", "leaves the package"),
        ("/etc/passwd", "has an absolute path"),
        ("C:/windows/x", "has an absolute path"),
        ("lib\\..\\evil.py", "leaves the package"),
        ("lib\\evil.py", "is not a normal relative path"),
        ("lib//evil.py", "is not a normal relative path"),
        ("./evil.py", "is not a normal relative path"),
        ("lib/nul.txt", "has the name of a device"),
        ("COM1", "has the name of a device"),
    ],
)
def test_unsafe_names(tmp_path: Path, name: str, match: str) -> None:
    assert "unsafe member" in refused(raw_wheel(tmp_path, {name: b"x"}), match)


@pytest.mark.parametrize(
    "name", ["lib/console.py", "lib/auxiliary.py", "lib/..data", "lib/a..b", "lib/com.py", "nullable.py"]
)
def test_names_that_only_look_unsafe(tmp_path: Path, name: str) -> None:
    assert name in read(raw_wheel(tmp_path, {name: b"x"}))


def test_case_clash_within_a_wheel(tmp_path: Path) -> None:
    refused(raw_wheel(tmp_path, {"lib/A.py": b"1", "lib/a.py": b"2"}), "differs from 'lib/A.py' only in case")


def test_duplicate_member(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "lib", "1.0", {"lib.py": "1"})
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("lib.py", "2")
    refused(wheel, r"'lib\.py' is there twice")


def test_link_out_is_refused_and_link_inside_is_materialised(tmp_path: Path) -> None:
    link = 0o120777
    refused(raw_wheel(tmp_path, {"lib/x": b"../../etc/passwd"}, attributes={"lib/x": link}), "does not end at a file")
    refused(raw_wheel(tmp_path, {"lib/x": b"/etc/passwd"}, attributes={"lib/x": link}), "does not end at a file")
    files = read(raw_wheel(tmp_path, {"lib/x": b"../real.txt", "real.txt": b"real"}, attributes={"lib/x": link}))
    assert files["lib/x"].content.read() == b"real"


def test_pipe_is_refused(tmp_path: Path) -> None:
    refused(raw_wheel(tmp_path, {"lib/x": b""}, attributes={"lib/x": 0o010644}), "device, pipe or socket")


def test_bomb(tmp_path: Path) -> None:
    refused(raw_wheel(tmp_path, {"lib/zeros": b"\0" * (101 * 1024**2)}), "a bomb")


def test_much_that_is_no_bomb(tmp_path: Path) -> None:
    assert read(raw_wheel(tmp_path, {"lib/zeros": b"\0" * (40 * 1024**2)}))["lib/zeros"].content.size == 40 * 1024**2


def test_total_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slimpack.install.safety._TOTAL", 100)
    refused(make_wheel(tmp_path, "lib", "1.0", {"lib.py": "x" * 200}), "more than 2 GB")


def test_encrypted_and_unknown_compression(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "lib", "1.0", {"lib.py": "1"})
    good = wheel.read_bytes()
    central = good.index(b"PK\1\2")
    wheel.write_bytes(good[: central + 8] + b"\1" + good[central + 9 :])
    refused(wheel, "is encrypted")
    wheel.write_bytes(good[: central + 10] + struct.pack("<H", 12) + good[central + 12 :])
    refused(wheel, "compression method 12")


@pytest.mark.parametrize("keep", [0, 10, 200, -30, -1])
def test_truncated(tmp_path: Path, keep: int) -> None:
    wheel = make_wheel(tmp_path, "lib", "1.0", {"lib.py": "1"})
    wheel.write_bytes(wheel.read_bytes()[:keep])
    refused(wheel, "is damaged: it is not a whole zip archive")


def test_flipped_byte_in_a_member(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "lib", "1.0", {"lib.py": "abcdefgh" * 40})
    data = bytearray(wheel.read_bytes())
    stream = index(wheel).files(WheelFile(wheel, name="x"))["lib.py"].content.deflated()
    assert stream is not None
    data[data.index(stream.stream) + 3] ^= 0xFF
    wheel.write_bytes(data)
    refused(wheel, "does not inflate to what the directory promises")


def test_local_header_of_another_member(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "lib", "1.0", {"aaa.py": "1"})
    data = wheel.read_bytes()
    at = data.index(b"aaa.py")
    wheel.write_bytes(data[:at] + b"bbb.py" + data[at + 6 :])
    refused(wheel, "is not where the directory says")


@pytest.mark.parametrize(
    ("names", "match"),
    [({"name": "other"}, "its name says lib 1.0, the lock says other 1.0"), ({"version": "2"}, "the lock says lib 2")],
)
def test_not_the_pins_wheel(tmp_path: Path, names: dict[str, str], match: str) -> None:
    refused(make_wheel(tmp_path, "lib", "1.0", {"lib.py": "1"}), match, **names)


def test_versions_are_compared_as_versions(tmp_path: Path) -> None:
    assert "lib.py" in read(make_wheel(tmp_path, "lib", "1.0", {"lib.py": "1"}), version="1")


def test_renamed_wheel(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "lib", "1.0", {"lib.py": "1"}).rename(tmp_path / "other-1.0-py3-none-any.whl")
    refused(wheel, r"it holds lib-1\.0\.dist-info, not other 1\.0", name="other")


def test_not_a_wheels_name(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "lib", "1.0", {"lib.py": "1"}).rename(tmp_path / "lib.whl")
    refused(wheel, "its name is not that of a wheel")


def test_metadata_of_another_version(tmp_path: Path) -> None:
    text = "Metadata-Version: 2.1\nName: lib\nVersion: 9\n"
    wheel = raw_wheel(tmp_path, {"lib.py": b""})
    with zipfile.ZipFile(wheel) as archive:
        data = {name: archive.read(name) for name in archive.namelist()}
    old = data["lib-1.0.dist-info/METADATA"]
    from wheels import _digest  # noqa: PLC0415

    record = data["lib-1.0.dist-info/RECORD"].replace(
        f"{_digest(old)},{len(old)}".encode(), f"{_digest(text.encode())},{len(text)}".encode()
    )
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in {
            **data,
            "lib-1.0.dist-info/METADATA": text.encode(),
            "lib-1.0.dist-info/RECORD": record,
        }.items():
            archive.writestr(name, content)
    refused(wheel, "its METADATA says lib 9, the lock says lib 1.0")


def test_no_and_two_info_folders(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "lib", "1.0", {"x-2.dist-info/METADATA": "Name: x"})
    refused(wheel, r"one \.dist-info folder; this has lib-1\.0\.dist-info, x-2\.dist-info")
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("lib.py", "1")
    refused(wheel, "this has none")
