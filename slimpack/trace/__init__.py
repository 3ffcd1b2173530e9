"""Tree -> Trace: follow imports, data and libraries from the entry points; what is not understood keeps its package."""

from slimpack.trace.walk import extensions, trace

__all__ = ["extensions", "trace"]
