"""Tests of packages, where nothing that stays refers to them.

touches                                    | leaves alone
-------------------------------------------|------------------------------------------------
all below a folder `tests` or `test` that  | a test file that code which stays imports, names
holds Python code                          | or lists (networkx, older numpy.testing)
`test_*.py`, `*_test.py`, `conftest.py`    | `testing`: an API (numpy.testing; 5 of 36 break)
                                           | `data/test/*.csv`: a folder without Python code

A package kept whole because something in it was not understood does not make its tests needed: of 119
distributions, dropping `tests` saved 61 MB and broke none of 36 programs.
"""

from collections.abc import Mapping

from slimpack.model.naming import looks_like_test
from slimpack.model.plan import Decision
from slimpack.plan.context import Context, drop

_FOLDERS = ("tests", "test")


def decide(context: Context) -> Mapping[str, Decision]:
    """Drop tests to which no file that stays has a reference."""
    candidates = [path for path in context.paths if "test" in path and looks_like_test(path)]
    coded = {folder for path in candidates if path.endswith(".py") for folder in _test_folders(path)}
    candidates = [path for path in candidates if path.endswith(".py") or not coded.isdisjoint(_test_folders(path))]
    tests = frozenset(candidates)
    needed = _needed(context, tests)
    # What a needed test module reads beside itself was not traced: its folder stays as it is.
    folders = {path.rpartition("/")[0] for path in needed if not path.endswith("/__init__.py")}
    why = drop("tests", "a test that nothing refers to")
    return {
        path: why
        for path in candidates
        if path not in needed and (path.endswith(".py") or path.rpartition("/")[0] not in folders)
    }


def _test_folders(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: index + 1]) for index, part in enumerate(parts) if part in _FOLDERS]


def _needed(context: Context, tests: frozenset[str]) -> frozenset[str]:
    """The tests named by something that is itself no test, or by such a test."""
    known: dict[str, bool] = {}

    def is_needed(path: str) -> bool:
        chain: list[str] = []
        while path not in known:
            chain.append(path)
            known[path] = False  # a ring of tests that only name each other needs none of them
            if context.named(path):
                parent = context.trace.reasons[path].parent
                if parent not in tests:
                    known[path] = True
                elif parent not in known:
                    path = parent
                    continue
                else:
                    known[path] = known[parent]
            break
        answer = known[path]
        known.update(dict.fromkeys(chain, answer))
        return answer

    return frozenset(path for path in sorted(tests) if is_needed(path))
