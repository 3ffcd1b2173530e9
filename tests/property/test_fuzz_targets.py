"""Every fuzz target over its seeds and a few thousand mutations of them; `scripts/fuzz.py` goes on from there."""

import random
import subprocess
import sys
import time
from pathlib import Path

import fuzz
import pytest
from fuzz_targets import TARGETS

MUTATIONS = 150


def test_the_targets_are_those_of_the_command_line() -> None:
    assert sorted(fuzz.TARGETS) == sorted(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_give_a_value_or_a_slimpack_error(name: str) -> None:
    subject = TARGETS[name]()
    seeds = subject.seeds()
    chance = random.Random(7)
    chosen = [*seeds[:8], *chance.sample(seeds, 8), *(fuzz.mutated(seeds, chance) for _ in range(MUTATIONS))]
    for data in chosen:
        begun = time.monotonic()
        subject.run(data)
        assert time.monotonic() - begun < fuzz.PATIENCE, data


def test_the_command_line_finds_nothing_in_a_moment(tmp_path: Path) -> None:
    command = [
        sys.executable,
        fuzz.__file__,
        "--target",
        "elf",
        "--minutes",
        "0.01",
        "--blind",
        "--found",
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "0 different failures" in done.stdout
