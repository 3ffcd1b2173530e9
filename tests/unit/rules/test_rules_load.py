"""The rules and runtimes that ship: each parses, each is found by its distribution, each date is one."""

from datetime import date
from pathlib import Path

import pytest

from slimpack import rules
from slimpack.errors import ConfigError

DATA = Path(rules.__file__).parent / "data"


@pytest.mark.parametrize("path", sorted(DATA.glob("*.toml")), ids=lambda path: path.stem)
def test_every_file_is_a_rule_of_the_distribution_it_is_named_for(path: Path) -> None:
    (rule,) = rules.load([path.stem])
    assert rule.distribution == path.stem
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 40


def test_only_what_is_asked_for_is_loaded() -> None:
    assert [rule.distribution for rule in rules.load(["pandas", "nothing-known", "boto3", "boto3"])] == [
        "boto3",
        "pandas",
    ]
    assert rules.load([]) == ()


def test_version_is_a_digest() -> None:
    assert len(rules.version()) == 64
    assert rules.version() == rules.version()


def test_runtimes() -> None:
    runtimes = {runtime.name: runtime for runtime in rules.runtimes()}
    assert list(runtimes) == [f"python3.{minor}" for minor in range(9, 16)]
    assert {name: runtime.glibc for name, runtime in runtimes.items()}["python3.11"] == (2, 26)
    assert runtimes["python3.12"].glibc == (2, 34)
    assert runtimes["python3.9"].status == "deprecated"
    assert runtimes["python3.15"].status == "preview"
    for runtime in runtimes.values():
        assert runtime.status in {"supported", "deprecated", "preview"}
        for text in (runtime.deprecated, runtime.blocked, runtime.as_of):
            assert not text or date.fromisoformat(text)
        assert {"libc.so.6", "libstdc++.so.6", "ld-linux-aarch64.so.1"} <= set(runtime.libraries)
        assert "libGL.so.1" not in runtime.libraries
        provided = dict(runtime.provides)
        assert set(runtime.sdk) <= provided.keys()
        assert "awslambdaric" in provided
        assert runtime.status == ("preview" if not runtime.deprecated else runtime.status)


def test_the_standard_library_is_the_targets() -> None:
    assert "distutils" in rules.runtime((3, 11)).stdlib
    assert "distutils" not in rules.runtime((3, 12)).stdlib
    assert "tomllib" not in rules.runtime((3, 10)).stdlib
    assert {"tomllib", "enum", "json"} <= rules.runtime((3, 13)).stdlib
    assert "cgi" in rules.runtime((3, 12)).stdlib
    assert "cgi" not in rules.runtime((3, 13)).stdlib


def test_an_unknown_runtime_names_those_there_are() -> None:
    with pytest.raises(ConfigError) as error:
        rules.runtime((3, 7))
    assert "python3.7" in str(error.value)
    assert "python3.13" in str(error.value)
