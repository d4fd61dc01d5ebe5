"""Pretty-printer for Python source, with the same output as the project's formatter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

LINE_LENGTH: Final = 110
_INDENT: Final = 4


@dataclass(frozen=True)
class StringLiteral:
    """A quoted string after `prefix`, such as `description=`."""

    prefix: str
    text: str


@dataclass(frozen=True)
class BracketedList:
    """Items in brackets: an opening such as `Annotated[`, the items, and a closing such as `] = None`."""

    opening: str
    items: tuple[Piece, ...]
    closing: str


Piece: TypeAlias = str | StringLiteral | BracketedList


def quote(text: str) -> str:
    """Format a string literal in ASCII, with the quotes that need fewer escapes."""
    literal = text.encode("unicode_escape").decode("ascii")
    if '"' in text and "'" not in text:
        return f"'{literal}'"
    return '"' + literal.replace('"', '\\"') + '"'


def to_one_line(piece: Piece) -> str:
    """Format a piece on one line."""
    if isinstance(piece, str):
        return piece
    if isinstance(piece, StringLiteral):
        return piece.prefix + quote(piece.text)
    return piece.opening + ", ".join(to_one_line(each) for each in piece.items) + piece.closing


def layout_lines(piece: Piece, indent: int = 0, trailing_width: int = 0) -> list[str]:
    """Format a piece; `trailing_width` is the width of what follows on its last line.

    A line that is too long and cannot be broken gets a noqa comment.
    """
    return [_add_noqa(line) for line in _layout_lines(piece, indent, trailing_width)]


def _add_noqa(line: str) -> str:
    # ruff ignores a long line that is a single word.
    return f"{line}  # noqa: E501" if len(line) > LINE_LENGTH and len(line.split()) > 1 else line


def _layout_lines(piece: Piece, indent: int, trailing_width: int) -> list[str]:
    space = " " * indent
    line = space + to_one_line(piece)
    if len(line) + trailing_width <= LINE_LENGTH or isinstance(piece, str):
        return [line]
    if isinstance(piece, StringLiteral):
        first, *rest = _split_text(piece.text, LINE_LENGTH - indent - len(piece.prefix) - trailing_width - 2)
        return [f"{space}{piece.prefix}{quote(first)}", *(space + quote(each) for each in rest)]
    if not piece.items:
        return [line]
    lines = [space + piece.opening]
    for item in piece.items:
        lines += _layout_lines(item, indent + _INDENT, trailing_width=1)
        lines[-1] += ","
    return [*lines, space + piece.closing]


def _split_text(text: str, width: int) -> Sequence[str]:
    """Split a text after spaces into parts that fit, as long as possible."""
    parts: list[str] = []
    for word in text.split(" "):
        longer = f"{parts[-1]} {word}" if parts else word
        if parts and len(quote(longer)) - 1 > width:
            parts[-1] += " "
            parts += _split_word(word, width)
        else:
            parts[-1:] = _split_word(longer, width)
    return parts


def _split_word(word: str, width: int) -> list[str]:
    """Split a word that is longer than a line; an escape sequence can make one character six wide."""
    pieces = [""]
    for character in word if len(quote(word)) - 1 > width else [word]:
        if pieces[-1] and len(quote(pieces[-1] + character)) - 1 > width:
            pieces.append("")
        pieces[-1] += character
    return pieces
