"""Resolves the bonds of an issuer, and one of them by its coupon and maturity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from mcp_server.instruments.definitions import from_chain_row, to_decimal
from mcp_server.instruments.instrument import Choices, Found, Instrument, Resolution, choice_of
from mcp_server.instruments.lookups import Lookups
from mcp_server.instruments.readings import BondReading

MAX_ROWS: Final = 20
_MAX_ISSUERS: Final = 3
_TREASURIES: Final = frozenset({"US-T", "UST", "T-BILL", "T-NOTE", "T-BOND", "US TREASURY"})


class BondSearch:
    """Reads the issuers that IBKR's search finds, and their bonds."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups

    async def bonds_of_symbols(self, symbols: Sequence[str], query: str) -> Resolution | None:
        """The bonds of an issuer that only has bonds, such as US-T, if a search by symbol has found it."""
        for symbol in symbols:
            if any(row["issuers"] for row in await self._lookups.search(symbol)):
                return await self.bonds(BondReading(symbol), query)
        return None

    async def bonds(self, reading: BondReading, query: str) -> Resolution | None:
        """The bond that is meant; the issuer's bonds if several fit; None without an issuer."""
        issuer = "US-T" if reading.issuer in _TREASURIES else reading.issuer
        rows = await self._lookups.search(issuer, kind="BOND")
        issuers = [str(each["id"]) for row in rows for each in row.get("issuers") or () if each.get("id")]
        if not issuers:
            return None
        bonds: list[tuple[Instrument, Mapping[str, Any]]] = []
        for number in dict.fromkeys(issuers[:_MAX_ISSUERS]):
            for row in await self._lookups.bonds(number):
                bond = from_chain_row(row, "BOND", 0, None, self._lookups.today)
                if bond is not None:
                    bonds.append((bond, row))
        fitting = [bond for bond, row in bonds if _fits(bond, row, reading)]
        if len(fitting) == 1:
            return Found((fitting[0],))
        listed = sorted(fitting or [bond for bond, _ in bonds], key=lambda bond: bond.expiry or date.max)
        reason = f"The issuer has {len(listed)} such bonds." if fitting else "The issuer has no such bond."
        return (
            Choices(query, tuple(choice_of(bond) for bond in listed[:MAX_ROWS]), reason) if listed else None
        )


def _fits(bond: Instrument, row: Mapping[str, Any], reading: BondReading) -> bool:
    if reading.coupon is not None and to_decimal(row.get("coupon")) != reading.coupon:
        return False
    if reading.maturity is not None and bond.expiry != reading.maturity:
        return False
    return reading.year is None or (bond.expiry is not None and bond.expiry.year == reading.year)
