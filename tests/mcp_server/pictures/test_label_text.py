"""Text from outside in pictures."""

from __future__ import annotations

import pytest

from mcp_server.pictures.label_text import cut_text, drawable_text

LATIN = range(0x20, 0x17F)


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Apple  Inc\n", "Apple Inc"),
        ("贵州 A", "□□ A"),
        ("a\x1b[31m\u202eb\u200bc\0", "a [31mbc"),
        ("e\u0301\u0300\u0300\u0300", "é"),
        ("$x$ \\frac _1^2", "$x$ \\frac _1^2"),
        ("", ""),
    ],
)
def test_only_visible_characters_of_the_font_are_drawn(text: str, drawn: str) -> None:
    assert drawable_text(text, LATIN) == drawn


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [("short", 5, "short"), ("longer", 5, "long…"), ("two words", 5, "two…"), ("any", 0, "…"), ("", 0, "")],
)
def test_a_long_text_ends_in_an_ellipsis(text: str, width: int, cut: str) -> None:
    assert cut_text(text, width, len) == cut
