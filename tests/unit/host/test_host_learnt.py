"""learn: each content is studied once, and what was learnt is remembered per wheel."""

from pathlib import Path

from slimpack.host.cache import Cache
from slimpack.host.learnt import learn
from slimpack.host.tools import Tools
from slimpack.model.tree import Bytes, Distribution, File, Tree

LIB = Distribution(name="lib", version="1", filename="lib-1.whl", sha256="1" * 64, info="lib-1.dist-info")


def tree(**texts: str) -> Tree:
    files = {
        name: File(Bytes(text.encode()), owner="lib" if name.startswith("lib") else "") for name, text in texts.items()
    }
    return Tree(files, (LIB,))


class Scholar:
    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, file: File) -> dict[str, int]:
        self.read.append(file.content.read().decode())
        return {"size": file.content.size}


def blobs(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_same_content_is_studied_once_and_never_again(tmp_path: Path) -> None:
    tools = Tools(cache=Cache(tmp_path), environment={})
    files = tree(lib_a="one", lib_b="one", lib_c="three", own="one")
    scholar = Scholar()
    expected = {"lib_a": {"size": 3}, "lib_b": {"size": 3}, "lib_c": {"size": 5}, "own": {"size": 3}}
    assert learn(files.files, scholar, kind="t-1", tree=files, tools=tools) == expected
    assert sorted(scholar.read) == ["one", "one", "three"]
    assert len(blobs(tmp_path)) == 2
    assert learn(files.files, scholar, kind="t-1", tree=files, tools=tools) == expected
    assert len(scholar.read) == 3


def test_a_part_of_a_wheel_may_be_asked_first(tmp_path: Path) -> None:
    tools = Tools(cache=Cache(tmp_path), environment={})
    scholar = Scholar()
    files = tree(lib_a="one", lib_c="three")
    learn({"lib_a": files["lib_a"]}, scholar, kind="t-1", tree=files, tools=tools)
    learn(files.files, scholar, kind="t-1", tree=files, tools=tools)
    learn({"lib_a": files["lib_a"]}, scholar, kind="t-1", tree=files, tools=tools)
    learn(files.files, scholar, kind="t-1", tree=files, tools=tools)
    assert scholar.read == ["one", "three"]


def test_another_question_or_version_is_asked_anew(tmp_path: Path) -> None:
    tools = Tools(cache=Cache(tmp_path), environment={})
    scholar = Scholar()
    files = tree(lib_a="one")
    for kind in ("t-1", "t-2", "t-1"):
        learn(files.files, scholar, kind=kind, tree=files, tools=tools)
    assert scholar.read == ["one", "one"]


def test_a_damaged_blob_is_learnt_again(tmp_path: Path) -> None:
    tools = Tools(cache=Cache(tmp_path), environment={})
    scholar = Scholar()
    files = tree(lib_a="one")
    learn(files.files, scholar, kind="t-1", tree=files, tools=tools)
    for path in blobs(tmp_path):
        path.write_bytes(b"nonsense")
    assert learn(files.files, scholar, kind="t-1", tree=files, tools=tools) == {"lib_a": {"size": 3}}
    assert scholar.read == ["one", "one"]


def test_nothing_is_asked_of_nothing(tmp_path: Path) -> None:
    assert learn({}, Scholar(), kind="t-1", tree=tree(), tools=Tools(cache=Cache(tmp_path), environment={})) == {}
    assert blobs(tmp_path) == []
