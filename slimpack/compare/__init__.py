"""Two Snapshots -> Comparison: what came, went and grew, and which import is to blame; and which limits that breaks."""

from slimpack.compare.difference import compare
from slimpack.compare.limits import broken
from slimpack.compare.snapshot import of_package, of_report

__all__ = ["broken", "compare", "of_package", "of_report"]
