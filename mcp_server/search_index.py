"""Which operation is meant: BM25 over the parts of an operation's text, each with a weight of its own.

Chosen by measurement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Final

from mcp_server.search_words import query_words, synonyms, words

# How much a word counts in each part, and how much a part's length takes from that.
WEIGHTS: Final[Mapping[str, float]] = {
    "name": 3.0,
    "summary": 3.0,
    "found_by": 3.0,
    "rest": 2.0,
    "arguments": 2.0,
    "descriptions": 0.8,
    "section": 2.0,
    "path": 1.0,
}
LENGTH: Final = 0.4
SATURATION: Final = 8.0
SYNONYM: Final = 0.6


@dataclass(frozen=True)
class Entry:
    """One operation as it is searched: its name, and its parts by the names in WEIGHTS."""

    name: str
    parts: Mapping[str, str] = field(default_factory=dict)


class SearchIndex:
    """The operations by their words. The same question always gets the same ranking."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._names = [entry.name for entry in entries]
        counted = [{part: Counter(words(text)) for part, text in entry.parts.items()} for entry in entries]
        mean = {
            part: max(1.0, sum(each.get(part, Counter()).total() for each in counted) / max(1, len(counted)))
            for part in WEIGHTS
        }
        self._postings: dict[str, dict[int, float]] = {}
        for number, parts in enumerate(counted):
            for part, counts in parts.items():
                per_word = WEIGHTS[part] / (1 - LENGTH + LENGTH * counts.total() / mean[part])
                for word, count in counts.items():
                    at = self._postings.setdefault(word, {})
                    at[number] = at.get(number, 0.0) + per_word * count
        self._rarity = {
            word: log(1 + (len(entries) - len(at) + 0.5) / (len(at) + 0.5))
            for word, at in self._postings.items()
        }
        self._synonyms = synonyms()

    def ranked(self, query: str) -> list[str]:
        """The names of the operations that share a word with the query, best first."""
        scores: dict[int, float] = {}
        for word in query_words(query):
            best: dict[int, float] = {}
            for spelling, worth in self._spellings(word):
                rarity = self._rarity[spelling] * worth
                for number, weight in self._postings[spelling].items():
                    score = rarity * weight * (SATURATION + 1) / (weight + SATURATION)
                    best[number] = max(best.get(number, 0.0), score)
            for number, score in best.items():
                scores[number] = scores.get(number, 0.0) + score
        exact = "_".join(query.lower().split())
        return sorted(
            (self._names[number] for number in scores),
            key=lambda name: (name != exact, -scores[self._names.index(name)], name),
        )

    def _spellings(self, word: str) -> list[tuple[str, float]]:
        known = [(word, 1.0)] if word in self._postings else []
        known += [(other, SYNONYM) for other in self._synonyms.get(word, ()) if other in self._postings]
        return known
