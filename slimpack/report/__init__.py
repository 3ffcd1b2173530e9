"""Values of one run -> Report, and Report -> str: terminal text, JSON, Markdown, and the answer to `why`."""

from slimpack.report.assemble import assemble
from slimpack.report.codec import from_json, profiles_json, to_json
from slimpack.report.findings import of_runtime, of_timing, of_trace, of_verdict, settled
from slimpack.report.markdown import markdown
from slimpack.report.profile import profile_text
from slimpack.report.summary import verdict_text
from slimpack.report.text import text
from slimpack.report.trace_event import importtime_text, trace_json
from slimpack.report.why import Why, why, why_text

__all__ = [
    "Why",
    "assemble",
    "from_json",
    "importtime_text",
    "markdown",
    "of_runtime",
    "of_timing",
    "of_trace",
    "of_verdict",
    "profile_text",
    "profiles_json",
    "settled",
    "text",
    "to_json",
    "trace_json",
    "verdict_text",
    "why",
    "why_text",
]
