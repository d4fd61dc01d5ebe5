"""Text as the project's formatter leaves it."""

from __future__ import annotations

import ast

import pytest

from routers_generator.generate.source_layout import WIDTH, Bracketed, Words, laid_out, quoted


def test_what_fits_is_on_one_line() -> None:
    assert laid_out(Bracketed("f(", ("a", Words("b=", "c")), ")"), 4) == ['    f(a, b="c")']


def test_what_does_not_fit_has_an_item_on_a_line_with_a_comma_after_the_last() -> None:
    inner = Bracketed("Query(", ("ge=1", Words("description=", "word " * 30 + "end")), ")")
    lines = laid_out(Bracketed("x: Annotated[", ("int | None", inner), "] = None"), 4)
    assert lines[:4] == ["    x: Annotated[", "        int | None,", "        Query(", "            ge=1,"]
    assert lines[-2:] == ["        ),", "    ] = None"]
    assert all(len(line) <= WIDTH for line in lines)
    assert ast.literal_eval("(" + "".join(lines[4:-2]).strip().removeprefix("description=") + ")")[0] == (
        "word " * 30 + "end"
    )


@pytest.mark.parametrize("text", ["", "a", 'say "so"', "it's", "both \" and '", "back\\slash", "é\n\x00"])
def test_a_literal_is_the_text_in_ascii_and_in_the_quotes_that_need_fewer_escapes(text: str) -> None:
    literal = quoted(text)
    assert ast.literal_eval(literal) == text
    assert literal.isascii()
    assert literal.startswith("'") is ('"' in text and "'" not in text)


@pytest.mark.parametrize("sign", ["y", "\u6f22", "\U0001f600", '"', "\\"])
def test_a_word_too_long_for_a_line_is_parted_between_its_signs(sign: str) -> None:
    text = f"see {sign * 200} and {sign * 3} more"
    lines = laid_out(Words("x=", text), 8, after=1)
    assert len(lines) > 1
    assert all(len(line) < WIDTH for line in lines)
    assert ast.literal_eval("(" + "".join(lines).strip().removeprefix("x=") + ")") == text


def test_a_line_that_nothing_can_part_is_excused() -> None:
    lines = laid_out(Bracketed("f({", (f"{quoted('y' * 200)}: x",), "})"))
    assert lines[1].endswith('": x,  # noqa: E501')
    assert not laid_out(quoted("y" * 200))[0].endswith("E501")
