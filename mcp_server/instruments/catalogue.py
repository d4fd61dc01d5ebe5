"""Instruments by conid, and the underlyings that IBKR's search finds: lookups turned into instruments."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from api_gateway.errors import Refused
from api_gateway.outside_text import clean_line
from mcp_server.instruments.dates import ContractMonth, parse_month_code
from mcp_server.instruments.definitions import from_definition
from mcp_server.instruments.exchanges import US_EXCHANGES
from mcp_server.instruments.instrument import DERIVATIVES, OPTIONS, Instrument, Kind, to_kind
from mcp_server.instruments.lookups import Lookups

_CONCURRENT: Final = 6
_SHARE: Final = 100


@dataclass(frozen=True)
class Section:
    """The derivatives of one type on an underlying: their contract months and exchanges."""

    kind: Kind
    months: tuple[ContractMonth, ...]
    exchanges: tuple[str, ...]


@dataclass(frozen=True)
class Underlying:
    """What the search finds under a symbol. `kind` is IND for a product of futures too."""

    conid: int
    symbol: str
    name: str
    exchange: str
    kind: Kind
    sections: tuple[Section, ...]

    def section(self, kind: Kind) -> Section | None:
        """Its derivatives of one type, or None."""
        return next((each for each in self.sections if each.kind == kind and each.months), None)

    @property
    def is_us(self) -> bool:
        """Whether it is listed in the United States."""
        return self.exchange in US_EXCHANGES


class Catalogue:
    """Reads instruments and underlyings through the lookups."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups

    async def by_conids(self, conids: Collection[int]) -> dict[int, Instrument]:
        """The instruments of many conids; an unknown one is absent.

        One request for 200 conids. Futures, options on futures and options whose class is not certain cost
        one more each, once: only a contract's details name its class and its month.
        """
        rows = await self._lookups.definitions(conids)
        underlyings = await self._underlying_rows(rows)
        unclear = [conid for conid, row in rows.items() if _needs_details(row, underlyings)]
        details = dict(zip(unclear, await self._details(unclear), strict=True))
        today = self._lookups.today
        found = {conid: from_definition(row, details.get(conid), today) for conid, row in rows.items()}
        return {conid: each for conid, each in found.items() if each is not None}

    async def listings(self, conids: Collection[int]) -> list[Instrument]:
        """The instruments of conids that are not derivatives, in order, with one request for 200."""
        rows = await self._lookups.definitions(conids)
        found = (from_definition(rows[conid], None, self._lookups.today) for conid in conids if conid in rows)
        return [each for each in found if each is not None]

    async def routes(self, conids: Collection[int], exchanges: Collection[str]) -> set[int]:
        """The contracts that can be traded at one of the exchanges, though listed elsewhere."""
        rows = await self._lookups.definitions(conids)
        return {
            conid
            for conid, row in rows.items()
            if not set(exchanges).isdisjoint(str(row.get("allExchanges") or "").split(","))
        }

    async def underlyings(self, symbol: str, *, today_only: bool = False) -> list[Underlying]:
        """What the search finds under exactly this symbol."""
        rows = await self._lookups.search(symbol, today_only=today_only)
        found = (_underlying(row) for row in rows)
        return [each for each in found if each is not None and each.symbol in ("", symbol)]

    async def _underlying_rows(self, rows: Mapping[int, Mapping[str, Any]]) -> dict[int, dict[str, Any]]:
        wanted = {
            int(row["undConid"])
            for row in rows.values()
            if to_kind(row.get("assetClass")) == "OPT" and _is_number(row.get("undConid"))
        }
        return await self._lookups.definitions(sorted(wanted - set(rows))) | {
            conid: dict(row) for conid, row in rows.items() if conid in wanted
        }

    async def _details(self, conids: Iterable[int]) -> list[dict[str, Any]]:
        limit = asyncio.Semaphore(_CONCURRENT)

        async def read(conid: int) -> dict[str, Any]:
            async with limit:
                try:
                    return await self._lookups.details(conid)
                except Refused:
                    return {}  # an expired contract may have no details any more

        return await asyncio.gather(*map(read, conids))


def _underlying(row: Mapping[str, Any]) -> Underlying | None:
    sections = [each for each in row.get("sections") or () if isinstance(each, dict)]
    if not row.get("conid") or row.get("issuers") or not sections:
        return None
    own = to_kind(sections[0].get("secType"))
    kind: Kind = "IND" if row.get("index") else own if own not in DERIVATIVES else "IND"
    return Underlying(
        conid=int(row["conid"]),
        symbol=str(row.get("symbol") or ""),
        name=clean_line(str(row.get("name") or row.get("header") or "")),
        exchange=str(row.get("exchange") or sections[0].get("exchange") or ""),
        kind=kind,
        sections=tuple(
            Section(
                to_kind(each.get("secType")),
                tuple(m for text in _split(each.get("months")) if (m := parse_month_code(text))),
                tuple(_split(each.get("exchange"))),
            )
            for each in sections
        ),
    )


def as_instrument(underlying: Underlying, currency: str) -> Instrument:
    """An underlying as an instrument, if IBKR has no definition of it."""
    return Instrument(
        conid=underlying.conid,
        text=underlying.symbol,
        symbol=underlying.symbol,
        name=underlying.name,
        kind=underlying.kind,
        exchange=underlying.exchange,
        currency=currency,
        is_us=underlying.is_us,
    )


def in_class(instrument: Instrument, trading_class: str) -> Instrument:
    """The underlying, printed as the class of its options that was written: SPXW."""
    return replace(instrument, trading_class=trading_class, text=trading_class)


def _needs_details(row: Mapping[str, Any], underlyings: Mapping[int, Mapping[str, Any]]) -> bool:
    kind = to_kind(row.get("assetClass"))
    if kind not in OPTIONS:
        return kind == "FUT"
    underlying = underlyings.get(int(row["undConid"])) if _is_number(row.get("undConid")) else None
    of_stock = underlying is not None and to_kind(underlying.get("assetClass")) == "STK"
    # Options on shares have one class, unless a split or a merger has adjusted them.
    return not (of_stock and _is_number(row.get("multiplier")) and float(row["multiplier"]) == _SHARE)


def _is_number(value: object) -> bool:
    try:
        return value is not None and float(str(value)) >= 0
    except ValueError:
        return False


def _split(text: object) -> list[str]:
    return [part for part in str(text or "").replace(",", ";").split(";") if part]
