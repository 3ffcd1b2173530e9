"""Target: the Python, architecture and glibc that the artifact must run on; tags and markers derive from it alone."""

from dataclasses import dataclass
from enum import StrEnum


class Architecture(StrEnum):
    """The instruction sets Lambda offers, by Lambda's own names."""

    X86_64 = "x86_64"
    ARM64 = "arm64"

    @property
    def machine(self) -> str:
        """The name that `platform.machine()` and wheel tags use."""
        return "aarch64" if self is Architecture.ARM64 else "x86_64"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the artifact runs on. `python` and `glibc` are (major, minor)."""

    python: tuple[int, int]
    architecture: Architecture
    glibc: tuple[int, int]

    @property
    def runtime(self) -> str:
        """Lambda's identifier, `python3.13`."""
        return f"python{self.python_version}"

    @property
    def python_version(self) -> str:
        """`3.13`."""
        return f"{self.python[0]}.{self.python[1]}"

    @property
    def cache_tag(self) -> str:
        """The tag in the names of this target's bytecode and extension modules, `cpython-313`."""
        return f"cpython-{self.python[0]}{self.python[1]}"

    def marker_environment(self) -> dict[str, str]:
        """The PEP 508 environment of the target; never the host's."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python_version}.0",
            "os_name": "posix",
            "platform_machine": self.architecture.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.python_version}.0",
            "python_version": self.python_version,
            "sys_platform": "linux",
        }
