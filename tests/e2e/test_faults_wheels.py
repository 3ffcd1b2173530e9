"""Wheels that lie, through the real command line: refused with one error, or shipped byte for byte as they are."""

import struct
import sysconfig
import zipfile
from pathlib import Path

import pytest
from cli_projects import BUILD, HANDLER, environment, project, slimpack
from elves import shared_object
from local_index import digest, serve
from wheels import make_wheel

SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
GOOD = shared_object(needed=["libc.so.6"], between=[(".symtab", b"s" * 200)], second=b"data" * 64, behind=[(".comment", b"GCC")])  # fmt: skip


def overlapping() -> bytes:
    """Its second segment begins in the first."""
    data = bytearray(GOOD)
    at = 64 + 2 * 56
    struct.pack_into("<QQQQQQ", data, at + 8, 100, 100, 100, 50, 50, 1)
    return bytes(data)


NATIVE = {
    "empty": b"",
    "text": b"this is no library\n",
    "magic": b"\x7fELF",
    "truncated": GOOD[:200],
    "overlapping": overlapping(),
    "elsewhere": GOOD[:32] + b"\xff" * 8 + GOOD[40:],
    "foreign": shared_object(machine=183, needed=["libc.so.6"]),
}


def test_invalid_native_files_ship_as_they_are(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"lib/{name}{SUFFIX}": data for name, data in NATIVE.items()}
    tries = "".join(f"try:\n    import lib.{name}\nexcept ImportError:\n    pass\n" for name in NATIVE)
    make_wheel(tmp_path / "shelf", "lib", "1.0", {"lib/__init__.py": "", **files})
    folder = project(tmp_path / "project", {"requirements.txt": "lib\n", "app.py": f"{tries}{HANDLER}"})
    with serve(tmp_path / "shelf") as index:
        done = slimpack(folder, environment(index, tmp_path / "cache"), *BUILD, "--keep", "lib/**")
    assert "Traceback" not in done.stderr
    assert done.returncode in {0, 1}, done.stderr  # 1: a finding says that a library is for another machine
    with zipfile.ZipFile(folder / "dist" / "app.zip") as archive:
        for path, data in files.items():
            if "foreign" in path:  # whole, but for another machine: its symbols may go
                continue
            assert archive.read(path) == data, path


def lie(folder: Path, name: str) -> Path:
    """A wheel that was changed behind its publisher's back, with the hash of what it is now."""
    wheel = make_wheel(folder, "lib", "1.0", {"lib/__init__.py": "A = 1\n" * 100, "lib/b.py": "B = 1\n"})
    data = wheel.read_bytes()
    match name:
        case "a member twice":
            with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(wheel, "a") as archive:
                archive.writestr("lib/b.py", "B = 2\n")
        case "names that differ in case":
            make_wheel(folder, "lib", "1.0", {"lib/a.py": "1", "lib/A.py": "2"})
        case "an absolute path":
            make_wheel(folder, "lib", "1.0", {"/etc/cron.d/lib": "1"})
        case "a bomb":
            make_wheel(folder, "lib", "1.0", {"lib/zeros": bytes(110 * 1024**2)})
        case "a name that is not UTF-8":
            wheel.write_bytes(_renamed(data))
        case "a size that is too small":
            at = data.index(b"PK\1\2")
            wheel.write_bytes(data[: at + 24] + struct.pack("<L", 3) + data[at + 28 :])
        case "half of it":
            wheel.write_bytes(data[: len(data) // 2])
    return wheel


def _renamed(data: bytes) -> bytes:
    central = data.rindex(b"PK\1\2", 0, data.rindex(b"lib/__init__.py"))
    flagged = data[: central + 8] + struct.pack("<H", 0x800) + data[central + 10 :]
    return flagged.replace(b"lib/__init__.py", b"lib/\xff_init__.py")


LIES = {
    "a member twice": "is there twice",
    "names that differ in case": "only in case",
    "an absolute path": "has an absolute path",
    "a bomb": "a bomb",
    "a name that is not UTF-8": "not a whole zip archive",
    "a size that is too small": "does not inflate to what the directory promises",
    "half of it": "not a whole zip archive",
}


@pytest.mark.parametrize("name", LIES)
def test_a_wheel_that_lies(name: str, tmp_path: Path) -> None:
    wheel = lie(tmp_path / "shelf", name)
    folder = project(tmp_path / "project", {"app.py": f"import lib\n{HANDLER}"})
    with serve(tmp_path / "shelf") as index:
        url = f"http://127.0.0.1:{index.port}/files/{wheel.name}"
        (folder / "pylock.toml").write_text(
            'lock-version = "1.0"\ncreated-by = "test"\n[[packages]]\nname = "lib"\nversion = "1.0"\n'
            f'wheels = [{{ name = "{wheel.name}", url = "{url}", hashes = {{ sha256 = "{digest(wheel)}" }} }}]\n'
        )
        done = slimpack(folder, environment(index, tmp_path / "cache"), *BUILD)
    assert (done.returncode, done.stdout) == (4, ""), done.stderr
    assert LIES[name] in done.stderr
    assert wheel.name in done.stderr
    assert not (folder / "dist").exists()


def test_a_wheel_of_many_members(tmp_path: Path) -> None:
    """Through all stages; a hundred thousand are read in test_wheel_lies."""
    data = {f"lib/data/{number}.txt": "x" for number in range(3_000)}
    make_wheel(tmp_path / "shelf", "lib", "1.0", {"lib/__init__.py": "", **data})
    folder = project(tmp_path / "project", {"requirements.txt": "lib\n", "app.py": f"import lib\n{HANDLER}"})
    with serve(tmp_path / "shelf") as index:
        done = slimpack(folder, environment(index, tmp_path / "cache"), *BUILD, "--keep", "lib/**")
    assert (done.returncode, done.stderr) == (0, "")
    with zipfile.ZipFile(folder / "dist" / "app.zip") as archive:
        assert data.keys() <= set(archive.namelist())
