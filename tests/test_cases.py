"""Every folder of fixtures/trace: which files of its tree are reached, which are not, and what is reported."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from slimpack.model.facts import NOTHING, Facts, unpack
from slimpack.model.glob import matcher
from slimpack.model.observation import Observation
from slimpack.model.project import (
    Budget,
    EntryPoint,
    Layout,
    Level,
    Output,
    Policy,
    Project,
    Requirements,
    Resolution,
    SourceKind,
)
from slimpack.model.rule import Imports, Paths, Rule, Services, Understood
from slimpack.model.target import Architecture, Target
from slimpack.model.trace import Trace
from slimpack.model.tree import OWN, Bytes, Distribution, File, Tree
from slimpack.probe.extract import study
from slimpack.trace import trace

CASES = sorted(folder for folder in (Path(__file__).parent.parent / "fixtures" / "trace").iterdir() if folder.is_dir())


def _tree(folder: Path, case: Mapping[str, Any]) -> Tree:
    owners = [(matcher(tuple(item["owns"])), name) for name, item in case.get("distributions", {}).items()]
    files = {}
    for path in sorted((folder / "tree").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            name = path.relative_to(folder / "tree").as_posix()
            owner = next((owner for matches, owner in owners if matches(name)), OWN)
            files[name] = File(Bytes(path.read_bytes()), owner=owner)
    distributions = tuple(
        Distribution(
            name=name,
            version="1",
            filename=f"{name}.whl",
            sha256="",
            info=next(
                (path.split("/")[0] for path in files if files[path].owner == name and ".dist-info/" in path), ""
            ),
            requires=tuple(item.get("requires", ())),
            entry_points=tuple(tuple(point) for point in item.get("entry_points", ())),
        )
        for name, item in case.get("distributions", {}).items()
    )
    return Tree(files, distributions)


def _rule(item: Mapping[str, Any]) -> Rule:
    kinds: dict[str, Any] = {
        "imports": Imports,
        "keep": Paths,
        "source": Paths,
        "understood": Understood,
        "services": Services,
    }
    parts = {
        name: tuple(kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in part.items()}) for part in item[name])
        for name, kind in kinds.items()
        if name in item
    }
    return Rule(distribution=item["distribution"], **parts)


def _project(case: Mapping[str, Any]) -> Project:
    return Project(
        name="case",
        root=Path("/case"),
        entry_points=tuple(EntryPoint(module=name, attribute="handler") for name in case.get("entry", ["app"])),
        requirements=Requirements(kind=SourceKind.NONE),
        resolution=Resolution(),
        target=Target(python=(3, 12), architecture=Architecture.X86_64, glibc=(2, 34)),
        policy=Policy(
            level=Level(case.get("level", "traced")), run=case.get("run", True), include=tuple(case.get("include", ()))
        ),
        budget=Budget(),
        output=Output(layout=Layout.ZIP, path=Path("/case/out.zip"), report=Path("/case/out.json")),
    )


def run(folder: Path) -> tuple[Tree, Mapping[str, Any], Trace]:
    """Trace one case."""
    case = tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))
    tree = _tree(folder, case)

    def facts(paths: Iterable[str]) -> dict[str, Facts]:
        out = {}
        for path in paths:
            if path.endswith((".py", ".pyi")):
                out[path] = unpack(
                    study(path, f"/var/task/{path}", 0, tree[path].content.read(), tree[path].owner == OWN)[0]
                )
            elif path.endswith(".so") or ".so." in path:
                out[path] = Facts(
                    strings=tuple(case.get("constants", {}).get(path, ())),
                    needed=tuple(case.get("needed", {}).get(path, ())),
                    runpath=tuple(case.get("runpath", {}).get(path, ())),
                )
            else:
                out[path] = NOTHING
        return out

    evidence: dict[str, Any] = {
        kind: {key: tuple(value) if isinstance(value, list) else value for key, value in case.get(kind, {}).items()}
        for kind in ("loaded", "opened", "listed", "probed", "failed")
    }
    observation = Observation(**evidence)
    rules = tuple(_rule(item) for item in case.get("rules", ()))
    return tree, case, trace(tree, project=_project(case), rules=rules, facts=facts, observation=observation)


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_case(folder: Path) -> None:
    tree, case, found = run(folder)
    assert case["keep"], "a case shows something that must stay"
    assert case["drop"], "a case shows something that must go"
    for glob in case["keep"]:
        matches = matcher((glob,))
        paths = [path for path in tree if matches(path)]
        assert paths, f"{glob} is no file of the tree"
        assert [path for path in paths if path not in found.reasons] == [], f"{glob} must be kept"
    for glob in case["drop"]:
        matches = matcher((glob,))
        paths = [path for path in tree if matches(path)]
        assert paths, f"{glob} is no file of the tree"
        assert {path: found.route(path) for path in paths if path in found.reasons} == {}, f"{glob} must go"
    assert [f"{item.path}:{item.line}" for item in found.unresolved] == case.get("unresolved", [])
    expected = set(case.get("sources", ()))
    assert expected <= set(found.reads_source), "sources that are read"
    assert expected or not found.reads_source
    kinds = case.get("kinds", {})
    assert {path: str(found.reasons[path].kind) for path in kinds} == kinds, "what is known of why they stay"
    if "whole_metadata" in case:
        assert sorted(found.reads_metadata) == case["whole_metadata"], "distributions whose metadata is read as a whole"


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_every_route_ends_at_an_entry_point(folder: Path) -> None:
    _, case, found = run(folder)
    entries = {f"{name.replace('.', '/')}.py" for name in case.get("entry", ["app"])}
    for path in found.reasons:
        route = found.route(path)
        assert route
        last = route[-1][1]
        assert last.parent == "", f"{path}: {route}"
        assert not entries or route[-1][0] in entries
