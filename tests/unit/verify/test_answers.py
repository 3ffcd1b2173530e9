"""Answers are compared as what they mean, and a difference is named by its place."""

import pytest

from slimpack.model.answer import Answer, Ending
from slimpack.verify.answers import difference, noise


def answered(text: str) -> Answer:
    return Answer(event="e.json", ending=Ending.ANSWERED, text=text)


def raised(error: str, text: str = "") -> Answer:
    return Answer(event="e.json", ending=Ending.RAISED, error=error, text=text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a": 1, "b": 2}', '{"b": 2, "a": 1}'),
        ('{"body": "{\\"a\\": 1, \\"b\\": [2]}"}', '{"body": "{\\"b\\": [2], \\"a\\": 1}"}'),
        ("null", "null"),
        ("not JSON", "not JSON"),
        ('"{not JSON"', '"{not JSON"'),
    ],
)
def test_equal(one: str, other: str) -> None:
    assert difference(answered(one), answered(other), ()) == ""


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        ("1", "2", "/ is 1 in the original, 2 in the artifact"),
        ("1", "true", "/ is 1 in the original, true in the artifact"),
        ("1", "1.0", "/ is 1 in the original, 1.0 in the artifact"),
        ('{"a": 1}', "{}", "/a is 1 in the original, missing in the artifact"),
        ("{}", '{"a": null}', "/a is missing in the original, null in the artifact"),
        ('{"a": [1, 2]}', '{"a": [1, 3]}', "/a/1 is 2 in the original, 3 in the artifact"),
        ('{"a": [1]}', '{"a": [1, 3]}', "/a is [1] in the original, [1, 3] in the artifact"),
        ('{"a/b": {"~": 1}}', '{"a/b": {"~": 2}}', "/a~1b/~0 is 1 in the original, 2 in the artifact"),
        ('{"body": "{\\"a\\": 1}"}', '{"body": "{\\"a\\": 2}"}', "/body/a is 1 in the original, 2 in the artifact"),
        ('{"body": "{\\"a\\": 1}"}', '{"body": "text"}', '/body is {"a": 1} in the original, text in the artifact'),
    ],
)
def test_different(one: str, other: str, says: str) -> None:
    assert difference(answered(one), answered(other), ()) == says


@pytest.mark.parametrize("ignored", ["/a", "/a/", "/a/*", "/a/0", "/*/0", "/**", "/"])
def test_ignored(ignored: str) -> None:
    assert difference(answered('{"a": [1], "b": 1}'), answered('{"a": [2], "b": 1}'), [ignored]) == ""


@pytest.mark.parametrize("ignored", ["/b", "/a/1", "/A"])
def test_what_is_ignored_elsewhere_still_counts(ignored: str) -> None:
    assert difference(answered('{"a": [1], "b": 1}'), answered('{"a": [2], "b": 1}'), [ignored])


def test_errors_are_equal_in_type_and_message() -> None:
    assert difference(raised("KeyError", "a"), raised("KeyError", "a"), ()) == ""
    assert "KeyError" in difference(raised("KeyError", "a"), raised("ValueError", "a"), ())
    assert "says a in the original, b in" in difference(raised("KeyError", "a"), raised("KeyError", "b"), ())
    assert difference(raised("KeyError", "a"), raised("KeyError", "b"), ["/errorMessage"]) == ""
    assert difference(raised("E", "<X at 0x7f628a974040>"), raised("E", "<X at 0x7f62aaaa4040>"), ()) == ""


def test_endings_differ() -> None:
    gone = Answer(event="e.json", ending=Ending.EXITED, status=-9)
    late = Answer(event="e.json", ending=Ending.TIMED_OUT, text="after 3 s")
    assert difference(answered("1"), gone, ()) == "the original answered, the artifact ended its process by signal 9"
    assert difference(gone, gone, ()) == ""
    assert difference(late, late, ()) == ""
    assert "timed out" in difference(answered("1"), late, ())


def test_noise_is_where_two_runs_of_one_program_differ() -> None:
    assert noise(answered('{"a": 1, "b": 1}'), answered('{"a": 2, "b": 1}')) == ("/a",)
    assert noise(answered("1"), answered("1")) == ()
    assert noise(answered("1"), raised("E")) == ("/",)
    assert noise(raised("E", "1"), raised("E", "2")) == ("/errorMessage",)
