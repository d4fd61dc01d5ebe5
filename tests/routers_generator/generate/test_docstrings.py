"""Conversion of the document's texts to plain sentences."""

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
    ("text", "plain"),
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
def test_strip_markup_returns_plain_text(text: object, plain: str) -> None:
    assert strip_markup(text) == plain


def test_split_sentences_does_not_split_at_abbreviations() -> None:
    assert split_sentences("Gets it, e.g. This one. Then more") == ["Gets it, e.g. This one.", "Then more."]
    assert split_sentences("") == []


def test_first_sentences_returns_as_many_as_fit() -> None:
    assert first_sentences("one. Two is long. Three.", 17) == "One. Two is long."
    assert first_sentences("a sentence without any end in sight, which goes on and on", 45) == (
        "A sentence without any end in sight."
    )
    assert first_sentences("word " * 40, 30).endswith("...")
    assert first_sentences("", 30) == ""


def test_headline_is_one_capitalized_sentence_or_empty() -> None:
    assert headline("gets the thing. And more.", 100) == "Gets the thing."
    assert headline("...", 100) == ""


def test_wrap_paragraph_escapes_any_text() -> None:
    hostile = 'a """ b \\ c \\N{BULLET} é \\'
    text = "\n".join(wrap_paragraph(strip_markup(hostile), 4))
    found: dict[str, str] = {}
    exec(f'x = """{text}\n"""', {}, found)  # noqa: S102 - a constant of this test
    assert found["x"].strip() == "a ''' b \\ c \\N{BULLET} é \\"
    assert escape("é").isascii()
