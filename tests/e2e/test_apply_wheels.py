"""Real wheels, cut: they import, compute and open files as before."""

import gzip
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from slimpack.apply.service_docs import without_texts
from slimpack.apply.symbols import cut
from slimpack.model.elf import is_elf, parse

pytestmark = pytest.mark.e2e
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]

USES = {
    "numpy": (
        "import numpy as n, numpy.fft, numpy.random; a = n.random.default_rng(0).random((200, 200));"
        "assert n.allclose(a @ n.linalg.inv(a), n.eye(200)); n.fft.fft(a)"
    ),
    "scipy": (
        "import numpy as n, scipy.linalg, scipy.optimize, scipy.special, scipy.sparse.linalg, scipy.fft, scipy.stats;"
        "a = n.eye(50) + .1; scipy.linalg.svd(a); scipy.linalg.lu(a); scipy.optimize.minimize(lambda x: x @ x, n.ones(3));"
        "scipy.fft.dct(a); scipy.stats.norm.cdf(1)"
    ),
    "pillow": (
        "import io, PIL.features; from PIL import Image, ImageFont; image = Image.new('RGB', (64, 64), 'red')\n"
        "for kind in ('JPEG', 'PNG', 'WEBP', 'TIFF', 'GIF', 'JPEG2000'):\n"
        "    data = io.BytesIO(); image.save(data, kind); Image.open(io.BytesIO(data.getvalue())).load()\n"
        "assert PIL.features.check('freetype2')"
    ),
    "pydantic": (
        "import pydantic\nclass M(pydantic.BaseModel):\n    a: int\n"
        "assert M.model_validate_json('{\"a\": 1}').a == 1\n"
        "try:\n    M(a='x')\nexcept pydantic.ValidationError:\n    pass"
    ),
    "cryptography": (
        "from cryptography.fernet import Fernet; from cryptography.hazmat.primitives.asymmetric import rsa;"
        "key = Fernet.generate_key(); assert Fernet(key).decrypt(Fernet(key).encrypt(b'x')) == b'x';"
        "rsa.generate_private_key(65537, 2048)"
    ),
    "sqlalchemy": (
        "import sys, sqlalchemy as s\n"
        "files = [getattr(m, '__file__', '') or '' for n, m in sys.modules.items() if n.startswith('sqlalchemy')]\n"
        "assert any(file.endswith('.so') for file in files)\n"
        "assert s.create_engine('sqlite://').connect().execute(s.text('select 7')).scalar() == 7"
    ),
}  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="loads what it cut")
@pytest.mark.parametrize("name", sorted(USES))
def test_a_real_wheel_works_when_cut(name: str, tmp_path: Path) -> None:
    site = tmp_path / "site"
    options = ["--only-binary", ":all:", "--no-compile", "--target", str(site)]
    subprocess.run([*PIP, "install", *options, name], check=True)
    saved = 0
    for path in sorted(site.rglob("*.so*")):
        whole = path.read_bytes()
        if not is_elf(whole):
            continue
        done = cut(whole)
        assert parse(whole).same_to_a_loader(parse(done.data))
        path.write_bytes(done.data)
        saved += len(whole) - len(done.data)
    assert saved > 0
    check = f"import sys; sys.path.insert(0, {str(site)!r})\n{USES[name]}"
    subprocess.run([sys.executable, "-I", "-c", check], check=True)


def test_every_service_model_loses_its_texts_and_nothing_else(tmp_path: Path) -> None:
    """Scanning for the key must find what walking the model by botocore's schema finds."""
    subprocess.run([*PIP, "download", "--no-deps", "--dest", str(tmp_path), "botocore"], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith(("/service-2.json.gz", "/service-2.json"))]
        assert len(names) > 300
        for name in names:
            raw = archive.read(name)
            text = gzip.decompress(raw) if name.endswith(".gz") else raw
            assert json.loads(without_texts(text)) == walked(json.loads(text)), name


def walked(model: dict[str, Any]) -> dict[str, Any]:
    places = [model, *model.get("operations", {}).values(), *model.get("shapes", {}).values()]
    places += model.get("clientContextParams", {}).values()
    for operation in model.get("operations", {}).values():
        places += [operation[key] for key in ("input", "output") if key in operation]
        places += operation.get("errors", [])
    for shape in model.get("shapes", {}).values():
        places += shape.get("members", {}).values()
        places += [shape[key] for key in ("member", "key", "value") if key in shape]
    for place in places:
        if isinstance(place.get("documentation"), str):
            place["documentation"] = ""
    return model
