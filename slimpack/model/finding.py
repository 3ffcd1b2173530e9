"""Finding: something to know, with a stable code that can be ignored or made an error."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much it matters; ERROR makes the exit code 1."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """`where` is a path in the tree, with `:line` where there is one."""

    code: str
    where: str
    message: str
    severity: Severity = Severity.INFO
    help: str = ""


CATALOGUE: dict[str, str] = {
    "SLP001": "import or lookup that was not understood; its package is kept",
    "SLP002": "a file does not parse with the target's grammar; its distribution is kept",
    "SLP003": "an extension module could not be imported; its package is kept",
    "SLP004": "nothing was executed (--no-run); what extension modules import is unproven",
    "SLP010": "no interpreter of the target's version; sources are shipped",
    "SLP011": "sources are shipped beside bytecode because something reads them",
    "SLP012": "a file could not be rewritten; it is kept as it is",
    "SLP013": "bytecode in a package that Python does not use",
    "SLP020": "symbols could not be cut safely; the file is kept as it is",
    "SLP021": "a native file needs a newer glibc than the runtime has",
    "SLP022": "a native file is for another machine",
    "SLP023": "a native file needs a library that neither the artifact nor the runtime has",
    "SLP024": "a native file's segments are not aligned as its header says",
    "SLP025": "a native file is not valid ELF",
    "SLP026": "an extension module is for another Python",
    "SLP030": "the same bytes ship more than once",
    "SLP031": "a distribution shadows a module of the standard library",
    "SLP032": "a module is hidden by another of the same name",
    "SLP033": "a distribution is described more than once in a package",
    "SLP034": "files of a package are not what their installer recorded",
    "SLP035": "a distribution without its metadata, known by the names of its packages",
    "SLP040": "the artifact was not run: the host cannot run the target",
    "SLP041": "dropped files were missed and put back (--repair)",
    "SLP042": "the host's own wheels were observed in place of the target's, which cannot run here",
    "SLP043": "no import is deferred, although --lazy asks for it",
    "SLP050": "over budget",
    "SLP051": "over a limit of Lambda",
    "SLP060": "the runtime is deprecated or a preview",
    "SLP061": "distributions that the runtime provides were left out",
    "SLP070": "a file that looks like a secret ships because it is allowed",
    "SLP080": "an install needs a file that slimpack does not process (.pth)",
    "SLP090": "the init time was not measured",
    "SLP100": "an import of own code that init does not need",
    "SLP101": "work at the top level of own code that costs much of init",
    "SLP102": "a distribution that costs more of init than all others together",
    "SLP103": "a distribution that one of its own requirements could stand for",
}
"""Every code and what it means; codes are never reused."""
