"""`slimpack inspect` through the real command line, on what uv installed: contents, defects, and what would go."""

import json
import shutil
from pathlib import Path

import pytest
from cli_projects import slimpack
from packages import PYTHON, copied, environment, installed, members, shelf, zipped

INSPECT = ("--python", PYTHON)
OTHER = "3.12" if PYTHON != "3.12" else "3.13"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return dict(environment(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    return installed(folder / "fn", shelf(folder / "shelf"), "shop==1.0", compiled=True)


def test_a_folder_and_its_zip_hold_the_same(package: Path, tmp_path: Path, settings: dict[str, str]) -> None:
    path = zipped(package, tmp_path / "fn.zip")
    before = members(package)
    one, two = (slimpack(tmp_path, settings, "inspect", str(source), *INSPECT, "--json") for source in (package, path))
    assert (one.returncode, two.returncode) == (0, 0), one.stderr + two.stderr
    folder, archive = json.loads(one.stdout), json.loads(two.stdout)
    held = {item["name"]: (item["version"], item["files"], item["unpacked"]) for item in folder["held"]}
    assert held == {item["name"]: (item["version"], item["files"], item["unpacked"]) for item in archive["held"]}
    assert held["idle"][0] == held["shop"][0] == "1.0"
    assert sum(unpacked for _, _, unpacked in held.values()) == folder["unpacked"] == sum(map(len, before.values()))
    assert (folder["kind"], archive["kind"], archive["zipped"]) == ("folder", "zip", path.stat().st_size)
    assert folder["zipped"] == pytest.approx(archive["zipped"], rel=0.2)
    assert folder["rows"] == archive["rows"] == []
    assert members(package) == before


def test_with_a_handler_it_says_what_slim_would_drop(package: Path, tmp_path: Path, settings: dict[str, str]) -> None:
    seen = slimpack(tmp_path, settings, "inspect", str(package), "app.handler", *INSPECT, "--json")
    assert seen.returncode == 0, seen.stderr
    slim = slimpack(tmp_path, settings, "slim", str(package), "app.handler", *INSPECT, "--no-measure", "--json")
    assert slim.returncode == 0, slim.stderr
    said = {row["path"]: row["decision"] for row in json.loads(seen.stdout)["rows"]}
    assert said == {row["path"]: row["decision"] for row in json.loads(slim.stdout)["files"]}
    text = slimpack(tmp_path, settings, "inspect", str(package), "app.handler", *INSPECT).stdout
    assert "what app.handler does not need" in text
    assert "idle" in text.partition("of which")[2]
    assert "before bytecode and compression" in text


def test_defects_are_found(package: Path, tmp_path: Path, settings: dict[str, str]) -> None:
    folder = copied(package, tmp_path / "fn")
    (folder / "shop.py").write_text("")
    (folder / "queue.py").write_text("")
    (folder / "shop/prices.py").write_text("changed = True\n")
    shutil.copytree(folder / "shop-1.0.dist-info", folder / "shop-0.9.dist-info")
    (folder / "shop-0.9.dist-info/METADATA").write_text("Name: shop\nVersion: 0.9\n")
    (folder / f"fast.cpython-{OTHER.replace('.', '')}-x86_64-linux-gnu.so").write_bytes(b"\x7fELF" * 20)
    (folder / "lone.pyc").write_bytes(b"\x01\x02\r\n" + bytes(12))
    done = slimpack(tmp_path, settings, "inspect", "fn", *INSPECT)
    assert done.returncode == 1, done.stderr
    for said in (
        "error SLP013 1 module: no source, and bytecode that is not of",
        "warning SLP013 1 module: bytecode that is not of its source",
        f"error SLP026 fast.cpython-{OTHER.replace('.', '')}-x86_64-linux-gnu.so: own code: 1 extension module for Python {OTHER}",
        "SLP025",
        "warning SLP031 queue.py: own code hides the standard library's 'queue'",
        "warning SLP032 shop.py: own code: no import finds it, for shop/__init__.py of shop comes first",
        "warning SLP033 shop-0.9.dist-info: shop is described as 0.9 too; its files are those of 1.0",
        "SLP034 shop/prices.py: shop: 1 file changed since the installation",
    ):
        assert said in done.stdout, said
    ignored = slimpack(tmp_path, settings, "inspect", "fn", *INSPECT, "--ignore", "SLP013", "--ignore", "SLP025",
                       "--ignore", "SLP026")  # fmt: skip
    assert ignored.returncode == 0, ignored.stdout


def test_a_layer_is_one_and_nothing_is_run_where_that_is_forbidden(
    package: Path, tmp_path: Path, settings: dict[str, str]
) -> None:
    zipped(package, tmp_path / "layer.zip", below=f"python/lib/python{PYTHON}/site-packages/")
    done = slimpack(tmp_path, settings, "inspect", "layer.zip", "--import", "shop", "--no-run")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"layer.zip: a layer of {len(members(package))} files, for python{PYTHON} x86_64")
    assert "SLP004" in done.stdout
    assert "what shop does not need" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nothing.zip",), 2, "there is no package nothing.zip"),
        (("bad.zip",), 4, "bad.zip is damaged"),
        (("{package}", "app.nothing"), 5, "app.py defines no nothing"),
        (("{package}", "--python", "3.99"), 2, "there is no Lambda runtime python3.99"),
        (("{package}", "--output", "x.zip"), 2, "no such option: --output"),
        ((), 2, "missing argument 'PACKAGE'"),
    ],
)
def test_what_cannot_be_inspected_is_one_message(
    *, package: Path, tmp_path: Path, settings: dict[str, str], arguments: tuple[str, ...], code: int, said: str
) -> None:
    (tmp_path / "bad.zip").write_bytes(b"PK\3\4")
    done = slimpack(tmp_path, settings, "inspect", *(text.format(package=package) for text in arguments))
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
