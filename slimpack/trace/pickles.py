"""Pickles -> the modules they name: GLOBAL and STACK_GLOBAL opcodes, also behind zlib, gzip, bz2 or xz (joblib)."""

import bz2
import lzma
import pickletools
import zlib
from collections.abc import Callable

SUFFIXES = (".pkl", ".pickle", ".joblib", ".p", ".dill")
_LIMIT = 512 * 1024 * 1024
_OPENERS: tuple[tuple[bytes, Callable[[bytes], bytes]], ...] = (
    (b"x", lambda data: zlib.decompressobj().decompress(data, _LIMIT)),
    (b"\x1f\x8b", lambda data: zlib.decompressobj(wbits=31).decompress(data, _LIMIT)),
    (b"BZh", lambda data: bz2.BZ2Decompressor().decompress(data, _LIMIT)),
    (b"\xfd7zXZ", lambda data: lzma.LZMADecompressor().decompress(data, _LIMIT)),
    (b"ZF", lambda data: zlib.decompressobj().decompress(data[data.index(b"x") :], _LIMIT)),
)


def scan(data: bytes) -> frozenset[str] | None:
    """The modules named in a pickle; None where it cannot be read to its end."""
    for prefix, opener in _OPENERS:
        if data.startswith(prefix):
            try:
                data = opener(data)
            except (zlib.error, OSError, EOFError, ValueError, lzma.LZMAError):
                return None
            break
    try:
        return _modules(data)
    except Exception:  # noqa: BLE001 pickletools raises whatever it meets in bytes that are no pickle
        return None


def _modules(data: bytes) -> frozenset[str] | None:
    out: set[str] = set()
    strings: list[str] = []
    memo: dict[int, str] = {}
    last = ""
    # joblib writes raw array bytes between the opcodes, which no disassembler can follow: names before them count.
    names = _loose(data) if b"joblib.numpy_pickle" in data else frozenset()
    try:
        for opcode, argument, _ in pickletools.genops(data):
            match opcode.name:
                case "GLOBAL" | "INST":
                    out.add(str(argument).split(" ", 1)[0])
                case "STACK_GLOBAL" if len(strings) > 1:
                    out.add(strings[-2])
                case "MEMOIZE":
                    memo[len(memo)] = last
                case "BINPUT" | "LONG_BINPUT" | "PUT" if argument is not None:
                    memo[int(argument)] = last
                case "BINGET" | "LONG_BINGET" | "GET" if argument is not None:
                    last = memo.get(int(argument), "")
                    strings.append(last)
                    continue
            last = argument if isinstance(argument, str) else ""
            if isinstance(argument, str) and "UNICODE" in opcode.name:
                strings.append(argument)
    except Exception:
        if not names:
            raise
    return frozenset(out) | names


def _loose(data: bytes) -> frozenset[str]:
    """Every run of bytes that looks like a dotted or plain name: a superset of the modules named."""
    out: set[str] = set()
    word = bytearray()
    allowed = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.")
    for byte in data.replace(b"\n", b"\0"):
        if byte in allowed:
            word.append(byte)
            continue
        if len(word) > 1:
            out.add(word.decode("ascii"))
        word.clear()
    return frozenset(out)
