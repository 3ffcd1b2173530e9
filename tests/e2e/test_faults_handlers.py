"""Handlers that hang, fork, exit, eat memory, write to their directory or print gigabytes while they are imported."""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_projects import BUILD, HANDLER, command, environment, project, slimpack
from local_index import LocalIndex, serve, stock
from sandboxes import interpreter, tools_in
from wheels import make_wheel

from slimpack import SlimpackError, api
from slimpack.errors import TraceError
from slimpack.host import sandbox
from slimpack.host.sandbox import Sandbox, run_probe


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIndex]:
    shelf = stock(tmp_path_factory.mktemp("shelf"))
    make_wheel(shelf, "lib", "1.0", {"lib/__init__.py": "", "lib/data.txt": "data"})
    with serve(shelf) as served:
        yield served


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second of silence is enough."""
    assert run_probe.__kwdefaults__ is not None
    monkeypatch.setitem(run_probe.__kwdefaults__, "patience", 1.0)


def refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SLIMPACK_CACHE_DIR", str(folder.parent / "cache"))
    with pytest.raises(SlimpackError) as caught:
        api.build("app.handler", root=folder, python=BUILD[3], runs=0)
    assert isinstance(caught.value, TraceError)
    assert not (folder / "dist").exists()
    return str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        "import time\ntime.sleep(3600)\n",
        "while True: pass\n",
        "while True: print('still here')\n",
        "import os\nwhile True: os.write(1, bytes(1 << 20))\n",
        "import signal, time\nfor one in (1, 2, 3, 15): signal.signal(one, signal.SIG_IGN)\ntime.sleep(3600)\n",
        "import threading\nthreading.Event().wait()\n",
        "import os, time\nos.setsid() if os.getpid() != os.getsid(0) else None\ntime.sleep(3600)\n",
    ],
    ids=["sleeps", "loops", "prints for ever", "prints bytes for ever", "ignores signals", "waits", "its own session"],
)
def test_a_handler_that_hangs(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    impatient(monkeypatch)
    begun = time.monotonic()
    said = refused(project(tmp_path / "project", {"app.py": body + HANDLER}), monkeypatch)
    assert "the entry point cannot be imported: gave no sign of life for 1 s" in said
    assert "--no-run" in said
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("import os\nos._exit(0)\n", "ended the process with status 0"),
        ("import os\nos._exit(3)\n", "ended the process with status 3"),
        ("import os\nos.kill(os.getpid(), 9)\n", "was killed by SIGKILL"),
        ("import os\nos.abort()\n", "was killed by SIGABRT"),
        ("import ctypes\nctypes.string_at(0)\n", "was killed by SIGSEGV"),
        ("raise SystemExit(0)\n", "SystemExit: 0"),
        ("import sys\nsys.setrecursionlimit(100)\ndef f(): f()\nf()\n", "RecursionError"),
        ("raise KeyboardInterrupt\n", "KeyboardInterrupt"),
    ],
)
def test_a_handler_that_ends_the_process(body: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = refused(project(tmp_path / "project", {"app.py": body + HANDLER}), monkeypatch)
    assert f"the entry point cannot be imported: {says}" in said


FORKS = {
    "a child that ends": "import os\nif os.fork() == 0:\n    os._exit(0)\nos.wait()\n",
    "a child that goes on": "import os\nos.fork()\n",
    "children that stay": "import os, time\nfor _ in range(20):\n    if os.fork() == 0:\n        time.sleep(3600)\n",
    "a daemon": "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep({seconds})\n    os._exit(0)\n",
    "a program": "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3600)'])\n",
    "a pool": "import multiprocessing\nPOOL = multiprocessing.get_context('fork').Pool(2)\nPOOL.map(str, range(4))\n",
}


@pytest.mark.parametrize("name", FORKS)
def test_a_handler_that_forks(name: str, index: LocalIndex, tmp_path: Path) -> None:
    body = FORKS[name].replace("{seconds}", "20")
    folder = project(tmp_path / "project", {"requirements.txt": "lib\n", "app.py": f"{body}import lib\n{HANDLER}"})
    done = slimpack(folder, environment(index, tmp_path / "cache"), *BUILD)
    assert (done.returncode, done.stderr) == (0, "")
    assert not running(tmp_path) or name == "a daemon"  # nothing short of a process namespace finds that again


def running(folder: Path) -> list[str]:
    """Processes whose working directory is, or was, below a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str((process / "cwd").readlink()).startswith(str(folder)):
                found.append((process / "cmdline").read_bytes().decode())
        except OSError:
            continue
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_a_handler_that_eats_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_MEMORY", 300 * 1024**2)
    said = refused(
        project(tmp_path / "project", {"app.py": f"EATEN = []\nwhile True: EATEN.append(bytes(1 << 22))\n{HANDLER}"}),
        monkeypatch,
    )
    assert "the entry point cannot be imported: MemoryError" in said


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_what_is_only_reserved_is_not_eaten(tmp_path: Path) -> None:
    """As V8 and WebAssembly do: a terabyte of addresses that nothing is written to."""
    (tmp_path / "code").mkdir()
    body = "import mmap\nHELD = mmap.mmap(-1, 1 << 40, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000, prot=0)\n"
    (tmp_path / "code" / "app.py").write_text(body)
    box = Sandbox(interpreter=interpreter(tools_in(tmp_path)), code=tmp_path / "code", path=(tmp_path / "code",))
    ended = run_probe("imported", box, request=[("root", str(box.code)), ("entry", "app", "")])
    assert ("done",) in ended.answers
    assert not [answer for answer in ended.answers if answer[0] == "failed"]


WRITES = {
    "a file": "open(HERE + '/new.txt', 'w')",
    "over itself": "open(__file__, 'a')",
    "over a library": "open(LIB + '/data.txt', 'w')",
    "bytes": "os.open(HERE + '/new.txt', os.O_CREAT | os.O_WRONLY)",
    "a folder": "os.mkdir(HERE + '/new')",
    "a removal": "os.remove(__file__)",
    "a renaming": "os.rename(LIB + '/data.txt', LIB + '/other.txt')",
    "a link": "os.symlink('/etc/passwd', HERE + '/link')",
    "modes": "os.chmod(__file__, 0)",
    "a tree": "shutil.rmtree(os.path.realpath(LIB))",
    "a renaming into it": "open(TEMPORARY + '/x', 'w').close(); os.rename(TEMPORARY + '/x', HERE + '/x')",
    "what lies in an open folder": "os.remove('data.txt', dir_fd=os.open(LIB, os.O_RDONLY))",
    "a copy": "shutil.copy(__file__, HERE + '/copy.py')",
}


@pytest.mark.parametrize("name", WRITES)
def test_a_handler_that_writes_to_its_directory(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: LocalIndex
) -> None:
    """It fails as on Lambda, and nothing changes: not the project, not the cache."""
    head = "import os, shutil, lib\nHERE, LIB = os.path.dirname(__file__), os.path.dirname(lib.__file__)\n"
    head += "TEMPORARY = os.environ['TMPDIR']\n"
    folder = project(
        tmp_path / "project", {"requirements.txt": "lib\n", "app.py": head + WRITES[name] + f"\n{HANDLER}"}
    )
    monkeypatch.setenv("UV_DEFAULT_INDEX", index.url)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert "OSError: [Errno 30] Read-only file system" in refused(folder, monkeypatch)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    stored = [path for path in (tmp_path / "cache" / "tree").rglob("*") if path.is_file()]
    assert sorted(path.name for path in stored) == ["METADATA", "RECORD", "WHEEL", "__init__.py", "data.txt"]


def test_a_handler_may_link_to_its_directory_from_elsewhere(index: LocalIndex, tmp_path: Path) -> None:
    body = "import os\nLINK = os.environ['TMPDIR'] + '/link'\nos.symlink(__file__, LINK)\nos.rename(LINK, LINK + '2')\n"
    folder = project(tmp_path / "project", {"app.py": body + HANDLER})
    done = slimpack(folder, environment(index, tmp_path / "cache"), *BUILD)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_program_that_writes_to_the_handlers_directory(index: LocalIndex, tmp_path: Path) -> None:
    """What no hook of Python's sees: the project's own folder is another one, and the cache is looked through."""
    script = (
        "echo changed > lib/data.txt; echo new > lib/new.txt; echo x > app.py; rm -f requirements.txt; rm -rf lib/*"
    )
    body = f"import os, lib\nos.system('cd ' + os.path.dirname(__file__) + '; ' + {script!r})\n"
    folder = project(tmp_path / "project", {"requirements.txt": "lib\n", "app.py": body + HANDLER})
    settings = environment(index, tmp_path / "cache")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    done = slimpack(folder, settings, *BUILD, "--keep", "lib/**")
    assert "Traceback" not in done.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "dist"} == before
    (folder / "app.py").write_text(f"import lib\n{HANDLER}")
    done = slimpack(folder, settings, *BUILD, "--keep", "lib/**")
    assert (done.returncode, done.stderr) == (0, "")
    fresh = project(tmp_path / "fresh", {"requirements.txt": "lib\n", "app.py": f"import lib\n{HANDLER}"})
    assert slimpack(fresh, environment(index, tmp_path / "other"), *BUILD, "--keep", "lib/**").returncode == 0
    assert (folder / "dist" / "app.zip").read_bytes() == (fresh / "dist" / "app.zip").read_bytes()


def test_a_handler_that_prints_gigabytes(index: LocalIndex, tmp_path: Path) -> None:
    """They are read, and not kept."""
    body = "import os\nPAGE = b'x' * (1 << 20)\nfor _ in range(2048):\n    os.write(1, PAGE)\n"
    folder = project(tmp_path / "project", {"app.py": body + HANDLER})

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (600 * 1024**2, 600 * 1024**2))

    done = subprocess.run(
        command(*BUILD), cwd=folder, env=environment(index, tmp_path / "cache"), preexec_fn=limit,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
