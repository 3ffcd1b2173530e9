"""Replacement: a distribution that another one, which it brings along, can stand for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """In place of importing `distribution`, own code may import `module` of `by`; `why` says what it can do as well."""

    distribution: str
    by: str
    module: str
    why: str
