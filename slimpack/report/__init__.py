"""Values of one run -> Report, and Report -> str: terminal text, JSON, Markdown, and the answer to `why`."""

from slimpack.report.assemble import assemble
from slimpack.report.codec import from_json, to_json
from slimpack.report.findings import of_runtime, of_timing, of_trace, of_verdict, settled
from slimpack.report.markdown import markdown
from slimpack.report.summary import verdict_text
from slimpack.report.text import text
from slimpack.report.why import Why, why, why_text

__all__ = [
    "Why",
    "assemble",
    "from_json",
    "markdown",
    "of_runtime",
    "of_timing",
    "of_trace",
    "of_verdict",
    "settled",
    "text",
    "to_json",
    "verdict_text",
    "why",
    "why_text",
]
