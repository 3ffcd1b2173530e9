"""Every folder of fixtures/config is one defect: a project, and the exit code and message that it must give."""

from pathlib import Path

import pytest

from slimpack.errors import SlimpackError
from slimpack.model.rule import Runtime
from slimpack.project import Options, load

CASES = sorted(path for path in (Path(__file__).resolve().parents[3] / "fixtures/config").iterdir() if path.is_dir())


def runtime(python: str, *, status: str, glibc: tuple[int, int] = (2, 34), deprecated: str = "") -> Runtime:
    return Runtime(
        name=f"python{python}",
        glibc=glibc,
        status=status,
        deprecated=deprecated,
        provides=(),
        libraries=(),
        as_of="2026-11-01",
    )


RUNTIMES = (
    runtime("3.8", status="retired", glibc=(2, 26), deprecated="2024-10-14"),
    runtime("3.10", status="deprecated", glibc=(2, 26), deprecated="2026-10-31"),
    runtime("3.11", status="supported", glibc=(2, 26)),
    runtime("3.12", status="supported"),
    runtime("3.13", status="supported"),
    runtime("3.15", status="preview"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_defect_gives_its_message(case: Path) -> None:
    with pytest.raises(SlimpackError) as caught:
        load(Options(root=case), environment={}, runtimes=RUNTIMES)
    message = str(caught.value).replace(str(case), "ROOT")
    assert f"exit {caught.value.exit_code}\n{message}\n" == (case / "expected.txt").read_text()


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 30
