"""The version of slimpack: in one place, imported by what reports it."""

__version__ = "0.1.0"
