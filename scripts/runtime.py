"""Refresh the dates in slimpack/rules/runtime from the life-cycle table that the newest cfn-lint carries.

    python scripts/runtime.py            # rewrite the files, say what changed and what could not be known
    python scripts/runtime.py --check    # change nothing; exit 1 if something would change

cfn-lint (MIT-0, by AWS) publishes LmbdRuntimeLifecycle.json in its wheel, which pip fetches from the package index that
it is configured for. Comments and everything else in the files stay as they are.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "slimpack" / "rules" / "runtime"
TABLE = "cfnlint/data/AdditionalSpecs/LmbdRuntimeLifecycle.json"

UNKNOWABLE = """\
not in any public table, and so not refreshed:
  - the versions of boto3, botocore, urllib3 and so on in each runtime: print them in a deployed function and write
    provides = { boto3 = "…" } into its file
  - the system's libraries and glibc: list them in the runtime's base image
"""


def main() -> int:
    """Compare, rewrite unless --check, report; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if something would change")
    parser.add_argument("--wheel", type=Path, help="a cfn-lint wheel at hand, instead of fetching the newest")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheel = options.wheel or fetch(Path(folder))
        lifecycle, written = table(wheel)
    print(f"{wheel.name}: life cycles of {len(lifecycle)} runtimes, written {written}")
    files = {path.stem: path for path in FOLDER.glob("python*.toml")}
    today = datetime.now(UTC).date()
    changes: list[str] = []
    for name in sorted(files.keys() & lifecycle.keys(), key=_order):
        before = files[name].read_text(encoding="utf-8")
        after, changed = refreshed(before, lifecycle[name], written=written, today=today)
        tomllib.loads(after)
        changes += [f"{name}: {change}" for change in changed]
        if not options.check and after != before:
            files[name].write_text(after, encoding="utf-8")
    for line in changes or ["no date changed"]:
        print(f"  {line}")
    oldest = min(map(_order, files))
    for name in sorted((name for name in lifecycle.keys() - files.keys() if name.startswith("python")), key=_order):
        if _order(name) > oldest:
            print(f"  {name} is new: add its file by hand, with its system and glibc")
    for name in sorted(files.keys() - lifecycle.keys(), key=_order):
        print(f"  {name} is not in the table (a preview): left as it is")
    print(UNKNOWABLE, end="")
    return 1 if options.check and changes else 0


def fetch(folder: Path) -> Path:
    """Let pip fetch the newest cfn-lint wheel."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "cfn-lint"]
    subprocess.run([*command, "--dest", str(folder)], check=True)
    return next(folder.glob("cfn_lint-*.whl"))


def table(wheel: Path) -> tuple[dict[str, dict[str, str]], date]:
    """The life cycles, and the day on which the wheel was made."""
    with zipfile.ZipFile(wheel) as archive:
        year, month, day, *_ = archive.getinfo(TABLE).date_time
        return json.loads(archive.read(TABLE)), date(year, month, day)


def refreshed(text: str, life: dict[str, str], *, written: date, today: date) -> tuple[str, list[str]]:
    """The file with the table's dates, and a line for each change but that of `as_of`."""
    status = "deprecated" if date.fromisoformat(life["deprecated"]) <= today else "supported"
    values = {"status": status, "deprecated": life["deprecated"], "blocked": life["update-block"]}
    changes: list[str] = []
    for key, value in {**values, "as_of": written.isoformat()}.items():
        old = re.search(rf'(?m)^{key} = "([^"]*)"', text)
        if old is None or old[1] == value or (key == "as_of" and old[1] > value):
            continue
        text = text.replace(old[0], f'{key} = "{value}"', 1)
        if key != "as_of":
            changes.append(f"{key} {old[1] or '(none)'} -> {value}")
    return text, changes


def _order(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", name))


if __name__ == "__main__":
    sys.exit(main())
