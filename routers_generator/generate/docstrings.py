"""Conversion of the document's texts to plain sentences for docstrings and descriptions."""

from __future__ import annotations

import re
from textwrap import wrap
from typing import Final

_ASCII_PUNCTUATION: Final = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": "'",
        "\u201d": "'",
        '"': "'",
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",
        "\u2026": "...",
        "\u00a0": " ",
        "\u2022": "*",
        "\u00d7": "x",
    }
)
DOCSTRING_WIDTH: Final = 106
_ELLIPSIS: Final = "..."
_MAX_WORD: Final = 70  # fits on a line of code at any nesting
_OVERLONG_WORD: Final = re.compile(rf"\S{{{_MAX_WORD + 1},}}")
_HTML_TAG: Final = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_MARKDOWN_LINK: Final = re.compile(r"\[([^\[\]]{1,200})\]\([^()\s]{0,500}\)")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\s]+")
_SENTENCE_END: Final = re.compile(r"(?<=[a-z0-9)\]'`][.!?]) +(?=[A-Z`'(*])")
_ABBREVIATION_END: Final = re.compile(r"\b(e\.g|i\.e|etc|vs|no|approx)\.$", re.IGNORECASE)
_LETTER: Final = re.compile(r"[A-Za-z]")
_CLAUSE_BREAK: Final = re.compile(r"[,;:] |\. | \(| - ")


def strip_markup(text: object) -> str:
    """Reduce a text to one line without markup, with ASCII punctuation."""
    if not isinstance(text, str):
        return ""
    words = _MARKDOWN_LINK.sub(r"\1", _HTML_TAG.sub(" ", text[:20_000]))
    words = _UNPRINTABLE.sub(" ", words.translate(_ASCII_PUNCTUATION))
    words = _OVERLONG_WORD.sub(lambda word: word[0][: _MAX_WORD - len(_ELLIPSIS)] + _ELLIPSIS, words)
    return re.sub(r"(?<=[\s*])\*+(?=\s)|\*\*", "", words).replace("  ", " ").strip(" *")


def split_sentences(text: object) -> list[str]:
    """Split a text into sentences, each with its final punctuation."""
    found: list[str] = []
    for part in _SENTENCE_END.split(strip_markup(text)):
        if found and _ABBREVIATION_END.search(found[-1]):
            found[-1] += f" {part}"
        elif part.strip():
            found.append(part.strip())
    return [_end_sentence(each) for each in found]


def first_sentences(text: object, max_length: int) -> str:
    """The leading sentences that fit, or the truncated first one; may be empty."""
    result = ""
    for number, sentence in enumerate(split_sentences(text)):
        if number == 0 and re.match(r"[a-z]+[ ,.]", sentence):
            sentence = _capitalize(sentence)
        longer = f"{result} {sentence}".strip()
        if len(longer) > max_length:
            return result or _truncate_sentence(sentence, max_length)
        result = longer
    return result


def headline(text: object, max_length: int) -> str:
    """The first sentence, capitalized and truncated at a clause if too long; empty if it has no letters."""
    first = next(iter(split_sentences(text)), "")
    if not _LETTER.search(first):
        return ""
    return _capitalize(first if len(first) <= max_length else _truncate_sentence(first, max_length))


def wrap_paragraph(text: str, indent: int) -> list[str]:
    """Wrap a paragraph of a docstring, escaped; an overlong word is not broken."""
    lines = wrap(escape(text), DOCSTRING_WIDTH - indent, break_long_words=False, break_on_hyphens=False)
    return [" " * indent + line for line in lines]


def escape(text: str) -> str:
    """Escape a text for use between triple quotes, in ASCII."""
    return text.replace('"', "'").encode("unicode_escape").decode("ascii")


def truncate_escaped(text: str, max_length: int) -> str:
    """Escape and truncate a text to at most `max_length` characters, never inside an escape sequence."""
    result = ""
    for character in text:
        longer = result + escape(character)
        if len(longer) > max_length:
            break
        result = longer
    return result


def _truncate_sentence(sentence: str, max_length: int) -> str:
    """Truncate a sentence, at the end of a clause if possible."""
    places = [each.start() for each in _CLAUSE_BREAK.finditer(sentence[:max_length])]
    if places and places[-1] >= max_length // 3:
        return _end_sentence(sentence[: places[-1]].rstrip())
    cut = (
        sentence[: max_length - len(_ELLIPSIS)].rpartition(" ")[0] or sentence[: max_length - len(_ELLIPSIS)]
    )
    return cut + _ELLIPSIS


def _end_sentence(sentence: str) -> str:
    bare = sentence.rstrip(" ,;:-")
    return bare if bare.endswith((".", "!", "?")) else f"{bare}."


def _capitalize(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
