"""Source layout as the project's formatter produces it."""

from __future__ import annotations

import ast

import pytest

from routers_generator.generate.source_layout import (
    LINE_LENGTH,
    BracketedList,
    StringLiteral,
    layout_lines,
    quote,
)


def test_layout_keeps_a_short_piece_on_one_line() -> None:
    assert layout_lines(BracketedList("f(", ("a", StringLiteral("b=", "c")), ")"), 4) == ['    f(a, b="c")']


def test_layout_puts_each_item_of_a_long_piece_on_its_own_line() -> None:
    inner = BracketedList("Query(", ("ge=1", StringLiteral("description=", "word " * 30 + "end")), ")")
    lines = layout_lines(BracketedList("x: Annotated[", ("int | None", inner), "] = None"), 4)
    assert lines[:4] == ["    x: Annotated[", "        int | None,", "        Query(", "            ge=1,"]
    assert lines[-2:] == ["        ),", "    ] = None"]
    assert all(len(line) <= LINE_LENGTH for line in lines)
    assert ast.literal_eval("(" + "".join(lines[4:-2]).strip().removeprefix("description=") + ")")[0] == (
        "word " * 30 + "end"
    )


@pytest.mark.parametrize("text", ["", "a", 'say "so"', "it's", "both \" and '", "back\\slash", "é\n\x00"])
def test_quote_uses_ascii_and_the_quotes_that_need_fewer_escapes(text: str) -> None:
    literal = quote(text)
    assert ast.literal_eval(literal) == text
    assert literal.isascii()
    assert literal.startswith("'") is ('"' in text and "'" not in text)


@pytest.mark.parametrize("character", ["y", "\u6f22", "\U0001f600", '"', "\\"])
def test_layout_splits_an_overlong_word_between_characters(character: str) -> None:
    text = f"see {character * 200} and {character * 3} more"
    lines = layout_lines(StringLiteral("x=", text), 8, trailing_width=1)
    assert len(lines) > 1
    assert all(len(line) < LINE_LENGTH for line in lines)
    assert ast.literal_eval("(" + "".join(lines).strip().removeprefix("x=") + ")") == text


def test_layout_adds_noqa_to_a_line_that_cannot_be_broken() -> None:
    lines = layout_lines(BracketedList("f({", (f"{quote('y' * 200)}: x",), "})"))
    assert lines[1].endswith('": x,  # noqa: E501')
    assert not layout_lines(quote("y" * 200))[0].endswith("E501")
