"""What uv says when it fails -> the error that tells the user what is wrong and what to do."""

import re

from slimpack.errors import ConfigError, Problem, ResolveError, SlimpackError, ToolError
from slimpack.host import process
from slimpack.host.indexes import redacted
from slimpack.host.tools import Tools
from slimpack.model.project import Project
from slimpack.resolve import problems

_NOT_FOUND = re.compile(r"(\S+) was not found in the (?:package registry|provided package locations)")
_NO_FILES = re.compile(r"there are no versions of ([\w.-]+)(?=\s)")
_NO_WHEEL = re.compile(r"(?:Wheels are required for `([^`]+)`|(\S+?)(?:[<>=!,]\S+)? has no usable wheels)")
_NO_PLATFORM = re.compile(r"([^\s<>=!]+)(?:[<>=!]=?\S*)? (?:has|have) no wheels with a matching")
NO_CACHE = "Failed to initialize cache"
"""What uv says where neither HOME nor UV_CACHE_DIR is a folder that it can write."""
_NO_VERSION = re.compile(r"there is no version of ([^\s<>=!~]+)==([^\s,]+)")
_OFFLINE = re.compile(r"network (?:was|is) disabled|not found in the cache")
_YANKED = re.compile(r"^warning: `?([^`\s]+)`? is yanked(?: \(reason: (.*)\))?", re.MULTILINE)


_REASONS: tuple[tuple[re.Pattern[str], type[SlimpackError], str, str], ...] = (
    (
        re.compile("No space left on device|os error 28|Disk quota exceeded"),
        ToolError,
        "uv has no space left for its cache",
        "free some space, or set UV_CACHE_DIR to a folder on a larger disk",
    ),
    (
        re.compile(NO_CACHE),
        ToolError,
        "uv cannot write its cache",
        "set UV_CACHE_DIR (or HOME) to a folder that can be written",
    ),
    (
        re.compile(r"401 Unauthorized|403 Forbidden|Missing credentials", re.IGNORECASE),
        ResolveError,
        "the package index refuses to answer without the right credentials",
        "give them in the index URL, ~/.netrc or the keyring, as for uv and pip",
    ),
    (
        re.compile(
            r"Request failed after|error sending request|tcp connect error|dns error|timed out|HTTP status server error"
        ),
        ResolveError,
        "the package index does not answer",
        "check the network and the index URL, or build with --offline to use what the cache holds",
    ),
    (
        re.compile("invalid package format|Failed to extract archive|Invalid zip file"),
        ResolveError,
        "a wheel is damaged, or none",
        "fetch or build it again; if the index serves it like this, pin another version",
    ),
    (
        re.compile("Git operation failed"),
        ResolveError,
        "a repository that is required cannot be fetched",
        "check its URL and branch, the network, and your credentials for it",
    ),
    (
        re.compile("HTTP status client error \\(4(?:04|10)"),
        ResolveError,
        "what a URL names is not there",
        "correct the URL in the requirements, or the index URL",
    ),
    (
        re.compile("incompatible with the project's Python requirement"),
        ResolveError,
        "requires-python excludes the target",
        "choose another --python, or widen requires-python",
    ),
    (
        re.compile(
            r"Couldn't parse|Unsupported requirement|Failed to parse|Unexpected .*expected|File not found|No such file"
            r"|Distribution not found at|does not match `.*` in the distribution filename"
            r"|Unsupported editable requirement"
        ),
        ConfigError,
        "the requirements cannot be read",
        "correct the line that is shown",
    ),
)
"""(sign, error, what is wrong, what to do), the first that is seen counts."""


def explain(code: int, stderr: str, command: list[str], *, project: Project, tools: Tools) -> SlimpackError:
    """The error for a failed run of uv."""
    text = redacted(stderr)
    story, where = condensed(text), _where(project)
    if project.resolution.offline and _OFFLINE.search(text):
        what = f"--offline: the cache does not hold what is needed\n{story}"
        return ResolveError(Problem(what=what, where=where, do="build once without --offline, then again with it"))
    for sign, error, what, do in _REASONS:
        if sign.search(text):
            return error(Problem(what=f"{what}\n{story}", where=where, do=do))
    if "No solution found" in text:
        return ResolveError(_no_solution(text, story, project, tools))
    ended = f"exit {code}" if code >= 0 else f"killed by signal {-code}"
    what = f"uv failed: {ended}\n{process.last_lines(text)}"
    return ToolError(Problem(what=what, where=redacted(" ".join(command)), do="run that command to see it alone"))


def yanked(stderr: str) -> tuple[str, ...]:
    """A line for each pinned version that was withdrawn from the index, with the reason its authors gave."""
    found = _YANKED.findall(redacted(stderr))
    return tuple(
        f"{name} was yanked: {reason.strip(chr(34)) or 'no reason given'}" for name, reason in sorted(set(found))
    )


def condensed(stderr: str) -> str:
    """The explanation alone: without warnings, prefixes and progress."""
    kept = []
    for line in stderr.splitlines():
        bare = re.sub(r"^\s*(error|cause|hint|Caused by):?\s*", "", line).strip()
        noise = line.startswith(("warning:", "Resolved", "Using ", "  cause: Request failed")) or not bare
        if not noise and "No solution found" not in bare and bare not in kept:
            kept.append(bare)
    return "\n".join(f"  {line}" for line in kept[:_LINES])


_LINES = 12


def _no_solution(text: str, story: str, project: Project, tools: Tools) -> Problem:
    where = _where(project)
    if missing := _NOT_FOUND.search(text) or _NO_FILES.search(text):
        what = f"{missing[1]} is not on the package index\n{story}"
        do = "check the spelling, or name the index that has it (--index-url); a login page may answer for an index"
        return Problem(what=what, where=where, do=do)
    if platform := _NO_PLATFORM.search(text):
        name = platform[1]
        nearest = problems.nearest_version(name, "", project=project, tools=tools)
        do = (
            f"use {name}=={nearest}, which has one"
            if nearest
            else f"choose another version of {name}, or another target"
        )
        return Problem(
            what=f"{name} has no wheel for {problems.target_name(project.target)}\n{story}", where=where, do=do
        )
    if source := _NO_WHEEL.search(text):
        name = source[1] or source[2]
        nearest = problems.nearest_version(name, "", project=project, tools=tools)
        other = f"use {name}=={nearest}, which has one" if nearest else "choose a version that has a wheel"
        return Problem(
            what=f"{name} has no wheel for {problems.target_name(project.target)}, only a source distribution\n{story}",
            where=where,
            do=f"allow it to be built with --build-sdist {name}, or {other}",
        )
    if version := _NO_VERSION.search(text):
        name, wanted = version[1], version[2]
        nearest = problems.nearest_version(name, wanted, project=project, tools=tools)
        do = (
            f"use {name}=={nearest}, which is the nearest that the target can use"
            if nearest
            else "choose another version"
        )
        return Problem(what=f"{name} {wanted} is not on the package index\n{story}", where=where, do=do)
    if "yanked" in text:
        return Problem(what=f"only yanked versions would do\n{story}", where=where, do="allow another version")
    do = "loosen one of the requirements named above"
    return Problem(what=f"the requirements contradict one another\n{story}", where=where, do=do)


def _where(project: Project) -> str:
    return str(project.requirements.path or project.root)
