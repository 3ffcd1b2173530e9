"""Numbers for people: bytes in Lambda's units (1 MB = 1,024 KB), milliseconds, ratios."""

_KILO = 1024


def size(count: int) -> str:
    """`1.2 MB`; Lambda counts 1 MB as 1,024 KB, and so does every size that slimpack prints."""
    if abs(count) < _KILO:
        return f"{count} B"
    value = float(count)
    for unit in ("KB", "MB"):
        value /= _KILO
        if abs(value) < _KILO or unit == "MB":
            digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2  # noqa: PLR2004 three significant digits
            return f"{value:.{digits}f} {unit}"
    raise AssertionError  # the loop returns at MB


def number(count: int, noun: str) -> str:
    """`1 file`, `2,026 files`."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def milliseconds(value: float) -> str:
    """`12 ms`, `1.43 s`."""
    return f"{value / 1000:.2f} s" if value >= 1000 else f"{value:.0f} ms"  # noqa: PLR2004 a second


def share(part: float, whole: float) -> str:
    """`37 %` of the whole; a dash where there is no whole."""
    return f"{100 * part / whole:.0f} %" if whole else "-"
