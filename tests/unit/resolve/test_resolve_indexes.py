"""Whose indexes are asked: the options', uv's, pip's, in this order; and what never leaves."""

from pathlib import Path

from resolving import project, tools

from slimpack.host.indexes import known, pip_settings, redacted, uv_environment, without_credentials
from slimpack.model.project import Resolution
from slimpack.resolve import remembered

SECRET = "https://me:s3cret@example.invalid/simple"  # noqa: S105 the test's own


def test_pip_conf_and_the_environment_over_it(tmp_path: Path) -> None:
    conf = tmp_path / "pip.conf"
    conf.write_text(
        "[global]\nindex-url = https://a.invalid/simple\nextra-index-url =\n  https://b.invalid/simple\n  https://c.invalid/simple\ntrusted-host = a.invalid\n"
    )
    found = pip_settings({"PIP_CONFIG_FILE": str(conf), "HOME": str(tmp_path)})
    assert found.index_url == "https://a.invalid/simple"
    assert found.extra_index_urls == ("https://b.invalid/simple", "https://c.invalid/simple")
    found = pip_settings(
        {"PIP_CONFIG_FILE": str(conf), "PIP_INDEX_URL": "https://d.invalid/simple", "PIP_NO_INDEX": "1"}
    )
    assert (found.index_url, found.no_index) == ("https://d.invalid/simple", True)
    user = tmp_path / ".config" / "pip" / "pip.conf"
    user.parent.mkdir(parents=True)
    user.write_text("[global]\nproxy = proxy.invalid:1\n")
    assert pip_settings({"HOME": str(tmp_path)}).proxy == "proxy.invalid:1"
    assert pip_settings({"HOME": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null"}).proxy == ""


def test_uv_gets_pips_indexes_with_pips_semantics() -> None:
    pip = {"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": SECRET, "PIP_EXTRA_INDEX_URL": "https://b.invalid/simple"}
    made = uv_environment(Resolution(), pip)
    assert (made["UV_DEFAULT_INDEX"], made["UV_INDEX"]) == (SECRET, "https://b.invalid/simple")
    assert made["UV_INDEX_STRATEGY"] == "unsafe-best-match"


def test_uvs_own_configuration_is_left_alone() -> None:
    given = {"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": SECRET, "UV_DEFAULT_INDEX": "https://u.invalid/simple"}
    made = uv_environment(Resolution(), given)
    assert made["UV_DEFAULT_INDEX"] == "https://u.invalid/simple"
    assert "UV_INDEX_STRATEGY" not in made


def test_options_override_both(tmp_path: Path) -> None:
    given = {
        "PIP_CONFIG_FILE": "/dev/null",
        "UV_DEFAULT_INDEX": "https://u.invalid/simple",
        "PIP_FIND_LINKS": "/nowhere/at/all",
    }
    option = Resolution(index_url="https://o.invalid/simple", find_links=(str(tmp_path),))
    made = uv_environment(option, given)
    assert (made["UV_DEFAULT_INDEX"], made["UV_FIND_LINKS"]) == ("https://o.invalid/simple", str(tmp_path))
    assert "UV_FIND_LINKS" not in uv_environment(Resolution(), given)


def test_uv_says_which_indexes_it_asks_and_they_keep_their_credentials(tmp_path: Path) -> None:
    (tmp_path / "uv.toml").write_text('[[index]]\nurl = "https://t.invalid/simple"\n')
    kit = tools(tmp_path / "kit", UV_DEFAULT_INDEX=SECRET)
    assert known(Resolution(), kit, cwd=tmp_path) == ("https://t.invalid/simple", SECRET)
    lines = ["six", "--extra-index-url https://x:y@l.invalid/simple"]
    assert "https://x:y@l.invalid/simple" in known(Resolution(), kit, cwd=tmp_path, lines=lines)


def test_nothing_secret_is_shown() -> None:
    assert without_credentials(SECRET) == "https://example.invalid/simple"
    assert redacted(f"failed: {SECRET}/a, git+ssh://git@host.invalid/b") == (
        "failed: https://example.invalid/simple/a, git+ssh://host.invalid/b"
    )
    assert redacted("a@b.c and x==1") == "a@b.c and x==1"


def test_the_key_of_a_remembered_lock_does_not_depend_on_a_password(tmp_path: Path) -> None:
    wanted = project(tmp_path / "requirements.txt")
    kits = [tools(tmp_path, UV_DEFAULT_INDEX=f"https://me:{word}@example.invalid/simple") for word in ("one", "two")]
    other = tools(tmp_path, UV_DEFAULT_INDEX="https://other.invalid/simple")
    texts = ["--index-url https://a:b@x.invalid/simple", "a==1"]
    first, second, third = (remembered.key(wanted, texts, kit) for kit in (*kits, other))
    assert first == second != third
    assert remembered.key(wanted, ["--index-url https://x.invalid/simple", "a==1"], kits[0]) == first
    assert remembered.key(wanted, ["a==2"], kits[0]) != first
