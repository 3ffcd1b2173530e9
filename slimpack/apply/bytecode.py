"""Python sources -> bytecode in their place, or beside them where the source ships too."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from slimpack.apply.job import Job, Outcome
from slimpack.model.tree import File


def as_bytecode(files: Mapping[str, File], job: Job) -> Outcome:
    """`a/b.py` becomes `a/b.pyc`, where CPython finds a module without source, or stays with `a/__pycache__/b.….pyc`.

    A source without bytecode (it does not compile for the target) stays, and so does one beside which the package
    ships an `a/b.pyc` of its own.
    """
    return Outcome(files={path: _placed(path, file, job) for path, file in files.items()})


def _placed(path: str, file: File, job: Job) -> Mapping[str, File]:
    content = job.bytecode.get(path)
    if content is None or not path.endswith(".py"):
        return {path: file}
    compiled = File(content, executable=False, owner=file.owner)
    alone = f"{path}c"
    if path in job.plan.sources or alone in job.tree:
        return {path: file, _beside(path, job.target.cache_tag): compiled}
    return {alone: compiled}


def _beside(path: str, cache_tag: str) -> str:
    """Where an import of the source looks for its bytecode (PEP 3147)."""
    source = PurePosixPath(path)
    return str(source.parent / "__pycache__" / f"{source.stem}.{cache_tag}.pyc")
