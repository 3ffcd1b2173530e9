"""Which distribution mends an artifact whose answer differs although nothing that was looked for is missing."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from sandboxes import plan_dropping

from slimpack.making import _owner
from slimpack.model.tree import Bytes, File, Tree

NAMES = ["a", "b", "c", "d", "e"]
TREE = Tree({"app.py": File(Bytes(b""))} | {f"{name}/x.py": File(Bytes(b""), owner=name) for name in NAMES})


def made(*dropped: str) -> Any:
    plan = plan_dropping(TREE, dict.fromkeys(dropped, "unreachable"))
    return SimpleNamespace(analysis=SimpleNamespace(tree=TREE), plan=plan, verdict=None)


@pytest.mark.parametrize(
    ("needed", "found"),
    [({"b/**"}, ("b/**",)), ({"e/**"}, ("e/**",)), ({"a/**", "b/**"}, ("a/**", "b/**")), ({"never"}, ())],
)
def test_owner(needed: set[str], found: tuple[str, ...]) -> None:
    tried = []

    def attempt(*keep: str) -> Any:
        tried.append(keep)
        return SimpleNamespace(verdict=SimpleNamespace(holds=needed <= set(keep)))

    assert _owner(made("a/x.py", "b/x.py", "c/x.py", "e/x.py"), attempt) == found
    assert len(tried) <= 6


def test_a_distribution_that_lost_nothing_is_no_candidate() -> None:
    def attempt(*keep: str) -> Any:
        assert keep == ("d/**",)
        return SimpleNamespace(verdict=SimpleNamespace(holds=True))

    assert _owner(made("d/x.py"), attempt) == ("d/**",)
    assert _owner(replace_nothing(), attempt) == ()


def replace_nothing() -> Any:
    return SimpleNamespace(
        analysis=SimpleNamespace(tree=TREE), plan=replace(plan_dropping(TREE, {}), rewrites={}), verdict=None
    )
