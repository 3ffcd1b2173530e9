"""Names of packages -> Comparison: reports, zips, folders, or any of these (but folders) in a git revision."""

from dataclasses import replace
from math import isinf
from pathlib import Path

from slimpack import report, rules
from slimpack.compare import compare, of_package, of_report
from slimpack.errors import ConfigError, Problem
from slimpack.host import git
from slimpack.host.disk import digest_of, temporary_folder
from slimpack.host.tools import Tools
from slimpack.install.package import compressed_sizes, opened
from slimpack.measure.statistics import interval, significant
from slimpack.model.comparison import Comparison, InitChange, Snapshot
from slimpack.model.package import Package
from slimpack.model.report import Report
from slimpack.model.timing import Timing

_ZIP = b"PK"


def compared(before: str, after: str, *, folder: Path, tools: Tools) -> Comparison:
    """What changed from one to the other; paths are from `folder`. Raises ConfigError where one is not there."""
    one, other = (_snapshot(text, folder, tools) for text in (before, after))
    init = _init(one.timing, other.timing) if one.timing and other.timing else None
    return compare(one, other, init=init)


def _snapshot(text: str, folder: Path, tools: Tools) -> Snapshot:
    path = folder / text
    if path.is_dir():
        return _of_package(opened(path, known=rules.packages), text, tools)
    if path.is_file():
        if _head(path) == _ZIP:
            return _of_package(opened(path, known=rules.packages), text, tools)
        return of_report(_report(path.read_bytes(), text), text)
    if ":" not in text:
        do = "name a report, a zip, a folder, or REV:PATH as in main:dist/app.report.json"
        raise ConfigError(Problem(what=f"there is no {text} to compare", where=str(path), do=do))
    data = git.stored(text, folder, tools)
    if not data.startswith(_ZIP):
        return of_report(_report(data, text), text)
    with temporary_folder() as scratch:
        place = scratch / Path(text).name
        place.write_bytes(data)
        return _of_package(opened(place, known=rules.packages), text, tools)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(len(_ZIP))
    except OSError as error:
        raise ConfigError(Problem(what=f"cannot read {path.name}: {error.strerror}", where=str(path))) from error


def _report(data: bytes, text: str) -> Report:
    try:
        return report.from_json(data.decode())
    except UnicodeDecodeError as error:
        what = f"{text} is neither a zip nor a slimpack report"
        raise ConfigError(Problem(what=what, where=text)) from error
    except ConfigError as error:
        raise ConfigError(*(replace(problem, where=text) for problem in error.problems)) from error


def _of_package(package: Package, text: str, tools: Tools) -> Snapshot:
    """By the report beside it where that is of this very package, for it knows more; else by what lies in it."""
    beside = package.path.with_name(f"{package.path.name.removesuffix('.zip')}.report.json")
    if beside.is_file():
        try:
            said = report.from_json(beside.read_text("utf-8"))
        except (ConfigError, UnicodeDecodeError, OSError):
            said = None
        if said is not None and _is_of(said, package):
            return of_report(said, text)
    return replace(of_package(package, compressed_sizes(package.tree, tools)), name=text)


def _is_of(said: Report, package: Package) -> bool:
    if package.is_zip:
        return digest_of(package.path) == said.artifact.sha256
    sizes = {member.path: member.size for member in said.artifact.members}
    return sizes == {f"{package.place}{path}": file.content.size for path, file in package.tree.files.items()}


def _init(before: Timing, after: Timing) -> InitChange:
    """The difference of two measurements, made at different times and perhaps on different machines.

    What an empty module takes was measured with each: where that differs beyond its noise, so does the speed.
    """
    scale = 1.0
    if significant(before.floor.cpu, after.floor.cpu):
        scale = after.floor.median_cpu / before.floor.median_cpu
    low, high = interval([value * scale for value in before.after.cpu], after.after.cpu)
    return InitChange(
        before=before.after.median_cpu * scale,
        after=after.after.median_cpu,
        low=None if isinf(low) else low,
        high=None if isinf(high) else high,
        runs=(len(before.after.cpu), len(after.after.cpu)),
        scale=scale,
    )
