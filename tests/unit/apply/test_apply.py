"""apply: a plan carried out on a tree."""

import gzip
import json
import subprocess
import sys
import zlib
from collections.abc import Mapping
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

import pytest
from elves import shared_object as tiny

from slimpack.apply import Applied, apply
from slimpack.host.cache import Cache
from slimpack.host.tools import Tools
from slimpack.model.plan import Action, Decision, Plan
from slimpack.model.project import Optimize, Policy
from slimpack.model.target import Architecture, Target
from slimpack.model.tree import Bytes, Content, Distribution, File, Tree, tree_of

TARGET = Target(python=(3, 12), architecture=Architecture.X86_64, glibc=(2, 34))
MODEL = {
    "version": "2.0",
    "documentation": "<p>All</p>",
    "operations": {"Get": {"name": "Get", "input": {"shape": "In"}, "documentation": '<p>It says "documentation":"x", \\ </p>'}},
    "shapes": {"In": {"type": "structure", "members": {"documentation": {"shape": "Text", "documentation": "d"}, "z": {"shape": "Text"}}}, "Text": {"type": "string", "documentation": "last"}},
}  # fmt: skip
PLAIN = {
    "version": "2.0", "documentation": "",
    "operations": {"Get": {"name": "Get", "input": {"shape": "In"}, "documentation": ""}},
    "shapes": {"In": {"type": "structure", "members": {"documentation": {"shape": "Text", "documentation": ""}, "z": {"shape": "Text"}}}, "Text": {"type": "string", "documentation": ""}},
}  # fmt: skip


def plan_for(
    tree: Tree, rewrites: Mapping[str, tuple[str, ...]], *, drop: tuple[str, ...] = (), sources: tuple[str, ...] = ()
) -> Plan:
    decisions = {
        path: Decision(action=Action.DROP if path in drop else Action.KEEP, by="test", why="") for path in tree
    }
    return Plan(decisions=decisions, rewrites=rewrites, sources=frozenset(sources))


def carried_out(
    tree: Tree,
    tmp_path: Path,
    rewrites: Mapping[str, tuple[str, ...]],
    *,
    bytecode: Mapping[str, Content] | None = None,
    optimize: Optimize = Optimize.SPEED,
    drop: tuple[str, ...] = (),
    sources: tuple[str, ...] = (),
) -> Applied:
    return apply(
        tree,
        plan=plan_for(tree, rewrites, drop=drop, sources=sources),
        bytecode=bytecode or {},
        policy=Policy(optimize=optimize),
        target=TARGET,
        tools=Tools(cache=Cache(tmp_path / "cache"), environment={}),
    )


def inflated(content: Content) -> bytes:
    ready = content.deflated()
    assert ready is not None
    data = zlib.decompress(ready.stream, -15)
    assert zlib.crc32(data) == ready.crc32
    return data


def test_what_is_dropped_is_gone_and_what_is_kept_is_untouched(tmp_path: Path) -> None:
    tree = tree_of({"app.py": "1", "lib/data.bin": b"\0\1", "lib/tests/x.py": "2"})
    applied = carried_out(tree, tmp_path, {}, drop=("lib/tests/x.py",))
    assert list(applied.tree) == ["app.py", "lib/data.bin"]
    assert applied.tree["lib/data.bin"] is tree["lib/data.bin"]
    assert applied.origins == {"app.py": "app.py", "lib/data.bin": "lib/data.bin"}
    assert applied.findings == ()


def test_an_unknown_rewrite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="minify"):
        carried_out(tree_of({"app.py": "1"}), tmp_path, {"app.py": ("minify",)})


def test_bytecode_stands_in_for_the_source_or_beside_it(tmp_path: Path) -> None:
    tree = tree_of({"app.py": "1", "lib/__init__.py": "2", "lib/odd.py": "print 1", "lib/x.txt": ""})
    bytecode = {"app.py": Bytes(b"A"), "lib/__init__.py": Bytes(b"B")}
    rewrites = dict.fromkeys(["app.py", "lib/__init__.py", "lib/odd.py"], ("bytecode",))
    applied = carried_out(tree, tmp_path, rewrites, bytecode=bytecode, sources=("app.py",))
    assert list(applied.tree) == [
        "__pycache__/app.cpython-312.pyc",
        "app.py",
        "lib/__init__.pyc",
        "lib/odd.py",
        "lib/x.txt",
    ]
    assert applied.tree["lib/__init__.pyc"].content.read() == b"B"
    assert applied.origins["__pycache__/app.cpython-312.pyc"] == "app.py"
    assert applied.origins["lib/__init__.pyc"] == "lib/__init__.py"


def test_a_source_beside_bytecode_of_the_wheel_stays(tmp_path: Path) -> None:
    tree = tree_of({"lib/a.py": "1", "lib/a.pyc": b"theirs", "lib/__pycache__/a.cpython-312.pyc": b"stale"})
    applied = carried_out(tree, tmp_path, {"lib/a.py": ("bytecode",)}, bytecode={"lib/a.py": Bytes(b"ours")})
    assert applied.tree["lib/a.pyc"].content.read() == b"theirs"
    assert applied.tree["lib/__pycache__/a.cpython-312.pyc"].content.read() == b"ours"
    assert applied.origins["lib/__pycache__/a.cpython-312.pyc"] == "lib/a.py"
    assert "lib/a.py" in applied.tree


def test_bytecode_is_found_by_every_way_to_import(tmp_path: Path) -> None:
    """The legacy placement: imports, namespaces, pkgutil, runpy, resources, relative imports."""
    sources = {
        "app.py": "import lib.sub.deep, space.part; from lib import sub; print(lib.sub.deep.HERE, space.part.X)",
        "lib/__init__.py": "",
        "lib/__main__.py": "print('main')",
        "lib/sub/__init__.py": "from . import deep",
        "lib/sub/deep.py": "HERE = __name__",
        "space/part.py": "X = 3",
    }
    compiler = (
        "import marshal,sys,importlib._bootstrap_external as b;"
        "sys.stdout.buffer.write(b._code_to_hash_pyc(compile(sys.stdin.read(),'x','exec'),b'\\0'*8,False))"
    )
    bytecode = {
        path: Bytes(
            subprocess.run(
                [sys.executable, "-c", compiler], input=text.encode(), capture_output=True, check=True
            ).stdout
        )
        for path, text in sources.items()
    }
    tree = tree_of(sources)
    applied = carried_out(tree, tmp_path, dict.fromkeys(tree, ("bytecode",)), bytecode=bytecode)
    site = tmp_path / "site"
    for path in applied.tree:
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_bytes(applied.tree[path].content.read())
    assert not list(site.rglob("*.py"))
    code = (
        "import app, pkgutil, lib, runpy, inspect, importlib.resources as r;"
        "print(sorted(m.name for m in pkgutil.walk_packages(lib.__path__, 'lib.')));"
        "runpy.run_module('lib', run_name='__main__');"
        "print(lib.__spec__.origin.rpartition('/')[2], (r.files('lib.sub') / 'deep.pyc').is_file())"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], env={"PYTHONPATH": str(site)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "lib.sub.deep 3",
        "['lib.__main__', 'lib.sub', 'lib.sub.deep']",
        "main",
        "__init__.pyc True",
    ]
    assert all(content.data.startswith(MAGIC_NUMBER) for content in bytecode.values())
    assert cache_from_source("a/b.py").startswith("a/__pycache__/b.")


def natives() -> Tree:
    whole = tiny(needed=["libc.so.6"], soname="libt.so", behind=[(".debug_info", bytes(range(1, 256)) * 100)])
    files = {
        "lib/big.so": whole,
        "lib/small.so": tiny(second=bytes(range(1, 256)) * 4000, behind=[(".comment", b"GCC")]),
        "lib/odd.so": whole + b"an archive",
        "lib/none.so": b"INPUT(libx.so)",
        "lib/done.so": tiny(sections=False),
    }
    distribution = Distribution(name="lib", version="1", filename="lib-1.whl", sha256="a" * 64, info="lib-1.dist-info")
    return Tree({path: File(Bytes(data), owner="lib") for path, data in files.items()}, (distribution,))


@pytest.mark.parametrize("optimize", list(Optimize))
def test_symbols_are_cut_where_that_is_safe(optimize: Optimize, tmp_path: Path) -> None:
    tree = natives()
    rewrites = dict.fromkeys(tree, ("symbols",))
    applied = carried_out(tree, tmp_path, rewrites, optimize=optimize)
    cut = applied.tree["lib/big.so"].content
    assert cut.size == len(cut.read()) < tree["lib/big.so"].content.size - 25000
    assert Bytes(cut.read()).sha256 == cut.sha256
    if optimize is Optimize.SPEED:
        assert inflated(cut) == cut.read()
    else:
        assert cut.deflated() is None
    assert applied.tree["lib/small.so"].content.size < tree["lib/small.so"].content.size
    for path in ("lib/odd.so", "lib/none.so", "lib/done.so"):
        assert applied.tree[path] is tree[path]
    assert [(finding.code, finding.where) for finding in applied.findings] == [("SLP020", "lib/odd.so")]


def test_a_warm_build_reads_no_original(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = natives()
    rewrites = dict.fromkeys(tree, ("symbols",))
    first = carried_out(tree, tmp_path, rewrites)
    stream = first.tree["lib/big.so"].content.deflated()
    digests = {path: file.content.sha256 for path, file in tree.files.items()}

    class Unreadable(Bytes):
        def read(self) -> bytes:
            raise AssertionError("read")

    again = Tree(
        {path: File(Unreadable(file.content.read()), owner="lib") for path, file in tree.files.items()},
        tree.distributions,
    )
    assert {path: file.content.sha256 for path, file in again.files.items()} == digests
    second = carried_out(again, tmp_path, rewrites)
    assert second.tree["lib/big.so"].content.deflated() == stream
    assert second.findings == first.findings
    assert second.tree["lib/big.so"].content.sha256 == first.tree["lib/big.so"].content.sha256


def test_a_lost_or_damaged_cache_costs_only_time(tmp_path: Path) -> None:
    tree = natives()
    rewrites = dict.fromkeys(tree, ("symbols",))
    first = carried_out(tree, tmp_path, rewrites)
    wanted = inflated(first.tree["lib/big.so"].content)
    for path in sorted((tmp_path / "cache").rglob("*")):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-9])
    assert inflated(first.tree["lib/big.so"].content) == wanted
    assert inflated(carried_out(tree, tmp_path, rewrites).tree["lib/big.so"].content) == wanted


def test_documentation_is_emptied_and_members_of_that_name_stay(tmp_path: Path) -> None:
    raw = gzip.compress(json.dumps(MODEL, indent=2).encode(), mtime=0)
    tree = tree_of(
        {"botocore/data/s3/1/service-2.json.gz": raw, "botocore/data/ec2/1/service-2.json": json.dumps(MODEL)}
    )
    applied = carried_out(tree, tmp_path, dict.fromkeys(tree, ("botocore-docs",)))
    assert list(applied.tree) == ["botocore/data/ec2/1/service-2.json", "botocore/data/s3/1/service-2.json"]
    for path in applied.tree:
        content = applied.tree[path].content
        assert json.loads(content.read()) == PLAIN
        assert inflated(content) == content.read()
        assert content.size == len(content.read())
    assert applied.origins["botocore/data/s3/1/service-2.json"] == "botocore/data/s3/1/service-2.json.gz"


@pytest.mark.parametrize(
    "raw", [b"{", b"\x1f\x8b broken", gzip.compress(b"{}", mtime=0)[:-9], b"[" * 100000, b"\xff\xfe"]
)
def test_a_model_that_does_not_parse_stays(raw: bytes, tmp_path: Path) -> None:
    tree = tree_of({"d/service-2.json.gz": raw})
    applied = carried_out(tree, tmp_path, {"d/service-2.json.gz": ("botocore-docs",)})
    assert applied.tree["d/service-2.json.gz"] is tree["d/service-2.json.gz"]
    assert [finding.code for finding in applied.findings] == ["SLP012"]


def test_a_model_that_is_there_in_both_forms_stays(tmp_path: Path) -> None:
    tree = tree_of({"d/service-2.json.gz": gzip.compress(b"{}"), "d/service-2.json": "{}"})
    applied = carried_out(tree, tmp_path, {"d/service-2.json.gz": ("botocore-docs",)})
    assert list(applied.tree) == list(tree)
