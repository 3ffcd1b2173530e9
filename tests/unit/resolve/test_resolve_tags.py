"""The tags of a target: exact at the glibc ceiling, never the host's."""

from dataclasses import dataclass

import pytest
from packaging.tags import Tag
from resolving import target

from slimpack.model.target import Architecture
from slimpack.resolve import tags

X86_234 = target()
X86_226 = target(python=(3, 11), glibc=(2, 26))
ARM_234 = target(python=(3, 13), architecture=Architecture.ARM64)


@dataclass(frozen=True)
class Wheel:
    filename: str


@pytest.mark.parametrize(
    "filename",
    [
        "a-1-py3-none-any.whl",
        "a-1-py2.py3-none-any.whl",
        "a-1-cp312-cp312-manylinux_2_34_x86_64.whl",
        "a-1-cp312-cp312-manylinux_2_5_x86_64.manylinux1_x86_64.whl",
        "a-1-cp312-cp312-manylinux2014_x86_64.whl",
        "a-1-cp312-cp312-manylinux2010_x86_64.whl",
        "a-1-cp38-abi3-manylinux_2_17_x86_64.whl",
        "a-1-py3-none-manylinux_2_28_x86_64.whl",
        "a-1-1-cp312-cp312-manylinux_2_28_x86_64.whl",
    ],
)
def test_the_target_accepts(filename: str) -> None:
    assert tags.fits(filename, X86_234)


@pytest.mark.parametrize(
    "filename",
    [
        "a-1-cp312-cp312-manylinux_2_35_x86_64.whl",
        "a-1-cp312-cp312-linux_x86_64.whl",
        "a-1-cp312-cp312-musllinux_1_2_x86_64.whl",
        "a-1-cp312-cp312-manylinux_2_17_aarch64.whl",
        "a-1-cp312-cp312-win_amd64.whl",
        "a-1-cp312-cp312-macosx_11_0_arm64.whl",
        "a-1-cp313-cp313-manylinux_2_17_x86_64.whl",
        "a-1-cp313-abi3-manylinux_2_17_x86_64.whl",
        "a-1-cp312-cp312t-manylinux_2_17_x86_64.whl",
        "a-1-pp310-pypy310_pp73-manylinux_2_17_x86_64.whl",
        "a-1.tar.gz",
        "not a wheel.whl",
    ],
)
def test_the_target_refuses(filename: str) -> None:
    assert not tags.fits(filename, X86_234)


def test_the_ceiling_of_amazon_linux_2_is_between_uvs_levels() -> None:
    assert tags.fits("a-1-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl", X86_226)
    assert tags.fits("a-1-cp311-cp311-manylinux_2_26_x86_64.whl", X86_226)
    assert not tags.fits("a-1-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl", X86_226)


def test_arm_goes_down_to_2_17_only() -> None:
    names = tags.platforms(ARM_234)
    assert names[0] == "manylinux_2_34_aarch64"
    assert names[-2:] == ("manylinux_2_17_aarch64", "manylinux2014_aarch64")


def test_x86_has_the_legacy_names_behind_their_levels() -> None:
    names = tags.platforms(X86_226)
    for legacy, level in {"manylinux2014": 17, "manylinux2010": 12, "manylinux1": 5}.items():
        assert names[names.index(f"manylinux_2_{level}_x86_64") + 1] == f"{legacy}_x86_64"


def test_a_debug_or_free_threaded_host_changes_nothing() -> None:
    assert {tag.abi for tag in tags.accepted(X86_234)} == {"cp312", "abi3", "none"}
    assert tags.accepted(X86_234)[0] == Tag("cp312", "cp312", "manylinux_2_34_x86_64")


def test_the_best_wheel_is_the_most_specific() -> None:
    names = [
        "a-1-py3-none-any.whl",
        "a-1-cp38-abi3-manylinux_2_17_x86_64.whl",
        "a-1-cp312-cp312-manylinux_2_17_x86_64.whl",
        "a-1-cp312-cp312-manylinux_2_28_x86_64.whl",
    ]
    assert tags.best(map(Wheel, names), X86_234) == Wheel(names[3])
    assert tags.best(map(Wheel, reversed(names[:2])), X86_234) == Wheel(names[1])
    assert tags.best([Wheel("a-1-cp312-cp312-win_amd64.whl")], X86_234) is None


def test_of_equal_tags_the_highest_build_wins_in_any_order() -> None:
    wheels = [Wheel("a-1-py3-none-any.whl"), Wheel("a-1-2-py3-none-any.whl"), Wheel("a-1-10-py3-none-any.whl")]
    assert tags.best(wheels, X86_234) == tags.best(reversed(wheels), X86_234) == wheels[2]


def test_a_message_shows_a_few_tags_and_counts_the_rest() -> None:
    names = [f"a-1-cp3{minor}-cp3{minor}-win32.whl" for minor in range(8, 16)]
    assert tags.offered(names).endswith("cp315-cp315-win32 and 2 more")
