"""The argument `symbol`: which rows it means, among those that IBKR lists."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from api_gateway.outside_text import clean_line

_MAX_SHOWN = 40


@dataclass(frozen=True)
class SymbolFilter:
    """Matches rows by their names and IDs, and by the contracts that the text turned out to mean.

    `text` is a symbol, a contract as it is printed, a conid, an order ID or a customer's order ID; empty if
    every row is wanted.
    """

    text: str = ""
    conids: frozenset[int] = field(default=frozenset())
    underlyings: frozenset[tuple[str, str]] = field(default=frozenset())
    """Symbols and currencies of those contracts that derivatives can be on."""

    @property
    def shown(self) -> str:
        """The text for a sentence."""
        return clean_line(self.text)[:_MAX_SHOWN]

    @property
    def may_be_order_id(self) -> bool:
        """Whether it is a number of the length that IBKR's order IDs have."""
        return re.fullmatch(r"\d{5,12}", self.text.strip(), re.ASCII) is not None

    def matches(self, names: Iterable[object], conids: Collection[int]) -> bool:
        """Whether a row with these names and contracts is meant."""
        wanted = _normalize(self.text)
        return (
            not wanted
            or not self.conids.isdisjoint(conids)
            or any(_normalize(str(each)) == wanted for each in (*names, *conids) if each)
        )

    def occurs_in(self, text: str) -> bool:
        """Whether a text mentions it as a word; every text if there is no symbol."""
        words = re.escape(self.text.strip())
        return not words or re.search(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE) is not None


def _normalize(text: str) -> str:
    """Letters and digits only: BRK.B and BRK B, EUR/USD and EURUSD are alike."""
    return re.sub(r"[\W_]", "", text.upper())
