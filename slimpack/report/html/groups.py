"""What became of a file -> the group that it is coloured as: a dozen that an eye can tell apart, of thirty reasons."""

from slimpack.model.plan import Action
from slimpack.model.report import FileRow
from slimpack.model.trace import ReasonKind
from slimpack.model.tree import OWN as _OWNER

OWN, IMPORTED, NAMED, SEEN, DATA, NATIVE, DOUBTED, RULED, DEFAULT = range(9)
NO_ROUTE, TESTS, UNREAD, LEFT_OVER, RULED_OUT, UNWANTED, COLD = range(9, 16)

GROUPS: tuple[tuple[str, str], ...] = (
    ("Own code", "your files, and what you include or keep"),
    ("Imported", "an import statement leads to it"),
    ("Named", "a text, table, plugin group or pickle names it"),
    ("Seen", "loaded, opened or listed when the code was run"),
    ("Data and metadata", "read beside the code, or asked for by name"),
    ("Native", "a library that native code links against"),
    ("Not understood", "its package does something that could not be traced, so it stays whole"),
    ("Kept by rule", "a rule about the package keeps it"),
    ("Kept as it is", "nothing says that it may go"),
    ("No route", "no entry point reaches it"),
    ("Tests", "tests of packages"),
    ("Docs, types, sources", "nothing reads them when the code runs"),
    ("Left over", "caches, and what installing and building leave behind"),
    ("Dropped by rule", "a rule about the package drops it"),
    ("Not wanted", "your settings drop it, or the runtime has it"),
    ("In the archive", "loaded only if it is imported after all"),
)
"""Name and meaning by number; those from NO_ROUTE on did not stay in their place."""

_KINDS = {
    ReasonKind.ENTRY: OWN,
    ReasonKind.INCLUDED: OWN,
    ReasonKind.IMPORT: IMPORTED,
    ReasonKind.PARENT: IMPORTED,
    ReasonKind.STRING: NAMED,
    ReasonKind.DYNAMIC: NAMED,
    ReasonKind.LAZY: NAMED,
    ReasonKind.STUB: NAMED,
    ReasonKind.PLUGIN: NAMED,
    ReasonKind.PICKLE: NAMED,
    ReasonKind.LOADED: SEEN,
    ReasonKind.OPENED: SEEN,
    ReasonKind.LISTED: SEEN,
    ReasonKind.OBSERVED: SEEN,
    ReasonKind.DATA: DATA,
    ReasonKind.METADATA: DATA,
    ReasonKind.SOURCE: DATA,
    ReasonKind.NATIVE: NATIVE,
    ReasonKind.UNRESOLVED: DOUBTED,
    ReasonKind.RULE: RULED,
}
_KEPT_BY = {"user": OWN, "rule": RULED, "slimpack": DEFAULT}
_DROPPED_BY = {
    "unreachable": NO_ROUTE,
    "unobserved": NO_ROUTE,
    "tests": TESTS,
    "docs": UNREAD,
    "stubs": UNREAD,
    "c_sources": UNREAD,
    "twins": UNREAD,
    "caches": LEFT_OVER,
    "installer_metadata": LEFT_OVER,
    "leftovers": LEFT_OVER,
    "rule": RULED_OUT,
    "user": UNWANTED,
    "runtime_provided": UNWANTED,
}


def group_of(row: FileRow) -> int:
    """The group of a file."""
    decision = row.decision
    match decision.action:
        case Action.DROP:
            return _DROPPED_BY.get(decision.by, NO_ROUTE)
        case Action.COLD:
            return COLD
        case Action.KEEP:
            if decision.by in _KEPT_BY:
                return _KEPT_BY[decision.by]
            if row.owner == _OWNER:
                return OWN
            return _KINDS[row.reason.kind] if row.reason else DEFAULT
