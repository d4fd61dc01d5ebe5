"""Search index: BM25 over the fields of an operation's text, each with its own weight."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import inf, log
from typing import Final

from mcp_server.search.tokens import Tokenizer

# The weight of a word in each field of an operation's text. These values and those below were found by trial;
# small changes to any of them change little.
FIELD_WEIGHTS: Final[Mapping[str, float]] = {
    "name": 3.2,
    "summary": 2.7,
    "found_by": 3.0,
    "rest": 2.3,
    "arguments": 1.4,
    "descriptions": 0.4,
    "section": 1.5,
    "path": 0.6,
}
LENGTH_PENALTY: Final = 0.55
"""BM25's b: how much a long field reduces the weight of each of its words."""
SATURATION: Final = 7.0
"""BM25's k1: the weight from which repeating a word adds little."""
MAX_IDF: Final = 4.4
"""The maximum weight of a rare word."""
CORRECTION_WEIGHT: Final = 0.6
"""The weight of a corrected spelling."""
NAME_MATCH_BONUS: Final = 0.3
"""The bonus if the query has every word of the operation's name."""
INTENT_PENALTY: Final = 0.33
"""The penalty if a question matches an operation that changes something, or a command one that only reads."""
IGNORED_IN_NAMES: Final = frozenset({"list"})
"""Words of a name that a query need not have: "my positions" has the whole name of `list_positions`."""
MIN_CORRECTED_LENGTH: Final = 5
MIN_SIMILARITY: Final = 0.82
"""The similarity, out of 1, from which one word counts as a misspelling of another."""

_EXAMPLE: Final = re.compile(r'e\.g\. [^.;,]*|"[^"]*"')


@dataclass(frozen=True)
class Document:
    """One searchable operation: its name, its texts by the fields in FIELD_WEIGHTS, whether it only reads."""

    name: str
    fields: Mapping[str, str] = field(default_factory=dict)
    read_only: bool = True


class SearchIndex:
    """The operations, indexed by word. The same query always gets the same ranking."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._tokenizer = Tokenizer()
        self._documents = tuple(documents)
        term_counts = [self._count_terms(document) for document in documents]
        self._postings = _build_postings(term_counts)
        self._idf = {
            word: min(MAX_IDF, log(1 + (len(documents) - len(at) + 0.5) / (len(at) + 0.5)))
            for word, at in self._postings.items()
        }
        self._name_terms = [
            {
                word: self._idf[word]
                for word in dict.fromkeys(self._tokenizer.tokenize(document.name))
                if word not in IGNORED_IN_NAMES
            }
            for document in documents
        ]

    def search(self, query: str) -> list[str]:
        """The names of the operations that share a word with the query, best first."""
        scores: dict[int, float] = {}
        query_terms: dict[str, float] = {}
        words, joined = self._tokenizer.tokenize_query(query)
        for spellings in [
            *(self._expand_term(word) for word in words),
            *({word: 1.0} for word in joined if word in self._postings),
        ]:
            for spelling, weight in spellings.items():
                query_terms[spelling] = max(weight, query_terms.get(spelling, 0.0))
            for number, score in self._score_term(spellings).items():
                scores[number] = scores.get(number, 0.0) + score
        is_question = self._tokenizer.is_question(query)
        for number in scores:
            scores[number] *= 1 + NAME_MATCH_BONUS * self._name_coverage(number, query_terms)
            if is_question is not None and is_question is not self._documents[number].read_only:
                scores[number] *= 1 - INTENT_PENALTY
        exact = "_".join(query.lower().split())
        names = [document.name for document in self._documents]
        if exact in names:
            scores[names.index(exact)] = inf
        best = sorted(scores, key=lambda number: (-scores[number], names[number]))
        return [names[number] for number in best]

    def _count_terms(self, document: Document) -> dict[str, Counter[str]]:
        texts = {"name": document.name, **document.fields}
        return {
            part: Counter(self._tokenizer.tokenize(_EXAMPLE.sub(" ", text))) for part, text in texts.items()
        }

    def _expand_term(self, word: str) -> dict[str, float]:
        if word in self._postings:
            return {word: 1.0}
        return dict.fromkeys(self._correct_spelling(word), CORRECTION_WEIGHT)

    def _correct_spelling(self, word: str) -> set[str]:
        """Indexed words that an unknown one may misspell: same first letter, similar length and spelling."""
        if len(word) < MIN_CORRECTED_LENGTH:
            return set()
        candidates = [
            each for each in self._postings if each[0] == word[0] and abs(len(each) - len(word)) <= 1
        ]
        return set(get_close_matches(word, candidates, n=2, cutoff=MIN_SIMILARITY))

    def _score_term(self, spellings: Mapping[str, float]) -> dict[int, float]:
        """The score of one query word for each operation: its best spelling's, not the sum."""
        best: dict[int, float] = {}
        for spelling, worth in spellings.items():
            idf = self._idf[spelling] * worth
            for number, weight in self._postings[spelling].items():
                score = idf * weight * (SATURATION + 1) / (weight + SATURATION)
                best[number] = max(best.get(number, 0.0), score)
        return best

    def _name_coverage(self, number: int, query_terms: Mapping[str, float]) -> float:
        name = self._name_terms[number]
        return sum(rarity * query_terms.get(word, 0.0) for word, rarity in name.items()) / (
            sum(name.values()) or 1
        )


def _build_postings(term_counts: Sequence[Mapping[str, Counter[str]]]) -> dict[str, dict[int, float]]:
    """For each word, the operations that contain it and its weight in each."""
    mean = {
        part: sum(parts[part].total() for parts in term_counts if part in parts) / len(term_counts)
        for part in FIELD_WEIGHTS
        if term_counts
    }
    postings: dict[str, dict[int, float]] = {}
    for number, parts in enumerate(term_counts):
        for part, counts in parts.items():
            length = counts.total() / max(1.0, mean[part])
            per_word = FIELD_WEIGHTS[part] / (1 - LENGTH_PENALTY + LENGTH_PENALTY * length)
            for word, count in counts.items():
                at = postings.setdefault(word, {})
                at[number] = at.get(number, 0.0) + per_word * count
    return postings
