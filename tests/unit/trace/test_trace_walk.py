"""The walk: entry points that are not there, own code that does not parse, routes, what is kept whole."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from slimpack.errors import TraceError
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
from slimpack.model.trace import ReasonKind, Trace
from slimpack.model.tree import OWN, Bytes, File, Tree
from slimpack.probe.extract import study
from slimpack.trace import extensions, trace


def run(
    files: Mapping[str, str], *entries: str, policy: Policy | None = None, observation: Observation | None = None
) -> Trace:
    tree = tree_with(files)

    def facts(paths: Iterable[str]) -> dict[str, Facts]:
        return {
            path: unpack(study(path, path, 0, tree[path].content.read())[0]) if path.endswith(".py") else Facts()
            for path in paths
        }

    project = Project(
        name="x",
        root=Path("/x"),
        entry_points=tuple(EntryPoint(module=name, attribute="handler") for name in entries or ("app",)),
        requirements=Requirements(kind=SourceKind.NONE),
        resolution=Resolution(),
        target=Target(python=(3, 12), architecture=Architecture.X86_64, glibc=(2, 34)),
        policy=policy or Policy(),
        budget=Budget(),
        output=Output(layout=Layout.ZIP, path=Path("/x/o"), report=Path("/x/r")),
    )
    return trace(tree, project=project, rules=(), facts=facts, observation=observation or Observation())


def tree_with(files: Mapping[str, str]) -> Tree:
    """Everything below `lib` belongs to the distribution of that name."""
    return Tree(
        {
            path: File(Bytes(text.encode()), owner="lib" if path.startswith("lib") else OWN)
            for path, text in files.items()
        }
    )


def test_a_handler_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(TraceError) as caught:
        run({"app.py": "", "lib/__init__.py": ""}, "ap", "nothing.like.it")
    first, second = caught.value.problems
    assert "no module ap for the handler ap.handler" in first.what
    assert first.do == "did you mean app.handler?"
    assert second.where == "nothing/like/it.py"
    assert caught.value.exit_code == 5


def test_own_code_that_does_not_parse_stops_with_its_line() -> None:
    with pytest.raises(TraceError) as caught:
        run({"app.py": "import helper\n", "helper.py": "x = 1\nif x\n    y\n"})
    (problem,) = caught.value.problems
    assert problem.where == "helper.py:2"


def test_a_handler_in_a_folder_reaches_its_package() -> None:
    found = run({"src/app.py": "from . import near\n", "src/near.py": "", "src/far.py": ""}, "src/app")
    assert set(found.reasons) == {"src/app.py", "src/near.py"}


def test_the_shortest_route_is_told() -> None:
    found = run(
        {
            "app.py": "import lib.a\nimport lib.deep\n",
            "lib/__init__.py": "",
            "lib/a.py": "import lib.b\n",
            "lib/b.py": "import lib.deep\n",
            "lib/deep.py": "",
        }
    )
    assert [(path, reason.line) for path, reason in found.route("lib/deep.py")] == [("lib/deep.py", 2), ("app.py", 0)]
    assert found.reasons["lib/b.py"].parent == "lib/a.py"


def test_parents_are_reached_and_their_imports_count() -> None:
    found = run(
        {"app.py": "import lib.a.b\n", "lib/__init__.py": "from lib import side\n", "lib/side.py": "", "lib/a/b.py": ""}
    )
    assert found.reasons["lib/__init__.py"].kind is ReasonKind.PARENT
    assert "lib/side.py" in found.reasons


def test_what_is_kept_whole_is_followed_too() -> None:
    source = "import importlib, os\nimportlib.import_module(os.environ['X'])\n"
    found = run(
        {"app.py": source, "jobs.py": "import lib.late\n", "lib/__init__.py": "", "lib/late.py": "", "lib/rest.py": ""}
    )
    assert [(item.path, item.line) for item in found.unresolved] == [("app.py", 2)]
    assert "lib/late.py" in found.reasons
    assert "lib/rest.py" not in found.reasons


def test_extensions_are_modules_and_not_libraries() -> None:
    files = {
        "app.py": "import lib.core\n",
        "lib/__init__.py": "",
        "lib/core.cpython-312-x86_64-linux-gnu.so": "",
        "lib/libhelper.so": "",
        "lib/beside.abi3.so": "",
    }
    found = run(files)
    assert extensions(found, tree_with(files)) == ("lib.beside", "lib.core")
    assert found.reasons["lib/libhelper.so"].kind is ReasonKind.NATIVE


def test_sources_that_are_observed_being_read_are_told() -> None:
    observation = Observation(loaded={"app": ("lib",)}, opened={"app": ("lib/__init__.py",)})
    found = run({"app.py": "import lib\n", "lib/__init__.py": ""}, observation=observation)
    assert set(found.reads_source) == {"lib/__init__.py"}


def test_nothing_is_read_twice() -> None:
    asked: list[str] = []
    tree = tree_with({"app.py": "import lib\nimport lib\n", "lib/__init__.py": "import app\n"})

    def facts(paths: Iterable[str]) -> dict[str, Facts]:
        found = list(paths)
        asked.extend(found)
        return {path: unpack(study(path, path, 0, tree[path].content.read())[0]) for path in found}

    project = Project(
        name="x",
        root=Path("/x"),
        entry_points=(EntryPoint(module="app", attribute="handler"),),
        requirements=Requirements(kind=SourceKind.NONE),
        resolution=Resolution(),
        target=Target(python=(3, 12), architecture=Architecture.X86_64, glibc=(2, 34)),
        policy=Policy(),
        budget=Budget(),
        output=Output(layout=Layout.ZIP, path=Path("/x/o"), report=Path("/x/r")),
    )
    trace(tree, project=project, rules=(), facts=facts, observation=Observation())
    assert sorted(asked) == ["app.py", "lib/__init__.py"]


def test_who_else_asks_for_a_file_is_told_once_and_sorted() -> None:
    found = run({
        "app.py": "import lib.b\nimport lib.a\nimport other\n\ndef handler(event, context):\n    import lib.a\n",
        "other.py": "from lib import a\nimport lib.a\n", "lib/__init__.py": "", "lib/a.py": "import app\n",
        "lib/b.py": "from . import a\n",
    })  # fmt: skip
    assert found.reasons["lib/a.py"].line == 2
    assert [(one.parent, one.line, one.kind) for one in found.others["lib/a.py"]] == [
        ("app.py", 6, ReasonKind.IMPORT), ("lib/b.py", 1, ReasonKind.IMPORT), ("other.py", 1, ReasonKind.IMPORT),
        ("other.py", 2, ReasonKind.IMPORT),
    ]  # fmt: skip
    assert [(one.parent, one.line) for one in found.others["app.py"]] == [("lib/a.py", 1)]
    assert "other.py" not in found.others
