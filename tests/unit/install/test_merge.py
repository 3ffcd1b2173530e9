"""Two wheels, one path: same bytes are fine, different ones are an error unless no import can reach them."""

import pytest

from slimpack.errors import InstallError
from slimpack.install.merge import merge
from slimpack.model.tree import Bytes, Distribution, File, Tree


def merged(**wheels: dict[str, str]) -> Tree:
    return merge(
        [
            (
                Distribution(name=name, version="1", filename="", sha256="", info=f"{name}-1.dist-info"),
                {path: File(Bytes(text.encode()), owner=name) for path, text in files.items()},
            )
            for name, files in wheels.items()
        ]
    )


def test_same_bytes_belong_to_the_first_by_name() -> None:
    tree = merged(b={"ns/__init__.py": "same"}, a={"ns/__init__.py": "same"})
    assert tree["ns/__init__.py"].owner == "a"


@pytest.mark.parametrize(
    "path", ["shared/mod.py", "mod.py", "shared/data.json", "x.pth", "shared/tests/__init__.py", "a.libs/x.so", "x.so"]
)
def test_different_bytes_are_an_error_that_names_both(path: str) -> None:
    with pytest.raises(InstallError) as caught:
        merged(b={path: "1"}, a={path: "2"})
    (problem,) = caught.value.problems
    assert problem.what == f"a and b both install {path}, with different contents"
    assert problem.where == path
    assert "require only one" in problem.do


@pytest.mark.parametrize(
    "path",
    [
        "bin/tool",
        "tests/__init__.py",
        "docs/conf.py",
        "examples/x.py",
        "share/man/x.1",
        "LICENSE",
        "README.md",
        "etc/c",
    ],
)
def test_what_no_import_reaches_goes_to_the_first_by_name(path: str) -> None:
    tree = merged(b={path: "1"}, a={path: "2"})
    assert tree[path].owner == "a"
    assert tree[path].content.read() == b"2"


def test_case_clash() -> None:
    with pytest.raises(InstallError, match=r"b installs Pkg/x\.py and a installs pkg/x\.py, which differ only in case"):
        merged(a={"pkg/x.py": "1"}, b={"Pkg/x.py": "1"})


def test_file_and_folder() -> None:
    with pytest.raises(InstallError, match="x is a file in a and a folder in b"):
        merged(a={"x": "1"}, b={"x/y/z.py": "1"})


def test_every_dispute_is_listed() -> None:
    with pytest.raises(InstallError) as caught:
        merged(a={"p.py": "1", "q.py": "1"}, b={"p.py": "2", "q.py": "2"})
    assert [problem.where for problem in caught.value.problems] == ["p.py", "q.py"]


def test_nothing_disputed() -> None:
    assert set(merged(a={"a.py": "1"}, b={"b.py": "1"})) == {"a.py", "b.py"}
