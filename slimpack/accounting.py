"""A package and its report -> Materials: what is in the artifact, under which licences, and what was taken from it.

The artifact itself is read, so that what is said is said of what ships, not of what was installed. The report adds what
the artifact cannot know: the wheel that each distribution came from, and what does not ship.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from email.parser import HeaderParser
from hashlib import sha256
from pathlib import Path, PurePosixPath

from slimpack.host.disk import digest_of
from slimpack.install.package import opened
from slimpack.model.material import Material, Materials
from slimpack.model.plan import Action
from slimpack.model.report import FileRow, Report
from slimpack.model.tree import OWN, Tree
from slimpack.version import __version__

_CLASSIFIER = "License :: "
_WORDS = ("licen", "copying", "notice", "authors", "copyright")
_LONGEST = 100
"""Characters of METADATA's `License` that still can be a name: some hold the whole text."""


def materials(path: Path, report: Report | None) -> Materials:
    """Account for a package of any origin; `report` is what a build said of it. Raises as `opened` does."""
    package = opened(path)
    tree = package.tree
    versions = {one.name: (one.version, one.info) for one in tree.distributions}
    pins = {pin.name: pin for pin in report.pins} if report else {}
    rows: dict[str, list[FileRow]] = defaultdict(list)
    for row in report.files if report else ():
        rows[row.owner].append(row)
    owners = _owners(tree, report)
    parts = []
    for name in sorted({*versions, *owners.values()} - {OWN}):
        version, info = versions.get(name, ("", ""))
        files = {place: tree[place].content.sha256 for place, owner in owners.items() if owner == name}
        said = _said(tree, info)
        pin = pins.get(name)
        gone = [row for row in rows[name] if row.decision.action is not Action.KEEP]
        parts.append(
            Material(
                name=name,
                version=version or (pin.version if pin else ""),
                license=_license(said),
                summary=said.get("Summary", [""])[0],
                wheel=pin.filename if pin and pin.url else "",
                sha256=pin.sha256 if pin and pin.url else "",
                files=files,
                texts=_texts(tree, info),
                removed=len(gone),
                removed_bytes=sum(row.size for row in gone),
                removed_by=dict(sorted(Counter(row.decision.by for row in gone).items())),
            )
        )
    return Materials(
        name=report.name if report else package.name,
        sha256=digest_of(path) if package.is_zip else _digest(tree),
        slimpack=__version__,
        parts=tuple(parts),
        own={place: tree[place].content.sha256 for place, owner in owners.items() if owner == OWN},
        gone=tuple(sorted((pin.name, pin.version) for pin in pins.values() if pin.name not in owners.values())),
    )


def _owners(tree: Tree, report: Report | None) -> dict[str, str]:
    """Whose each file is: as the report says, for bytecode alone is in no RECORD; without one, as RECORDs say."""
    if report is None:
        return {path: file.owner for path, file in tree.files.items()}
    known = {member.path: member.owner for member in report.artifact.members}
    by_source = {row.path: row.owner for row in report.files}
    return {
        path: known.get(path, by_source.get(path, by_source.get(path.removesuffix("c"), file.owner)))
        for path, file in tree.files.items()
    }


def _said(tree: Tree, info: str) -> Mapping[str, list[str]]:
    path = f"{info}/METADATA"
    if not info or path not in tree:
        return {}
    parsed = HeaderParser().parsestr(tree[path].content.read().decode("utf-8", "replace"))
    found: dict[str, list[str]] = defaultdict(list)
    for key, value in parsed.items():
        found[key].append(str(value))
    return found


def _license(said: Mapping[str, list[str]]) -> str:
    """The expression (PEP 639), else the licence by name, else what the classifiers say."""
    for key in ("License-Expression", "License"):
        for value in said.get(key, ()):
            text = " ".join(value.split())
            if text and text.upper() != "UNKNOWN" and len(text) <= _LONGEST:
                return text
    names = [one.rpartition(" :: ")[2] for one in said.get("Classifier", ()) if one.startswith(_CLASSIFIER)]
    return " AND ".join(sorted({name for name in names if name != "OSI Approved"}))


def _texts(tree: Tree, info: str) -> dict[str, str]:
    if not info:
        return {}
    return {
        path: file.content.read().decode("utf-8", "replace")
        for path, file in tree.files.items()
        if path.startswith(f"{info}/") and _is_license(path.removeprefix(f"{info}/"))
    }


def _is_license(inside: str) -> bool:
    name = PurePosixPath(inside).name.lower()
    return inside.startswith("licenses/") or name.startswith(_WORDS)


def _digest(tree: Tree) -> str:
    lines = (f"{path}\0{file.content.sha256}\n" for path, file in tree.files.items())
    return sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def license_text(found: Materials) -> str:
    """The licences of all that ships, one after the other, for those who must pass them on."""
    blocks = []
    for part in found.parts:
        head = f"{part.name} {part.version}".rstrip()
        says = part.license or "it names no licence"
        blocks.append("\n".join([f"{'=' * 80}\n{head}: {says}\n{'=' * 80}", *_bodies(part.texts)]))
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _bodies(texts: Mapping[str, str]) -> Iterable[str]:
    if not texts:
        yield "\nNo licence text ships with it.\n"
    for path, text in sorted(texts.items()):
        yield f"\n--- {path}\n\n{text.strip()}\n"
