"""Fuzz one reader for a while: `python scripts/fuzz.py --target elf --minutes 20`.

With atheris (`pip install --group fuzz`) the coverage of slimpack, packaging, tomllib and zipfile guides it, and the
first failure ends it, as libFuzzer does. Without it (`--blind`), seeded mutations of the seeds are tried, and all
different failures are listed at the end. Either way a run is repeatable: `--seed`, and `--repeat FILE` for one input.
"""

import argparse
import hashlib
import importlib.util
import random
import resource
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))  # what makes wheels and ELF files

PATIENCE = 10
"""Seconds for one input."""
MEMORY = 2048
"""MB for the whole process."""
LONGEST = 20_000
TARGETS = ("elf", "wheel", "pylock", "uv", "poetry", "pdm", "pipfile", "requirements")
_INSTRUMENTED = ["slimpack", "packaging", "tomllib", "zipfile", "csv", "email"]
_PLACES = [0, 1, 2, 4, 8, 16, 64, 127, 128, 255]


def mutated(seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """One of the seeds with a few bytes changed, removed, doubled or taken from another."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.choice([1, 1, 2, 3, 8])):
        at = chance.randrange(len(data) + 1)
        length = chance.choice([1, 1, 2, 4, 8, 32])
        match chance.randrange(6):
            case 0:
                data[at : at + length] = bytes(chance.choice(_PLACES) for _ in range(length))
            case 1:
                data[at : at + length] = chance.randbytes(length)
            case 2:
                del data[at : at + length]
            case 3:
                data[at:at] = data[at : at + length] * chance.choice([1, 2, 50])
            case 4:
                other = chance.choice(seeds)
                start = chance.randrange(len(other) + 1)
                data[at : at + length] = other[start : start + length]
            case _:
                del data[at:]
    return bytes(data[:LONGEST])


def _blindly(target: str, *, minutes: float, seed: int, found: Path) -> int:
    from fuzz_targets import TARGETS as SUBJECTS  # noqa: PLC0415 atheris must come first where it is used

    subject = SUBJECTS[target]()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY << 20, MEMORY << 20))
    signal.signal(signal.SIGALRM, _too_long)
    seeds, failures, count = subject.seeds(), set[str](), 0
    begun = time.monotonic()
    for data in _inputs(seeds, random.Random(seed)):  # noqa: S311 a fuzzer, not a secret
        if time.monotonic() - begun > minutes * 60:
            break
        count += 1
        signal.alarm(PATIENCE)
        try:
            subject.run(data)
        except BaseException as error:  # noqa: BLE001 this is what is looked for
            if isinstance(error, KeyboardInterrupt):
                break
            _tell(error, data, failures, found)
        finally:
            signal.alarm(0)
    print(f"{target}: {count:,} inputs in {time.monotonic() - begun:,.0f} s, {len(failures)} different failures")
    return 1 if failures else 0


def _inputs(seeds: Sequence[bytes], chance: random.Random) -> Iterator[bytes]:
    yield from seeds
    while True:
        yield mutated(seeds, chance)


def _too_long(*_: object) -> None:
    raise TimeoutError(f"more than {PATIENCE} s")


def _tell(error: BaseException, data: bytes, failures: set[str], found: Path) -> None:
    last = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in last if "/slimpack/slimpack/" in frame.filename or "/main/slimpack/" in frame.filename]
    where = f"{type(error).__name__} {ours[-1].filename}:{ours[-1].lineno}" if ours else repr(error)
    if where in failures:
        return
    failures.add(where)
    name = found / f"failure-{hashlib.sha256(data).hexdigest()[:12]}"
    found.mkdir(parents=True, exist_ok=True)
    name.write_bytes(data)
    print(f"== {name}\n" + "".join(traceback.format_exception(error)[-4:]), flush=True)


def _guided(target: str, *, minutes: float, seed: int, found: Path) -> None:
    import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]  # noqa: PLC0415 optional

    with atheris.instrument_imports(include=_INSTRUMENTED):
        from fuzz_targets import TARGETS as SUBJECTS  # noqa: PLC0415 it is instrumented while it is imported

    subject = SUBJECTS[target]()
    corpus = found / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    for data in subject.seeds():
        (corpus / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    options = [f"-max_total_time={round(minutes * 60)}", f"-seed={seed}", f"-timeout={PATIENCE}", f"-max_len={LONGEST}"]
    options += [f"-rss_limit_mb={MEMORY}", f"-artifact_prefix={found}/", "-print_final_stats=1", "-verbosity=1"]
    print(f"fuzzing {target} for {minutes:g} min with seed {seed}; corpus in {corpus}", flush=True)
    atheris.Setup([sys.argv[0], *options, str(corpus)], subject.run)
    atheris.Fuzz()


def _repeat(target: str, path: Path) -> None:
    from fuzz_targets import TARGETS as SUBJECTS  # noqa: PLC0415 see above

    SUBJECTS[target]().run(path.read_bytes())
    print(f"{target}: {path} is read as it should be")


def main() -> int:
    """Return 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", choices=TARGETS, required=True)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--found", type=Path, default=Path("fuzz"), help="folder for failures and the corpus")
    parser.add_argument("--blind", action="store_true", help="seeded mutations even where atheris is installed")
    parser.add_argument("--repeat", type=Path, help="run one saved input")
    given = parser.parse_args()
    if given.repeat:
        _repeat(given.target, given.repeat)
        return 0
    if not given.blind and importlib.util.find_spec("atheris") is not None:
        _guided(given.target, minutes=given.minutes, seed=given.seed, found=given.found)
        return 0
    return _blindly(given.target, minutes=given.minutes, seed=given.seed, found=given.found)


if __name__ == "__main__":
    sys.exit(main())
