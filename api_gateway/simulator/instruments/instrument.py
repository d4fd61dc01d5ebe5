"""Instrument: the definition of one contract, its listing, and the parameters of its price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal

from api_gateway.simulator.calendar.expiries import month_letter

Delivery = Literal["physical", "cash"]
_RIGHTS = {"C": "Call", "P": "Put"}


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """One contract. `exchange` is where it is listed; `expiry` is yyyymmdd (a bond's is its maturity);
    `right` is C or P (yes and no of an event contract); `hours` names a row of `trading_hours.HOURS`.

    `underlying_conid` is what an option delivers or is settled against (for a futures option, the future);
    `root_conid` is the underlying that a search finds (for futures and futures options, the product's index).

    Times are in seconds since 1970: trading ends at `trades_until`, and the contract is settled at
    `expires_at`. The two differ only for index options that are settled at the opening of the next day.
    `delivery` is physical or cash for options and futures, else None.

    If `price_source_conid` is set, the price is that instrument's times `ratio`, growing by `carry` a year
    until expiry. `volatility` is annual; an option has its underlying's, before the smile.

    A quoted price is `price_magnifier` times the price in `currency`: 100 for shares in London that are
    quoted in pence. The value of a position is price times `multiplier`, which is then 0.01.

    `dividend` is the annual dividend per share, paid in equal parts; `dividend_months` are the months of the
    ex-dividend dates.
    """

    conid: int
    symbol: str
    name: str
    sec_type: str
    exchange: str
    currency: str
    reference_price: float
    tick: float
    volatility: float
    trading_class: str = ""
    multiplier: float = 1
    price_magnifier: int = 1
    underlying_conid: int | None = None
    root_conid: int | None = None
    expiry: str | None = None
    last_trading_day: str | None = None
    contract_month: str = ""
    trades_until: float | None = None
    expires_at: float | None = None
    delivery: Delivery | None = None
    strike: float | None = None
    right: str | None = None
    sector: str | None = None
    group: str | None = None
    industry: str | None = None
    category: str | None = None
    is_us: bool = True
    venues: tuple[str, ...] = ("SMART",)
    hours: str = "us_stock"
    is_etf: bool = False
    average_volume: int = 0
    price_source_conid: int | None = None
    ratio: float = 1.0
    carry: float = 0.0
    dividend: float = 0.0
    dividend_months: tuple[int, ...] = ()
    issuer_id: str | None = None
    coupon: float | None = None
    issue_date: str | None = None

    @cached_property
    def decimals(self) -> int:
        """Number of decimals of a price."""
        return len(f"{self.tick:.8f}".rstrip("0").partition(".")[2])

    @property
    def local_symbol(self) -> str:
        """The exchange's symbol: `AAPL  261218C00265000`, `ESZ6`, `EW1Z6 C6700`, `EUR.USD`; else `symbol`."""
        if self.sec_type == "OPT" and self.expiry and self.strike is not None:
            return f"{self.trading_class:<6}{self.expiry[2:]}{self.right}{round(self.strike * 1000):08d}"
        if self.sec_type in ("FUT", "FOP") and self.contract_month:
            future = (
                f"{self.trading_class}{month_letter(int(self.contract_month[4:]))}{self.contract_month[3]}"
            )
            return future if self.strike is None else f"{future} {self.right}{self.strike:g}"
        if self.sec_type == "CASH":
            return f"{self.symbol}.{self.currency}"
        return self.symbol

    def until_its_end(self, epoch: float) -> float:
        """`epoch`, or the end of trading if that is earlier: what has ended keeps its last price."""
        return epoch if self.trades_until is None else min(epoch, self.trades_until)

    @property
    def terms_text(self) -> str | None:
        """`DEC 18 '26 265 Call` for an option, `DEC 18 '26` for a future, a bond's terms; else None."""
        if not self.expiry:
            return None
        day = datetime.strptime(self.expiry, "%Y%m%d").replace(tzinfo=UTC)
        if self.sec_type == "BOND":
            return f"{self.symbol} {self.coupon:g} {day:%m/%d/%y}"
        when = f"{day:%b %d}".upper() + f" '{day:%y}"
        return when if self.right is None else f"{when} {self.strike:g} {_RIGHTS[self.right]}"
