"""Whose a file is: what RECORD names, what it names and is not so, distributions that are there twice or unlisted."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256

import pytest

from slimpack.install.installed import Installed, installed
from slimpack.model.tree import OWN, Bytes, File


def digest(text: str) -> str:
    return f"sha256={urlsafe_b64encode(sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text.encode())}"


def laid_out(files: Mapping[str, str]) -> Installed:
    return installed({path: File(Bytes(text.encode())) for path, text in files.items()})


def distribution(name: str, version: str, files: Mapping[str, str], *, record: str | None = None) -> dict[str, str]:
    """Files of one distribution with a right RECORD, unless a test writes another."""
    info = f"{name}-{version}.dist-info"
    rows = "".join(f"{path},{digest(text)}\n" for path, text in files.items()) + f"{info}/RECORD,,\n"
    return {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Dist: other>1\n",
        f"{info}/RECORD": rows if record is None else record,
    }


def owners(found: Installed) -> dict[str, str]:
    return {path: file.owner for path, file in found.tree.files.items()}


def test_what_a_record_names_is_its_distributions_and_the_rest_is_own() -> None:
    found = laid_out(
        {**distribution("Some_Lib", "1.0", {"lib/__init__.py": "x"}), "app.py": "import lib", "lib/data": ""}
    )
    assert owners(found) == {
        "Some_Lib-1.0.dist-info/METADATA": "some-lib",
        "Some_Lib-1.0.dist-info/RECORD": "some-lib",
        "app.py": OWN,
        "lib/__init__.py": "some-lib",
        "lib/data": OWN,
    }
    (one,) = found.tree.distributions
    assert (one.name, one.version, one.requires, one.filename) == ("some-lib", "1.0", ("other>1",), "")
    assert len(one.sha256) == 64
    assert (found.changed, found.absent, found.doubled) == ((), (), ())


def test_the_digest_is_of_the_files_as_they_are() -> None:
    one = laid_out(distribution("lib", "1.0", {"lib.py": "x"}))
    other = laid_out({**distribution("lib", "1.0", {"lib.py": "x"}), "lib.py": "y"})
    assert one.tree.distributions[0].sha256 != other.tree.distributions[0].sha256
    assert (
        laid_out({**distribution("lib", "1.0", {"lib.py": "x"}), "app.py": ""}).tree.distributions
        == one.tree.distributions
    )


def test_what_was_changed_and_what_is_not_there() -> None:
    files = {
        **distribution("lib", "1.0", {"lib.py": "x", "lib.so": "symbols", "lib/gone.py": ""}),
        "lib.so": "stripped",
    }
    del files["lib/gone.py"]
    found = laid_out(files)
    assert (found.changed, found.absent) == (("lib.so",), (("lib", "lib/gone.py"),))
    assert owners(found)["lib.so"] == "lib"


def test_programs_lie_where_pip_puts_them_for_a_target() -> None:
    record = f"lib.py,{digest('x')}\n../../bin/lib,{digest('#!')}\n../../../etc/lib.cfg,{digest('')}\n/abs/olute,,\n"
    found = laid_out({**distribution("lib", "1.0", {"lib.py": "x"}, record=record), "bin/lib": "#!"})
    assert owners(found)["bin/lib"] == "lib"
    assert found.absent == ()


def test_bytecode_belongs_to_whom_its_source_does() -> None:
    found = laid_out({
        **distribution("lib", "1.0", {"lib/a.py": "x"}), "app.py": "", "lib/__pycache__/a.cpython-312.pyc": "",
        "lib/a.pyc": "", "__pycache__/app.cpython-312.opt-1.pyc": "",
    })  # fmt: skip
    assert owners(found)["lib/__pycache__/a.cpython-312.pyc"] == "lib"
    assert owners(found)["lib/a.pyc"] == "lib"
    assert owners(found)["__pycache__/app.cpython-312.opt-1.pyc"] == OWN


def test_of_two_versions_the_one_whose_files_these_are() -> None:
    old, new = distribution("lib", "1.0", {"lib.py": "old"}), distribution("lib", "2.0", {"lib.py": "new"})
    for order in ({**new, **old}, {**old, **new}):
        found = laid_out({**order, "lib.py": "old"})
        assert [(one.name, one.version) for one in found.tree.distributions] == [("lib", "1.0")]
        assert [(one.version, one.info) for one in found.doubled] == [("2.0", "lib-2.0.dist-info")]
        assert set(owners(found).values()) == {"lib"}


def test_what_two_distributions_name_belongs_to_the_one_whose_bytes_it_has() -> None:
    one, two = distribution("a", "1", {"ns/x.py": "of a"}), distribution("b", "1", {"ns/x.py": "of b"})
    assert owners(laid_out({**one, **two}))["ns/x.py"] == "b"
    assert owners(laid_out({**two, **one}))["ns/x.py"] == "a"
    assert owners(laid_out({**one, **two, "ns/x.py": "of neither"}))["ns/x.py"] == "a"


@pytest.mark.parametrize("top_level", ["lib\n_lib\n", ""])
def test_without_a_record_a_distribution_has_the_modules_it_names(top_level: str) -> None:
    files = distribution("lib", "1.0", {}, record="")
    files |= {"lib/a.py": "", "lib.libs/x.so": "", "libs.py": "", "lib-1.0.dist-info/top_level.txt": top_level}
    files |= {"_lib.cpython-312-x86_64-linux-gnu.so": ""}
    found = {path for path, owner in owners(laid_out(files)).items() if owner == "lib" and "-info" not in path}
    assert found == {"lib/a.py", "lib.libs/x.so"} | ({"_lib.cpython-312-x86_64-linux-gnu.so"} if top_level else set())


def test_an_egg_info_lists_its_files_relative_to_itself() -> None:
    found = laid_out({
        "lib-1.0-py3.12.egg-info/PKG-INFO": "Name: lib\nVersion: 1.0\n",
        "lib-1.0-py3.12.egg-info/installed-files.txt": "../lib/a.py\nPKG-INFO\n", "lib/a.py": "", "lib/b.py": "",
    })  # fmt: skip
    assert [(one.name, one.version) for one in found.tree.distributions] == [("lib", "1.0")]
    assert (owners(found)["lib/a.py"], owners(found)["lib/b.py"]) == ("lib", OWN)


@pytest.mark.parametrize(
    "record", ["\0", '"unclosed', "a,b,c,d,e\n" * 3, "lib.py,sha256=!!,x\n", "../" * 500 + "x,,\n", "\x85,\u2028\n"]
)
def test_a_record_that_is_none_hurts_nobody(record: str) -> None:
    found = laid_out({**distribution("lib", "1.0", {"lib.py": "x"}, record=record), "app.py": ""})
    assert owners(found)["app.py"] == OWN


def test_metadata_that_says_nothing_is_named_by_its_folder() -> None:
    found = laid_out(
        {"Odd.Name-3.dist-info/METADATA": "\n", "odd-name.py": "", "x.dist-info/RECORD": "x.py,,\n", "x.py": ""}
    )
    assert [(one.name, one.version) for one in found.tree.distributions] == [("odd-name", "3"), ("x", "")]
    assert owners(found)["x.py"] == "x"


def test_without_metadata_a_package_is_known_by_its_name_alone() -> None:
    files = {"PIL/__init__.py": "", "PIL/a.so": "", "pillow.libs/x.so": "", "own/__init__.py": "", "data/x.json": ""}
    described = distribution("numpy", "1.0", {"numpy/__init__.py": ""}) | {"numpy/extra.py": ""}
    known = {"PIL": "pillow", "numpy": "numpy", "yaml": "pyyaml", "data": "data"}
    found = installed(
        {path: File(Bytes(text.encode())) for path, text in (files | described).items()}, known=lambda: known
    )
    assert found.guessed == ("pillow",)
    assert [(one.name, one.version, one.info) for one in found.tree.distributions] == [
        ("numpy", "1.0", "numpy-1.0.dist-info"), ("pillow", "", ""),
    ]  # fmt: skip
    mine = {path for path, owner in owners(found).items() if owner == OWN}
    assert mine == {"own/__init__.py", "data/x.json", "numpy/extra.py"}


def test_where_every_package_is_described_nobody_is_asked() -> None:
    def known() -> Mapping[str, str]:
        raise AssertionError

    files = distribution("lib", "1.0", {"lib/__init__.py": ""}) | {"app.py": ""}
    assert installed({path: File(Bytes(text.encode())) for path, text in files.items()}, known=known).guessed == ()


def test_without_lists_as_after_slimming_names_and_what_is_known_tell() -> None:
    def described(name: str) -> dict[str, str]:
        return {f"{name}-1.dist-info/METADATA": f"Name: {name}\nVersion: 1\n"}

    files = {**described("PyJWT"), **described("pillow"), **described("odd-one"), **described("python-dateutil")}
    files |= {"jwt/__init__.pyc": "", "PIL/__init__.pyc": "", "strange/__init__.pyc": "", "dateutil/__init__.pyc": ""}
    found = installed(
        {path: File(Bytes(text.encode())) for path, text in files.items()}, known=lambda: {"PIL": "pillow"}
    )
    mine = {path: owner for path, owner in owners(found).items() if "-info" not in path}
    assert mine == {
        "jwt/__init__.pyc": "pyjwt", "PIL/__init__.pyc": "pillow", "strange/__init__.pyc": OWN,
        "dateutil/__init__.pyc": "python-dateutil",
    }  # fmt: skip
    assert (found.guessed, found.unlisted) == ((), ("odd-one-1.dist-info",))
    assert [one.version for one in found.tree.distributions] == ["1"] * 4
