"""Tree -> Analysis: trace what the entry points need, with what running them shows, until nothing new is reached."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from slimpack import rules
from slimpack.host.python import Interpreter
from slimpack.host.study import Studio
from slimpack.host.tools import Tools
from slimpack.host.unpack import begun
from slimpack.model.facts import Facts
from slimpack.model.observation import Observation
from slimpack.model.project import Project
from slimpack.model.rule import Rule
from slimpack.model.trace import Trace
from slimpack.model.tree import Content, Tree
from slimpack.observe import observe
from slimpack.trace import extensions, trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What is known of a project before anything is decided."""

    tree: Tree
    rules: tuple[Rule, ...]
    trace: Trace
    observation: Observation
    executed: bool


def analyze(
    tree: Tree,
    *,
    project: Project,
    studio: Studio,
    interpreter: Interpreter | None,
    tools: Tools,
    known: Observation | None = None,
) -> Analysis:
    """Trace, run what was reached, and trace again until that shows nothing new.

    `known` is what is known already where nothing can be run here.
    """
    of_tree = rules.load(distribution.name for distribution in tree.distributions)
    if interpreter is None or not may_run(project, interpreter):
        # What extension modules import stays unknown then, as with --no-run: the trace keeps their packages whole.
        project = replace(project, policy=replace(project.policy, run=False))
    with ExitStack() as stack:
        early = stack.enter_context(begun(tree, tools)) if interpreter and project.policy.run else None
        return _settled(
            tree,
            of_tree,
            early,
            known or Observation(),
            project=project,
            studio=studio,
            interpreter=interpreter,
            tools=tools,
        )


def _settled(
    tree: Tree,
    known: tuple[Rule, ...],
    early: Future[Path] | None,
    observation: Observation,
    *,
    project: Project,
    studio: Studio,
    interpreter: Interpreter | None,
    tools: Tools,
) -> Analysis:
    seen = frozenset[str]()

    def facts(paths: Iterable[str]) -> Mapping[str, Facts]:
        studies = studio.study({path: tree[path] for path in paths}, tree=tree)
        return {path: study.facts for path, study in studies.items()}

    executed = False
    while True:
        traced = trace(tree, project=project, rules=known, facts=facts, observation=observation)
        wanted = extensions(traced, tree)
        if interpreter is None or not project.policy.run or (executed and seen.issuperset(wanted)):
            return Analysis(tree=tree, rules=known, trace=traced, observation=observation, executed=executed)
        bytecode = bytecode_of(tree, traced.reasons, studio)
        observation = observe(
            tree,
            modules=wanted,
            project=project,
            interpreter=interpreter,
            bytecode=bytecode,
            tools=tools,
            early=early,
        )
        executed, seen = True, frozenset(wanted)


def bytecode_of(tree: Tree, paths: Iterable[str], studio: Studio) -> dict[str, Content]:
    """The compiled form of those of `paths` that are sources and compile."""
    studies = studio.study({path: tree[path] for path in paths if path.endswith(".py") and path in tree}, tree=tree)
    return {path: study.bytecode for path, study in studies.items() if study.bytecode is not None}


def may_run(project: Project, interpreter: Interpreter) -> bool:
    """Tell whether this host may and can run the target's code."""
    return (
        project.policy.run
        and interpreter.system == "Linux"
        and interpreter.machine == project.target.architecture.machine
    )
