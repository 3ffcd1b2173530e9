"""Source of an entry module -> the same with `import _slimpack` as the first thing that it does.

Every other statement keeps its line, so tracebacks and debuggers are right: the import shares a line with a docstring,
an import from `__future__` or a simple statement, or takes one that is empty or a comment. Where a module begins with a
block, on its first line, it goes into the block of a `try`, in front of a condition, or behind a function, whose body
does not run yet. What is then left (a `class`, `for` or `match` on the first line, without a word above it) is moved
down by one line. Only the beginning is read, token by token: so the grammar may be newer than ours.
"""

import ast
import io
import re
import tokenize
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass

_BLANK = re.compile(r"[ \t\f]*(?:#.*)?")
_COOKIE = re.compile(r"[ \t\f]*#.*?coding[:=]")
_NEWLINE = re.compile(r"\r\n|\r|\n")
_COMPOUND = {"if", "while", "for", "try", "with", "def", "class", "async", "@"}
_GUARDED = {"if", "while", "with", "@"}
"""Whose first expression may be preceded by another and `and`."""
_UNREAD = {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT}
_Place = tuple[int, int]
_Edit = tuple[_Place, str]


def with_prelude(source: bytes, *, module: str = "_slimpack") -> bytes:
    """Return the source with the import in it. Raises ValueError for what is not Python."""
    text = _Text(source)
    try:
        place, added = _edit(text, module)
    except (tokenize.TokenError, SyntaxError, StopIteration) as error:
        raise ValueError(f"not Python source: {error}") from error
    done = text.insert(place, added)
    if "__import__" in added and not _parses(done):
        return text.insert(*_above(text, module))
    return done


class _Text:
    """A source as characters by line and column, and as the bytes that it is."""

    def __init__(self, source: bytes) -> None:
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
            self._bom = BOM_UTF8 if source.startswith(BOM_UTF8) else b""
            self._encoding = encoding.removesuffix("-sig")
            self._text = source.removeprefix(self._bom).decode(self._encoding)
        except (SyntaxError, UnicodeDecodeError) as error:
            raise ValueError(f"not Python source: {error}") from error
        self._source = source
        found = list(_NEWLINE.finditer(self._text))
        self._starts = [0, *(match.end() for match in found)]
        ends = [*(match.start() for match in found), len(self._text)]
        self.lines = [self._text[start:end] for start, end in zip(self._starts, ends, strict=True)]
        self.newline = found[0][0] if found else "\n"

    def tokens(self) -> Iterator[tokenize.TokenInfo]:
        """The tokens, as far as they are asked for."""
        lines = iter(f"{line}\n" for line in self.lines)
        return tokenize.generate_tokens(lambda: next(lines, ""))

    def insert(self, place: _Place, added: str) -> bytes:
        """The source with ASCII text in front of a place; nothing else is encoded anew."""
        row, column = place
        before = self._text[: self._starts[row - 1] + column].encode(self._encoding)
        return self._bom + before + added.encode("ascii") + self._source[len(self._bom) + len(before) :]

    def end(self, added: str) -> _Edit:
        """A line behind everything."""
        row, column = len(self.lines), len(self.lines[-1])
        return (row, column), f"{self.newline if column else ''}{added}{self.newline}"

    def free(self, first: int, last: int) -> int:
        """The last of the lines `first` to `last` that is empty or a comment, and may change; 0 where none is."""
        cookies = [row for row in (1, 2) if row <= len(self.lines) and _COOKIE.match(self.lines[row - 1])]
        fixed = max(cookies, default=int(self.lines[0].startswith("#!")))
        for row in range(last, max(first, fixed + 1) - 1, -1):
            continued = row > 1 and self.lines[row - 2].endswith("\\")
            if _BLANK.fullmatch(self.lines[row - 1]) and not continued:
                return row
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statement:
    """A simple statement, or the head of a block; `depth` counts the blocks around it."""

    tokens: list[tokenize.TokenInfo]
    depth: int

    @property
    def start(self) -> _Place:
        return self.tokens[0].start

    @property
    def end(self) -> _Place:
        return self.tokens[-1].end

    @property
    def word(self) -> str:
        """What it begins with, where that makes a block of it; `match` is known by its end."""
        first = self.tokens[0].string
        return first if first in _COMPOUND or self.tokens[-1].string != ":" else "match"

    @property
    def compound(self) -> bool:
        return self.word in _COMPOUND or self.tokens[-1].string == ":"


def _statements(text: _Text) -> Iterator[_Statement]:
    """The statements, as far as they are asked for; a block on one line is one of them."""
    tokens: list[tokenize.TokenInfo] = []
    depth = brackets = 0
    for token in text.tokens():
        if token.type in _UNREAD or not (token.string or tokens):
            depth += (token.type == tokenize.INDENT) - (token.type == tokenize.DEDENT)
            continue
        brackets += (token.string in "([{") - (token.string in ")]}") if token.type == tokenize.OP else 0
        simple = not (tokens and tokens[0].string in _COMPOUND)
        if token.type in {tokenize.NEWLINE, tokenize.ENDMARKER} or (token.string == ";" and not brackets and simple):
            if tokens:
                yield _Statement(tokens=tokens, depth=depth)
            tokens = []
        else:
            tokens.append(token)


def _edit(text: _Text, module: str) -> _Edit:
    """Where to insert what."""
    statements = _statements(text)
    last: _Statement | None = None
    first = next(statements, None)
    while first is not None and _is_head(first, alone=last is None):
        last, first = first, next(statements, None)
    if last is not None:
        return last.end, f"; import {module}"
    row = 1
    while first is not None:
        if free := text.free(row, first.start[0] - 1) if first.compound else 0:
            gap = "  " if text.lines[free - 1].strip() else ""
            return (free, 0), f"import {module}{gap}"
        if not _is_function(first):
            return _inside(first, statements, module) or _above(text, module)
        row, first = _behind(first, statements)
    return text.end(f"import {module}")


def _is_head(statement: _Statement, *, alone: bool) -> bool:
    """Whether it is a docstring or an import from `__future__`, which must come before anything else."""
    words = [token for token in statement.tokens if token.string not in {"(", ")"}]
    if words and all(token.type == tokenize.STRING for token in words):
        prefixes = [re.split("['\"]", token.string, maxsplit=1)[0] for token in words]
        return alone and not any(set(prefix.lower()) & set("bft") for prefix in prefixes)
    return [token.string for token in words[:2]] == ["from", "__future__"]


def _is_function(statement: _Statement) -> bool:
    return "def" in {token.string for token in statement.tokens[:2]} and statement.tokens[0].string != "@"


def _behind(function: _Statement, statements: Iterator[_Statement]) -> tuple[int, _Statement | None]:
    """The line behind a function, and the statement that follows it."""
    end = function.end[0]
    for statement in statements:
        if statement.depth == 0:
            return end + 1, statement
        end = statement.end[0]
    return end + 1, None


def _inside(first: _Statement, statements: Iterator[_Statement], module: str) -> _Edit | None:
    """In front of a simple statement, of the condition of a block, or of what a `try` does first."""
    if not first.compound:
        return first.start, f"import {module}; "
    if first.word == "try":
        if len(first.tokens) > len(("try", ":")):
            return first.tokens[2].start, f"import {module}; "
        return _inside(next(statements), statements, module)
    if first.word in _GUARDED:
        before, condition = first.tokens[:2]
        gap = "" if before.end != condition.start or before.string == "@" else " "
        return condition.start, f'{gap}__import__("{module}") and '
    return None


def _above(text: _Text, module: str) -> _Edit:
    """On a line of its own, in front of the first statement's."""
    first = next(_statements(text))
    return (first.start[0], 0), f"import {module}{text.newline}"


def _parses(source: bytes) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True
