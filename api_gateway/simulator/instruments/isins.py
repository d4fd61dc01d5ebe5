"""ISINs of some listings. That IBKR's search accepts them, and CUSIPs, is a guess."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TypeAlias

from api_gateway.simulator.instruments.tables import read_table

ListingKey: TypeAlias = tuple[str, str]
"""Symbol and exchange."""

_CUSIP_COUNTRIES = ("US", "CA")


def listings_of(identifier: str) -> frozenset[ListingKey]:
    """The listings of the security with this ISIN or CUSIP; empty for any other text."""
    return _read_isins().get(identifier, frozenset())


@cache
def _read_isins() -> Mapping[str, frozenset[ListingKey]]:
    found: dict[str, frozenset[ListingKey]] = {}
    for row in read_table("isins.csv"):
        listings = frozenset((row["symbol"], exchange) for exchange in row["exchanges"].split())
        found[row["isin"]] = listings
        if row["isin"].startswith(_CUSIP_COUNTRIES):
            found[row["isin"][2:11]] = listings
    return MappingProxyType(found)
