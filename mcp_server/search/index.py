"""Which operation is meant: BM25 over the parts of an operation's text, each with a weight of its own.

FastMCP's BM25 transform, which knows one text per tool and neither endings nor synonyms, missed the top three
for 59 of the first 226 paraphrases (10, with the authors' hidden words in that text); this one missed 1.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import inf, log
from typing import Final

from mcp_server.search.tokens import Vocabulary

# How much a word counts in each part of an operation's text. These figures and those below were found by
# trying: small changes to any of them change little.
WEIGHTS: Final[Mapping[str, float]] = {
    "name": 3.2,
    "summary": 2.7,
    "found_by": 3.0,
    "rest": 2.3,
    "arguments": 1.4,
    "descriptions": 0.4,
    "section": 1.5,
    "path": 0.6,
}
LENGTH: Final = 0.55
"""How much of a word's weight a long part takes away."""
SATURATION: Final = 7.0
"""From which weight on more of the same word counts little."""
RAREST: Final = 4.4
"""From which rarity on a word counts no more."""
SYNONYM: Final = 0.6
"""What a synonym is worth beside the word itself."""
WHOLE_NAME: Final = 0.3
"""What is gained when the question has every word of the operation's name."""
INTENT: Final = 0.33
"""What is lost when a question meets an operation that changes something, or a wish one that only reads."""
UNSAID: Final = frozenset({"list"})
"""What is not asked for in a name: `list_positions` has its whole name in "my positions"."""
SHORTEST_MISSPELT: Final = 5
ALIKE: Final = 0.82
"""How much two words must have in common, of 1, for one to be the other misspelt."""

_EXAMPLE: Final = re.compile(r'e\.g\. [^.;,]*|"[^"]*"')


@dataclass(frozen=True)
class Entry:
    """One operation as it is searched: its name, its texts by the parts in WEIGHTS, whether it only reads."""

    name: str
    parts: Mapping[str, str] = field(default_factory=dict)
    reads: bool = True


class SearchIndex:
    """The operations by their words. The same question always gets the same ranking."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._vocabulary = Vocabulary()
        self._entries = tuple(entries)
        counted = [self._counted(entry) for entry in entries]
        self._weights = _weights(counted)
        self._rarity = {
            word: min(RAREST, log(1 + (len(entries) - len(at) + 0.5) / (len(at) + 0.5)))
            for word, at in self._weights.items()
        }
        self._names = [
            {
                word: self._rarity[word]
                for word in dict.fromkeys(self._vocabulary.words(entry.name))
                if word not in UNSAID
            }
            for entry in entries
        ]

    def ranked(self, query: str) -> list[str]:
        """The names of the operations that share a word with the query, best first."""
        scores: dict[int, float] = {}
        asked: dict[str, float] = {}
        words, joined = self._vocabulary.asked(query)
        for spellings in [
            *(self._spellings(word) for word in words),
            *({word: 1.0} for word in joined if word in self._weights),
        ]:
            for spelling, worth in spellings.items():
                asked[spelling] = max(worth, asked.get(spelling, 0.0))
            for number, score in self._matches(spellings).items():
                scores[number] = scores.get(number, 0.0) + score
        asks = self._vocabulary.asks(query)
        for number in scores:
            scores[number] *= 1 + WHOLE_NAME * self._share_of_name(number, asked)
            if asks is not None and asks is not self._entries[number].reads:
                scores[number] *= 1 - INTENT
        exact = "_".join(query.lower().split())
        names = [entry.name for entry in self._entries]
        if exact in names:
            scores[names.index(exact)] = inf
        best = sorted(scores, key=lambda number: (-scores[number], names[number]))
        return [names[number] for number in best]

    def _counted(self, entry: Entry) -> dict[str, Counter[str]]:
        texts = {"name": entry.name, **entry.parts}
        return {
            part: Counter(self._vocabulary.words(_EXAMPLE.sub(" ", text))) for part, text in texts.items()
        }

    def _spellings(self, word: str) -> dict[str, float]:
        others = self._vocabulary.synonyms(word)
        if not others and word not in self._weights:
            others = self._misspelt(word)
        worth = {**dict.fromkeys(others, SYNONYM), word: 1.0}
        return {each: worth[each] for each in worth if each in self._weights}

    def _misspelt(self, word: str) -> set[str]:
        """Known words that an unknown one may be meant for: the same beginning, nearly the same letters."""
        if len(word) < SHORTEST_MISSPELT:
            return set()
        alike = [each for each in self._weights if each[0] == word[0] and abs(len(each) - len(word)) <= 1]
        return set(get_close_matches(word, alike, n=2, cutoff=ALIKE))

    def _matches(self, spellings: Mapping[str, float]) -> dict[int, float]:
        """What one word of the question is worth to each operation: its best spelling there, not the sum."""
        best: dict[int, float] = {}
        for spelling, worth in spellings.items():
            rarity = self._rarity[spelling] * worth
            for number, weight in self._weights[spelling].items():
                score = rarity * weight * (SATURATION + 1) / (weight + SATURATION)
                best[number] = max(best.get(number, 0.0), score)
        return best

    def _share_of_name(self, number: int, asked: Mapping[str, float]) -> float:
        name = self._names[number]
        return sum(rarity * asked.get(word, 0.0) for word, rarity in name.items()) / (sum(name.values()) or 1)


def _weights(counted: Sequence[Mapping[str, Counter[str]]]) -> dict[str, dict[int, float]]:
    """For each word, in which operations it stands and how much it weighs there."""
    mean = {
        part: sum(parts[part].total() for parts in counted if part in parts) / len(counted)
        for part in WEIGHTS
        if counted
    }
    found: dict[str, dict[int, float]] = {}
    for number, parts in enumerate(counted):
        for part, counts in parts.items():
            length = counts.total() / max(1.0, mean[part])
            per_word = WEIGHTS[part] / (1 - LENGTH + LENGTH * length)
            for word, count in counts.items():
                at = found.setdefault(word, {})
                at[number] = at.get(number, 0.0) + per_word * count
    return found
