"""A document's words as docstrings and descriptions have them: plain, in sentences, on lines that fit."""

from __future__ import annotations

import re
from textwrap import wrap
from typing import Final

_PLAIN: Final = str.maketrans(
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
MARGIN: Final = 106
_ELLIPSIS: Final = "..."
_LONGEST_WORD: Final = 70  # what a line of code has room for after a few brackets
_ENDLESS: Final = re.compile(rf"\S{{{_LONGEST_WORD + 1},}}")
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_LINK: Final = re.compile(r"\[([^\[\]]{1,200})\]\([^()\s]{0,500}\)")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\s]+")
_END: Final = re.compile(r"(?<=[a-z0-9)\]'`][.!?]) +(?=[A-Z`'(*])")
_ABBREVIATED: Final = re.compile(r"\b(e\.g|i\.e|etc|vs|no|approx)\.$", re.IGNORECASE)
_OPENING: Final = re.compile(r"[A-Za-z]")
_CLAUSE: Final = re.compile(r"[,;:] |\. | \(| - ")


def plain(text: object) -> str:
    """The text on one line, without mark-up and with typewriter's quotes."""
    if not isinstance(text, str):
        return ""
    words = _LINK.sub(r"\1", _TAG.sub(" ", text[:20_000]))
    words = _UNPRINTABLE.sub(" ", words.translate(_PLAIN))
    words = _ENDLESS.sub(lambda word: word[0][: _LONGEST_WORD - len(_ELLIPSIS)] + _ELLIPSIS, words)
    return re.sub(r"(?<=[\s*])\*+(?=\s)|\*\*", "", words).replace("  ", " ").strip(" *")


def sentences(text: object) -> list[str]:
    """The sentences of a text, each with its full stop."""
    found: list[str] = []
    for part in _END.split(plain(text)):
        if found and _ABBREVIATED.search(found[-1]):
            found[-1] += f" {part}"
        elif part.strip():
            found.append(part.strip())
    return [_ended(each) for each in found]


def short(text: object, longest: int) -> str:
    """As many of the first sentences as fit, or the beginning of the first one; may be empty."""
    told = ""
    for number, sentence in enumerate(sentences(text)):
        if number == 0 and re.match(r"[a-z]+[ ,.]", sentence):
            sentence = _capital(sentence)
        longer = f"{told} {sentence}".strip()
        if len(longer) > longest:
            return told or _begun(sentence, longest)
        told = longer
    return told


def headline(text: object, longest: int) -> str:
    """The first sentence, cut at a clause if it is too long, with a capital; empty if it says nothing."""
    first = next(iter(sentences(text)), "")
    if not _OPENING.search(first):
        return ""
    return _capital(first if len(first) <= longest else _begun(first, longest))


def paragraph(text: str, indent: int) -> list[str]:
    """Lines of code's width, escaped as a docstring needs it; a word too long for one stays whole."""
    lines = wrap(escaped(text), MARGIN - indent, break_long_words=False, break_on_hyphens=False)
    return [" " * indent + line for line in lines]


def escaped(text: str) -> str:
    """The text as it stands between three quotes, in ASCII."""
    return text.replace('"', "'").encode("unicode_escape").decode("ascii")


def cut_escaped(text: str, longest: int) -> str:
    """The beginning of the text, escaped: at most so many signs, and no escape of which a part is missing."""
    told = ""
    for sign in text:
        longer = told + escaped(sign)
        if len(longer) > longest:
            break
        told = longer
    return told


def _begun(sentence: str, longest: int) -> str:
    """The beginning of a sentence as one, cut where a clause ends if there is such a place."""
    places = [each.start() for each in _CLAUSE.finditer(sentence[:longest])]
    if places and places[-1] >= longest // 3:
        return _ended(sentence[: places[-1]].rstrip())
    cut = sentence[: longest - len(_ELLIPSIS)].rpartition(" ")[0] or sentence[: longest - len(_ELLIPSIS)]
    return cut + _ELLIPSIS


def _ended(sentence: str) -> str:
    bare = sentence.rstrip(" ,;:-")
    return bare if bare.endswith((".", "!", "?")) else f"{bare}."


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
