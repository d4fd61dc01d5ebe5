"""Python text as the project's formatter leaves it, without the formatter: one line, or an item a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

WIDTH: Final = 110
_STEP: Final = 4


@dataclass(frozen=True)
class Words:
    """A text in quotes after `head`, such as `description=`; `tail` follows it."""

    head: str
    text: str


@dataclass(frozen=True)
class Bracketed:
    """Items between brackets, such as `Annotated[`, the items, and `] = None`."""

    head: str
    items: tuple[Piece, ...]
    tail: str


Piece: TypeAlias = str | Words | Bracketed


def quoted(text: str) -> str:
    """The text as a literal in ASCII, in the quotes that need fewer escapes."""
    literal = text.encode("unicode_escape").decode("ascii")
    if '"' in text and "'" not in text:
        return f"'{literal}'"
    return '"' + literal.replace('"', '\\"') + '"'


def flat(piece: Piece) -> str:
    """The piece on one line."""
    if isinstance(piece, str):
        return piece
    if isinstance(piece, Words):
        return piece.head + quoted(piece.text)
    return piece.head + ", ".join(flat(each) for each in piece.items) + piece.tail


def laid_out(piece: Piece, indent: int = 0, after: int = 0) -> list[str]:
    """The lines of the piece; `after` is the width of what follows on its last line.

    A line with a name in it that is longer than a line, and that nothing can part, is excused.
    """
    return [_excused(line) for line in _laid_out(piece, indent, after)]


def _excused(line: str) -> str:
    # A single word is too long for nobody: ruff has nothing to say about it.
    return f"{line}  # noqa: E501" if len(line) > WIDTH and len(line.split()) > 1 else line


def _laid_out(piece: Piece, indent: int, after: int) -> list[str]:
    space = " " * indent
    line = space + flat(piece)
    if len(line) + after <= WIDTH or isinstance(piece, str):
        return [line]
    if isinstance(piece, Words):
        first, *rest = _parted(piece.text, WIDTH - indent - len(piece.head) - after - 2)
        return [f"{space}{piece.head}{quoted(first)}", *(space + quoted(each) for each in rest)]
    if not piece.items:
        return [line]
    lines = [space + piece.head]
    for item in piece.items:
        lines += _laid_out(item, indent + _STEP, after=1)
        lines[-1] += ","
    return [*lines, space + piece.tail]


def _parted(text: str, width: int) -> Sequence[str]:
    """The text in parts that fit, each broken after a space and as full as can be."""
    parts: list[str] = []
    for word in text.split(" "):
        longer = f"{parts[-1]} {word}" if parts else word
        if parts and len(quoted(longer)) - 1 > width:
            parts[-1] += " "
            parts += _pieces(word, width)
        else:
            parts[-1:] = _pieces(longer, width)
    return parts


def _pieces(word: str, width: int) -> list[str]:
    """The word, or parts of it that fit if it is longer than a line: in escapes, six signs are one of it."""
    pieces = [""]
    for sign in word if len(quoted(word)) - 1 > width else [word]:
        if pieces[-1] and len(quoted(pieces[-1] + sign)) - 1 > width:
            pieces.append("")
        pieces[-1] += sign
    return pieces
