"""Packages as other builders make them: uv installs into a folder, own code is copied beside, and `zip` it is."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from wheels import make_wheel

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
UV = str(Path(sys.executable).with_name("uv"))

SHOP = {
    "shop/__init__.py": "from shop.prices import price\n",
    "shop/prices.py": "import importlib\n\ndef price(kind):\n"
    "    return importlib.import_module('shop_' + 'kinds.' + ''.join(reversed(kind[::-1]))).PRICE\n",
    "shop/unused.py": "raise SystemExit\n" * 50,
    "shop/py.typed": "",
    "shop/data.pyi": "x: int\n" * 40,
    "shop_kinds/__init__.py": "",
    "shop_kinds/apple.py": "PRICE = 1\n",
    "shop_kinds/pear.py": "PRICE = 2\n",
}
"""A distribution with a part that nothing imports, one that an event reaches by a computed name, and typing."""
IDLE = {"idle/__init__.py": "VALUE = 1\n" * 500}
APP = """
import shop


def handler(event, context):
    return {"price": shop.price(event["kind"])}
"""


def shelf(folder: Path) -> Path:
    """Wheels of `shop` 1.0, `shop` 2.0 and `idle` 1.0."""
    make_wheel(folder, "shop", "1.0", SHOP, requires=["idle"], entry_points="[console_scripts]\nshop = shop:price\n")
    make_wheel(folder, "shop", "2.0", {**SHOP, "shop/more.py": "NEW = 1\n" * 400})
    make_wheel(folder, "idle", "1.0", IDLE)
    return folder


def installed(folder: Path, wheels: Path, *requirements: str, app: str = APP, compiled: bool = False) -> Path:
    """A folder as `uv pip install --target` and a copy of the own code leave it."""
    options = ["--compile-bytecode"] if compiled else []
    command = [UV, "pip", "install", "-q", "--python", sys.executable, "--no-index", "--find-links", str(wheels)]
    environment = {**os.environ, "UV_CACHE_DIR": str(folder.parent / "uv"), "UV_NO_CONFIG": "1"}
    subprocess.run([*command, *options, "--target", str(folder), *requirements], check=True, env=environment)
    (folder / "app.py").write_text(app)
    (folder / "requirements.txt").write_text("\n".join(requirements))
    return folder


def zipped(folder: Path, path: Path, *, below: str = "") -> Path:
    """The folder as `zip -r` packs it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, f"{below}{file.relative_to(folder).as_posix()}")
    return path


def copied(folder: Path, other: Path) -> Path:
    """The same folder elsewhere."""
    return Path(shutil.copytree(folder, other))


def members(path: Path) -> dict[str, bytes]:
    """The files of a zip or folder by path."""
    if path.is_dir():
        return {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()}
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def environment(cache: Path) -> Mapping[str, str]:
    """Nothing of the user's own, and no index at all."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "SLIMPACK_CACHE_DIR": str(cache), "UV_NO_CONFIG": "1", "UV_OFFLINE": "1", "CI": "true"}
