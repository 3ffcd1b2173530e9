"""static: what the target's loader would refuse, and what is none of its business."""

from pathlib import Path

import pytest
from elves import shared_object as tiny

from slimpack.host.cache import Cache
from slimpack.host.native import elf_of
from slimpack.host.tools import Tools
from slimpack.model.finding import Finding, Severity
from slimpack.model.rule import Runtime
from slimpack.model.target import Architecture, Target
from slimpack.model.tree import Bytes, File, Tree
from slimpack.verify.static import static

X86 = Target(python=(3, 12), architecture=Architecture.X86_64, glibc=(2, 34))
ARM = Target(python=(3, 12), architecture=Architecture.ARM64, glibc=(2, 34))
RUNTIME = Runtime(
    name="python3.12", glibc=(2, 34), status="", deprecated="", provides=(), libraries=("libz.so.1",), as_of=""
)
X86_EXTENSION = "pkg/_core.cpython-312-x86_64-linux-gnu.so"
ARM_EXTENSION = "pkg/_core.cpython-312-aarch64-linux-gnu.so"
AARCH64 = 183


def tree(**files: bytes) -> Tree:
    return Tree({path: File(Bytes(data), owner="pkg") for path, data in files.items()})


def found(files: dict[str, bytes], target: Target = X86, **known: object) -> list[tuple[str, str, Severity]]:
    findings: tuple[Finding, ...] = static(tree(**files), target=target, runtime=RUNTIME, origins={}, **known)  # type: ignore[arg-type]  # options of each test
    return [(finding.code, finding.where, finding.severity) for finding in findings]


@pytest.mark.parametrize(
    "data",
    [
        tiny(needed=["libc.so.6", "libm.so.6", "libpthread.so.0", "ld-linux-x86-64.so.2"]),
        tiny(needed=["libz.so.1"]),
        tiny(needed=["libpython3.12.so.1.0"]),
        tiny(versions=[("libc.so.6", ["GLIBC_2.34"])]),
        tiny(versions=[("libstdc++.so.6", ["GLIBCXX_3.4.99"])], needed=["libc.so.6"]),
        tiny(sections=False),
        b"not ELF at all",
    ],
)
def test_nothing_to_say_of_what_loads(data: bytes) -> None:
    assert found({X86_EXTENSION: data}) == []


def test_a_newer_glibc_is_an_error() -> None:
    data = tiny(versions=[("libc.so.6", ["GLIBC_2.35"])])
    assert found({X86_EXTENSION: data}) == [("SLP021", X86_EXTENSION, Severity.ERROR)]
    old = Target(python=(3, 11), architecture=Architecture.X86_64, glibc=(2, 26))
    assert found({"pkg/x.so": tiny(versions=[("libc.so.6", ["GLIBC_2.28"])])}, old) == [
        ("SLP021", "pkg/x.so", Severity.ERROR)
    ]


def test_an_extension_of_another_machine_is_an_error_whatever_else_is_there() -> None:
    files = {X86_EXTENSION: tiny(machine=AARCH64), "pkg/other.so": tiny()}
    assert found(files) == [("SLP022", X86_EXTENSION, Severity.ERROR)]
    assert found({"pkg/x.abi3.so": tiny(machine=AARCH64), "pkg/other.so": tiny()}) == [
        ("SLP022", "pkg/x.abi3.so", Severity.ERROR)
    ]


def test_a_distribution_without_any_file_for_the_target_is_an_error() -> None:
    assert found({"pkg.libs/libx.so.1": tiny()}, ARM) == [("SLP022", "pkg.libs/libx.so.1", Severity.ERROR)]


def test_files_for_other_machines_beside_the_right_ones_are_a_warning() -> None:
    files = {
        "pkg/lib/arm/libx.so": tiny(machine=40, wide=False),
        "pkg/lib/x86_64/libx.so": tiny(),
        ARM_EXTENSION: tiny(machine=AARCH64),
    }
    assert [severity for _, _, severity in found(files)] == [Severity.WARNING] * 2


def test_misaligned_segments_are_an_error() -> None:
    assert found({X86_EXTENSION: tiny(skew=8)}) == [("SLP024", X86_EXTENSION, Severity.ERROR)]
    assert found({X86_EXTENSION: tiny(align=512)}) == [("SLP024", X86_EXTENSION, Severity.ERROR)]
    assert found({X86_EXTENSION: tiny(align=65536)}) == []


def test_a_broken_file_is_an_error_only_where_it_would_be_imported() -> None:
    broken = tiny()[:150]
    assert found({X86_EXTENSION: broken}) == [("SLP025", X86_EXTENSION, Severity.ERROR)]
    assert found({"pkg/tests/broken.bin": broken}) == [("SLP025", "pkg/tests/broken.bin", Severity.WARNING)]


@pytest.mark.parametrize("place", ["pkg.libs/libx.so.1", "pkg/libx.so.1", "lib/libx.so.1", "libx.so.1"])
def test_libraries_are_found_where_the_loader_looks(place: str) -> None:
    data = tiny(needed=["libx.so.1"], runpath="/build/lib:$ORIGIN/../pkg.libs:${ORIGIN}/.")
    assert found({X86_EXTENSION: data, place: tiny(soname="libx.so.1")}) == []


def test_a_library_elsewhere_in_the_tree_may_be_loaded_beforehand() -> None:
    files = {X86_EXTENSION: tiny(needed=["libx.so.1"]), "vendor/deep/libx-1.2.so": tiny(soname="libx.so.1")}
    assert found(files) == [("SLP023", X86_EXTENSION, Severity.INFO)]


def test_a_library_of_another_machine_does_not_count() -> None:
    files = {X86_EXTENSION: tiny(needed=["libx.so.1"], runpath="$ORIGIN"), "pkg/libx.so.1": tiny(machine=AARCH64)}
    assert ("SLP023", X86_EXTENSION, Severity.WARNING) in found(files)


def test_a_library_that_is_nowhere_is_an_error_where_it_must_load() -> None:
    files = {X86_EXTENSION: tiny(needed=["libpq.so.5"])}
    assert found(files) == [("SLP023", X86_EXTENSION, Severity.WARNING)]
    assert found(files, modules=["pkg._core"]) == [("SLP023", X86_EXTENSION, Severity.ERROR)]
    assert found(files, modules=["pkg.other"]) == [("SLP023", X86_EXTENSION, Severity.WARNING)]


def test_what_must_load_includes_what_it_needs() -> None:
    files = {
        X86_EXTENSION: tiny(needed=["libx.so.1"], runpath="$ORIGIN/../pkg.libs"),
        "pkg.libs/libx.so.1": tiny(needed=["libssl.so.10"]),
        "pkg.libs/optional.so": tiny(needed=["libtbb.so.12"]),
    }
    assert found(files, modules=["pkg._core"]) == [
        ("SLP023", "pkg.libs/libx.so.1", Severity.ERROR),
        ("SLP023", "pkg.libs/optional.so", Severity.WARNING),
    ]


def test_a_library_that_was_dropped_is_an_error() -> None:
    files = {X86_EXTENSION: tiny(needed=["libx.so.1"], runpath="$ORIGIN")}
    assert found(files, original=["pkg/libx.so.1", X86_EXTENSION]) == [("SLP023", X86_EXTENSION, Severity.ERROR)]


def test_a_runpath_that_leads_out_of_the_tree_is_no_path() -> None:
    files = {X86_EXTENSION: tiny(needed=["libx.so.1"], runpath="$ORIGIN/../../../etc")}
    assert found(files) == [("SLP023", X86_EXTENSION, Severity.WARNING)]


def test_findings_name_the_original_path_and_are_sorted() -> None:
    files = tree(**{"b.so": tiny(skew=8), "a.so": tiny(skew=8)})
    findings = static(files, target=X86, runtime=RUNTIME, origins={"b.so": "pkg/b.so"})
    assert [finding.where for finding in findings] == ["a.so", "pkg/b.so"]


def test_what_the_host_remembers_gives_the_same_findings(tmp_path: Path) -> None:
    files = tree(
        **{
            X86_EXTENSION: tiny(skew=8, needed=["libq.so"], versions=[("libc.so.6", ["GLIBC_2.99"])]),
            "pkg/broken.so": tiny()[:150],
            "pkg/data.bin": b"data",
            "pkg/code.py": b"\x7fELF is not looked for here",
        }
    )
    tools = Tools(cache=Cache(tmp_path), environment={})
    for _ in range(2):
        natives = elf_of(files, tools)
        assert list(natives) == [X86_EXTENSION, "pkg/broken.so"]
        known = static(files, target=X86, runtime=RUNTIME, origins={}, natives=natives)
        assert len(known) == 4
        assert set(static(files, target=X86, runtime=RUNTIME, origins={})) >= set(known)
    assert list(elf_of(files, tools, paths=["pkg/broken.so"])) == ["pkg/broken.so"]
