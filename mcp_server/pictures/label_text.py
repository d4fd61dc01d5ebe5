"""Text from outside, such as a company's name, made safe to draw: one line, of known characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Container

from api_gateway.outside_text import clean_line

MISSING = "\N{WHITE SQUARE}"
"""What stands for a character that the font lacks, such as a Chinese one."""

ELLIPSIS = "…"
_MOST_CHARACTERS = 300


def drawable_text(text: str, glyphs: Container[int]) -> str:
    """The text on one line; `glyphs` are the code points that the font has, and others are replaced.

    Combining characters that are not part of a letter are removed: piles of them cover what is around them.
    """
    line = unicodedata.normalize("NFC", clean_line(text[:_MOST_CHARACTERS]))
    return "".join(
        each if ord(each) in glyphs else MISSING for each in line if unicodedata.category(each)[0] != "M"
    )


def cut_text(text: str, width: float, measure: Callable[[str], float]) -> str:
    """The text, or as much of its beginning as fits into `width` with an ellipsis."""
    if measure(text) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle].rstrip() + ELLIPSIS) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + ELLIPSIS
