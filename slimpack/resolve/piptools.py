"""Loose requirements -> pins through pip-tools: for people whose indexes, constraints and options live in pip's world.

pip resolves for the interpreter it runs in and evaluates markers there, so this is only for the target that slimpack
itself runs on. `pip-compile` chooses the versions and their hashes; pip's installation report, made under these hashes
and for the target's own platform tags, says which files they are.
"""

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from slimpack.errors import ConfigError, Problem, ResolveError, SlimpackError, ToolError
from slimpack.host import process, python
from slimpack.host.disk import temporary_folder
from slimpack.host.indexes import redacted, without_credentials
from slimpack.host.tools import Tools
from slimpack.model.lock import Pin
from slimpack.model.project import Project, SourceKind
from slimpack.resolve import declared, problems, tags


def pins(project: Project, tools: Tools, path: Path) -> tuple[Pin, ...]:
    """The wheels that pip would install. Raises ConfigError where the host is not the target."""
    _refuse_other_targets(project, tools)
    wheels_only = ["--only-binary", ":all:"] if not project.resolution.build else []
    with temporary_folder() as folder:
        locked = folder / "locked.txt"
        compile_ = [sys.executable, "-m", "piptools", "compile", "--quiet", "--generate-hashes", "--no-header"]
        compile_ += ["--no-annotate", "--strip-extras", "--allow-unsafe", "--no-emit-index-url", "--no-emit-options"]
        compile_ += ["--output-file", str(locked), "--pip-args", " ".join([*wheels_only, *_platforms(project)])]
        compile_ += [part for file in project.requirements.constraints for part in ("--constraint", str(file))]
        _run([*compile_, str(_input(project, path, folder))], path, project, tools)
        install = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--dry-run",
            "--ignore-installed",
            "--quiet",
            "--report",
            "-",
        ]
        install += ["--no-deps", "--require-hashes", "--requirement", str(locked), *wheels_only, *_platforms(project)]
        if not locked.read_text("utf-8").strip():
            return ()
        report = json.loads(_run(install, path, project, tools))
    return _pins(report, project, tools)


def _refuse_other_targets(project: Project, tools: Tools) -> None:
    own = python.describe(sys.executable, tools)
    target = project.target
    if own and (own.python, own.machine, own.system) == (target.python, target.architecture.machine, "Linux"):
        return
    host = f"Python {own.version} on {own.system} {own.machine}" if own else "another Python"
    raise ConfigError(
        Problem(
            what=f"pip-tools cannot resolve for {problems.target_name(target)}: pip resolves for itself, {host}",
            do="use --resolver uv, which resolves for any target, or run slimpack with the target's Python",
        )
    )


def _platforms(project: Project) -> list[str]:
    if project.resolution.build:
        return []  # pip takes platforms only where it builds nothing
    return [part for name in tags.platforms(project.target) for part in ("--platform", name)]


def _input(project: Project, path: Path, folder: Path) -> Path:
    """The requirements as a file that pip-compile reads; it knows no dependency groups."""
    if project.requirements.kind is not SourceKind.PYPROJECT:
        return path
    content = declared.table(path)
    if "dependencies" in content.get("project", {}).get("dynamic", ()) or "project" not in content:
        return path
    made = folder / "requirements.in"
    made.write_text("".join(f"{line}\n" for line in declared.texts(content, project.requirements)), "utf-8")
    return made


def _run(command: list[str], path: Path, project: Project, tools: Tools) -> str:
    environment = dict(tools.environment)
    resolution = project.resolution
    if resolution.index_url:
        environment["PIP_INDEX_URL"] = resolution.index_url
    if resolution.extra_index_urls:
        environment["PIP_EXTRA_INDEX_URL"] = " ".join(resolution.extra_index_urls)
    if resolution.find_links:
        environment["PIP_FIND_LINKS"] = " ".join(resolution.find_links)
    if resolution.offline:
        raise ResolveError(
            Problem(what="--offline: pip cannot resolve without its index", do="use --resolver uv, or commit a lock")
        )
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    tools.listener.detailed(redacted(" ".join(command)))
    done = process.run(command, environment=environment, cwd=path.parent)
    if done.code != 0:
        raise _explained(done, command, path)
    return done.stdout


_REASONS = (
    (
        ("No matching distribution", "Could not find a version"),
        "pip finds no wheel for a requirement",
        "check name and version; a distribution without a wheel needs --build-sdist NAME",
    ),
    (
        ("ResolutionImpossible", "conflicting dependencies"),
        "the requirements contradict one another",
        "loosen one of the requirements named above",
    ),
    (
        ("DO NOT MATCH THE HASHES",),
        "a wheel does not have the hash it must have",
        "try again; if it stays so, the file was replaced on the index or on the way",
    ),
    (
        ("Connection", "Max retries", "HTTP error", "timed out"),
        "the package index does not answer",
        "check the network and the index URL, then try again",
    ),
)
"""(signs, what is wrong, what to do), the first that is seen counts."""


def _explained(done: process.Completed, command: list[str], path: Path) -> SlimpackError:
    text = redacted(done.stderr)
    # pip-compile shows a traceback of pip's inside; what pip said itself stands before it.
    said = [line.strip() for line in text.partition("Traceback (most recent call last)")[0].splitlines()]
    story = "\n".join(f"  {line}" for line in said[-12:] if line and not line.startswith("WARNING"))
    for signs, what, do in _REASONS:
        if any(sign in text for sign in signs):
            return ResolveError(Problem(what=f"{what}\n{story}", where=str(path), do=do))
    what = f"{command[2]} failed: exit {done.code}\n{process.last_lines(text)}"
    return ToolError(Problem(what=what, where=redacted(" ".join(command)), do="run that command to see it alone"))


def _pins(report: dict[str, Any], project: Project, tools: Tools) -> tuple[Pin, ...]:
    found, wrong = [], []
    for row in report["install"]:
        name, version = canonicalize_name(row["metadata"]["name"]), row["metadata"]["version"]
        url = without_credentials(row["download_info"]["url"])
        filename = unquote(urlsplit(url).path.rsplit("/", 1)[-1])
        if row.get("is_yanked"):
            tools.listener.noticed(f"{name}=={version} was yanked")
        if not filename.endswith(".whl"):
            wrong.append(problems.only_sdist(name, version))
            continue
        if not tags.fits(filename, project.target):
            wrong.append(problems.other_platform(name, version, [filename], project=project, tools=tools))
            continue
        local = unquote(urlsplit(url).path) if url.startswith("file:") else ""
        digest = row["download_info"]["archive_info"]["hashes"]["sha256"]
        place = "" if local else url
        found.append(Pin(name=name, version=version, filename=filename, sha256=digest, url=place, path=local))
    if wrong:
        raise ResolveError(*wrong)
    return tuple(sorted(found, key=lambda pin: pin.name))
