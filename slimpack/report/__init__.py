"""Values of one run -> Report, and Report -> str: terminal text, JSON, Markdown, and the answer to `why`."""

from slimpack.report.assemble import assemble
from slimpack.report.codec import comparison_json, from_json, inspection_json, profiles_json, to_json
from slimpack.report.comparison import comparison_text
from slimpack.report.comparison_markdown import annotations, comparison_markdown
from slimpack.report.deferral import imports_of
from slimpack.report.findings import of_runtime, of_timing, of_trace, of_verdict, settled
from slimpack.report.html import html
from slimpack.report.inspection import inspection_text
from slimpack.report.markdown import markdown
from slimpack.report.profile import profile_text
from slimpack.report.sarif import sarif
from slimpack.report.sbom import sbom
from slimpack.report.summary import verdict_text
from slimpack.report.text import text
from slimpack.report.trace_event import importtime_text, trace_json
from slimpack.report.tree import tree_json, tree_text
from slimpack.report.why import Why, why
from slimpack.report.why_text import why_json, why_text

__all__ = [
    "Why",
    "annotations",
    "assemble",
    "comparison_json",
    "comparison_markdown",
    "comparison_text",
    "from_json",
    "html",
    "imports_of",
    "importtime_text",
    "inspection_json",
    "inspection_text",
    "markdown",
    "of_runtime",
    "of_timing",
    "of_trace",
    "of_verdict",
    "profile_text",
    "profiles_json",
    "sarif",
    "sbom",
    "settled",
    "text",
    "to_json",
    "trace_json",
    "tree_json",
    "tree_text",
    "verdict_text",
    "why",
    "why_json",
    "why_text",
]
