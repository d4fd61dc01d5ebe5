"""The kinds of order that there are: how tickets, rules and lists name each, and which prices it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Field = Literal["price", "auxPrice"]


@dataclass(frozen=True)
class OrderType:
    """One kind of order.

    `rule` is its name in a contract's rules, `title` in the list of orders and `capitals` in the status of
    one. `limit` and `trigger` say which field of a ticket holds its limit and the price that wakes it;
    those in `optional` may be left out. A type that `touches` wakes when the price is as good as its
    trigger, the others when it is as bad. One that `trails` moves its trigger, and an `auction` type
    trades at the close only.
    """

    rule: str
    title: str
    capitals: str
    limit: Field | None = None
    trigger: Field | None = None
    optional: frozenset[Field] = frozenset()
    touches: bool = False
    trails: bool = False
    auction: bool = False


ORDER_TYPES: Mapping[str, OrderType] = MappingProxyType(
    {
        "LMT": OrderType("limit", "Limit", "LIMIT", limit="price"),
        "MKT": OrderType("market", "Market", "MARKET"),
        "STP": OrderType("stop", "Stop", "STOP", trigger="price"),
        "STOP_LIMIT": OrderType("stop_limit", "Stop Limit", "STOP_LIMIT", "price", "auxPrice"),
        "MIDPRICE": OrderType(
            "midprice", "MidPrice", "MIDPRICE", limit="price", optional=frozenset({"price"})
        ),
        "TRAIL": OrderType(
            *("trailing_stop", "Trailing Stop", "TRAILING_STOP"),
            trigger="price",
            optional=frozenset({"price"}),
            trails=True,
        ),
        "TRAILLMT": OrderType(
            *("trailing_stop_limit", "Trailing Stop Limit", "TRAILING_STOP_LIMIT"),
            limit="price",
            trigger="auxPrice",
            trails=True,
        ),
        "MIT": OrderType("mit", "Market if Touched", "MARKET_IF_TOUCHED", trigger="price", touches=True),
        "LIT": OrderType(
            "lit", "Limit if Touched", "LIMIT_IF_TOUCHED", limit="price", trigger="auxPrice", touches=True
        ),
        "REL": OrderType("relative", "Relative", "RELATIVE", limit="price", optional=frozenset({"price"})),
        "MOC": OrderType("marketonclose", "Market on Close", "MARKET_ON_CLOSE", auction=True),
        "LOC": OrderType("limitonclose", "Limit on Close", "LIMIT_ON_CLOSE", limit="price", auction=True),
    }
)
