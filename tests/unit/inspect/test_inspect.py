"""What is in a package: whose bytecode is used, what is twice, hidden, shadowing, for others, or not as recorded."""

import importlib.util
import os
import py_compile
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from slimpack import rules
from slimpack.inspect import bytecode, contents, of_bytecode, problems
from slimpack.install.package import opened, times_of
from slimpack.model.finding import Finding, Severity
from slimpack.model.inspection import Bytecode
from slimpack.model.package import Package
from slimpack.model.target import Architecture, Target

HERE = (sys.version_info.major, sys.version_info.minor)
MAGIC = importlib.util.MAGIC_NUMBER.hex()
OTHER = b"\x01\x02\r\n"


def target(python: tuple[int, int] = HERE) -> Target:
    return Target(python=python, architecture=Architecture.X86_64, glibc=(2, 34))


def laid(folder: Path, files: Mapping[str, bytes | str]) -> Package:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data.encode() if isinstance(data, str) else data)
    return opened(folder)


def compiled(folder: Path, name: str, mode: str) -> None:
    py_compile.compile(str(folder / name), invalidation_mode=py_compile.PycInvalidationMode[mode], doraise=True)


def found(package: Package, magic: str = MAGIC) -> Bytecode:
    return bytecode(package, target(), magic, times_of(package))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("unchecked", "checked", "timed", "stale", "rewritten", "other", "absent"):
        laid(tmp_path / "fn", {f"{name}.py": f"NAME = {name!r}\n"})
    folder = tmp_path / "fn"
    compiled(folder, "unchecked.py", "UNCHECKED_HASH")
    for name in ("checked", "rewritten"):
        compiled(folder, f"{name}.py", "CHECKED_HASH")
    for name in ("timed", "stale", "other"):
        compiled(folder, f"{name}.py", "TIMESTAMP")
    os.utime(folder / "stale.py", (1, 1))
    (folder / "rewritten.py").write_text("NAME = 1\n")
    (cached,) = folder.glob("__pycache__/other.*.pyc")
    cached.write_bytes(OTHER + cached.read_bytes()[4:])
    return folder


def test_bytecode_is_what_python_makes_of_it(folder: Path) -> None:
    """The same as the interpreter itself does: where it takes a module's bytecode, `__pycache__` stays as it is."""
    assert found(opened(folder)) == Bytecode(
        known=True, valid=2, timed=1, stale=2, other=1, absent=1,
        bytes=sum(path.stat().st_size for path in folder.rglob("*.pyc")),
    )  # fmt: skip
    assert found(opened(folder), "") == Bytecode(known=False, absent=1, bytes=found(opened(folder)).bytes)


def test_in_a_zip_the_time_is_that_of_the_member(folder: Path) -> None:
    os.utime(folder / "timed.py", (1_700_000_000, 1_700_000_000))
    compiled(folder, "timed.py", "TIMESTAMP")
    path = folder.parent / "fn.zip"
    for zone, moment in (
        ("same", (2023, 11, 14, 22, 13, 20)),
        ("other", (2023, 11, 14, 23, 13, 20)),
        ("none", (1980, 0, 0, 0, 0, 0)),
    ):
        with zipfile.ZipFile(path, "w") as archive:
            for name in ("timed.py", f"__pycache__/timed.{sys.implementation.cache_tag}.pyc"):
                info = zipfile.ZipInfo(name)
                info.date_time = moment
                archive.writestr(info, (folder / name).read_bytes())
        kinds = found(opened(path))
        assert (kinds.timed, kinds.stale) == ((1, 0) if zone == "same" else (0, 1))


def test_modules_without_source_are_usable_by_their_own_python_alone(tmp_path: Path) -> None:
    own, other = importlib.util.MAGIC_NUMBER + bytes(12), OTHER + bytes(12)
    package = laid(tmp_path, {"a.pyc": own, "b.pyc": other, "c.pyc": own, "c.py": "", "short.pyc": b""})
    kinds = found(package)
    assert (kinds.alone, kinds.unusable, kinds.absent) == (3, 2, 1)
    (first, *_) = of_bytecode(kinds, package, target())
    assert (first.code, first.severity) == ("SLP013", Severity.ERROR)


def test_what_bytecode_comes_to_is_said(folder: Path) -> None:
    package = opened(folder)
    said = [finding.message for finding in of_bytecode(found(package), package, target())]
    assert [text.split(":")[:2] for text in said] == [
        ["3 modules", " bytecode that is not of its source, or of another Python"],
        ["1 module", " bytecode that holds by the time of its source"],
        ["1 module", " no bytecode"],
    ]


def findings(package: Package, python: tuple[int, int] = (3, 12)) -> list[Finding]:
    return list(problems(package, target(python), rules.runtime(python)))


def test_extension_modules_of_another_python(tmp_path: Path) -> None:
    package = laid(tmp_path, {
        "a.cpython-311-x86_64-linux-gnu.so": "", "b.cpython-311-x86_64-linux-gnu.so": "",
        "b.cpython-312-x86_64-linux-gnu.so": "", "c.abi3.so": "",
    })  # fmt: skip
    (one,) = findings(package)
    assert (one.code, one.severity, one.where) == ("SLP026", Severity.ERROR, "a.cpython-311-x86_64-linux-gnu.so")
    assert "2 extension modules for Python 3.11, which Python 3.12 does not import" in one.message
    (tmp_path / "a.cpython-311-x86_64-linux-gnu.so").unlink()
    assert [one.severity for one in findings(opened(tmp_path))] == [Severity.WARNING]


def test_copies_of_large_files(tmp_path: Path) -> None:
    large = bytes(70 * 1024)
    package = laid(
        tmp_path, {"a/x.bin": large, "b/x.bin": large, "c.bin": large[:-1] + b"1", "small": "", "small2": ""}
    )
    assert [(one.code, one.where, one.message) for one in findings(package)] == [
        ("SLP030", "a/x.bin", "71,680 bytes are there 2 times, also as b/x.bin")
    ]


def test_modules_that_no_import_finds(tmp_path: Path) -> None:
    package = laid(tmp_path, {
        "lib.py": "", "lib/__init__.py": "", "lib/fast.py": "", "lib/fast.cpython-312-x86_64-linux-gnu.so": "",
        "lib/slow.py": "", "lib/slow.abi3.so": "", "json/__init__.py": "", "lib/json.py": "", "queue.py": "",
        "space/x.py": "", "space.py": "",
    })  # fmt: skip
    assert [(one.code, one.where) for one in findings(package)] == [
        ("SLP031", "json/__init__.py"), ("SLP031", "queue.py"), ("SLP032", "lib.py"), ("SLP032", "lib/fast.py"),
    ]  # fmt: skip
    hidden = [one.message for one in findings(package) if one.code == "SLP032"]
    assert hidden == [
        "own code: no import finds it, for lib/__init__.py comes first",
        "own code: 2 modules hidden by native ones of the same name: also lib/slow.py",
    ]


def test_what_is_recorded_and_not_so(tmp_path: Path) -> None:
    def info(version: str, record: str) -> dict[str, str]:
        folder = f"lib-{version}.dist-info"
        return {f"{folder}/METADATA": f"Name: lib\nVersion: {version}\n", f"{folder}/RECORD": record}

    wrong = "lib.py,sha256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,4\n" + "".join(
        f"gone{n}.py,,\n" for n in range(5)
    )
    right = "lib.py,sha256=n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg,4\n"
    (gone, changed) = findings(laid(tmp_path / "a", {"lib.py": "text", **info("1.0", wrong)}))
    assert {gone.code, changed.code} == {"SLP034"}
    assert gone.message == (
        "lib: 5 files that its installer recorded, and not there: also gone1.py, gone2.py, gone3.py and 1 more"
    )
    assert changed.message == "lib: 1 file changed since the installation"
    package = laid(
        tmp_path / "b", {"lib.py": "test", **info("1.0", wrong.partition("\n")[0] + "\n"), **info("2.0", right)}
    )
    (double,) = findings(package)
    assert (double.code, double.where) == ("SLP033", "lib-1.0.dist-info")
    assert double.message == "lib is described as 1.0 too; its files are those of 2.0"


def test_contents_are_sums(tmp_path: Path) -> None:
    files = {"lib.py": "x" * 10, "l-1.dist-info/RECORD": "lib.py,,\n", "app.py": "xy", "data": ""}
    package = laid(tmp_path, files)
    held = contents(package, dict.fromkeys(package.tree, 1))
    assert [(one.name, one.version, one.files, one.unpacked, one.zipped) for one in held] == [
        ("l", "1", 2, 19, 2), ("", "", 2, 2, 2),
    ]  # fmt: skip
