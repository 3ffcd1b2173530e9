"""The builders that scripts/bench.py compares: each a shell script of what its users run, and what it needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

TARGET = "3.12"
"""The Python version of every build; the architecture is x86_64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """One way to make a zip; runs in a folder that holds `src/` (own files, requirements.txt) and `files`."""

    name: str
    script: str
    pip: tuple[str, ...] = ()
    npm: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict, hash=False)


UV = "uv==0.13.9"

PLAIN = Builder(
    name="uv + zip -9",
    pip=(UV,),
    script=f"""
        rm -rf build function.zip
        mkdir build
        uv pip install --quiet --target build --python-version {TARGET} \\
            --python-platform x86_64-manylinux_2_28 --only-binary :all: --requirement src/requirements.txt
        (cd src && find . -mindepth 1 -maxdepth 1 ! -name requirements.txt -exec cp -r {{}} ../build/ \\;)
        (cd build && zip -q -9 -r ../function.zip .)
    """,
)

SAM = Builder(
    name="sam build + zip -9",
    pip=("aws-sam-cli==1.170.0",),
    files={
        "template.yaml": f"""
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties: {{Handler: app.handler, Runtime: python{TARGET}, Architectures: [x86_64], CodeUri: src/}}
"""
    },
    # `sam init` turns caching on in the samconfig.toml that it writes, so that is what its users run.
    script="""
        rm -f function.zip
        sam build --cached
        (cd .aws-sam/build/Function && zip -q -9 -r ../../../function.zip .)
    """,
)

PACKAGE_PYTHON_FUNCTION = Builder(
    name="package-python-function",
    pip=("package-python-function==1.0.0", UV),
    files={"pyproject.toml": '[project]\nname = "function"\nversion = "1"\n'},
    # Its README has Poetry make the environment; uv makes the same one faster. Own files are copied, not built.
    script="""
        rm -rf venv function.zip
        uv venv --quiet --python "$PYTHON" venv
        uv pip install --quiet --python venv --only-binary :all: --requirement src/requirements.txt
        (cd src && find . -mindepth 1 -maxdepth 1 ! -name requirements.txt \\
            -exec cp -r {} ../venv/lib/python3*/site-packages/ \\;)
        package-python-function venv --output function.zip
    """,
)

SERVERLESS = Builder(
    name="serverless slim",
    npm=("serverless@3.40.0", "serverless-python-requirements@6.1.2"),
    files={
        "src/serverless.yml": f"""
service: function
frameworkVersion: "3"
provider: {{name: aws, runtime: python{TARGET}, architecture: x86_64}}
plugins: [serverless-python-requirements]
custom:
  pythonRequirements: {{slim: true, dockerizePip: false, cacheLocation: "${{env:CACHE}}/serverless"}}
functions:
  main: {{handler: app.handler}}
"""
    },
    script="""
        rm -f function.zip
        (cd src && sls package)
        cp src/.serverless/function.zip function.zip
    """,
)

PEERS = (PLAIN, SAM, PACKAGE_PYTHON_FUNCTION, SERVERLESS)

SLIMPACK = Builder(
    name="slimpack",
    script=f"""
        cd src
        "$SLIMPACK_PYTHON" -m slimpack build app.handler --python {TARGET} --arch x86_64 \\
            --output ../function.zip --quiet --no-measure
    """,
)

SLIMPACK_SIZE = Builder(
    name="slimpack --optimize size",
    script=SLIMPACK.script.replace("--quiet", "--quiet --optimize size"),
)
