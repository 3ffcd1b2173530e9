"""What templates of SAM, CloudFormation and Serverless declare, and what of it `init` writes."""

import json
import tomllib
from pathlib import Path

import pytest

from slimpack import rules
from slimpack.errors import ConfigError, TraceError
from slimpack.project.initialise import initialise
from slimpack.project.templates import Declared, declared

HANDLER = "def handler(event, context):\n    return 1\n"
SAM = """
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31
Parameters:
  Python: {Type: String, Default: python3.12}
Globals:
  Function: {Runtime: !Ref Python, Architectures: [arm64], Timeout: 3}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: orders/, Handler: app.handler, Environment: {Variables: {T: !Sub "${Table}"}}}
  Mail:
    Type: AWS::Lambda::Function
    Properties: {Code: ./mail, Handler: src/app.handler, Runtime: python3.13, Architectures: [x86_64]}
  Here:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.handler, Architectures: [!Ref Unknown], Role: !GetAtt Some.Arn, X: !Join ["", [a, b]]}
  Elsewhere:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: s3://bucket/key, Handler: app.handler}
  Uploaded:
    Type: AWS::Lambda::Function
    Properties: {Code: {S3Bucket: a, S3Key: b}, Handler: app.handler}
  Unknown:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: !Sub "${Folder}/x", Handler: app.handler}
  Outside:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: ../other, Handler: app.handler}
  Node:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: node, Handler: app.handler, Runtime: nodejs22.x}
  Image:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image}
  Inline:
    Type: AWS::Serverless::Function
    Properties: {InlineCode: "def handler(event, context): ...", Handler: index.handler}
  Table:
    Type: AWS::DynamoDB::Table
"""
SERVERLESS = """
service: shop
provider: {name: aws, runtime: python3.12, architecture: arm64}
functions:
  api: {handler: src/api.handler, events: [{httpApi: "*"}]}
  jobs: {handler: app.handler, module: functions/jobs, runtime: python3.13, architecture: x86_64}
  web: {handler: index.handler, runtime: nodejs22.x}
  late: {handler: "${env:HANDLER}"}
"""


def one(where: str, handler: str, folder: str, target: str) -> Declared:
    python, _, arch = target.partition(" ")
    name = where.rpartition(".")[2]
    return Declared(where=where, name=name, handler=handler, folder=folder, python=python, arch=arch)


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def initialised(folder: Path) -> str:
    (addition,) = initialise(folder, given=(), with_makefile=False, with_workflow=False, known=rules.runtimes())
    return addition.text + addition.summary


def test_sam(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(SAM)
    where = "template.yaml, Resources."
    assert declared(tmp_path) == (
        one(f"{where}Orders", "app.handler", "orders", "3.12 arm64"),
        one(f"{where}Mail", "src/app.handler", "mail", "3.13 x86_64"),
        one(f"{where}Here", "app.handler", "", "3.12 "),
    )


def test_cloudformation_in_json(tmp_path: Path) -> None:
    function = {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "app.handler", "Runtime": {"Ref": "P"}}}
    template = {"Parameters": {"P": {"Default": "python3.13"}}, "Resources": {"Fn": function}}
    (tmp_path / "template.json").write_text(json.dumps(template, indent="\t"))
    assert declared(tmp_path) == (
        one("template.json, Resources.Fn", "app.handler", "", "3.13 x86_64"),
    )  # fmt: skip


def test_serverless(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text(SERVERLESS)
    assert declared(tmp_path) == (
        one("serverless.yml, functions.api", "src/api.handler", "", "3.12 arm64"),
        one("serverless.yml, functions.jobs", "app.handler", "functions/jobs", "3.13 x86_64"),
    )


@pytest.mark.parametrize("text", ["", "- a\n", "Resources: []\n", "Resources: {A: 1, B: {Type: X}}\n", "Globals: 1\n"])
def test_a_template_without_functions_declares_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(text)
    assert declared(tmp_path) == ()


@pytest.mark.parametrize(
    ("text", "where"),
    [("A: [\nB: 1\n", "template.yaml:3"), ("A: 1\nA: &a *b\n", "template.yaml:2"), ("[" * 5000, "template.yaml")],
)  # fmt: skip
def test_what_is_no_yaml_is_one_clear_error(text: str, where: str, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        declared(tmp_path)
    (problem,) = caught.value.problems
    assert problem.where.startswith(where)
    assert problem.do == "mend it, or name the handlers, as in slimpack init app.handler"


def test_functions_are_called_as_the_template_calls_them(tmp_path: Path) -> None:
    code = {"orders/app.py": HANDLER, "orders/requirements.txt": "", "mail/src/app.py": HANDLER, "app.py": HANDLER}
    text = initialised(written(tmp_path, {**code, "template.yaml": SAM, "unused.py": HANDLER}))
    table, _, summary = text.rpartition("\n")
    assert tomllib.loads(table)["tool"]["slimpack"] == {
        "python": "3.12",
        "arch": "arm64",
        "functions": {
            "Orders": {
                "handler": "app.handler", "source": "orders", "requirements": "orders/requirements.txt",
            },
            "Mail": {"handler": "src/app.handler", "source": "mail", "python": "3.13", "arch": "x86_64"},
            "Here": {"handler": "app.handler"},
        },
    }  # fmt: skip
    assert summary.endswith("python3.12 arm64; requirements: orders/requirements.txt; from template.yaml")


def test_a_function_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    written(tmp_path, {"orders/app.py": HANDLER, "mail/src/app.py": "", "app.py": HANDLER, "template.yaml": SAM})
    with pytest.raises(TraceError) as caught:
        initialised(tmp_path)
    (problem,) = caught.value.problems
    assert (problem.what, problem.where) == ("src/app.py defines no handler", "template.yaml, Resources.Mail")


def test_a_retired_runtime_is_an_error_that_names_the_template(tmp_path: Path) -> None:
    resource = "Fn: {Type: AWS::Serverless::Function, Properties: {Handler: app.handler, Runtime: python3.7}}"
    written(tmp_path, {"app.py": HANDLER, "template.yml": f"Resources:\n  {resource}\n"})
    with pytest.raises(ConfigError) as caught:
        initialised(tmp_path)
    (problem,) = caught.value.problems
    assert problem.where == "template.yml, Resources.Fn"
    assert "python3.7 is retired" in problem.what
