"""Worker in the target's interpreter: source -> facts and bytecode, over framed requests on standard input.

A frame is four bytes of length (big endian) and a marshalled tuple. Request: (path, co_filename, optimisation, bytes).
Answer: (packed facts, bytecode or None). Facts come from the code objects; only files that show a trigger name are
parsed with `ast` as well. The bytecode is marshalled before anything else looks at the code: marshal's FLAG_REF depends
on reference counts, so whatever holds a constant would change the bytes.
"""

import dis
import importlib.util
import marshal
import os
import re
import struct
import sys
import warnings

from .lookups import LOADERS, TRIGGERS, lookups

_DOTTED = re.compile(r"\.?[A-Za-z_][\w-]*(?:[./:][\w*-]+)+|[\w-]+\.[A-Za-z0-9]{1,8}")
_WORD = re.compile(r"[A-Za-z_]\w*")
_MAX_STRINGS = 20_000
_IMPORT_NAME = dis.opmap["IMPORT_NAME"]
_LOAD_CONST = dis.opmap["LOAD_CONST"]
_EXTENDED = dis.EXTENDED_ARG
_SMALL_INT = dis.opmap.get("LOAD_SMALL_INT", -1)
_COMMON = {dis.opmap[name] for name in ("LOAD_CONST_IMMORTAL", "LOAD_CONST_MORTAL") if name in dis.opmap} | {
    _LOAD_CONST
}


def study(path, filename, optimise, source):
    """Return (packed facts, bytecode or None)."""
    try:
        code, bytecode = _compile(path, filename, optimise, source)
    except SyntaxError as error:
        return _failed(f"{error.msg}", error.lineno or 0), None
    except (ValueError, RecursionError, MemoryError, EOFError, TypeError) as error:
        return _failed(f"{type(error).__name__}: {error}", 0), None
    facts = _Facts()
    try:
        facts.read(code)
        if path.endswith(".pyc"):
            facts.calls = [("import", ("*",), 0, "bytecode without source")] if facts.names & TRIGGERS else []
        elif facts.names & TRIGGERS or any(LOADERS.search(name) for name in facts.names):
            is_package = path.rpartition("/")[2] in ("__init__.py", "__init__.pyi")
            facts.calls, facts.named = lookups(source, path, is_package)
    except RecursionError:
        return _failed("nested too deeply", 0), bytecode
    return facts.packed(), bytecode


def _compile(path, filename, optimise, source):
    if path.endswith(".pyc"):
        if source[:4] != importlib.util.MAGIC_NUMBER:
            raise ValueError("bytecode of another Python")
        return marshal.loads(source[16:]), None
    code = compile(source, filename, "exec", 0, True, optimise)
    if path.endswith(".pyi"):
        return code, None
    header = importlib.util.MAGIC_NUMBER + struct.pack("<I", 1) + importlib.util.source_hash(source)
    return code, header + marshal.dumps(code)


def _failed(error, line):
    return ((), (), (), (), (), ((), "", ()), error or "does not parse", line)


class _Facts:
    """Collects what the code objects of one file say."""

    def __init__(self):
        self.imports, self.calls, self.named = [], [], []
        self.strings, self.words, self.names = set(), set(), set()
        self.exports = ()

    def read(self, code):
        """Read `code` and everything nested in it."""
        todo = [code]
        self.exports = self._exports(code)
        while todo:
            item = todo.pop()
            self.names.update(item.co_names)
            self._constants(item.co_consts, todo)
            raw = item.co_code
            at = raw.find(_IMPORT_NAME)
            lines = None
            while at >= 0:
                if at % 2 == 0:
                    lines = lines if lines is not None else list(dis.findlinestarts(item))
                    self._import(item, raw, at, lines)
                at = raw.find(_IMPORT_NAME, at + 1)
        self.imports.sort(key=lambda found: (found[3], found[1], found[0], found[2]))

    def _constants(self, constants, todo):
        for constant in constants:
            if isinstance(constant, str):
                if len(constant) <= 200:
                    if _DOTTED.fullmatch(constant):
                        self.strings.add(constant)
                    elif _WORD.fullmatch(constant):
                        self.words.add(constant)
                        if constant == "LAMBDA_TASK_ROOT":
                            self.names.add(constant)
            elif isinstance(constant, (tuple, frozenset)):
                self._constants(constant, todo)
            elif hasattr(constant, "co_code"):
                todo.append(constant)

    def _import(self, code, raw, at, lines):
        name = code.co_names[_argument(raw, at)]
        back = _before(raw, at)
        names = code.co_consts[_argument(raw, back)] if raw[back] in _COMMON else ()
        back = _before(raw, back)
        level = _argument(raw, back) if raw[back] == _SMALL_INT else code.co_consts[_argument(raw, back)]
        line = 0
        for start, number in lines:
            if start > at:
                break
            line = number or line
        names = tuple(names) if isinstance(names, tuple) else ()
        self.names.update(f"{name}.{item}" for item in names if name == "importlib")
        self.imports.append((level if isinstance(level, int) else 0, name, names, line))

    @staticmethod
    def _exports(code):
        if "__all__" not in code.co_names:
            return ()
        found = [c for c in code.co_consts if isinstance(c, tuple) and c and all(isinstance(i, str) for i in c)]
        words = {word for item in found for word in item if _WORD.fullmatch(word)}
        words |= {c for c in code.co_consts if isinstance(c, str) and len(c) < 80 and _WORD.fullmatch(c)}
        return tuple(sorted(words))

    def packed(self):
        """The plain tuples of `slimpack.model.facts.pack`."""
        strings = set(self.strings)
        if any(kind in ("import", "wrapper", "iter", "walk") for kind, _, _, _ in self.calls):
            strings |= self.words  # bare names may be modules of the own package where something is imported by name
        strings = tuple(sorted(strings))[:_MAX_STRINGS]
        calls = tuple(sorted(self.calls, key=lambda call: (call[2], call[0], call[1])))
        return (tuple(self.imports), strings, self.exports, calls, tuple(self.named), ((), "", ()), "", 0)


def _argument(raw, at):
    value, shift, back = raw[at + 1], 8, at - 2
    while back >= 0 and raw[back] == _EXTENDED:
        value |= raw[back + 1] << shift
        shift, back = shift + 8, back - 2
    return value


def _before(raw, at):
    """The offset of the instruction before `at`, not counting EXTENDED_ARG."""
    at -= 2
    while at > 0 and raw[at] == _EXTENDED:
        at -= 2
    return at


def serve():
    """Answer requests until standard input ends."""
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(5000)
    stdin, stdout = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        head = stdin.read(4)
        if len(head) < 4:
            return
        request = marshal.loads(stdin.read(struct.unpack(">I", head)[0]))
        answer = marshal.dumps(study(*request), 2)
        del request
        stdout.write(struct.pack(">I", len(answer)) + answer)
        stdout.flush()
