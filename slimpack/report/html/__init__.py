"""Report -> one HTML file that needs nothing else: figures as text, all else as data for the scripts in it."""

import json
from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template

from slimpack.model.report import Report
from slimpack.report.html import head
from slimpack.report.html.payload import payload

_SCRIPTS = ("units", "elements", "data", "details", "roving", "bytes", "imports", "table", "tables", "search", "page")
"""In this order: each uses only what stands before it."""


def html(report: Report) -> str:
    """Render the page. It asks nothing of a network, and its own policy forbids it to."""
    style = _asset("assets/style.css")
    script = "\n".join([_asset("vendor/d3.min.js"), *(_asset(f"assets/{name}.js") for name in _SCRIPTS)])
    return Template(_asset("assets/page.html")).substitute(
        policy=f"default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"script-src {_hash(script)}; style-src {_hash(style)}",
        style=style,
        script=script,
        data=_embedded(report),
        name=escape(report.name),
        subtitle=head.subtitle(report),
        verdict=head.verdict(report),
        figures=head.figures(report),
        gauges=head.gauges(report),
        timing=head.timing_note(report),
        digests=head.digests(report),
    )


def _asset(path: str) -> str:
    return files("slimpack").joinpath("report", "html", *path.split("/")).read_text("utf-8")


def _hash(text: str) -> str:
    """The source of a policy that allows this text alone."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _embedded(report: Report) -> str:
    """JSON that no text in it can end the element it stands in, or open a comment there."""
    return json.dumps(payload(report), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
