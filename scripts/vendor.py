#!/usr/bin/env python3
"""Bundle what the HTML report draws with into slimpack/report/html/vendor: one minified file, and its licences.

python scripts/vendor.py          # fetch, check, bundle, write
python scripts/vendor.py --check  # exit 1 if what is written is not what the pinned packages give

Needs Node.js and npm. Versions and integrity hashes are in scripts/vendor/package-lock.json, which `npm ci` obeys; no
package's own install script runs. To take newer ones: npm update --package-lock-only, in scripts/vendor.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "scripts" / "vendor"
TARGET = ROOT / "slimpack" / "report" / "html" / "vendor"
_BUNDLE = ("--bundle", "--minify", "--format=iife", "--global-name=d3", "--charset=utf8", "--legal-comments=none")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(SOURCE, folder, dirs_exist_ok=True)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True)
        made = {"d3.min.js": bundle(folder), "LICENSE": licences(folder)}
    if "--check" not in sys.argv[1:]:
        TARGET.mkdir(exist_ok=True)
        for path, text in made.items():
            (TARGET / path).write_text(text)
    elif stale := [path for path, text in made.items() if (TARGET / path).read_text() != text]:
        sys.exit(f"out of date in slimpack/report/html/vendor: {', '.join(stale)}; run python scripts/vendor.py")


def bundle(folder: Path) -> str:
    """One script that defines `d3`; it names what is in it and where the licence is."""
    command = ["node_modules/.bin/esbuild", "d3.js", *_BUNDLE]
    script = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    named = ", ".join(f"{name} {version}" for name, version, _ in packages(folder))
    return f"/*! {named} (ISC)\n{licences(folder)}*/\n{script}"


def licences(folder: Path) -> str:
    """Each licence text once, after the names of those that are under it."""
    holders: dict[str, list[str]] = defaultdict(list)
    for name, version, text in packages(folder):
        copyrights, _, terms = text.strip().partition("\n\n")
        holders[terms].append(f"{name} {version}: {copyrights}")
    return "\n".join("\n".join([*lines, "", terms, ""]) for terms, lines in holders.items())


def packages(folder: Path) -> Iterable[tuple[str, str, str]]:
    """Name, version and licence of what is bundled; not of what bundles it."""
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    for path, package in sorted(locked.items()):
        if path and not package.get("dev"):
            yield path.removeprefix("node_modules/"), package["version"], (folder / path / "LICENSE").read_text()


if __name__ == "__main__":
    main()
