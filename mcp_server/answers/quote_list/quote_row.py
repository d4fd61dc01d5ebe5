"""One row of the table: an instrument, its quote, and the currency that its prices are shown in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mcp_server.answers import formats
from mcp_server.answers.availability import Availability
from mcp_server.answers.market_hours import MarketState, Session
from mcp_server.answers.quotes import ASK, BID, HIGH, LOW, Quote
from mcp_server.answers.times import in_new_york
from mcp_server.instruments.instrument import Instrument

_PAIR_DECIMALS: Final = 5
_MAX_DECIMALS: Final = 8
_LARGE_PRICE: Final = 10
NO_VALUES: Final = "no values"
NO_LINE: Final = "no market data line"
_NO_PRICES: Final = (Availability.NOT_SUBSCRIBED, Availability.NOT_SIGNED)
_HIGH_52_WEEKS: Final = "7293"
_LOW_52_WEEKS: Final = "7294"
_SWAPPED: Final = {
    **{BID: ASK, ASK: BID, HIGH: LOW, LOW: HIGH},
    **{_HIGH_52_WEEKS: _LOW_52_WEEKS, _LOW_52_WEEKS: _HIGH_52_WEEKS},
}
"""In an inverse pair, the bid is one divided by the ask, and the high is one divided by the low."""


@dataclass(frozen=True)
class QuoteRow:
    """`rate` converts prices to `currency`. `inverse`: a currency pair, quoted the other way round."""

    instrument: Instrument
    text: str
    quote: Quote | None
    currency: str
    now: datetime
    rate: float = 1.0
    inverse: bool = False
    market: MarketState | None = None
    sessions: tuple[Session, ...] = ()
    enough_lines: bool = True

    def number(self, field: str) -> float | None:
        """The number in a field that is not a price."""
        return self.quote.number(field) if self.quote else None

    def field_text(self, field: str) -> str:
        """A field as text."""
        return self.quote.text(field) if self.quote else ""

    def price(self, field: str) -> float | None:
        """The price in a field, in the row's currency."""
        value = self.number(_SWAPPED.get(field, field) if self.inverse else field)
        if value is None:
            return None
        if self.inverse:
            return 1 / value if value else None
        return value * self.rate

    def price_text(self, field: str) -> str:
        """The price with the decimals that IBKR shows; a converted one with those that matter."""
        value = self.price(field)
        if value is None:
            return formats.UNKNOWN
        if self.inverse:
            return formats.ratio(value, _PAIR_DECIMALS)
        if self.rate != 1:
            return formats.ratio(value, 2) if abs(value) >= _LARGE_PRICE else formats.price(value)
        decimals = len(re.sub(r"[^0-9.].*", "", self.field_text(field).lstrip("CH+-")).partition(".")[2])
        return formats.ratio(value, min(decimals, _MAX_DECIMALS))

    @property
    def has_prices(self) -> bool:
        """Whether any of the fields that were read has a value."""
        return self.quote is not None and any(
            name.isdigit() and name not in ("6119", "6509") for name in self.quote.values
        )

    @property
    def status(self) -> str:
        """How current the quote is: live, delayed, frozen, a closing price, halted, or why it has none."""
        if self.quote is None or not self.has_prices:
            known = self.quote.availability if self.quote else Availability.UNKNOWN
            return str(known) if known in _NO_PRICES else NO_VALUES if self.enough_lines else NO_LINE
        if self.quote.availability in _NO_PRICES:
            return str(self.quote.availability)
        delayed = self.quote.availability in (Availability.DELAYED, Availability.FROZEN_DELAYED)
        if self.quote.is_halted:
            return "halted" + (", delayed 15 min" if delayed else "")
        if self.quote.last_is_close:
            return f"closed: {_day_of(self.quote.updated, self.now)} close"
        return str(self.quote.availability)


def _day_of(updated: datetime | None, now: datetime) -> str:
    """The session that a closing price is of, as far as the time of the quote shows it."""
    if updated is None or updated > now:
        return "prior"
    local, today = in_new_york(updated), in_new_york(now)
    if local.weekday() >= 5 or (today - local).days >= 7:
        return "prior"
    return "today's" if local.date() == today.date() else f"{local:%A}'s"
