"""with_prelude: the import comes first, and every line stays where it is."""

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from slimpack.apply.prelude import with_prelude

HEADS = {
    "docstring": ('"""Doc."""\nimport a\n', '"""Doc."""; import _slimpack\nimport a\n'),
    "long docstring": ('"""Doc.\n\nMore.\n"""\nimport a\n', '"""Doc.\n\nMore.\n"""; import _slimpack\nimport a\n'),
    "docstring in parts": ("('a'\n 'b')\nx = 1\n", "('a'\n 'b'); import _slimpack\nx = 1\n"),
    "raw docstring": ('r"""\\d"""  # why\nx = 1\n', 'r"""\\d"""; import _slimpack  # why\nx = 1\n'),
    "semicolon": ('"""Doc."""; x = 1\n', '"""Doc."""; import _slimpack; x = 1\n'),
    "semicolon at the end": ('"""Doc.""";\nx = 1\n', '"""Doc."""; import _slimpack;\nx = 1\n'),
    "continued": ('"""Doc.""" \\\n; x = 1\n', '"""Doc."""; import _slimpack \\\n; x = 1\n'),
    "docstring alone": ('"""Doc."""', '"""Doc."""; import _slimpack'),
    "future": (
        '"""Doc."""\nfrom __future__ import annotations\nx = 1\n',
        '"""Doc."""\nfrom __future__ import annotations; import _slimpack\nx = 1\n',
    ),
    "two of the future": (
        "from __future__ import (\n  annotations,\n)\nfrom __future__ import division; x = 1\n",
        "from __future__ import (\n  annotations,\n)\nfrom __future__ import division; import _slimpack; x = 1\n",
    ),
    "future without docstring": (
        "# c\n\nfrom __future__ import division\ndef f(): pass\n",
        "# c\n\nfrom __future__ import division; import _slimpack\ndef f(): pass\n",
    ),
    "a string behind is no docstring": (
        'from __future__ import division\n"x"\n',
        'from __future__ import division; import _slimpack\n"x"\n',
    ),
}
SIMPLE = {
    "import": ("import a\nb = 1\n", "import _slimpack; import a\nb = 1\n"),
    "no newline": ("import a", "import _slimpack; import a"),
    "bytes are no docstring": ('b"x"\n', 'import _slimpack; b"x"\n'),
    "f-string is no docstring": ('f"{1}"\n', 'import _slimpack; f"{1}"\n'),
    "below comments": ("#!/usr/bin/python\n# c\nimport a\n", "#!/usr/bin/python\n# c\nimport _slimpack; import a\n"),
    "over lines": ("x = (\n  1,\n)\n", "import _slimpack; x = (\n  1,\n)\n"),
    "form feed": ("\f\nimport a\n", "\f\nimport _slimpack; import a\n"),
    "form feed before": ("\fimport a\n", "\fimport _slimpack; import a\n"),
    "soft keyword": ("match = 1\ntype = 2\n", "import _slimpack; match = 1\ntype = 2\n"),
    "dict in a name": ("match[{1: 2}]\n", "import _slimpack; match[{1: 2}]\n"),
    "carriage returns": ("# c\r\nimport a\r\nx = 1\r\n", "# c\r\nimport _slimpack; import a\r\nx = 1\r\n"),
    "old Mac": ("# c\rimport a\rx = 1\r", "# c\rimport _slimpack; import a\rx = 1\r"),
    "lambda": ("f = lambda: 0\n", "import _slimpack; f = lambda: 0\n"),
}
BLOCKS = {
    "empty line above": ("\ndef f():\n\treturn 1\n", "import _slimpack\ndef f():\n\treturn 1\n"),
    "comment above": ("# c\ndef f(): pass\n", "import _slimpack  # c\ndef f(): pass\n"),
    "shebang above": ("#!/bin/x\n# c\nif 1: pass\n", "#!/bin/x\nimport _slimpack  # c\nif 1: pass\n"),
    "cookie above": (
        "# coding: utf-8\n\nclass A: pass\n",
        "# coding: utf-8\nimport _slimpack\nclass A: pass\n",
    ),
    "decorator": ("\n@d\ndef f(): pass\n", "import _slimpack\n@d\ndef f(): pass\n"),
    "only a cookie, then a condition": (
        "# coding: utf-8\nif x: pass\n",
        '# coding: utf-8\nif __import__("_slimpack") and x: pass\n',
    ),
    "condition on the first line": ("if(x):\n  y\n", 'if __import__("_slimpack") and (x):\n  y\n'),
    "while": ("while 0: pass\n", 'while __import__("_slimpack") and 0: pass\n'),
    "with": ("with a as b: pass\n", 'with __import__("_slimpack") and a as b: pass\n'),
    "decorator on the first line": ("@d\ndef f(): pass\n", '@__import__("_slimpack") and d\ndef f(): pass\n'),
    "try": ("try:\n    import a\nexcept ImportError:\n    pass\n", "try:\n    import _slimpack; import a\nexcept ImportError:\n    pass\n"),
    "try with tabs": ("try:\n\timport a\nfinally:\n\tpass\n", "try:\n\timport _slimpack; import a\nfinally:\n\tpass\n"),
    "try on a line": ("try: import a\nfinally: pass\n", "try: import _slimpack; import a\nfinally: pass\n"),
    "try in try": ("try:\n try:\n  a\n finally: pass\nfinally: pass\n", "try:\n try:\n  import _slimpack; a\n finally: pass\nfinally: pass\n"),
    "function, then a line": ("def f():\n\n    # c\n    pass\n\nimport a\n", "def f():\n\n    # c\n    pass\n\nimport _slimpack; import a\n"),
    "functions only": ("def f(): pass\nasync def g():\n  pass", "def f(): pass\nasync def g():\n  pass\nimport _slimpack\n"),
    "function, then a block": ("def f(): pass\n\nif x: pass\n", "def f(): pass\nimport _slimpack\nif x: pass\n"),
    "function, then main": (
        'def f(): pass\nif __name__ == "__main__": f()\n',
        'def f(): pass\nif __import__("_slimpack") and __name__ == "__main__": f()\n',
    ),
}  # fmt: skip
MOVED = {
    "class": "class A:\n  import os\n",
    "for": "for x in y: pass\n",
    "match": "match x:\n  case 1: pass\n",
    "walrus": "if x := 1: pass\n",
    "with in brackets": "with (a as b, c as d): pass\n",
    "lambda": "if lambda: 0: pass\n",
}
EMPTY = {"": "import _slimpack\n", "# c": "# c\nimport _slimpack\n", "\n\n": "\n\nimport _slimpack\n"}
KEPT = {**HEADS, **SIMPLE, **BLOCKS}


@pytest.mark.parametrize(("before", "after"), KEPT.values(), ids=KEPT)
def test_the_import_comes_first_and_every_line_stays(before: str, after: str) -> None:
    done = with_prelude(before.encode())
    assert done.decode() == after
    lost = _lines(before.encode()) - _lines(done)
    assert not lost
    assert ast.get_docstring(ast.parse(done)) == ast.get_docstring(ast.parse(before))


def _lines(source: bytes) -> "Counter[tuple[str, int, int | None]]":
    nodes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.expr | ast.stmt))
    return Counter((type(node).__name__, node.lineno, node.end_lineno) for node in nodes)


@pytest.mark.parametrize("source", MOVED.values(), ids=MOVED)
def test_what_leaves_no_room_is_moved_down(source: str) -> None:
    assert with_prelude(source.encode()).decode() == f"import _slimpack\n{source}"


@pytest.mark.parametrize(("before", "after"), EMPTY.items())
def test_a_module_without_statements(before: str, after: str) -> None:
    assert with_prelude(before.encode()).decode() == after


@pytest.mark.parametrize(
    "source",
    [
        b"\xef\xbb\xbfimport a\n",
        b'\xef\xbb\xbf"""\xc3\xa9"""\nimport a\n',
        b"# -*- coding: latin-1 -*-\nx = '\xe9'\n",
        b"#!x\n# vim: set fileencoding=cp1252 :\ndef f(): return '\x80'\n",
        '# coding: shift_jis\n"""\u8868"""\nx = "\u8868"\n'.encode("shift_jis"),
        b"\n# coding: latin-1\nif 1: x = '\xe9'\n",
    ],
)
def test_encodings(source: bytes) -> None:
    done = with_prelude(source)
    assert b"_slimpack" in done
    before, after = compile(source, "m", "exec"), compile(done, "m", "exec")
    texts = [item for item in before.co_consts if isinstance(item, str)]
    assert [item for item in texts if item in after.co_consts] == texts
    assert not _lines(source) - _lines(done)


def test_newer_grammar_below_is_not_read() -> None:
    source = "import a\ntype X[T] = list[T]\nlazy import b\nx = t'{a!r:>{w}}' f'{d['k']}'\n"
    assert with_prelude(source.encode()).decode() == f"import _slimpack; {source}"


@pytest.mark.parametrize("source", [b"# coding: nonsense\n", b"\xff\n", b"x = (\n", b'"""\n'])
def test_what_is_not_python_is_refused(source: bytes) -> None:
    with pytest.raises(ValueError, match="not Python source"):
        with_prelude(source)


@pytest.mark.parametrize("source", [before for before, _ in {**HEADS, **BLOCKS}.values()], ids=[*HEADS, *BLOCKS])
def test_it_runs_before_anything_else(tmp_path: Path, source: str) -> None:
    (tmp_path / "_slimpack.py").write_text("import builtins\nbuiltins.order = ['hook']\n")
    (tmp_path / "a.py").write_text("import builtins\nbuiltins.order.append('a')\n")
    names = "import builtins\nbuiltins.x = builtins.y = 0\nbuiltins.d = lambda f: f\n"
    names += "import contextlib\nbuiltins.a = contextlib.nullcontext()\n"
    (tmp_path / "m.py").write_bytes(with_prelude(source.encode()))
    script = f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\n{names}import m\nprint(builtins.order[0])\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "hook\n", done.stderr


def test_every_module_of_the_standard_library_keeps_its_lines() -> None:
    folder = Path(ast.__file__).parent
    for path in sorted(folder.glob("*.py")):
        source = path.read_bytes()
        assert not _lines(source) - _lines(with_prelude(source)), path
