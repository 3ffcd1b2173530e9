"""A file of a git revision -> its bytes: `REV:PATH`, as git itself writes it."""

from pathlib import Path

from slimpack.errors import ConfigError, Problem
from slimpack.host import process
from slimpack.host.tools import Tools

_TIMEOUT = 60.0


def stored(spec: str, folder: Path, tools: Tools) -> bytes:
    """The file that `REV:PATH` names in the repository around `folder`. Raises ConfigError where there is none."""
    revision, _, path = spec.partition(":")
    if revision.startswith("-"):
        raise _wrong(spec, "a revision does not begin with a dash")
    # An object's name first: what `cat-file` prints then is the file's bytes alone, whatever the name looks like.
    asked = process.run(
        ["git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}:{path}"],
        environment=tools.environment, cwd=folder, timeout=_TIMEOUT,
    )  # fmt: skip
    if asked.code:
        raise _wrong(spec, _why(revision, path, folder, tools))
    name = asked.stdout.strip()
    done = process.run_bytes(
        ["git", "cat-file", "blob", name], environment=tools.environment, cwd=folder, timeout=_TIMEOUT
    )
    if done is None:
        raise _wrong(spec, f"{path} is a folder there")
    return done


def _why(revision: str, path: str, folder: Path, tools: Tools) -> str:
    """What is wrong: no repository, no such revision, or no such file in it."""
    known = process.run(
        ["git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"],
        environment=tools.environment, cwd=folder, timeout=_TIMEOUT,
    )  # fmt: skip
    if known.code == 0:
        return f"{revision} has no {path} (paths are from the root of the repository; ./{path} is from here)"
    if "not a git repository" in known.stderr:
        return "here is no git repository"
    return f"there is no revision {revision}"


def _wrong(spec: str, why: str) -> ConfigError:
    do = "name a report, a zip, a folder, or REV:PATH as in main:dist/app.report.json"
    return ConfigError(Problem(what=f"cannot read {spec}: {why}", where=spec, do=do))
