"""Build wheels of local projects, repositories and allowed sdists: portable ones, or on a host like the target.

A wheel is built once for what its source holds and repacked (sorted, fixed dates and modes), so that the same source
gives the same bytes whatever the backend does with times.
"""

import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from packaging.pylock import PackageVcs
from packaging.utils import parse_wheel_filename

from slimpack.errors import Problem, ResolveError, ToolError
from slimpack.host import process, python
from slimpack.host.disk import temporary_folder
from slimpack.host.indexes import redacted, uv_environment, without_credentials
from slimpack.host.tools import Tools
from slimpack.model.lock import Pin
from slimpack.model.project import Project
from slimpack.resolve import problems

_SKIPPED = {".git", ".hg", ".svn", "__pycache__", ".venv", "venv", "node_modules", ".tox", ".nox"}
_SKIPPED |= {".mypy_cache", ".ruff_cache", ".pytest_cache"}
_SKIPPED_AT_TOP = {"build", "dist"}  # what building leaves behind; deeper down they may be packages
_DATE = (1980, 1, 1, 0, 0, 0)


def from_directory(name: str, directory: Path, *, project: Project, tools: Tools) -> Pin:
    """The wheel of a local project."""
    if not _is_folder(directory):
        raise ResolveError(
            Problem(what=f"the folder of {name} is not there", where=str(directory), do="check the path")
        )
    key = _digest_of(directory)
    wheel = _cached(name, key, lambda out: _uv_build(directory, out, project, tools), project, tools)
    return _pin(
        name, wheel, built_from=os.path.relpath(directory, _base(project)), digest="", project=project, tools=tools
    )


def from_sdist(name: str, url: str, digest: str, data: Callable[[], bytes], *, project: Project, tools: Tools) -> Pin:
    """The wheel of a source distribution; `data` fetches it when it was not built before."""

    def build(out: Path) -> None:
        content = data()
        if sha256(content).hexdigest() != digest:
            raise ResolveError(problems.wrong_hash(name, "(sdist)", without_credentials(url)))
        with temporary_folder() as folder:
            sdist = folder / url.rsplit("/", 1)[-1]
            sdist.write_bytes(content)
            _uv_build(sdist, out, project, tools)

    wheel = _cached(name, digest, build, project, tools)
    return _pin(name, wheel, built_from=without_credentials(url), digest=digest, project=project, tools=tools)


def from_repository(name: str, vcs: PackageVcs, *, project: Project, tools: Tools) -> Pin:
    """The wheel of one commit of a repository; pip fetches it."""
    place = f"{vcs.type}+{vcs.url or vcs.path}@{vcs.commit_id}"
    requirement = place + (f"#subdirectory={vcs.subdirectory}" if vcs.subdirectory else "")
    key = sha256(redacted(requirement).encode()).hexdigest()

    def build(out: Path) -> None:
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(out), requirement]
        _run(command, name, project, tools)

    wheel = _cached(name, key, build, project, tools)
    return _pin(name, wheel, built_from=redacted(requirement), digest="", project=project, tools=tools)


def allowed(name: str, project: Project) -> bool:
    """Whether the user allowed the sdist of that distribution to be built."""
    return ":all:" in project.resolution.build or name in project.resolution.build


def _pin(name: str, wheel: Path, *, built_from: str, digest: str, project: Project, tools: Tools) -> Pin:
    _, version, _, tags = parse_wheel_filename(wheel.name)
    if any(tag.platform != "any" or tag.abi != "none" for tag in tags) and not _host_is_target(project, tools):
        target = problems.target_name(project.target)
        raise ResolveError(problems.not_built(name, f"{wheel.name} was made on this host, which is not {target}"))
    data = wheel.read_bytes()
    return Pin(
        name=name,
        version=str(version),
        filename=wheel.name,
        sha256=sha256(data).hexdigest(),
        path=str(wheel),
        size=len(data),
        built_from=built_from,
        built_from_sha256=digest,
    )


def _host_is_target(project: Project, tools: Tools) -> bool:
    found = python.find(project.target.python, tools)
    return (
        found is not None and found.machine == project.target.architecture.machine and found.system.lower() == "linux"
    )


def _cached(name: str, key: str, build: Callable[[Path], None], project: Project, tools: Tools) -> Path:
    target = project.target
    whole = sha256(f"{key}\0{target.python_version}\0{target.architecture.machine}\0{name}".encode()).hexdigest()

    def fill(folder: Path) -> None:
        with temporary_folder() as out:
            build(out)
            made = sorted(out.glob("*.whl"))
            if len(made) != 1:
                raise ResolveError(Problem(what=f"building {name} gave {len(made)} wheels instead of one"))
            _repack(made[0], folder / made[0].name)

    folder = tools.cache.folder("built", whole, fill)
    return next(folder.glob("*.whl"))


def _repack(wheel: Path, place: Path) -> None:
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as new:
        for info in sorted(old.infolist(), key=lambda member: member.filename):
            if info.is_dir():
                continue
            entry = zipfile.ZipInfo(info.filename, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            mode = 0o755 if info.external_attr >> 16 & 0o111 else 0o644
            entry.external_attr = (0o100000 | mode) << 16
            new.writestr(entry, old.read(info))


def _uv_build(source: Path, out: Path, project: Project, tools: Tools) -> None:
    found = python.find(project.target.python, tools)
    interpreter = found.executable if found else sys.executable
    command = [python.uv_executable(), "build", "--wheel", "--quiet", "--no-python-downloads", "--python", interpreter]
    command += ["--out-dir", str(out), *(["--offline"] if project.resolution.offline else []), str(source)]
    _run(command, source.name, project, tools)


def _run(command: list[str], name: str, project: Project, tools: Tools) -> None:
    environment = uv_environment(project.resolution, tools.environment) | {"SOURCE_DATE_EPOCH": "315532800"}
    tools.listener.detailed(redacted(" ".join(command)))
    done = process.run(command, environment=environment, cwd=_base(project))
    if done.code != 0:
        raise ToolError(
            Problem(
                what=f"{name} cannot be built: exit {done.code}\n{redacted(process.last_lines(done.stderr))}",
                where=redacted(" ".join(command)),
                do="see what its build needs above",
            )
        )


def _base(project: Project) -> Path:
    return project.requirements.path.parent if project.requirements.path else project.root


def _digest_of(directory: Path) -> str:
    digest = sha256()
    for path in _files(directory, top=True):
        executable = b"x" if path.stat().st_mode & 0o111 else b"-"
        content = sha256(path.read_bytes()).digest()
        digest.update(path.relative_to(directory).as_posix().encode() + b"\0" + executable + content)
    return digest.hexdigest()


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long
        return False


def _files(folder: Path, *, top: bool = False) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            skipped = path.name in _SKIPPED or path.name.endswith(".egg-info") or (path / "pyvenv.cfg").is_file()
            if not skipped and not (top and path.name in _SKIPPED_AT_TOP):
                yield from _files(path)
        elif path.is_file():
            yield path
