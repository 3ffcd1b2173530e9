"""`slimpack sbom` and SARIF through the real command line: valid, of what ships, and the same each time."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cli_projects import BUILD, command, environment, project, slimpack
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from local_index import LocalIndex, serve
from wheels import make_wheel

APP = "import shop\n\ndef handler(event, context):\n    return shop.X\n"
SARIF = json.loads((Path(__file__).parents[1] / "schemas" / "sarif-2.1.0.json").read_text("utf-8-sig"))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIndex]:
    shelf = tmp_path_factory.mktemp("shelf")
    texts = {
        "shop-1.0.dist-info/licenses/LICENSE": "Do what you like.\n",
        "shop-1.0.dist-info/licenses/NOTICE": "Us.\n",
    }
    make_wheel(shelf, "shop", "1.0", {"shop/__init__.py": "X = 1\n", "shop/gone.py": "", **texts}, requires=["unused"])
    make_wheel(shelf, "unused", "2.0", {"unused.py": ""})
    with serve(shelf) as served:
        yield served


@pytest.fixture
def folder(index: LocalIndex, tmp_path: Path) -> Path:
    made = project(tmp_path / "project", {"app.py": APP, "requirements.txt": "shop\n"})
    done = slimpack(made, settings(index, made), *BUILD)
    assert done.returncode == 0, done.stderr
    return made


def settings(index: LocalIndex, folder: Path) -> dict[str, str]:
    return environment(index, folder.parent.parent / "cache")


def run(folder: Path, index: LocalIndex, *arguments: str, seed: str = "0") -> str:
    done = subprocess.run(
        command(*arguments), cwd=folder, env={**settings(index, folder), "PYTHONHASHSEED": seed},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_bill_is_valid_and_of_what_ships(index: LocalIndex, folder: Path) -> None:
    text = run(folder, index, "sbom", "--licenses", "licences.txt")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill: dict[str, Any] = json.loads(text)
    (shop,) = bill["components"]
    assert (shop["name"], shop["version"], shop["purl"]) == ("shop", "1.0", "pkg:pypi/shop@1.0")
    report = json.loads((folder / "dist" / "app.report.json").read_text())
    (pin,) = [pin for pin in report["pins"] if pin["name"] == "shop"]
    assert shop["hashes"] == [{"alg": "SHA-256", "content": pin["sha256"]}]
    with zipfile.ZipFile(folder / "dist" / "app.zip") as archive:
        shipped = set(archive.namelist())
    application = bill["metadata"]["component"]
    told = {one["location"] for part in (shop, application) for one in part["evidence"]["occurrences"]}
    assert told == shipped
    assert {one["name"]: one["value"] for one in shop["properties"]}["slimpack:removed:unreachable"] == "1"
    assert application["properties"] == [{"name": "slimpack:removed:unused 2.0", "value": "dropped whole"}]
    assert "Do what you like." in (folder / "licences.txt").read_text()
    assert "Us." in (folder / "licences.txt").read_text()


def test_the_bill_is_the_same_each_time(index: LocalIndex, folder: Path) -> None:
    assert run(folder, index, "sbom", seed="1") == run(folder, index, "sbom", seed="2")
    run(folder, index, "sbom", "-o", "bill.json")
    assert (folder / "bill.json").read_text() == run(folder, index, "sbom")


def test_a_package_of_another_origin_has_one_too(index: LocalIndex, folder: Path) -> None:
    with zipfile.ZipFile(folder / "other.zip", "w") as archive:
        archive.writestr("app.py", APP)
        archive.writestr("lib/__init__.py", "")
        archive.writestr(
            "lib-3.1.dist-info/METADATA", "Name: lib\nVersion: 3.1\nLicense-Expression: MIT OR Apache-2.0\n"
        )
        archive.writestr("lib-3.1.dist-info/RECORD", "lib/__init__.py,,\nlib-3.1.dist-info/METADATA,,\n")
    text = run(folder, index, "sbom", "other.zip")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    (lib,) = json.loads(text)["components"]
    assert lib["licenses"] == [{"expression": "MIT OR Apache-2.0"}]
    assert "hashes" not in lib


def test_a_report_of_another_build_is_not_believed(index: LocalIndex, folder: Path) -> None:
    with zipfile.ZipFile(folder / "dist" / "app.zip", "a") as archive:
        archive.writestr("more.txt", "more")
    (shop,) = json.loads(run(folder, index, "sbom", "dist/app.zip"))["components"]
    assert "hashes" not in shop


@pytest.mark.parametrize("argument", ["nothing.zip", "app.py"])
def test_what_is_no_package_gets_one_clear_error(argument: str, index: LocalIndex, folder: Path) -> None:
    done = slimpack(folder, settings(index, folder), "sbom", argument)
    assert done.returncode in {2, 4}
    assert done.stderr.count("error:") == 1
    assert "Traceback" not in done.stderr


def test_sarif_of_a_build_is_valid(index: LocalIndex, folder: Path) -> None:
    (folder / "app.py").write_text("import importlib, shop\nname = input if 0 else 'x'\n"
                                   "def handler(event, context):\n    return importlib.import_module(event['m']).X\n")  # fmt: skip
    assert slimpack(folder, settings(index, folder), *BUILD).returncode == 0
    log = json.loads(run(folder, index, "report", "--format", "sarif"))
    jsonschema.Draft202012Validator(SARIF).validate(log)
    (result,) = [one for one in log["runs"][0]["results"] if one["ruleId"] == "SLP001"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "app.py"
    assert place["region"]["startLine"] == 4


def test_without_the_extra_it_says_what_to_install(index: LocalIndex, folder: Path) -> None:
    hide = "import sys; sys.modules['cyclonedx.model.bom'] = None\nfrom slimpack.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", hide, "sbom"], cwd=folder, env=settings(index, folder), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "pip install 'slimpack[sbom]'" in done.stderr
    assert "Traceback" not in done.stderr
