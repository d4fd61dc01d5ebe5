"""Order types: their names in tickets, contract rules and order lists, and the prices each requires."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

PriceField = Literal["price", "auxPrice"]


@dataclass(frozen=True)
class OrderType:
    """One order type.

    `rule` is its name in contract rules, `title` in the list of orders and `capitals` in an order's status.
    `limit_field` and `trigger_field` are the ticket's fields for the limit price and the trigger price; those
    in `optional_fields` can be omitted. With `is_if_touched`, the order triggers when the price has become
    as favourable as its trigger price, otherwise when it has become as unfavourable. `is_trailing` means
    that the trigger price trails, `is_closing_auction` that the order fills only at the close.
    """

    rule: str
    title: str
    capitals: str
    limit_field: PriceField | None = None
    trigger_field: PriceField | None = None
    optional_fields: frozenset[PriceField] = frozenset()
    is_if_touched: bool = False
    is_trailing: bool = False
    is_closing_auction: bool = False


ORDER_TYPES: Mapping[str, OrderType] = MappingProxyType(
    {
        "LMT": OrderType("limit", "Limit", "LIMIT", limit_field="price"),
        "MKT": OrderType("market", "Market", "MARKET"),
        "STP": OrderType("stop", "Stop", "STOP", trigger_field="price"),
        "STOP_LIMIT": OrderType("stop_limit", "Stop Limit", "STOP_LIMIT", "price", "auxPrice"),
        "MIDPRICE": OrderType(
            "midprice", "MidPrice", "MIDPRICE", limit_field="price", optional_fields=frozenset({"price"})
        ),
        "TRAIL": OrderType(
            *("trailing_stop", "Trailing Stop", "TRAILING_STOP"),
            trigger_field="price",
            optional_fields=frozenset({"price"}),
            is_trailing=True,
        ),
        "TRAILLMT": OrderType(
            *("trailing_stop_limit", "Trailing Stop Limit", "TRAILING_STOP_LIMIT"),
            limit_field="price",
            trigger_field="auxPrice",
            is_trailing=True,
        ),
        "MIT": OrderType(
            "mit", "Market if Touched", "MARKET_IF_TOUCHED", trigger_field="price", is_if_touched=True
        ),
        "LIT": OrderType(
            "lit",
            "Limit if Touched",
            "LIMIT_IF_TOUCHED",
            limit_field="price",
            trigger_field="auxPrice",
            is_if_touched=True,
        ),
        "REL": OrderType(
            "relative", "Relative", "RELATIVE", limit_field="price", optional_fields=frozenset({"price"})
        ),
        "MOC": OrderType("marketonclose", "Market on Close", "MARKET_ON_CLOSE", is_closing_auction=True),
        "LOC": OrderType(
            "limitonclose", "Limit on Close", "LIMIT_ON_CLOSE", limit_field="price", is_closing_auction=True
        ),
    }
)
