"""Quotes of many contracts from few requests, with their values parsed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import GatewayError
from mcp_server.answers.availability import Availability, parse_availability
from mcp_server.answers.ibkr_clock import IbkrClock
from mcp_server.answers.market_data_lines import MarketDataLines
from mcp_server.answers.partial import gather_partial
from mcp_server.answers.times import from_epoch

LAST: Final = "31"
BID: Final = "84"
ASK: Final = "86"
BID_SIZE: Final = "88"
ASK_SIZE: Final = "85"
CHANGE: Final = "82"
CHANGE_PERCENT: Final = "83"
HIGH: Final = "70"
LOW: Final = "71"
OPEN: Final = "7295"
PRIOR_CLOSE: Final = "7741"
VOLUME: Final = "7762"
AVAILABILITY: Final = "6509"

BATCH_SIZE: Final = 50
"""Contracts in one request, whose URL then stays below 2,000 characters."""

_NUMBER: Final = re.compile(r"([CH]?)([+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)([KMBT]?)%?")
_SCALES: Final = {"": 1.0, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


@dataclass(frozen=True)
class Quote:
    """The values of one contract as IBKR sent them, by field ID; a missing one is unknown."""

    conid: int
    values: Mapping[str, Any]

    def number(self, field: str) -> float | None:
        """The number in a field, without C (closing price), H (halted), % and separators."""
        return parse_number(self.values.get(field))

    def text(self, field: str) -> str:
        """A field as text, empty if it is missing."""
        value = self.values.get(field)
        return "" if value is None else str(value)

    @property
    def last(self) -> float | None:
        return self.number(LAST)

    @property
    def bid(self) -> float | None:
        return self.number(BID)

    @property
    def ask(self) -> float | None:
        return self.number(ASK)

    @property
    def mid(self) -> float | None:
        """The middle of bid and ask, if both are known."""
        return None if self.bid is None or self.ask is None else (self.bid + self.ask) / 2

    @property
    def last_is_close(self) -> bool:
        """Whether `last` is the prior day's closing price."""
        return self.text(LAST).startswith("C")

    @property
    def is_halted(self) -> bool:
        """Whether trading in the contract is halted."""
        return self.text(LAST).startswith("H")

    @property
    def availability(self) -> Availability:
        """Whether the values are live, delayed or frozen."""
        return parse_availability(self.values.get(AVAILABILITY))

    @property
    def updated(self) -> datetime | None:
        """When IBKR last updated the values."""
        return from_epoch(self.values.get("_updated"))


@dataclass(frozen=True)
class Quotes:
    """Quotes by conid, and the errors of the conids whose request failed.

    Without `enough_lines`, a quote can be empty because the login has no market-data line left for it.
    """

    by_conid: Mapping[int, Quote]
    errors: Mapping[int, GatewayError]
    enough_lines: bool = True

    @property
    def updated(self) -> datetime | None:
        """The time of the newest one."""
        return max(filter(None, (each.updated for each in self.by_conid.values())), default=None)


class QuoteReader:
    """Reads quotes, 50 contracts in a request."""

    def __init__(self, gateway: GatewayClient, clock: IbkrClock) -> None:
        self._gateway = gateway
        self._clock = clock
        self._lines = MarketDataLines(gateway)

    async def read(self, conids: Iterable[int], fields: Sequence[str]) -> Quotes:
        """The quotes that IBKR has. Raises GatewayError if it has none because every request failed."""
        unique = list(dict.fromkeys(conids))
        batches = [tuple(unique[at : at + BATCH_SIZE]) for at in range(0, len(unique), BATCH_SIZE)]
        if not batches:
            return Quotes({}, {})
        wanted = list(dict.fromkeys((*fields, AVAILABILITY)))
        async with self._lines.reserve(unique) as enough_lines:
            found = await gather_partial(
                {
                    batch: self._gateway.get(
                        "/iserver/marketdata/snapshot", conids=list(batch), fields=wanted
                    )
                    for batch in batches
                }
            )
        quotes = Quotes(
            {
                quote.conid: quote
                for response in found.values.values()
                for quote in parse_quotes(response.value)
            },
            {conid: error for batch, error in found.errors.items() for conid in batch},
            enough_lines,
        )
        self._clock.observe(quotes.updated)
        return quotes


def parse_quotes(rows: Any) -> list[Quote]:
    """The quotes in a response; rows without a conid are left out."""
    found = []
    for row in rows if isinstance(rows, list) else ():
        conid = row.get("conid") if isinstance(row, dict) else None
        if str(conid).isdecimal():
            found.append(Quote(int(str(conid)), row))
    return found


def parse_number(value: Any) -> float | None:
    """The number in one of IBKR's values: 12, "C253.5", "1,234.5", "52.3M", "+0.53%"; otherwise None."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return float(value)
    match = _NUMBER.fullmatch(str(value).replace(",", "").replace(" ", ""))
    return float(match[2]) * _SCALES[match[3]] if match else None
