"""Instrument: the definition of one contract, its listing, and the parameters of its price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from api_gateway.simulator.instruments.listings import CL_INDEX, GC_INDEX, SPX

_RIGHTS = {"C": "Call", "P": "Put"}


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """One contract. `exchange` is where it is listed; `expiry` is yyyymmdd (a bond's is its maturity);
    `right` is C or P (yes and no of an event contract); `hours` names a row of `trading_hours.HOURS`.

    If `price_source_conid` is set, the price is that instrument's times `ratio`, growing by `carry` a year
    until expiry.
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
    multiplier: float = 1
    underlying_conid: int | None = None
    expiry: str | None = None
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
    issuer_id: str | None = None
    coupon: float | None = None
    issue_date: str | None = None

    @cached_property
    def decimals(self) -> int:
        """Number of decimals of a price."""
        return len(f"{self.tick:.8f}".rstrip("0").partition(".")[2])

    @cached_property
    def expires_at(self) -> float | None:
        """Expiry time in seconds since 1970: 21:00 UTC, the New York close in winter."""
        if self.expiry is None:
            return None
        day = datetime.strptime(self.expiry, "%Y%m%d").replace(tzinfo=UTC)
        return day.timestamp() + 21 * 3600

    @property
    def delivery(self) -> str | None:
        """How an option or a future is settled when it expires: `physical` or `cash`; else None."""
        if self.sec_type == "OPT":
            return "cash" if self.underlying_conid == SPX else "physical"
        if self.sec_type == "FUT":
            return "physical" if self.underlying_conid in (CL_INDEX, GC_INDEX) else "cash"
        return None

    @property
    def local_symbol(self) -> str:
        """The exchange's symbol: `AAPL  261218C00265000`, `ESZ6`, `EUR.USD`; else the plain symbol."""
        if self.sec_type == "OPT" and self.expiry and self.strike is not None:
            return f"{self.symbol:<6}{self.expiry[2:]}{self.right}{round(self.strike * 1000):08d}"
        if self.sec_type == "FUT" and self.expiry:
            return f"{self.symbol}{'FGHJKMNQUVXZ'[int(self.contract_month[4:]) - 1]}{self.contract_month[3]}"
        if self.sec_type == "CASH":
            return f"{self.symbol}.{self.currency}"
        return self.symbol

    @property
    def contract_month(self) -> str:
        """Contract month (yyyymm), or empty; crude oil's is the month after its last trading day."""
        if not self.expiry:
            return ""
        year, month = int(self.expiry[:4]), int(self.expiry[4:6])
        if self.sec_type == "FUT" and self.underlying_conid == CL_INDEX:
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        return f"{year}{month:02d}"

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
