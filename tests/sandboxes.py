"""Hand-made projects, artifacts and observations for tests that run code in a sandbox."""

import os
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

from slimpack.host.cache import Cache
from slimpack.host.python import Interpreter, describe
from slimpack.host.tools import Tools
from slimpack.model.artifact import Artifact, Member
from slimpack.model.plan import Action, Decision, Plan
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
from slimpack.model.tree import Bytes, File, Tree


def tools_in(folder: Path) -> Tools:
    return Tools(cache=Cache(folder / "cache"), environment=dict(os.environ))


def interpreter(tools: Tools) -> Interpreter:
    found = describe(sys.executable, tools)
    assert found is not None
    return found


def project_in(
    folder: Path, *, module: str = "app", attribute: str = "handler", layout: Layout = Layout.ZIP
) -> Project:
    architecture = Architecture.ARM64 if os.uname().machine == "aarch64" else Architecture.X86_64
    return Project(
        name="app",
        root=folder,
        entry_points=(EntryPoint(module=module, attribute=attribute),),
        requirements=Requirements(kind=SourceKind.NONE),
        resolution=Resolution(),
        target=Target(python=sys.version_info[:2], architecture=architecture, glibc=(2, 34)),
        policy=Policy(),
        budget=Budget(),
        output=Output(layout=layout, path=folder / "app.zip", report=folder / "app.json"),
    )


def tree_with(own: dict[str, str], lib: dict[str, str | bytes] | None = None) -> Tree:
    """A tree of own files and of one distribution `lib`."""
    files = {path: File(Bytes(text.encode())) for path, text in own.items()}
    for path, data in (lib or {}).items():
        files[path] = File(Bytes(data.encode() if isinstance(data, str) else data), owner="lib")
    return Tree(files)


def plan_dropping(tree: Tree, dropped: dict[str, str]) -> Plan:
    """Keep all but `dropped`, which maps paths to the pass that decides."""
    keep = Decision(action=Action.KEEP, by="trace", why="reached")
    decisions = {
        path: Decision(action=Action.DROP, by=dropped[path], why="test") if path in dropped else keep for path in tree
    }
    return Plan(decisions=decisions, rewrites={})


def zip_of(tree: Tree, folder: Path, *, dropped: dict[str, str], compiled: dict[str, bytes] | None = None,
           prefix: str = "", layout: Layout = Layout.ZIP) -> Artifact:  # fmt: skip
    """What ships of a tree, in a zip; `compiled` sources ship as the bytecode given."""
    compiled = compiled or {}
    path = folder / "artifact.zip"
    members = []
    with zipfile.ZipFile(path, "w") as archive:
        for name, file in tree.files.items():
            if name in dropped:
                continue
            shipped = prefix + (f"{name}c" if name in compiled else name)
            data = compiled.get(name, file.content.read())
            archive.writestr(shipped, data)
            members.append(Member(path=shipped, size=len(data), stored=len(data), origin=name, owner=file.owner))
    digest = sha256(path.read_bytes()).hexdigest()
    return Artifact(
        path=path,
        layout=layout,
        size=path.stat().st_size,
        unpacked=sum(member.size for member in members),
        sha256=digest,
        content_sha256=digest,
        members=tuple(members),
    )
