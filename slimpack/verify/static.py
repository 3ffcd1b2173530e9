"""Tree' -> findings: will the target's loader take every native file? Nothing is run, so it holds for any target.

A file of the wrong machine, a newer glibc or broken alignment is an error where the target would load it. Packages
also ship files on purpose that it never loads: for other machines, or plugins for a library that may be absent
(numba's TBB pool). Those are warnings.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from posixpath import basename

from slimpack.model.elf import ET_DYN, ET_EXEC, PT_LOAD, Elf, ElfError, is_elf, parse
from slimpack.model.finding import Finding, Severity
from slimpack.model.naming import module_name
from slimpack.model.rule import Runtime
from slimpack.model.target import Target
from slimpack.model.tree import Tree
from slimpack.verify.linking import Library, Linker, Where, linker

_PAGE = 4096


def static(
    tree: Tree,
    *,
    target: Target,
    runtime: Runtime,
    origins: Mapping[str, str],
    natives: Mapping[str, Elf | str] | None = None,
    original: Collection[str] = (),
    modules: Collection[str] = (),
) -> tuple[Finding, ...]:
    """Check every ELF file of the tree that ships.

    `natives` is what is known of them already (`host.native.elf_of`); `original` are the paths before slimming, to
    tell a library that was dropped from one that was never there; `modules` those known to be imported: what they
    load must be complete.
    """
    known = _parsed(tree) if natives is None else natives
    elves = {path: elf for path, elf in known.items() if isinstance(elf, Elf)}
    own = {path: elf for path, elf in elves.items() if elf.machine == target.architecture.machine}
    findings: list[Finding] = []
    for path, error in known.items():
        if isinstance(error, str):
            findings.append(_invalid(path, error, target))
    findings.extend(_foreign(tree, elves, own, target))
    findings.extend(_unloadable(own, target))
    findings.extend(_unlinked(own, target, runtime, original=original, modules=modules))
    return tuple(sorted(_at_origin(finding, origins) for finding in findings))


def _parsed(tree: Tree) -> dict[str, Elf | str]:
    known: dict[str, Elf | str] = {}
    for path in tree:
        data = tree[path].content.read()
        if is_elf(data):
            try:
                known[path] = parse(data)
            except ElfError as error:
                known[path] = str(error)
    return known


def _invalid(path: str, error: str, target: Target) -> Finding:
    severity = Severity.ERROR if _is_extension(path, target) else Severity.WARNING
    return Finding(
        code="SLP025", where=path, message=f"not valid ELF: {error}", severity=severity, help="install it again"
    )


def _foreign(tree: Tree, elves: Mapping[str, Elf], own: Mapping[str, Elf], target: Target) -> Iterator[Finding]:
    """Files for another machine: on purpose, if their distribution has some for this one too."""
    with_own = {tree[path].owner for path in own}
    for path in sorted(elves.keys() - own.keys()):
        meant = not _is_extension(path, target) and (tree[path].owner in with_own or _is_other_extension(path))
        yield Finding(
            code="SLP022",
            where=path,
            message=f"built for {elves[path].machine}, the target is {target.architecture.machine}",
            severity=Severity.WARNING if meant else Severity.ERROR,
            help="drop it, if nothing loads it" if meant else "install the wheel for the target's machine",
        )


def _unloadable(own: Mapping[str, Elf], target: Target) -> Iterator[Finding]:
    for path, elf in sorted(own.items()):
        if elf.glibc > target.glibc:
            yield Finding(
                code="SLP021",
                where=path,
                message=f"needs glibc {_dotted(elf.glibc)}, {target.runtime} has {_dotted(target.glibc)}",
                severity=Severity.ERROR,
                help=f"choose a version with a wheel for manylinux_{target.glibc[0]}_{target.glibc[1]} or older",
            )
        if elf.kind in {ET_DYN, ET_EXEC} and (reason := _misaligned(elf)):
            yield Finding(code="SLP024", where=path, message=reason, severity=Severity.ERROR)


def _misaligned(elf: Elf) -> str:
    """Why ld.so would refuse to map it; empty where it would not."""
    for segment in elf.segments:
        if segment.kind != PT_LOAD:
            continue
        if not segment.congruent:
            return f"the segment at {segment.offset:#x} for {segment.vaddr:#x} is not aligned to {segment.align:#x}"
        if segment.align % _PAGE:
            return f"the segment at {segment.offset:#x} is aligned to {segment.align:#x}, not to pages"
    return ""


def _unlinked(
    own: Mapping[str, Elf], target: Target, runtime: Runtime, *, original: Collection[str], modules: Collection[str]
) -> Iterator[Finding]:
    version = target.python_version
    system = frozenset({*runtime.libraries, f"libpython{version}.so.1.0", f"libpython{version}.so", "libpython3.so"})
    links = linker(own, system=system)
    imported = set(modules)
    loaded = links.closure(frozenset(path for path in own if imported and module_name(path) in imported))
    dropped = {basename(path) for path in original} - {basename(path) for path in own}
    for path in sorted(own):
        yield from _gaps(path, links, must_load=path in loaded, dropped=dropped)


def _gaps(path: str, links: Linker, *, must_load: bool, dropped: Collection[str]) -> Iterator[Finding]:
    for library in links.libraries(path):
        match library.where:
            case Where.PATH | Where.SYSTEM:
                continue
            case Where.ELSEWHERE:
                where = f"{library.path}: the loader finds it only if something loaded it before"
                yield _gap(path, f"needs {library.name}, which is at {where}", severity=Severity.INFO)
            case Where.NOWHERE:
                yield _nowhere(path, library, must_load=must_load, dropped=library.name in dropped)


def _nowhere(path: str, library: Library, *, must_load: bool, dropped: bool) -> Finding:
    if dropped:
        return _gap(path, f"needs {library.name}, which was dropped", severity=Severity.ERROR, do="keep it")
    return _gap(
        path,
        f"needs {library.name}, which neither the artifact nor the runtime has",
        severity=Severity.ERROR if must_load else Severity.WARNING,
        do="ship it in lib/, or in a layer",
    )


def _gap(path: str, message: str, *, severity: Severity, do: str = "") -> Finding:
    return Finding(code="SLP023", where=path, message=message, severity=severity, help=do)


def _is_extension(path: str, target: Target) -> bool:
    """An extension module that the target's import system would load, by a name that says for whom it is."""
    tag = f".{target.cache_tag}-{target.architecture.machine}-linux-gnu.so"
    return bool(module_name(path)) and path.endswith((tag, f".{target.cache_tag}.so", ".abi3.so"))


def _is_other_extension(path: str) -> bool:
    """An extension module whose name says that it is for a certain interpreter and machine."""
    return ".cpython-" in basename(path) and path.endswith(".so")


def _dotted(version: Iterable[int]) -> str:
    return ".".join(map(str, version))


def _at_origin(finding: Finding, origins: Mapping[str, str]) -> Finding:
    place = origins.get(finding.where, finding.where)
    if place == finding.where:
        return finding
    return Finding(
        code=finding.code, where=place, message=finding.message, severity=finding.severity, help=finding.help
    )
