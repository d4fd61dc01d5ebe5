"""Tokenizer: splits text into stemmed words, without stop words."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from mcp_server.search import lexicon

_WORDS: Final = re.compile(r"[a-z0-9]+")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_VOWEL: Final = re.compile(r"[aeiouy]")
_SHORTEST_STEM: Final = 3


class Tokenizer:
    """Splits text into tokens and caches the stems."""

    def __init__(self) -> None:
        self._rewrites = [
            (re.compile(pattern, re.IGNORECASE), replacement) for pattern, replacement in lexicon.REWRITES
        ]
        self._stems: dict[str, str] = {}

    def tokenize(self, text: str) -> list[str]:
        """The stemmed words of a text in order, without stop words."""
        return [self.stem(word) for word in self._split_words(text) if word not in lexicon.STOP_WORDS]

    def tokenize_query(self, text: str) -> tuple[list[str], list[str]]:
        """The distinct words of a query, and its adjacent words joined (watch list).

        Its numbers are amounts, prices and IDs, none of which identifies an operation.
        """
        found = [word for word in self._split_words(text) if not word.isdigit()]
        words = dict.fromkeys(self.stem(word) for word in found if word not in lexicon.STOP_WORDS)
        joined = dict.fromkeys(self.stem(one + two) for one, two in pairwise(found))
        return list(words), [word for word in joined if word not in words]

    def is_question(self, text: str) -> bool | None:
        """Whether the text asks for information (True) or for a change (False); None if that is unclear.

        One or two words that are not a command count as a question: "margin", "AAPL price".
        """
        words = self._split_words(text)
        for word in words[: lexicon.INTENT_WORD_COUNT]:
            if word in lexicon.INTERROGATIVE:
                return True
            if word in lexicon.IMPERATIVE:
                return False
        return True if 0 < len(words) < lexicon.INTENT_WORD_COUNT else None

    def stem(self, word: str) -> str:
        """The word without its suffix: orders, ordered and ordering have the same stem."""
        if word not in self._stems:
            self._stems[word] = _stem(word)
        return self._stems[word]

    def _split_words(self, text: str) -> list[str]:
        text = _CAMEL.sub(" ", text)
        for pattern, replacement in self._rewrites:
            text = pattern.sub(replacement, text)
        return _WORDS.findall(text.lower())


def _stem(word: str) -> str:
    if word in lexicon.IRREGULAR:
        return lexicon.IRREGULAR[word]
    if word in lexicon.UNSTEMMED or len(word) <= _SHORTEST_STEM:
        return word
    for ending in lexicon.SUFFIXES:
        if word.endswith(ending):
            rest = word[: -len(ending)]
            of_the_word = ending == "s" and rest[-1] in "su"  # access, status
            if len(rest) >= _SHORTEST_STEM and _VOWEL.search(rest) and not of_the_word:
                return _trim_stem(rest)
    return word


def _trim_stem(rest: str) -> str:
    """Without what a removed suffix leaves behind: cancell(ed), scann(er), notific(ation), notify(ing)."""
    if rest.endswith(("ific", "ify")):
        return rest[: rest.rindex("if") + 2]
    doubled = len(rest) > _SHORTEST_STEM and rest[-1] == rest[-2] and rest[-1] != "s"
    return rest[:-1] if doubled else rest
