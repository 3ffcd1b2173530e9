"""Make tiny wheels by hand: deterministic, with a RECORD that is right unless a test asks for a wrong one."""

import io
import re
import tarfile
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

_DATE = (1980, 1, 1, 0, 0, 0)


def make_wheel(
    folder: Path,
    name: str,
    version: str,
    files: Mapping[str, str | bytes],
    *,
    tag: str = "py3-none-any",
    requires: Sequence[str] = (),
    extras: Sequence[str] = (),
    requires_python: str = "",
    entry_points: str = "",
    executable: Sequence[str] = (),
    record: Mapping[str, str | None] | None = None,
    build: str = "",
    stored: bool = False,
) -> Path:
    """Write `{name}-{version}-{tag}.whl` into `folder` and return its path.

    `files` are members by path. `tag` may be compressed (`cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64`).
    `executable` names members with mode 0755. `record` overrides RECORD rows by path (`sha256=...,12`; None: no row).
    `stored` members are not compressed: the wheel's hash is then the same with every zlib.
    """
    stem = f"{re.sub(r'[-_.]+', '_', name)}-{version}"
    info = f"{stem}.dist-info"
    members = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    members[f"{info}/METADATA"] = _metadata(name, version, requires, extras, requires_python).encode()
    members[f"{info}/WHEEL"] = _wheel(tag).encode()
    if entry_points:
        members[f"{info}/entry_points.txt"] = entry_points.encode()
    rows: dict[str, str | None] = {path: f"{_digest(data)},{len(data)}" for path, data in members.items()}
    rows |= record or {}
    rows[f"{info}/RECORD"] = ","
    listed = "".join(f"{path},{row}\n" for path, row in sorted(rows.items()) if row is not None)
    members[f"{info}/RECORD"] = listed.encode()
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / "-".join(filter(None, [stem, build, f"{tag}.whl"]))
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in sorted(members.items()):
            entry = zipfile.ZipInfo(path, _DATE)
            entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = (0o100755 if path in executable else 0o100644) << 16
            archive.writestr(entry, data)
    return wheel


def make_project(folder: Path, name: str, version: str, *, tag: str = "py3-none-any") -> Path:
    """Write a local project of one module, built by a backend that it carries itself: building needs no index."""
    module = re.sub(r"[-_.]+", "_", name)
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in _sources(name, version, module, tag).items():
        (folder / path).write_text(text, "utf-8")
    return folder


def make_sdist(folder: Path, name: str, version: str) -> Path:
    """Write an sdist of one pure module, built by a backend that it carries itself: building needs no index."""
    stem = f"{re.sub(r'[-_.]+', '_', name)}-{version}"
    module = re.sub(r"[-_.]+", "_", name)
    files = {"PKG-INFO": _metadata(name, version, (), (), ""), **_sources(name, version, module, "py3-none-any")}
    folder.mkdir(parents=True, exist_ok=True)
    sdist = folder / f"{stem}.tar.gz"
    with tarfile.open(sdist, "w:gz") as archive:
        for path, text in sorted(files.items()):
            entry = tarfile.TarInfo(f"{stem}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return sdist


BACKEND = '''\
"""A build backend of one file: a pure wheel of the module beside it."""
import base64, hashlib, pathlib, zipfile

NAME, VERSION, MODULE, TAG = "{name}", "{version}", "{module}", "{tag}"


def get_requires_for_build_wheel(config_settings=None):
    return []


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    info = f"{MODULE}-{VERSION}.dist-info"
    members = {
        f"{MODULE}.py": pathlib.Path(f"{MODULE}.py").read_bytes(),
        f"{info}/METADATA": f"Metadata-Version: 2.1\\nName: {NAME}\\nVersion: {VERSION}\\n".encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: {TAG}\\n".encode(),
    }
    rows = []
    for path, data in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(data)}")
    members[f"{info}/RECORD"] = ("\\n".join([*rows, f"{info}/RECORD,,"]) + "\\n").encode()
    name = f"{MODULE}-{VERSION}-{TAG}.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory, name), "w") as archive:
        for path, data in members.items():
            archive.writestr(zipfile.ZipInfo(path), data)
    return name


build_editable = build_wheel
get_requires_for_build_editable = get_requires_for_build_wheel
'''


def _sources(name: str, version: str, module: str, tag: str) -> dict[str, str]:
    backend = BACKEND
    for field, value in {"{name}": name, "{version}": version, "{module}": module, "{tag}": tag}.items():
        backend = backend.replace(field, value)
    return {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        f'\n[project]\nname = "{name}"\nversion = "{version}"\n',
        "backend.py": backend,
        f"{module}.py": f"version = {version!r}\n",
    }


def _metadata(name: str, version: str, requires: Sequence[str], extras: Sequence[str], requires_python: str) -> str:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Python: {requires_python}"] if requires_python else []
    lines += [f"Provides-Extra: {extra}" for extra in extras]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    return "\n".join([*lines, ""])


def _wheel(tag: str) -> str:
    interpreters, abis, platforms = (part.split(".") for part in tag.split("-"))
    tags = [f"Tag: {i}-{a}-{p}" for i in interpreters for a in abis for p in platforms]
    pure = "true" if platforms == ["any"] else "false"
    return "\n".join(["Wheel-Version: 1.0", "Generator: slimpack-tests", f"Root-Is-Purelib: {pure}", *tags, ""])


def _digest(data: bytes) -> str:
    return f"sha256={urlsafe_b64encode(sha256(data).digest()).rstrip(b'=').decode()}"
