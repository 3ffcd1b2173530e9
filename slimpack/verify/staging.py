"""Artifact -> Scene: what ships, unpacked where it can be run as Lambda runs it, and nothing else of the host."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from slimpack.host.python import Interpreter
from slimpack.host.sandbox import Sandbox
from slimpack.host.tools import Tools
from slimpack.host.unpack import run_folder, unzipped, write
from slimpack.host.watched import Scene
from slimpack.model.artifact import Artifact
from slimpack.model.project import Layout, Project
from slimpack.model.tree import Content, File, Tree
from slimpack.verify.manifest import Manifest, root_of


@contextmanager
def staged(
    artifact: Artifact,
    manifest: Manifest,
    *,
    original: Tree,
    bytecode: Mapping[str, Content],
    project: Project,
    interpreter: Interpreter,
    tools: Tools,
) -> Iterator[Scene]:
    """The artifact in folders that are gone afterwards."""
    with ExitStack() as stack:
        code = stack.enter_context(unzipped(artifact.path, tools=tools))
        beside = stack.enter_context(run_folder(tools))
        write({path: original[path] for path in sorted(manifest.provided)}, beside / "provided")
        write(_of_sources(artifact, code, original, bytecode), beside / "bytecode")
        scene = _scene(artifact, code, beside / "provided" if manifest.provided else None, interpreter, project)
        yield replace(scene, bytecode=beside / "bytecode")


def runs_target(interpreter: Interpreter, project: Project) -> bool:
    """Tell whether this interpreter on this host is what the artifact is for."""
    return (
        interpreter.system == "Linux"
        and interpreter.machine == project.target.architecture.machine
        and interpreter.python == project.target.python
    )


def sites(scene: Scene, artifact: Artifact) -> tuple[Path, ...]:
    """The site directories among the folders of the path: a layer's, whose .pth files count."""
    return scene.sandbox.path[:1] if artifact.layout is Layout.LAYER else ()


def _scene(artifact: Artifact, code: Path, provided: Path | None, interpreter: Interpreter, project: Project) -> Scene:
    prefix = root_of(artifact).rstrip("/")
    mount = "/opt" if artifact.layout is Layout.LAYER else "/var/task"
    path = [code / prefix] if prefix else [code]
    if artifact.layout is Layout.LAYER and code / "python" not in path:
        path.append(code / "python")
    roots = (str(path[0]), f"{mount}/{prefix}".rstrip("/"))
    if provided is not None:
        path.append(provided)
    sandbox = Sandbox(
        interpreter=interpreter,
        code=code,
        path=tuple(path),
        network=project.trial.network,
        variables=dict(project.trial.variables),
    )
    return Scene(sandbox=sandbox, roots=roots)


def _of_sources(artifact: Artifact, code: Path, original: Tree, bytecode: Mapping[str, Content]) -> dict[str, File]:
    """Bytecode of sources that ship alone and unchanged: the same run, without compiling it all again."""
    compiled = {member.origin for member in artifact.members if member.path.endswith(".pyc")}
    return {
        f"{member.path}c": File(bytecode[member.origin])
        for member in artifact.members
        if member.path.endswith(".py")
        and member.origin in bytecode
        and member.origin in original
        and member.origin not in compiled
        and sha256((code / member.path).read_bytes()).hexdigest() == original[member.origin].content.sha256
    }
