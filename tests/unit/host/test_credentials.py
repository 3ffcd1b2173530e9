"""Where credentials come from, and which one a URL gets."""

import base64
from collections.abc import Mapping
from pathlib import Path

from slimpack.host.credentials import authorization, gather, redacted


def sent(
    url: str, home: Path, *texts: str, files: tuple[Path, ...] = (), env: Mapping[str, str] | None = None
) -> str | None:
    """`user:password` that goes with a request for `url`."""
    surroundings = {"HOME": str(home), "PATH": "", **(env or {})}
    value = authorization(url, gather(surroundings, texts=texts, files=files), surroundings)
    return base64.b64decode(value.removeprefix("Basic ")).decode() if value else None


def test_nothing_known(tmp_path: Path) -> None:
    assert sent("https://a.example/f", tmp_path) is None


def test_variables_of_pip_and_uv(tmp_path: Path) -> None:
    for variable in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        environment = {variable: "https://b.example/simple https://u:p%40@a.example/simple/"}
        assert sent("https://a.example/files/f.whl", tmp_path, env=environment) == "u:p@"
        assert sent("https://b.example/files/f.whl", tmp_path, env=environment) is None


def test_never_to_another_origin(tmp_path: Path) -> None:
    index = "https://u:p@a.example/simple"
    assert sent("https://a.example:443/f", tmp_path, index) == "u:p"
    for other in ("http://a.example/f", "https://a.example:444/f", "https://x.a.example/f", "https://a.example.evil/f"):
        assert sent(other, tmp_path, index) is None


def test_longest_shared_path_wins(tmp_path: Path) -> None:
    indexes = ("https://one:1@a.example/team/one/simple", "https://two:2@a.example/team/two/simple")
    assert sent("https://a.example/team/two/f.whl", tmp_path, *indexes) == "two:2"
    assert sent("https://a.example/team/one/f.whl", tmp_path, *indexes) == "one:1"
    assert sent("https://a.example/team/twofold/f.whl", tmp_path, *indexes) is not None


def test_named_index(tmp_path: Path) -> None:
    secret = {"UV_INDEX_MY_CORP_USERNAME": "u", "UV_INDEX_MY_CORP_PASSWORD": "p"}
    assert (
        sent("https://a.example/f", tmp_path, env={**secret, "UV_INDEX": "my-corp=https://a.example/simple"}) == "u:p"
    )
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text('[[tool.uv.index]]\nname = "my-corp"\nurl = "https://a.example/simple"\n')
    assert sent("https://a.example/f", tmp_path, files=(pyproject,), env=secret) == "u:p"
    assert sent("https://b.example/f", tmp_path, files=(pyproject,), env=secret) is None


def test_files_of_pip_and_requirements(tmp_path: Path) -> None:
    conf = tmp_path / ".config" / "pip" / "pip.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text("[global]\nindex-url = https://c:onf@a.example/simple\n")
    assert sent("https://a.example/f", tmp_path) == "c:onf"
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("--extra-index-url https://t:${TOKEN}@b.example/simple\nx==1\n")
    assert sent("https://b.example/f", tmp_path, files=(requirements,), env={"TOKEN": "s3cret"}) == "t:s3cret"


def test_netrc_only_for_hosts_it_names(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine a.example login u password p\ndefault login d password everyone\n")
    (tmp_path / ".netrc").chmod(0o600)
    assert sent("https://a.example/f", tmp_path) == "u:p"
    assert sent("https://b.example/f", tmp_path) is None
    other = tmp_path / "other"
    other.write_text("machine b.example login v password q\n")
    assert sent("https://b.example/f", tmp_path, env={"NETRC": str(other)}) == "v:q"


def test_broken_netrc_is_no_credential(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine machine machine\n???")
    assert sent("https://a.example/f", tmp_path) is None


def test_keyring_is_asked_for_a_user_without_password(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "keyring"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\n[ "$1 $2 $3" = "get a.example u" ] && echo from-keyring || exit 1\n')
    program.chmod(0o755)
    path = {"PATH": f"{program.parent}:/usr/bin:/bin"}
    assert sent("https://a.example/f", tmp_path, "https://u@a.example/simple", env=path) == "u:from-keyring"
    assert sent("https://a.example/f", tmp_path, "https://v@a.example/simple", env=path) is None


def test_password_beats_a_user_alone(tmp_path: Path) -> None:
    assert sent("https://a.example/s/f", tmp_path, "https://u@a.example/s", "https://w:p@a.example/s") == "w:p"


def test_odd_urls_are_passed_over(tmp_path: Path) -> None:
    assert sent("https://a.example/f", tmp_path, "https://u:p@a.example:port/simple https://u:p@[::1/x") is None


def test_nothing_secret_is_shown(tmp_path: Path) -> None:
    assert redacted("https://u:hunter2@a.example:8/x/f.whl?sig=hunter2#frag") == "https://a.example:8/x/f.whl"
    known = gather({"HOME": str(tmp_path), "UV_INDEX_URL": "https://u:hunter2@a.example/simple"})
    assert len(known) == 1
    assert "hunter2" not in repr(known)
