"""The studio: workers, bytecode, cache; the same bytes whatever was studied before, in one worker or two."""

import importlib.util
import marshal
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from slimpack.host.cache import Cache
from slimpack.host.python import Interpreter, describe
from slimpack.host.study import Studio
from slimpack.host.tools import Tools
from slimpack.model.target import Architecture, Target
from slimpack.model.tree import OWN, Bytes, Distribution, File, Tree

TARGET = Target(
    python=(sys.version_info.major, sys.version_info.minor), architecture=Architecture.X86_64, glibc=(2, 34)
)
SOURCES = {
    f"lib/m{number}.py": f'"""Doc {number}."""\nimport os, json\nNAMES = {{"a", "b", "name{number}"}}\n\n\n'
    f"def f{number}(value, other=None):\n    return value in {{'x', 'y', 'z{number}'}} or os.path.join('name{number}', 'a')\n"
    for number in range(40)
}


def tools(folder: Path, *, workers: int = 2) -> Tools:
    return Tools(cache=Cache(root=folder), environment={}, workers=workers)


def interpreter(folder: Path) -> Interpreter:
    found = describe(sys.executable, tools(folder))
    assert found is not None
    return found


def tree(sources: dict[str, str], *, owner: str = "lib") -> Tree:
    files = {path: File(Bytes(text.encode()), owner=owner) for path, text in sources.items()}
    distribution = Distribution(name="lib", version="1", filename="lib.whl", sha256="0" * 64, info="")
    return Tree(files, (distribution,) if owner else ())


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with Studio(tools(tmp_path), interpreter(tmp_path), TARGET, "/var/task", debug_ranges=False) as made:
        yield made


def digests(folder: Path, order: list[str], *, workers: int) -> dict[str, str]:
    site = tree(SOURCES)
    with Studio(tools(folder, workers=workers), interpreter(folder), TARGET, "/var/task", debug_ranges=False) as made:
        out = {}
        for path in order:
            for name, study in made.study({path: site[path]}, tree=site).items():
                assert study.bytecode is not None
                out[name] = sha256(study.bytecode.read()).hexdigest()
        return out


def test_bytecode_does_not_depend_on_order_or_workers(tmp_path: Path) -> None:
    order = sorted(SOURCES)
    first = digests(tmp_path / "a", order, workers=1)
    assert digests(tmp_path / "b", order[::-1], workers=1) == first
    assert digests(tmp_path / "c", order[20:] + order[:20], workers=2) == first


def test_bytecode_is_unchecked_and_knows_where_it_will_lie(studio: Studio) -> None:
    site = tree({"lib/a.py": "def f(): return 1\n"})
    study = studio.study({"lib/a.py": site["lib/a.py"]}, tree=site)["lib/a.py"]
    assert study.bytecode is not None
    data = study.bytecode.read()
    assert data[:4] == importlib.util.MAGIC_NUMBER
    assert data[4:8] == b"\x01\0\0\0"
    assert data[8:16] == importlib.util.source_hash(b"def f(): return 1\n")
    assert marshal.loads(data[16:]).co_filename == "/var/task/lib/a.py"  # noqa: S302 just made
    deflated = study.bytecode.deflated()
    assert deflated is not None
    assert study.bytecode.size == len(data)
    assert study.bytecode.sha256 == sha256(data).hexdigest()


def test_what_was_learnt_is_found_again(tmp_path: Path) -> None:
    site = tree(SOURCES)
    path = "lib/m1.py"
    with Studio(tools(tmp_path), interpreter(tmp_path), TARGET, "/var/task", debug_ranges=False) as made:
        first = made.study({path: site[path]}, tree=site)[path]
        made.flush()
    with Studio(tools(tmp_path), interpreter(tmp_path), TARGET, "/var/task", debug_ranges=False) as made:
        made._pool._command = ["/nonexistent"]  # a worker cannot even start
        again = made.study({path: site[path]}, tree=site)[path]
    assert again.facts == first.facts
    assert first.bytecode is not None
    assert again.bytecode is not None
    assert again.bytecode.read() == first.bytecode.read()
    assert again.bytecode.deflated() == first.bytecode.deflated()


def test_a_wheel_grows_in_the_cache(tmp_path: Path) -> None:
    site = tree(SOURCES)
    for path in ("lib/m1.py", "lib/m2.py"):
        with Studio(tools(tmp_path), interpreter(tmp_path), TARGET, "/var/task", debug_ranges=False) as made:
            made.study({path: site[path]}, tree=site)
            made.flush()
    with Studio(tools(tmp_path), interpreter(tmp_path), TARGET, "/var/task", debug_ranges=False) as made:
        made._pool._command = ["/nonexistent"]
        found = made.study({path: site[path] for path in ("lib/m1.py", "lib/m2.py")}, tree=site)
    assert all(study.bytecode is not None and study.bytecode.read() for study in found.values())


def test_a_damaged_cache_costs_only_time(tmp_path: Path) -> None:
    site = tree(SOURCES)
    path = "lib/m1.py"
    with Studio(tools(tmp_path), interpreter(tmp_path), TARGET, "/var/task", debug_ranges=False) as made:
        first = made.study({path: site[path]}, tree=site)[path]
        made.flush()
    for stored in (tmp_path / "pyc").rglob("*"):
        if stored.is_file():
            data = bytearray(stored.read_bytes())
            data[-3] ^= 0xFF
            stored.write_bytes(bytes(data))
    with Studio(tools(tmp_path), interpreter(tmp_path), TARGET, "/var/task", debug_ranges=False) as made:
        again = made.study({path: site[path]}, tree=site)[path]
    assert first.bytecode is not None
    assert again.bytecode is not None
    assert again.bytecode.read() == first.bytecode.read()


def test_own_code_is_known_by_its_content(tmp_path: Path) -> None:
    for text, expected in (("import a\n", "a"), ("import b\n", "b"), ("import a\n", "a")):
        site = tree({"app.py": text}, owner=OWN)
        with Studio(tools(tmp_path), interpreter(tmp_path), TARGET, "/var/task", debug_ranges=False) as made:
            found = made.study({"app.py": site["app.py"]}, tree=site)["app.py"]
            made.flush()
        assert [item.module for item in found.facts.imports] == [expected]


def test_without_an_interpreter_there_are_facts_and_no_bytecode(tmp_path: Path) -> None:
    site = tree({"lib/a.py": "import x\n"})
    with Studio(tools(tmp_path), None, TARGET, "/var/task", debug_ranges=False) as made:
        study = made.study({"lib/a.py": site["lib/a.py"]}, tree=site)["lib/a.py"]
    assert [item.module for item in study.facts.imports] == ["x"]
    assert study.bytecode is None


def test_a_worker_that_dies_costs_one_file(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    # The kernel of a process that is gone closes its pipe, which is all that the parent sees.
    site = tree({"lib/a.py": "import x\n", "lib/b.py": "import y\n"})
    pool = studio._pool
    original = pool._answer
    died: list[int] = []

    def answer(index: int) -> object:
        worker = pool._workers[index]
        if not died and worker is not None:
            died.append(index)
            worker._process.kill()
            worker._process.wait()
        return original(index)

    monkeypatch.setattr(pool, "_answer", answer)
    found = studio.study(dict(site.files), tree=site)
    assert sorted(bool(study.facts.error) for study in found.values()) in ([False, True], [False, False])
    assert len(found) == 2


def test_a_shared_object_that_is_none_is_an_error(studio: Studio) -> None:
    files = {"lib/x.so": File(Bytes(b"not elf"), owner="lib")}
    site = Tree(files, tree({"lib/a.py": ""}).distributions)
    assert studio.study(files, tree=site)["lib/x.so"].facts.error


def test_bytecode_without_source_is_read(studio: Studio) -> None:
    code = compile("import hidden\n", "a.py", "exec")
    data = importlib.util.MAGIC_NUMBER + b"\0" * 12 + marshal.dumps(code)
    files = {"lib/a.pyc": File(Bytes(data), owner="lib"), "lib/b.pyc": File(Bytes(b"old" + data), owner="lib")}
    site = Tree(files, tree({"lib/a.py": ""}).distributions)
    found = studio.study(files, tree=site)
    assert [item.module for item in found["lib/a.pyc"].facts.imports] == ["hidden"]
    assert found["lib/b.pyc"].facts.error
