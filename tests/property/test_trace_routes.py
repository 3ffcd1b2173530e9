"""Laws of the tracer over random little projects: routes, monotony, determinism."""

from collections.abc import Iterable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from slimpack.model.facts import Facts, unpack
from slimpack.model.observation import Observation
from slimpack.model.project import (
    Budget,
    EntryPoint,
    Layout,
    Output,
    Policy,
    Project,
    Requirements,
    Resolution,
    SourceKind,
)
from slimpack.model.target import Architecture, Target
from slimpack.model.trace import Trace
from slimpack.model.tree import Bytes, Distribution, File, Tree
from slimpack.probe.extract import study
from slimpack.trace import trace

MODULES = [f"d{d}.m{m}" for d in range(3) for m in range(4)]
STATEMENTS = [
    "import {0}",
    "from {0} import thing",
    "def f():\n    import {0}",
    "import importlib\nimportlib.import_module('{0}')",
    "import importlib\nimportlib.import_module(__name__.split('.')[0] + '.' + x)",
    "import importlib\ndef g(n):\n    return importlib.import_module(n)",
    "NAME = '{0}'",
    "import os\nos.listdir(os.path.dirname(__file__))",
    "from importlib.metadata import entry_points\nentry_points(group='g')",
]
statements = st.lists(st.tuples(st.sampled_from(STATEMENTS), st.sampled_from(MODULES)), max_size=3)
sources = st.fixed_dictionaries(dict.fromkeys(["one", "two", *MODULES], statements))


def _tree(found: dict[str, list[tuple[str, str]]]) -> Tree:
    files = {}
    for name, lines in found.items():
        text = "\n".join(form.format(target) for form, target in lines) + "\n"
        owner = name.split(".")[0] if "." in name else ""
        files[name.replace(".", "/") + ".py"] = File(Bytes(text.encode()), owner=owner)
    for number in range(3):
        files[f"d{number}/__init__.py"] = File(Bytes(b""), owner=f"d{number}")
        files[f"d{number}/data.txt"] = File(Bytes(b"x"), owner=f"d{number}")
        files[f"d{number}-1.dist-info/METADATA"] = File(Bytes(b"x"), owner=f"d{number}")
    distributions = tuple(
        Distribution(
            name=f"d{number}",
            version="1",
            filename="",
            sha256="",
            info=f"d{number}-1.dist-info",
            entry_points=(("g", "x", f"d{number}.m0"),) if number else (),
        )
        for number in range(3)
    )
    return Tree(files, distributions)


def _trace(tree: Tree, *entries: str) -> Trace:
    def facts(paths: Iterable[str]) -> dict[str, Facts]:
        return {path: unpack(study(path, path, 0, tree[path].content.read())[0]) for path in paths}

    project = Project(
        name="x",
        root=Path("/x"),
        entry_points=tuple(EntryPoint(module=name, attribute="handler") for name in entries),
        requirements=Requirements(kind=SourceKind.NONE),
        resolution=Resolution(),
        target=Target(python=(3, 12), architecture=Architecture.X86_64, glibc=(2, 34)),
        policy=Policy(),
        budget=Budget(),
        output=Output(layout=Layout.ZIP, path=Path("/x/o"), report=Path("/x/r")),
    )
    return trace(tree, project=project, rules=(), facts=facts, observation=Observation())


@given(sources)
@settings(max_examples=60, deadline=None)
def test_every_route_ends_at_the_entry_point(found: dict[str, list[tuple[str, str]]]) -> None:
    result = _trace(_tree(found), "one")
    for path in result.reasons:
        route = result.route(path)
        assert route[-1][0] == "one.py"
        assert route[-1][1].parent == ""


@given(sources)
@settings(max_examples=60, deadline=None)
def test_more_entry_points_keep_more(found: dict[str, list[tuple[str, str]]]) -> None:
    tree = _tree(found)
    both = set(_trace(tree, "one", "two").reasons)
    assert set(_trace(tree, "one").reasons) <= both
    assert set(_trace(tree, "two").reasons) <= both


@given(sources)
@settings(max_examples=30, deadline=None)
def test_the_same_tree_gives_the_same_trace(found: dict[str, list[tuple[str, str]]]) -> None:
    first, second = _trace(_tree(found), "one", "two"), _trace(_tree(dict(reversed(found.items()))), "one", "two")
    assert first == second
    assert list(first.reasons) == list(second.reasons)
