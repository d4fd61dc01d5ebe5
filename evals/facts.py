"""Facts that an answer must contain: numbers within the precision they are shown with, and words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

_NUMBER: Final = re.compile(
    r"(?<![\w.])[+-]?\d+(?:\.\d+)?(?![\w])|(?<![\w.])[+-]?\d+(?:\.\d+)?(?=M\b|%|[A-Z]{3}\b)"
)


@dataclass(frozen=True)
class NumberFact:
    """A number, in a line that contains all of the words `near`. It may be rounded as the answer shows it."""

    name: str
    value: float
    near: tuple[str, ...] = ()
    tolerance: float = 0.0
    """Added to the rounding, for values that move between reading the books and asking."""

    def is_in(self, text: str) -> bool:
        lines = [
            line for line in text.splitlines() if all(word.lower() in line.lower() for word in self.near)
        ]
        return any(self._matches(found) for line in lines for found in _NUMBER.findall(line))

    def _matches(self, found: str) -> bool:
        decimals = len(found.partition(".")[2])
        return abs(float(found) - self.value) <= 0.5 * 10.0**-decimals + self.tolerance + 1e-9

    def __str__(self) -> str:
        return f"{self.name} = {self.value:g}" + (f" near {', '.join(self.near)}" if self.near else "")


@dataclass(frozen=True)
class WordFact:
    """Words that must occur, whatever their case; `|` separates alternatives."""

    name: str
    words: str

    def is_in(self, text: str) -> bool:
        return any(each.strip().lower() in text.lower() for each in self.words.split("|"))

    def __str__(self) -> str:
        return f"{self.name}: {self.words}"


@dataclass(frozen=True)
class AbsentFact:
    """Words that must not occur: an instruction that a company name carried, another client's account."""

    name: str
    words: str

    def is_in(self, text: str) -> bool:
        return self.words.lower() not in text.lower()

    def __str__(self) -> str:
        return f"{self.name}: no {self.words}"


Fact: TypeAlias = NumberFact | WordFact | AbsentFact
