"""Facts that an answer must contain: numbers within the precision they are shown with, words, an order."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

_NUMBER: Final = re.compile(r"(?<![\w.:/])(?<!\d-)([+-]?\d+(?:\.\d+)?)(M\b)?(?![\w:/]|-\d|\.\d)")
_PROSE: Final = (
    (re.compile(r"(?<=\d),(?=\d{3}(?!\d))"), ""),  # thousands separators
    (re.compile("[\u2212\u2013](?=[$\u20ac\u00a3]?\\d)"), "-"),
    (re.compile("[$\u20ac\u00a3*`|]"), " "),
    (re.compile(r"([+-]) (?=\d)"), r"\1"),
)
_COARSE: Final = 0.005
"""A number that is rounded by more than this part of it does not count as shown."""


@dataclass(frozen=True)
class NumberFact:
    """A number, in a line that contains all of the words `near`, which may be rounded.

    A number rounded to `decimals` is exact enough, and so is one that is rounded by at most half a percent.
    """

    name: str
    value: float
    near: tuple[str, ...] = ()
    decimals: int = 2
    moves: float = 0.0
    """How far the value may move between the facts and the answer."""

    def is_in(self, text: str) -> bool:
        return any(
            self._matches(line)
            for line in text.splitlines()
            if all(word.lower() in line.lower() for word in self.near)
        )

    def is_in_prose(self, text: str) -> bool:
        """Whether a person's text has it: with thousands separators, or as "a loss of 12".

        Of the words `near`, only names must occur, which are not in lower case: SPY, but not "buying power".
        """
        plain = text
        for pattern, replacement in _PROSE:
            plain = pattern.sub(replacement, plain)
        names = [word for word in self.near if word != word.lower()]
        return all(name.lower() in plain.lower() for name in names) and self._matches(plain, signed=False)

    def _matches(self, line: str, *, signed: bool = True) -> bool:
        for digits, million in _NUMBER.findall(line):
            found, shown_to = float(digits), 0.5 * 10.0 ** -len(digits.partition(".")[2])
            if million:
                found, shown_to = found * 1e6, shown_to * 1e6
            wanted = self.value if signed else abs(self.value)
            allowed = 0.5 * 10.0**-self.decimals  # also of 6.3, which may be 6.30 without its zero
            if shown_to <= _COARSE * abs(wanted):
                allowed = max(allowed, shown_to)
            if abs((found if signed else abs(found)) - wanted) <= allowed + self.moves + 1e-9:
                return True
        return False

    def wrong(self) -> NumberFact:
        """The same fact with a wrong value: a right answer does not contain it."""
        return replace(self, value=self.value * 1.0437 + 3 * 10.0**-self.decimals + self.moves)

    def __str__(self) -> str:
        return f"{self.name} = {self.value:.10g}" + (f" near {', '.join(self.near)}" if self.near else "")


@dataclass(frozen=True)
class WordFact:
    """Words that must occur, whatever their case; `|` separates alternatives."""

    name: str
    words: str

    def is_in(self, text: str) -> bool:
        return any(each.strip().lower() in text.lower() for each in self.words.split("|"))

    def is_in_prose(self, text: str) -> bool:
        """As `is_in`."""
        return self.is_in(text)

    def wrong(self) -> WordFact:
        """The same fact with other words."""
        return replace(self, words="|".join(f"{each.strip()}\u00a7" for each in self.words.split("|")))

    def __str__(self) -> str:
        return f"{self.name}: {self.words}"


@dataclass(frozen=True)
class OrderFact:
    """Rows whose first cells must occur in this order."""

    name: str
    rows: tuple[str, ...]

    def is_in(self, text: str) -> bool:
        lines = text.splitlines()
        places = [
            next((number for number, line in enumerate(lines) if line.startswith(f"{row} ")), -1)
            for row in self.rows
        ]
        return -1 not in places and places == sorted(places)

    def is_in_prose(self, text: str) -> bool:
        """Whether the names occur in this order."""
        places = [text.find(row) for row in self.rows]
        return -1 not in places and places == sorted(places)

    def wrong(self) -> OrderFact:
        """The reverse order; of a single row, another row."""
        return replace(self, rows=self.rows[::-1] if len(self.rows) > 1 else (f"{self.rows[0]}\u00a7",))

    def __str__(self) -> str:
        return f"{self.name}: {', '.join(self.rows)} in this order"


@dataclass(frozen=True)
class AbsentFact:
    """A pattern that must not occur: an instruction that a company name carried, another client's account."""

    name: str
    pattern: str

    def is_in(self, text: str) -> bool:
        return re.search(self.pattern, text, re.IGNORECASE) is None

    def is_in_prose(self, text: str) -> bool:
        """As `is_in`."""
        return self.is_in(text)

    def wrong(self) -> AbsentFact:
        """The absence of any character."""
        return replace(self, pattern=".")

    def __str__(self) -> str:
        return f"{self.name}: no {self.pattern!r}"


Fact: TypeAlias = NumberFact | WordFact | OrderFact | AbsentFact


def number(name: str, value: float, *near: str, decimals: int = 2, moves: float = 0.0) -> NumberFact:
    """A number in a line with the words `near`."""
    return NumberFact(name, value, near, decimals, moves)
