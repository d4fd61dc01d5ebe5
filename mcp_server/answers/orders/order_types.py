"""Order types: IBKR's spellings in the list of orders, in an order's status and in tickets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mcp_server.answers.orders.row_values import exact_price
from mcp_server.answers.outside_text import outside_name
from mcp_server.answers.quotes import parse_number


@dataclass(frozen=True)
class OrderType:
    """An order type: its words, whether it waits for a price, and whether it has a limit."""

    words: str
    has_trigger: bool = False
    has_limit: bool = False


# By the spelling without anything but letters, in capitals.
_TYPES: Final[Mapping[str, OrderType]] = {
    spelling: kind
    for kind, spellings in (
        (OrderType("limit", has_limit=True), "LIMIT LMT"),
        (OrderType("market"), "MARKET MKT"),
        (OrderType("stop", has_trigger=True), "STOP STP"),
        (OrderType("stop", has_trigger=True, has_limit=True), "STOPLIMIT STPLMT STPLIMIT"),
        (OrderType("trailing stop", has_trigger=True), "TRAILINGSTOP TRAIL TRAILSTOP"),
        (
            OrderType("trailing stop", has_trigger=True, has_limit=True),
            "TRAILINGSTOPLIMIT TRAILLMT TRAILLIMIT TRAILINGLIMIT",
        ),
        (OrderType("if touched", has_trigger=True), "MARKETIFTOUCHED MIT"),
        (OrderType("if touched", has_trigger=True, has_limit=True), "LIMITIFTOUCHED LIT"),
        (OrderType("midprice", has_limit=True), "MIDPRICE"),
        (OrderType("relative", has_limit=True), "RELATIVE REL"),
        (OrderType("market on close"), "MARKETONCLOSE MOC"),
        (OrderType("limit on close", has_limit=True), "LIMITONCLOSE LOC"),
    )
    for spelling in spellings.split()
}


def parse_order_type(*texts: Any) -> OrderType:
    """The type with the first of these spellings that is known; otherwise the first text itself."""
    for text in texts:
        found = _TYPES.get(re.sub("[^A-Z]", "", str(text or "").upper()))
        if found is not None:
            return found
    return OrderType(next((outside_name(text) for text in texts if text), ""), has_limit=True)


def describe_terms(kind: OrderType, limit: Any, auxiliary: Any) -> str:
    """The type with its prices: `limit 462.97`, `stop 170 limit 169.5`.

    IBKR has the trigger price in the auxiliary field, or in the price of an order without a limit.
    """
    main, other = parse_number(limit), parse_number(auxiliary)
    if not kind.has_trigger:
        return _join(kind.words, main if kind.has_limit else None)
    if not kind.has_limit:
        return _join(kind.words, main if other is None else other)
    return f"{_join(kind.words, other)} {_join('limit', main)}"


def _join(words: str, value: float | None) -> str:
    return f"{words} {exact_price(value)}".strip() if value is not None else words
