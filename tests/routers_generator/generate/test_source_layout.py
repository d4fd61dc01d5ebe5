"""Text as the project's formatter leaves it."""

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


def test_what_fits_is_on_one_line() -> None:
    assert layout_lines(BracketedList("f(", ("a", StringLiteral("b=", "c")), ")"), 4) == ['    f(a, b="c")']


def test_what_does_not_fit_has_an_item_on_a_line_with_a_comma_after_the_last() -> None:
    inner = BracketedList("Query(", ("ge=1", StringLiteral("description=", "word " * 30 + "end")), ")")
    lines = layout_lines(BracketedList("x: Annotated[", ("int | None", inner), "] = None"), 4)
    assert lines[:4] == ["    x: Annotated[", "        int | None,", "        Query(", "            ge=1,"]
    assert lines[-2:] == ["        ),", "    ] = None"]
    assert all(len(line) <= LINE_LENGTH for line in lines)
    assert ast.literal_eval("(" + "".join(lines[4:-2]).strip().removeprefix("description=") + ")")[0] == (
        "word " * 30 + "end"
    )


@pytest.mark.parametrize("text", ["", "a", 'say "so"', "it's", "both \" and '", "back\\slash", "é\n\x00"])
def test_a_literal_is_the_text_in_ascii_and_in_the_quotes_that_need_fewer_escapes(text: str) -> None:
    literal = quote(text)
    assert ast.literal_eval(literal) == text
    assert literal.isascii()
    assert literal.startswith("'") is ('"' in text and "'" not in text)


@pytest.mark.parametrize("sign", ["y", "\u6f22", "\U0001f600", '"', "\\"])
def test_a_word_too_long_for_a_line_is_parted_between_its_signs(sign: str) -> None:
    text = f"see {sign * 200} and {sign * 3} more"
    lines = layout_lines(StringLiteral("x=", text), 8, trailing_width=1)
    assert len(lines) > 1
    assert all(len(line) < LINE_LENGTH for line in lines)
    assert ast.literal_eval("(" + "".join(lines).strip().removeprefix("x=") + ")") == text


def test_a_line_that_nothing_can_part_is_excused() -> None:
    lines = layout_lines(BracketedList("f({", (f"{quote('y' * 200)}: x",), "})"))
    assert lines[1].endswith('": x,  # noqa: E501')
    assert not layout_lines(quote("y" * 200))[0].endswith("E501")
