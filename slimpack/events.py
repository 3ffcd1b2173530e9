"""Moments that the library reports and a caller may show: the base class does nothing."""


class Listener:
    """Override the moments you want to see; every one is a no-op here."""

    def stage_started(self, stage: str, *, detail: str = "") -> None:
        """`stage` is the verb's name ("resolve", "install", …)."""

    def stage_finished(self, stage: str, *, detail: str = "") -> None:
        """`detail` is one short clause for people ("13 distributions, 6.1 MB")."""

    def progressed(self, stage: str, *, done: int, total: int, unit: str = "") -> None:
        """`done` of `total` units (files, bytes, wheels) of the stage are done."""

    def noticed(self, message: str) -> None:
        """Something worth a line at normal verbosity."""

    def detailed(self, message: str) -> None:
        """Something worth a line at --verbose (a command run, a cache miss)."""
