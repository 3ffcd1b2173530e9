"""A rule is parsed whole or rejected whole, with everything that is wrong in one error."""

import pytest

from slimpack.errors import ConfigError
from slimpack.rules.schema import parse

WHOLE = """
distribution = "pkg"

[[imports]]
module = "pkg.core"
targets = ["pkg.hidden", "pkg.plugins.*"]
why = "compiled"
evidence = "seen"

[[keep]]
globs = ["pkg/data/**"]
when = "pkg.data"
why = "read by name"

[[drop]]
globs = ["pkg/extra"]
why = "never used"

[[source]]
globs = ["pkg/jit.py"]
why = "compiled from source"

[[understood]]
path = "pkg/lazy.py"
imports = ["pkg.*"]
why = "a table"

[[services]]
calls = ["client"]
folder = "pkg/services"
always = ["base"]
why = "loaded by name"

[[rewrite]]
transform = "botocore-docs"
globs = ["pkg/services/**/*.json"]
why = "only help() shows it"
"""


def test_everything_is_read() -> None:
    rule = parse(WHOLE, where="pkg.toml")
    assert rule.distribution == "pkg"
    assert rule.imports[0].targets == ("pkg.hidden", "pkg.plugins.*")
    assert (rule.keep[0].when, rule.drop[0].when) == ("pkg.data", "")
    assert rule.source[0].globs == ("pkg/jit.py",)
    assert rule.understood[0].imports == ("pkg.*",)
    assert rule.services[0].always == ("base",)
    assert rule.rewrite[0][0] == "botocore-docs"
    assert rule.rewrite[0][1].globs == ("pkg/services/**/*.json",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[keep]]\nglobs = ["a"]\nwhy = "x"', ["distribution", "is missing"]),
        ('distribution = "My_Pkg"\n[[keep]]\nglobs = ["a"]\nwhy = "x"', ["not normalised"]),
        ('distribution = "pkg"', ["says nothing"]),
        ('distribution = "pkg"\n[[keeps]]\nglobs = ["a"]', ["keeps", "did you mean 'keep'"]),
        ('distribution = "pkg"\n[keep]\nglobs = ["a"]', ["not an array of tables"]),
        ('distribution = "pkg"\n[[keep]]\nglobs = ["a"]', ["keep[0].why", "is missing"]),
        ('distribution = "pkg"\n[[keep]]\nglobs = ["a"]\nwhy = " "', ["keep[0].why", "is not a text"]),
        ('distribution = "pkg"\n[[keep]]\nglob = ["a"]\nwhy = "x"', ["did you mean 'globs'", "keep[0].globs"]),
        ('distribution = "pkg"\n[[keep]]\nglobs = []\nwhy = "x"', ["not a list of names"]),
        ('distribution = "pkg"\n[[keep]]\nglobs = ["/etc"]\nwhy = "x"', ["not a relative path"]),
        ('distribution = "pkg"\n[[keep]]\nglobs = ["a/../b"]\nwhy = "x"', ["not a relative path"]),
        ('distribution = "pkg"\n[[keep]]\nglobs = ["a**/b"]\nwhy = "x"', ["'**' inside a name"]),
        ('distribution = "pkg"\n[[understood]]\npath = "a\\\\b"\nwhy = "x"', ["backslash"]),
        ('distribution = "pkg"\n[[rewrite]]\ntransform = "docs"\nglobs = ["a"]\nwhy = "x"', ["'docs' is none"]),
        ("distribution = ", ["not valid TOML"]),
    ],
)
def test_rejected(text: str, says: list[str]) -> None:
    with pytest.raises(ConfigError) as error:
        parse(text, where="pkg.toml")
    for words in (*says, "pkg.toml"):
        assert words in str(error.value)


def test_every_problem_is_told_at_once() -> None:
    text = 'distribution = "pkg"\nextra = 1\n[[keep]]\nglobs = ["/a"]\n[[drop]]\nwhy = "x"'
    with pytest.raises(ConfigError) as error:
        parse(text, where="pkg.toml")
    assert len(error.value.problems) == 4
