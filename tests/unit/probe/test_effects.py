"""What a module does on import, by kinds; what is harmless; what it looks at."""

import ast

import pytest

from slimpack.probe.effects import effects


def kinds(source: str) -> set[str]:
    return {kind for _, kind, _ in effects(ast.parse(source), "pkg.mod")[0]}


@pytest.mark.parametrize(
    "source",
    [
        "X = 1\nY = [1, 2]\nZ = {'a': (X, Y)}\n",
        "import re\nA = re.compile('a')\nB = A.pattern\n",
        "import logging\nlog = logging.getLogger(__name__)\nlog.addHandler(logging.NullHandler())\n",
        "from collections import namedtuple\nP = namedtuple('P', 'x')\nQ = P(1)\n",
        "from typing import TypeVar, NewType\nT = TypeVar('T')\nN = NewType('N', int)\nZ = N(1)\n",
        "import os\nHERE = os.path.dirname(__file__)\n",
        "import functools\n@functools.lru_cache\ndef f():\n    print('not yet')\n",
        "class A:\n    x = 1\n    def f(self):\n        print(self)\n    @property\n    def p(self):\n        return 1\n",
        "class A:\n    def __init__(self, x):\n        self.x = x\na = A(1)\na.y = 2\n",
        "d = {}\nd['a'] = 1\nd.update(b=2)\nd.setdefault('c', []).append(1)\nfor k in d:\n    d[k] = 2\n",
        "def f(x):\n    y = []\n    y.append(x)\n    return y\nZ = f(1)\n",
        "def f():\n    pass\nf.attribute = 1\n",
        "if __name__ == '__main__':\n    print('not on import')\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    open('x')\n",
        "import threading\nLOCK = threading.Lock()\nlocal = threading.local()\n",
        "X = 'a b'.split()\nY = ', '.join(X)\nZ = sorted(set(X))\n",
        "import sys\nW = sys.platform.startswith('win')\nV = sys.version_info[:2] >= (3, 9)\n",
        "f = lambda: print('later')\n",
        "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n    X = 1\n",
        "import os\nif os.name == 'nt':\n    import ctypes\n    ctypes.WinDLL('a')\n",
        "import sys\nif sys.platform == 'win32':\n    print('not here')\n",
        "class A:\n    pass\na = A()\nsetattr(a, 'x', 1)\n",
        "import abc\nclass A(metaclass=abc.ABCMeta):\n    pass\nA.register(int)\n",
    ],
)
def test_harmless(source: str) -> None:
    assert kinds(source) == set()


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("import other\nother.x = 1\n", "patch"),
        ("import other\nother.TABLE['x'] = 1\n", "patch"),
        ("import other\nsetattr(other, 'x', 1)\n", "patch"),
        ("from other import TABLE\nTABLE += [1]\n", "patch"),
        ("import other\ndef f():\n    other.x = 1\nf()\n", "patch"),
        ("import other\nclass A:\n    other.x = 1\n", "patch"),
        ("import other\nif other:\n    try:\n        other.x = 1\n    finally:\n        pass\n", "patch"),
        ("import other\nother.register(1)\n", "register"),
        ("from other import bus\n@bus.listens_for('x')\ndef f():\n    pass\n", "register"),
        ("import copyreg\ncopyreg.pickle(int, str)\n", "register"),
        ("import warnings\nwarnings.simplefilter('ignore')\n", "process"),
        ("import logging\nlogging.basicConfig()\n", "process"),
        ("import codecs\ncodecs.register(None)\n", "process"),
        ("import signal\nsignal.signal(1, None)\n", "process"),
        ("import atexit\n@atexit.register\ndef f():\n    pass\n", "process"),
        ("import sys\nsys.setrecursionlimit(1)\n", "process"),
        ("import sys\nsys.excepthook = None\n", "process"),
        ("import os\nos.environ['A'] = '1'\n", "process"),
        ("import threading\nthreading.Thread(target=print).start()\n", "process"),
        ("import socket\nsocket.create_connection(('a', 1))\n", "process"),
        ("import subprocess\nsubprocess.run(['a'])\n", "process"),
        ("import sys\nsys.path.append('a')\n", "imports"),
        ("import sys\nsys.modules['a'] = None\n", "imports"),
        ("import sys\nsys.meta_path.insert(0, None)\n", "imports"),
        ("__import__('a')\n", "imports"),
        ("import importlib\nimportlib.import_module('a')\n", "imports"),
        ("import os\nA = os.environ.get('A')\n", "moment"),
        ("import time\nA = time.time()\n", "moment"),
        ("A = open('a').read()\n", "reads"),
        ("print('a')\n", "output"),
        ("import warnings\nwarnings.warn('a')\n", "output"),
        ("import warnings\nwith warnings.catch_warnings():\n    print('a')\n", "output"),
        ("import warnings\nwith warnings.nothing:\n    warnings.simplefilter('ignore')\n", "process"),
        ("import os\nif os.name == 'posix':\n    print('a')\n", "output"),
        ("import os\nif os.name == 'nt':\n    pass\nelse:\n    print('a')\n", "output"),
        ("import other\nX = other.make()\n", "call"),
        ("import other\n@other.wrap\ndef f():\n    pass\n", "decorator"),
        ("import other\nclass A(other.B):\n    pass\n", "subclass"),
        ("import other\nclass A(metaclass=other.M):\n    pass\n", "metaclass"),
        ("def f():\n    import other\nf()\n", "call"),
        ("X = [print(i) for i in range(2)]\n", "output"),
        ("def f(x=print('a')):\n    pass\n", "output"),
    ],
)
def test_what_somebody_may_rely_on(source: str, kind: str) -> None:
    assert kinds(source) == {kind}


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("x = Thing()\nx.a = 1\n", "changed"),
        ("x = Thing()\nx['a'] = 1\n", "changed"),
        ("x = Thing()\ndef f():\n    setattr(x, 'a', 1)\nf()\n", "changed"),
        ("x = Thing()\nx = Thing\nx.a = 1\n", "patch"),
        ("x = Thing()\nsetattr(Thing, 'a', 1)\n", "patch"),
    ],
)
def test_what_is_changed_is_told_from_what_is_made_and_changed(source: str, kind: str) -> None:
    found = effects(ast.parse(f"from other import Thing\n{source}"), "pkg.mod")[0]
    assert {(each, text) for _, each, text in found if each == "changed"} == (
        {("changed", "other.Thing")} if kind == "changed" else set()
    )
    assert kind in {each for _, each, _ in found}


def test_registering_with_an_abstract_class_of_ones_own_is_nobodys_business() -> None:
    own = "from abc import ABC\nclass A(ABC):\n    pass\n"
    assert kinds(f"{own}A.register(int)\n") == kinds(own)
    assert "register" in kinds("import other\nclass A(other.B):\n    pass\nA.register(int)\n")


def test_functions_that_only_make_values_are_told_with_what_they_call() -> None:
    source = (
        "from . import other\nT = {}\ndef a():\n    return other.b()\ndef c():\n    T['x'] = 1\ndef d():\n    print()\n"
    )
    assert effects(ast.parse(source), "pkg.mod")[1] == (("a", ("pkg.other.b",)),)


def test_classes_tell_their_bases_and_whether_they_hear_of_subclasses() -> None:
    source = "import x\nclass A(x.B):\n    pass\nclass C:\n    def __init_subclass__(cls):\n        pass\n"
    assert effects(ast.parse(source), "m")[2] == (("A", ("x.B",), False), ("C", (), True))


@pytest.mark.parametrize(
    ("source", "watched"),
    [
        ("import sys\nif 'a.b' in sys.modules:\n    pass\n", ("a.b",)),
        ("import sys\nx = sys.modules.get('a')\ny = sys.modules['b']\n", ("a", "b")),
        ("import sys\nfor name in list(sys.modules):\n    pass\n", ("*",)),
        ("import sys\ndef f():\n    return [m for m in sys.modules.values()]\n", ("?",)),
        ("import sys\nx = sys.modules[__name__]\n", ()),
    ],
)
def test_what_is_looked_for(source: str, watched: tuple[str, ...]) -> None:
    assert effects(ast.parse(source), "m")[3] == watched


def test_whose_subclasses_and_dictionaries_are_looked_at() -> None:
    source = "import x\ndef f():\n    x.B.__subclasses__()\n    vars(x)\nclass A:\n    def g(self):\n        self.__dict__\n        self.__subclasses__()\n"
    assert effects(ast.parse(source), "m")[4:] == (("A", "x.B"), ("x",))
