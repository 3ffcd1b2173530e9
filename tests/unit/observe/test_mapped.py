"""What the host's wheels did, in paths of the target's."""

from slimpack.model.observation import Observation
from slimpack.model.target import Architecture, Target
from slimpack.model.tree import tree_of
from slimpack.observe import mapped

HOST = Target(python=(3, 13), architecture=Architecture.X86_64, glibc=(2, 34))
TARGET = Target(python=(3, 13), architecture=Architecture.ARM64, glibc=(2, 34))
TREE = tree_of(
    {
        "app.py": "",
        "pil/core.cpython-313-aarch64-linux-gnu.so": "",
        "pil/data/table.bin": "",
        "pil.libs/libjpeg-0123abcd.so.62.4.0": "",
        "pil.libs/libtiff-1111aaaa.so.6": "",
        "pil.libs/libtiff-2222bbbb.so.6": "",
        "pil/abi.abi3.so": "",
    },
    owner="pil",
)


def opened(*paths: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    moved, lost = mapped(Observation(opened={"app": paths}), source_target=HOST, tree=TREE, target=TARGET)
    return moved.opened["app"], lost


def test_data_and_python_keep_their_paths() -> None:
    assert opened("app.py", "pil/data/table.bin") == (("app.py", "pil/data/table.bin"), ())


def test_extension_modules_go_by_their_module() -> None:
    assert opened("pil/core.cpython-313-x86_64-linux-gnu.so", "pil/abi.abi3.so") == (
        ("pil/abi.abi3.so", "pil/core.cpython-313-aarch64-linux-gnu.so"),
        (),
    )


def test_bundled_libraries_go_by_their_name_without_hash_and_version() -> None:
    assert opened("pil.libs/libjpeg-9999ffff.so.62.3.0") == (("pil.libs/libjpeg-0123abcd.so.62.4.0",), ())


def test_what_has_no_counterpart_or_two_is_told() -> None:
    here, lost = opened("pil.libs/libtiff-3333cccc.so.6", "pil.libs/libx86only-1234abcd.so", "pil/never.bin")
    assert here == ()
    assert lost == ("pil.libs/libtiff-3333cccc.so.6", "pil.libs/libx86only-1234abcd.so", "pil/never.bin")


def test_folders_and_the_root_are_mapped_and_failures_are_not() -> None:
    seen = Observation(listed={"app": ("", "pil/data")}, failed={"pil.core": "ImportError"}, loaded={"app": ("pil",)})
    moved, lost = mapped(seen, source_target=HOST, tree=TREE, target=TARGET)
    assert (moved.listed, moved.failed, moved.loaded, lost) == ({"app": ("", "pil/data")}, {}, seen.loaded, ())
