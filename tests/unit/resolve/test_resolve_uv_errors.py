"""What uv says when it fails, condensed; with nothing secret in it."""

from pathlib import Path

import pytest
from resolving import project, tools

from slimpack.errors import ConfigError, ResolveError, SlimpackError, ToolError
from slimpack.resolve import uv_errors

COMMAND = ["uv", "pip", "compile", "--index-url", "https://me:s3cret@example.invalid/simple"]


def explained(stderr: str, folder: Path, *, offline: bool = False) -> SlimpackError:
    wanted = project(folder / "requirements.txt", offline=offline)
    (folder / "requirements.txt").write_text("")
    return uv_errors.explain(2, stderr, COMMAND, project=wanted, tools=tools(folder, UV_OFFLINE="1"))


@pytest.mark.parametrize(
    ("stderr", "kind", "said"),
    [
        ("thread 'main' panicked at lib.rs\nnote: more", ToolError, "uv failed: exit 2\nthread 'main' panicked"),
        ("error: Failed to fetch: https://me:s3cret@x.invalid/a\n  cause: HTTP status client error (401 Unauthorized)", ResolveError, "credentials"),
        ("error: Request failed after 3 retries in 2s\n  cause: dns error", ResolveError, "does not answer"),
        ("error: Failed to parse: `uv.toml`", ConfigError, "cannot be read"),
        (
            ("error: No solution found when resolving dependencies\n"
            "  cause: Because only a==1 is available and a==1 has no wheels with a matching platform tag (e.g., `x`)"),
            ResolveError,
            "a has no wheel for python3.12 on x86_64",
        ),
        (
            ("error: No solution found when resolving dependencies\n  cause: Because all versions of b have no wheels with "
            "a matching Python ABI tag"),
            ResolveError,
            "b has no wheel for",
        ),
        (
            ("error: No solution found when resolving dependencies\n  cause: Because c==1 was yanked (reason: bad) and you "
            "require c, we can conclude that your requirements are unsatisfiable."),
            ResolveError,
            "only yanked versions would do",
        ),
        ("error: Failed to initialize cache at `/x`\n  cause: failed to create directory `/x`: No such file", ToolError, "UV_CACHE_DIR"),
        ("error: failed to write to file `/x`: No space left on device (os error 28)", ToolError, "free some space"),
        ("error: Git operation failed\n  cause: failed to clone into: /x", ResolveError, "a repository that is required"),
        ("error: Failed to fetch: x\n  cause: HTTP status client error (404 Not Found) for url (x)", ResolveError, "correct the URL"),
        ("error: Failed to read `a @ file:///a.whl`\n  cause: Failed to extract archive: a.whl", ResolveError, "a wheel is damaged"),
        ("error: Distribution not found at: file:///gone", ConfigError, "correct the line"),
        (
            "error: No solution found\n  cause: Because there are no versions of e and you require e, we can conclude",
            ResolveError,
            "e is not on the package index",
        ),
        (
            "error: No solution found\n  cause: Because there is no version of d==9 and you require d==9, we can conclude",
            ResolveError,
            "d 9 is not on the package index",
        ),
    ],
)  # fmt: skip
def test_each_failure_has_its_kind(stderr: str, kind: type[SlimpackError], said: str, tmp_path: Path) -> None:
    error = explained(stderr, tmp_path)
    assert type(error) is kind
    assert said in str(error)
    assert "do:" in str(error)
    assert "s3cret" not in str(error)


def test_offline_says_that_the_cache_is_missing_something(tmp_path: Path) -> None:
    stderr = "error: No solution found\n  cause: Because a was not found in the cache\nhint: the network was disabled."
    assert "--offline: the cache does not hold" in str(explained(stderr, tmp_path, offline=True))


def test_an_explanation_has_no_noise_and_an_end() -> None:
    stderr = "warning: old\nResolved 3 packages\nerror: No solution found\n" + "".join(
        f"  cause: {n}\n" for n in range(40)
    )
    assert uv_errors.condensed(stderr).splitlines() == [f"  {n}" for n in range(12)]


def test_yanked_pins() -> None:
    stderr = 'warning: `a==1` is yanked (reason: "eats data")\nwarning: `b==2` is yanked\nwarning: else\n'
    assert uv_errors.yanked(stderr) == ("a==1 was yanked: eats data", "b==2 was yanked: no reason given")
