"""What scripts/bench.py needs before it can time: interpreter, tools, wheels, an index without a network."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench_peers import TARGET, Builder

NOT_OWN = frozenset({"requirements.in", "requirements.txt", "train.py", "events", "unseen", "__pycache__"})
"""What lies in a corpus folder and is no part of the function."""

GLIBC_CEILINGS = (("2_28", "2_17"), ("2_34", "2_28", "2_17"))
"""Peers ask for different ceilings, so the wheelhouse holds the best wheel of each."""

QUIET = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "UV_NO_CONFIG": "1",
    "UV_PYTHON_DOWNLOADS": "never",
    "SAM_CLI_TELEMETRY": "0",
    "SLS_TELEMETRY_DISABLED": "1",
    "SLS_TRACKING_DISABLED": "1",
    "SLS_DISABLE_AUTO_UPDATE": "1",
    "SLS_INTERACTIVE_SETUP_ENABLE": "0",
    "CI": "1",
}
"""Nobody's own configuration, nothing that calls home."""

FAKE_AWS = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Where the benchmark runs: its folders, the target's interpreter, the index."""

    work: Path
    python: Path
    index: str

    def tools(self, builder: Builder) -> Path:
        """Where the builder's own tools are installed."""
        return self.work / "tools" / builder.name.replace(" ", "_")

    def cache(self, builder: Builder) -> Path:
        """Everything that makes the builder's next build faster than its first."""
        return self.work / "caches" / builder.name.replace(" ", "_")

    def project(self, builder: Builder, app: Path) -> Path:
        """Where the builder builds this app."""
        return self.work / "projects" / builder.name.replace(" ", "_") / app.name

    def environment(self, builder: Builder) -> dict[str, str]:
        """Give the builder its tools, its caches and the index, and nothing of whoever runs the benchmark."""
        tools, cache = self.tools(builder), self.cache(builder)
        path = (tools / "bin", tools / "node_modules" / ".bin", self.python.parent, os.environ["PATH"])
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_", "PYTHON", "VIRTUAL_ENV"))},
            **QUIET,
            **FAKE_AWS,
            "PATH": os.pathsep.join(map(str, path)),
            "HOME": str(self.work / "home"),
            "UV_DEFAULT_INDEX": self.index,
            "PIP_INDEX_URL": self.index,
            "CACHE": str(cache),
            "UV_CACHE_DIR": str(cache / "uv"),
            "PIP_CACHE_DIR": str(cache / "pip"),
            "SLIMPACK_CACHE_DIR": str(cache / "slimpack"),
            "PYTHON": str(self.python),
            "SLIMPACK_PYTHON": sys.executable,
        }


def find_python(version: str) -> Path:
    """Find the real interpreter of that version: on the path, through uv, through pyenv."""
    asks = (
        [f"python{version}"],
        [*_asked("uv", "python", "find", "--no-project", version)],
        [f"{prefix}/bin/python{version}" for prefix in _asked("pyenv", "prefix", version)],
    )
    for command in filter(None, asks):
        for found in _asked(*command, "-c", "import sys; print(sys._base_executable)"):
            return Path(found).resolve()
    message = f"no Python {version} on PATH, through uv or through pyenv"
    raise FileNotFoundError(message)


def _asked(*command: str) -> tuple[str, ...]:
    if shutil.which(command[0]) is None:
        return ()
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return (answer.stdout.strip(),) if answer.returncode == 0 else ()


def install_tools(stand: Stand, builder: Builder) -> None:
    """Install a peer once, from the package registries as this machine has them set up; never timed."""
    folder, done = stand.tools(builder), stand.tools(builder) / "installed.txt"
    wanted = "\n".join((*builder.pip, *builder.npm))
    if done.is_file() and done.read_text() == wanted:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if builder.pip:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "--quiet", *builder.pip], check=True)
    if builder.npm:
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), *builder.npm]
        subprocess.run(command, check=True)
    done.write_text(wanted)


def fill_wheelhouse(python: Path, folder: Path, apps: Iterable[Path]) -> None:
    """Download the wheels that the apps pin, unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    for app in apps:
        requirements, done = app / "requirements.txt", folder / f"{app.parent.name}-{app.name}.done"
        if done.is_file() and done.read_text() == requirements.read_text():
            continue
        for ceilings in GLIBC_CEILINGS:
            platforms = [arg for glibc in ceilings for arg in ("--platform", f"manylinux_{glibc}_x86_64")]
            command = [str(python), "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
            target = ["--python-version", TARGET, "--implementation", "cp", *platforms]
            files = ["--dest", str(folder), "--requirement", str(requirements)]
            subprocess.run([*command, *target, *files], check=True)
        shutil.copyfile(requirements, done)


@contextlib.contextmanager
def served(index_tool: Path, wheelhouse: Path) -> Iterator[str]:
    """Serve the wheelhouse on a free loopback port; gives the index's address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, index_tool, wheelhouse, str(port)])
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        else:
            message = f"{index_tool} does not answer"
            raise TimeoutError(message)
        yield f"http://127.0.0.1:{port}/simple"
    finally:
        server.terminate()
        server.wait()


def lay_out(stand: Stand, builder: Builder, app: Path) -> Path:
    """Lay the project out anew, as if just cloned."""
    project = stand.project(builder, app)
    shutil.rmtree(project, ignore_errors=True)
    source = project / "src"
    source.mkdir(parents=True)
    for item in sorted(app.iterdir()):
        if item.name in NOT_OWN:
            continue
        if item.is_dir():
            shutil.copytree(item, source / item.name)
        else:
            shutil.copyfile(item, source / item.name)
    shutil.copyfile(app / "requirements.txt", source / "requirements.txt")
    for name, text in builder.files.items():
        (project / name).write_text(text)
    return project
