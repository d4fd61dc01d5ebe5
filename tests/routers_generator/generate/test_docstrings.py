"""A document's words in sentences."""

from __future__ import annotations

import pytest

from routers_generator.generate.docstrings import (
    escape,
    first_sentences,
    headline,
    split_sentences,
    strip_markup,
    wrap_paragraph,
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a  b\n\tc", "a b c"),
        ("a<br/>b", "a b"),
        ("\u201cx\u201d \u2013 it\u2019s", "'x' - it's"),
        ("see [this](https://x.example/a?b=c)", "see this"),
        ("**bold** words", "bold words"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("a\x00b\u2028c", "a b c"),
        (None, ""),
        (5, ""),
    ],
)
def test_mark_up_and_typography_become_plain(text: object, told: str) -> None:
    assert strip_markup(text) == told


def test_sentences_end_with_a_stop_and_abbreviations_do_not_end_one() -> None:
    assert split_sentences("Gets it, e.g. This one. Then more") == ["Gets it, e.g. This one.", "Then more."]
    assert split_sentences("") == []


def test_as_many_sentences_are_told_as_fit() -> None:
    assert first_sentences("one. Two is long. Three.", 17) == "One. Two is long."
    assert first_sentences("a sentence without any end in sight, which goes on and on", 45) == (
        "A sentence without any end in sight."
    )
    assert first_sentences("word " * 40, 30).endswith("...")
    assert first_sentences("", 30) == ""


def test_a_headline_is_one_sentence_with_a_capital_or_nothing() -> None:
    assert headline("gets the thing. And more.", 100) == "Gets the thing."
    assert headline("...", 100) == ""


def test_a_docstring_can_hold_whatever_the_text_was() -> None:
    hostile = 'a """ b \\ c \\N{BULLET} é \\'
    text = "\n".join(wrap_paragraph(strip_markup(hostile), 4))
    found: dict[str, str] = {}
    exec(f'x = """{text}\n"""', {}, found)  # noqa: S102 - the text is ours, and this is what it must survive
    assert found["x"].strip() == "a ''' b \\ c \\N{BULLET} é \\"
    assert escape("é").isascii()
