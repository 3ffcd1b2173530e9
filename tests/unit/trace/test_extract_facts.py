"""What the extractor says of a source: imports, strings, lookups, loaders, errors."""

import importlib.util
import marshal
from textwrap import dedent

import pytest

from slimpack.model.facts import Call, CallKind, Facts, Import, Named, pack, unpack
from slimpack.probe.extract import study


def facts(source: str, path: str = "pkg/mod.py") -> Facts:
    return unpack(study(path, f"/var/task/{path}", 0, dedent(source).encode())[0])


def patterns(source: str, kind: CallKind, path: str = "pkg/mod.py") -> list[tuple[str, ...]]:
    return [call.patterns for call in facts(source, path).calls if call.kind is kind]


def test_imports_come_with_level_names_and_line() -> None:
    found = facts("import a.b\nfrom . import c\n\ndef f():\n    from ..d import e, g\nfrom h import *\n")
    assert found.imports == (
        Import(0, "a.b", (), 1),
        Import(1, "", ("c",), 2),
        Import(2, "d", ("e", "g"), 5),
        Import(0, "h", ("*",), 6),
    )


def test_imports_survive_many_names_and_constants() -> None:
    many = "\n".join(f"x{i} = {i + 1000}.5" for i in range(400))
    found = facts(f"{many}\nfrom {'.' * 3}deep import last\nimport z{'y' * 10}\n")
    assert [(item.level, item.module, item.names) for item in found.imports] == [
        (3, "deep", ("last",)),
        (0, "zyyyyyyyyyy", ()),
    ]


def test_only_strings_that_may_name_something_are_kept() -> None:
    found = facts("A = 'pkg.mod:Thing'\nB = 'a sentence. Not a name'\nC = 'data/x.json'\nD = ('in.a.tuple', 'word')\n")
    assert found.strings == ("data/x.json", "in.a.tuple", "pkg.mod:Thing")


def test_words_are_kept_where_something_is_imported_by_name() -> None:
    assert "word" in facts("from importlib import import_module\nimport_module('x')\nA = 'word'\n").strings
    assert "word" not in facts("A = 'word'\n").strings


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'lib.one'", ("lib.one",)),
        ("'lib.' + name", ("lib.*",)),
        ("f'lib.{name}.x'", ("lib.*.x",)),
        ("'lib.%s' % name", ("lib.*",)),
        ("'%(a)s.b' % {'a': 'lib'}", ("lib.b",)),
        ("'lib.x%03x' % name", ("lib.x*",)),
        ("'{}.{}'.format('lib', name)", ("lib.*",)),
        ("'{a}.y'.format(a='lib')", ("lib.y",)),
        ("'.'.join(['lib', 'z'])", ("lib.z",)),
        ("'lib.a' if name else 'lib.b'", ("lib.a", "lib.b")),
        ("'.sibling'", ("pkg.sibling",)),
        ("'lib.mod:attribute'", ("lib.mod",)),
        ("__name__", ("pkg.mod",)),
        ("TABLE[name]", ("lib.p", "lib.q")),
        ("TABLE['p']", ("lib.p",)),
        ("TABLE.get(name, 'lib.default')", ("lib.default", "lib.p", "lib.q")),
        ("'lib.C'.lower()", ("lib.c",)),
        ("'lib.a.B'.rsplit('.', 1)[0]", ("lib.a",)),
        ("name", ("*",)),
        ("name.replace('a', 'b')", ("*",)),
        ("object().__module__", None),
    ],
)
def test_names_are_evaluated(expression: str, expected: tuple[str, ...] | None) -> None:
    source = f"""
        import importlib
        TABLE = {{"p": "lib.p", "q": "lib.q"}}


        def run(name):
            return importlib.import_module({expression}, __package__)
    """
    assert patterns(source, CallKind.IMPORT) == ([] if expected is None else [expected])


def test_loops_and_grown_lists_are_followed() -> None:
    source = """
        from importlib import import_module as load
        NAMES = ["a"]
        NAMES.append("b")
        NAMES += ["c"]
        for _name in NAMES:
            load("lib." + _name)
    """
    assert patterns(source, CallKind.IMPORT) == [("lib.a", "lib.b", "lib.c")]


def test_a_name_that_is_also_bound_elsewhere_is_not_narrowed() -> None:
    source = """
        import importlib, os
        name = "lib.one"
        if os.environ.get("X"):
            name = os.environ["X"]
        importlib.import_module(name)
    """
    assert patterns(source, CallKind.IMPORT) == [("*", "lib.one")]


def test_private_functions_are_followed_to_their_callers_and_public_ones_stay_open() -> None:
    source = """
        import importlib


        def {0}(name):
            return importlib.import_module(name)


        {0}("lib.one")
    """
    assert patterns(source.format("_get"), CallKind.IMPORT) == [("lib.one",)]
    assert patterns(source.format("get"), CallKind.IMPORT) == [("*", "lib.one")]


def test_membership_narrows_a_parameter() -> None:
    source = """
        import importlib
        KNOWN = ["one", "two"]


        def __getattr__(name):
            if name not in KNOWN:
                raise AttributeError(name)
            return importlib.import_module(f"pkg.{name}")
    """
    assert patterns(source, CallKind.IMPORT) == [("pkg.one", "pkg.two")]


@pytest.mark.parametrize(
    ("source", "kind", "expected"),
    [
        ("import os\nos.listdir(os.path.dirname(__file__))", CallKind.LIST, [("pkg",)]),
        ("from pathlib import Path\nlist((Path(__file__).parent / 'd').glob('*.x'))", CallKind.LIST, [("pkg/d",)]),
        ("from pathlib import Path\nPath(__file__).with_suffix('.json').read_text()", CallKind.DATA, [("pkg/mod.json",)]),
        ("import os\nH = os.path.dirname(__file__)\nopen(os.path.join(H, '..', 'a.txt'))", CallKind.DATA, [("a.txt",)]),
        ("import os\nH = os.path.dirname(__file__)\ndef f(n): return open(os.path.join(H, n))", CallKind.DATA, [("pkg/*",)]),
        ("import os\nopen(os.environ['LAMBDA_TASK_ROOT'] + '/a.txt')", CallKind.DATA, [("a.txt",)]),
        ("import sys, os\nsys.path.insert(0, os.path.dirname(__file__) + '/lib')", CallKind.PATH, [("pkg/lib",)]),
        ("text = open(__file__).read()", CallKind.SOURCE, [("pkg/mod.py",)]),
        ("import inspect\ndef f(o): return inspect.getsource(o)", CallKind.SOURCE, [("*",)]),
        ("import pkgutil\nlist(pkgutil.iter_modules(__path__))", CallKind.ITER, [("pkg",)]),
        ("import pkgutil, other\nlist(pkgutil.walk_packages(other.sub.__path__))", CallKind.WALK, [("other.sub",)]),
        ("import pkgutil\ndef f(p): return list(pkgutil.iter_modules(p))", CallKind.ITER, [("*",)]),
        ("from importlib import resources\nresources.files('a.b')", CallKind.RESOURCE, [("a.b",)]),
        ("from importlib.metadata import version\nversion('x')", CallKind.METADATA, [("x",)]),
        ("import importlib.metadata as m\nm.entry_points(group='g')", CallKind.GROUP, [("g",)]),
        ("import importlib.metadata as m\nm.entry_points().select(group='g')", CallKind.GROUP, [("g",)]),
        ("import importlib.metadata as m\ne = m.entry_points()\ne.get('g', ())", CallKind.GROUP, [("g",)]),
        ("import importlib.metadata as m\nm.entry_points()", CallKind.GROUP, [("*",)]),
        ("import ctypes\nctypes.CDLL('libx.so')", CallKind.NATIVE, [("libx.so",)]),
        ("import importlib.util\nimportlib.util.find_spec('a.b')", CallKind.PROBE, [("a.b",)]),
        ("import lazy_loader\nlazy_loader.attach_stub(__name__, __file__)", CallKind.STUB, [("pkg/__init__.pyi",)]),
    ],
)  # fmt: skip
def test_lookups(source: str, kind: CallKind, expected: list[tuple[str, ...]]) -> None:
    path = "pkg/__init__.py" if "__path__" in source or "stub" in source else "pkg/mod.py"
    assert patterns(source, kind, path) == expected


def test_harmless_code_says_nothing() -> None:
    source = """
        import os
        from pathlib import Path
        for name in os.listdir("/tmp"):
            print(Path(name).suffix, open(name))
        value = {"a": 1}.get("a")
    """
    assert facts(source).calls == ()


def test_wrappers_and_their_calls() -> None:
    source = """
        import importlib


        def import_optional(name, extra=""):
            return importlib.import_module(name.split(":")[0])


        import_optional("one", extra="x")


        def other(engine):
            import_optional(engine)
    """
    found = facts(source)
    assert Call(CallKind.WRAPPER, ("import_optional",), 6, "importlib.import_module(name.split(':')[0])") in found.calls
    assert found.named == (Named("import_optional", ("one",), 13, 9),)


def test_loaders_with_literals_need_no_parsing() -> None:
    assert facts("import boto3\ns3 = boto3.client('s3', region_name='x')\n").named == (Named("client", ("s3",), 0, 2),)
    assert facts("import boto3\ndef f(n): return boto3.client(n + 's3')\n").named == (Named("client", (), 2, 2),)
    assert facts("import boto3\nN = 's3'\nboto3.client(N)\n").named == (Named("client", ("s3",), 0, 3),)


def test_what_does_not_parse_says_where() -> None:
    found = facts("x = 1\nprint 'x'\n")
    assert found.error
    assert found.error_line == 2
    assert found.imports == ()


@pytest.mark.parametrize("source", [b"x = 1\0", b"\xff\xfe", b"# coding: nonsense\n", b"(" * 1000])
def test_bytes_that_are_no_source_are_an_error_and_no_crash(source: bytes) -> None:
    packed, bytecode = study("pkg/mod.py", "/var/task/pkg/mod.py", 0, source)
    assert unpack(packed).error
    assert bytecode is None


def test_other_encodings_are_read() -> None:
    assert facts("# -*- coding: latin-1 -*-\nimport a\n").imports == (Import(0, "a", (), 2),)
    packed, _ = study("m.py", "/var/task/m.py", 0, b"\xef\xbb\xbfimport a\n")
    assert unpack(packed).imports == (Import(0, "a", (), 1),)


def test_facts_pack_and_unpack() -> None:
    found = facts("import a\nimport importlib\nimportlib.import_module('b.c')\n__all__ = ['x']\n")
    assert unpack(marshal.loads(marshal.dumps(pack(found)))) == found  # noqa: S302 just made
    assert found.exports


def test_bytecode_without_its_source_may_import_anything_and_what_its_constants_begin_to_name() -> None:
    source = "import importlib\n\ndef load(kind):\n    return importlib.import_module('shop_' + 'kinds.' + kind)\n"
    header = importlib.util.MAGIC_NUMBER + bytes(12)
    pyc = header + marshal.dumps(compile(source, "mod.py", "exec"))
    (call,) = unpack(study("pkg/mod.pyc", "mod.pyc", 0, pyc)[0]).calls
    assert (call.kind, call.patterns) == (CallKind.IMPORT, ("*", "shop_kinds.*"))
    plain = header + marshal.dumps(compile("import json\nNAME = 'a.b.'\n", "mod.py", "exec"))
    assert unpack(study("pkg/mod.pyc", "mod.pyc", 0, plain)[0]).calls == ()
