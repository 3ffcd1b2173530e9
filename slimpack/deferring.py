"""Analysis, Plan -> Deferred: which imports wait for their first use, the bytecode that makes them, and how init goes.

Analysis says what may wait, running says what is used anyway: the function is run with its imports deferred, and what
is loaded all the same at init, or by too many events, is imported where it always was, until nothing changes. What a
module costs is estimated by its size, not measured: the decision decides bytes, and those must be the same again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from slimpack.analysis import Analysis, may_run
from slimpack.host import lambda_client
from slimpack.host.invoked import Mode, Stage, invoke
from slimpack.host.python import Interpreter
from slimpack.host.rewriter import Change, Module, Rewriter
from slimpack.host.sandbox import Sandbox
from slimpack.host.tools import Tools
from slimpack.host.unpack import unpacked
from slimpack.host.watched import Scene, module_of
from slimpack.measure.starting import Start, start
from slimpack.model.finding import Finding, Severity
from slimpack.model.lazy import Laziness, Lazy, LazyFacts, Seen
from slimpack.model.naming import is_shared_object, module_name
from slimpack.model.plan import Plan
from slimpack.model.project import Project
from slimpack.model.rule import Rule
from slimpack.model.tree import OWN, Content, File, Tree
from slimpack.plan.imported import lazy_facts
from slimpack.plan.lazy import lazy
from slimpack.plan.loading import parents

_ROUNDS = 8
"""The corpus and the libraries are settled after two to four."""
_MEMORY = 1769
"""MB at which a function has one whole processor."""
_TOLD = 2000
"""µs with all that it imports, from which on a report says why an import does not wait."""
_MODULE, _BYTE, _FOREIGN = 200, 0.018, 400
"""µs to import a module, for each byte of its bytecode, and for what is not of the tree; fits the corpus within 2 x."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """`bytecode` is of the modules that are rewritten; `start` how init went with it, where it was run."""

    lazy: Lazy = field(default_factory=Lazy)
    bytecode: Mapping[str, Content] = field(default_factory=dict)
    start: Start | None = None
    findings: tuple[Finding, ...] = ()


def deferred(
    analysis: Analysis,
    plan: Plan,
    *,
    project: Project,
    interpreter: Interpreter | None,
    bytecode: Mapping[str, Content],
    tools: Tools,
) -> Deferred:
    """Decide and rewrite; nothing with `--lazy off`, or where there is no interpreter of the target's version."""
    if project.policy.lazy is Laziness.OFF or not project.entry_points:
        return Deferred()
    if interpreter is None or interpreter.python != project.target.python:
        return Deferred(findings=(not_deferred("there is no interpreter of the target's version here"),))
    ranges = project.policy.debug_ranges
    with Rewriter(tools, interpreter, debug_ranges=ranges) as rewriter:
        job = _Job(analysis, plan, project, interpreter, bytecode, tools, rewriter)
        return job.settled() if may_run(project, interpreter) else job.unproven()


def transferred(
    found: Deferred, source: Tree, tree: Tree, *, project: Project, interpreter: Interpreter | None, tools: Tools
) -> Deferred:
    """What was found out on a tree of the host's wheels, for the target's: the modules rewritten must be the same."""
    if interpreter is None or not found.bytecode:
        return found
    if other := next((path for path in found.bytecode if not _same(path, source, tree)), ""):
        return replace(
            found, lazy=Lazy(), bytecode={}, findings=(not_deferred(f"{other} is another for this architecture"),)
        )
    places = {module_name(path): path for path in found.bytecode}
    with Rewriter(tools, interpreter, debug_ranges=project.policy.debug_ranges) as rewriter:
        made = rewriter.deferred(changes(found.lazy, places, tree.files, project))
    return replace(found, bytecode={path: code for path, code in made.items() if not isinstance(code, str)})


def _same(path: str, source: Tree, tree: Tree) -> bool:
    return path in tree and tree[path].content.sha256 == source[path].content.sha256


@dataclass(frozen=True, slots=True)
class _Job:
    analysis: Analysis
    plan: Plan
    project: Project
    interpreter: Interpreter
    bytecode: Mapping[str, Content]
    tools: Tools
    rewriter: Rewriter
    eager: list[str] = field(default_factory=list)

    @property
    def tree(self) -> Tree:
        return self.analysis.tree

    @property
    def roots(self) -> tuple[str, ...]:
        return tuple(module_of(entry) for entry in self.project.entry_points)

    def unproven(self) -> Deferred:
        """Decide by analysis alone: what is loaded when is then known from the statements, where these are sure."""
        places = {name: path for path in self.plan.kept() if (name := module_name(path))}
        seen = Seen(own={name: self._cost(path) for name, path in places.items()})
        facts = self._facts({name: (path, None) for name, path in places.items()})
        decision = self._decision(facts, seen)
        while decision.late:  # nothing will answer for these: no start was seen, so none is prepared
            there = (f"{package}.{part}" for package, parts in decision.late.items() for part in parts)
            self.eager.extend(there)
            decision = self._decision(facts, seen)
        codes, refused = self._rewritten(decision, places)
        if refused:
            return Deferred(findings=(not_deferred(refused),))
        return Deferred(lazy=decision, bytecode=codes)

    def settled(self) -> Deferred:
        """Decide, run, and decide again until running shows nothing new."""
        original = self._run({})[0]
        if original.failed:
            return Deferred(findings=(not_deferred(f"init could not be watched: {original.failed}"),))
        places = self._places(original)
        names = {
            name: (places.get(name, ""), origin)
            for name, origin in original.origins.items()
            if name in places or name not in original.places  # else another name of a module
        }
        facts = self._facts(names)
        seen = Seen(
            importers=original.importers,
            own={name: self._cost(places.get(name, "")) for name in original.importers},
            limit=min(1.0, self.project.policy.memory / _MEMORY),
        )
        for _ in range(2 * _ROUNDS):
            decision = self._decision(facts, seen)
            if not decision.deferrals:
                return Deferred(lazy=self._told(decision, seen, places), start=original)
            codes, refused = self._rewritten(decision, places)
            if refused:
                return Deferred(start=original, findings=(not_deferred(refused),))
            began, used, broken = self._run(codes)
            if broken:
                culprit = self._culprit(decision, broken)
                if not culprit or len(self.eager) >= _ROUNDS:
                    return Deferred(start=original, findings=(not_deferred(broken),))
                self.eager.append(culprit)
                continue
            absent = frozenset(original.origins) - frozenset(began.origins) | frozenset(decision.absent)
            known = {phase: seen.used.get(phase, frozenset()) | (names & absent) for phase, names in used.items()}
            if _any(known) == _any(seen.used):
                told = self._told(replace(decision, absent=tuple(sorted(absent))), seen, places)
                return Deferred(lazy=told, bytecode=codes, start=began)
            seen = replace(seen, used=known)
        unsettled = not_deferred(f"running shows other imports each time, {_ROUNDS} times")
        return Deferred(start=original, findings=(unsettled,))

    def _places(self, original: Start) -> dict[str, str]:
        """The tree path of each module that init loads; one that replaced itself is known by its name alone."""
        named = {name: path for path in self.tree if (name := module_name(path)) in original.importers}
        found = {name: path for name, path in original.places.items() if path in self.tree}
        return {
            name: path
            for name, path in {**named, **found}.items()
            if name in original.importers or module_name(path) == name
        }

    def _culprit(self, decision: Lazy, broken: str) -> str:
        """The package whose imports might not bear it: one that the error names, else the one that would save most."""
        tops = dict.fromkeys(item.target.partition(".")[0] for item in decision.deferrals)
        named = [top for top in tops if re.search(rf"\b{re.escape(top)}\b", broken)]
        return next((top for top in (*named, *tops) if top not in self.eager), "")

    def _told(self, decision: Lazy, seen: Seen, places: Mapping[str, str]) -> Lazy:
        """The decision without what nobody asks about: imports by others of what costs next to nothing."""
        whole = dict(seen.own)
        for name, importer in reversed(list(seen.importers.items())):  # what a module imports comes behind it
            if importer in whole:
                whole[importer] += whole.get(name, 0)
        own = {name for name, path in places.items() if self.tree[path].owner == OWN}
        kept = tuple(item for item in decision.kept if item.module in own or whole.get(item.target, 0) >= _TOLD)
        return replace(decision, kept=kept)

    def _decision(self, facts: Mapping[str, LazyFacts], seen: Seen) -> Lazy:
        rules = self.analysis.rules
        return lazy(
            facts,
            roots=self.roots,
            laziness=self.project.policy.lazy,
            seen=seen,
            spared=_spared(facts, rules, (*self.project.policy.eager, *self.eager)),
            quiet=[name for rule in rules for item in rule.quiet for name in item.classes],
        )

    def _cost(self, path: str) -> int:
        compiled = self.bytecode.get(path)
        return _MODULE + round(_BYTE * compiled.size) if compiled is not None else _FOREIGN

    def _facts(self, names: Mapping[str, tuple[str, tuple[str, bool] | None]]) -> dict[str, LazyFacts]:
        """What is known of each module: of the tree's by its path, of the interpreter's by its origin."""
        hashes = {distribution.name: distribution.sha256 for distribution in self.tree.distributions}
        modules, opaque = [], {}
        for name, (path, origin) in names.items():
            is_package = path.endswith("/__init__.py") or bool(origin and origin[1])
            if path.endswith(".py"):
                file = self.tree[path]
                shelf = hashes.get(file.owner) or file.content.sha256
                modules.append(Module(name=name, is_package=is_package, shelf=shelf, read=file.content.read))
            elif not path and origin and origin[0].endswith(".py"):
                read = Path(origin[0]).read_bytes
                modules.append(Module(name=name, is_package=is_package, shelf="the interpreter's own", read=read))
            else:
                opaque[name] = LazyFacts(
                    name=name,
                    is_package=is_package,
                    opaque="an extension module" if is_shared_object(path) else "",
                    fixed="an extension module",
                )
        said = self.rewriter.importing(modules)
        packages = {module.name: module.is_package for module in modules}
        return opaque | {
            name: lazy_facts(
                name,
                rows,
                effects,
                is_package=packages[name],
                known=names.keys(),
                opaque=error,
                fixed=self._fixed(names[name][0]),
            )
            for name, (rows, effects, error) in said.items()
        }

    def _fixed(self, path: str) -> str:
        """Why a module's code cannot be rewritten."""
        if not path:
            return "of the standard library"
        if self.tree[path].owner == OWN and not self.project.policy.lazy_own:
            return "own code: --lazy-own lets its imports wait too"
        return "" if "bytecode" in self.plan.rewrites.get(path, ()) else "its source ships alone"

    def _rewritten(self, decision: Lazy, places: Mapping[str, str]) -> tuple[dict[str, Content], str]:
        """The bytecode by path, or why it cannot be made."""
        mine = {name: path for name, path in places.items() if not self._fixed(path)}
        made = self.rewriter.deferred(changes(decision, mine, self.tree.files, self.project))
        refused = next((f"{path}: {why}" for path, why in made.items() if isinstance(why, str)), "")
        return {path: code for path, code in made.items() if not isinstance(code, str)}, refused

    def _run(self, codes: Mapping[str, Content]) -> tuple[Start, dict[str, frozenset[str]], str]:
        """Init, what was loaded in each phase, and what went wrong, with these modules in place of the original's."""
        trial = self.project.trial
        with unpacked(self.tree, bytecode={**self.bytecode, **codes}, tools=self.tools) as folder:
            box = Sandbox(
                interpreter=self.interpreter,
                code=folder.code,
                path=(folder.code,),
                network=trial.network,
                variables=dict(trial.variables),
            )
            roots = tuple(dict.fromkeys((str(folder.code), str(folder.stored), self.project.mounted_at)))
            scene = Scene(sandbox=box, roots=roots, bytecode=folder.bytecode)
            began = start(scene, self.project.entry_points)
            used: dict[str, frozenset[str]] = {"": frozenset(began.origins)}
            if began.failed or not codes or not trial.events:
                return began, used, began.failed
            client = lambda_client.client(self.interpreter, self.tools, offline=self.project.resolution.offline)
            stage = Stage(scene=scene, client=client, timeout=trial.timeout)
            broken = ""
            expected = list(self.analysis.observation.answers)
            for entry in self.project.entry_points:
                invoked = invoke(stage, entry, trial.events, mode=Mode.LOADED)
                for run in invoked.runs:
                    for phase in (event.name for event in trial.events):
                        used[phase] = used.get(phase, frozenset()) | frozenset(run.loaded.get(phase, ()))
                for answer, before in zip(invoked.answers, expected, strict=False):
                    # What the answers say is compared when the artifact is verified.
                    if (answer.ending, answer.error) != (before.ending, before.error) and not broken:
                        broken = f"with imports deferred, {answer.event or 'the function'} {answer.in_words}"
                del expected[: len(invoked.answers)]
            return began, used, broken


def changes(
    decision: Lazy, places: Mapping[str, str], files: Mapping[str, File], project: Project
) -> tuple[Change, ...]:
    """How the modules of these places are to be rewritten, those that are."""
    groups: dict[str, list[tuple[tuple[int, str], ...]]] = {}
    for item in decision.deferrals:
        groups.setdefault(item.module, []).append(item.names)
    return tuple(
        Change(
            path=places[name],
            filename=f"{project.mounted_at}/{places[name]}",
            groups=groups.get(name, ()),
            submodules=decision.submodules.get(name, ()),
            read=files[places[name]].content.read,
        )
        for name in sorted({*groups, *decision.submodules})
        if name in places
    )


def _any(used: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    return {phase: names for phase, names in used.items() if names}


def _spared(facts: Mapping[str, LazyFacts], rules: tuple[Rule, ...], eager: tuple[str, ...]) -> dict[str, str]:
    """The modules that must not wait, and why: those that a rule or the user names, with all below them."""
    named = {name: item.why for rule in rules for item in rule.eager for name in item.modules}
    named.update(dict.fromkeys(eager, "--eager names it"))
    return {name: named[one] for name in facts for one in parents(name) if one in named} if named else {}


def not_deferred(why: str) -> Finding:
    """Say that everything is imported where it always was."""
    return Finding(
        code="SLP043",
        where="",
        message=f"no import is deferred: {why}",
        severity=Severity.WARNING,
        help="leave out what does not bear it with --eager MODULE, or build with --lazy off",
    )
