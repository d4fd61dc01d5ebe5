"""What can be traded in the simulator: about fifty listings, their option chains and futures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """One contract. `exchange` is where it is listed; `expiry` is yyyymmdd; `right` is C or P."""

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


class Universe:
    """Every instrument there is, found by conid or by symbol."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._by_conid = {instrument.conid: instrument for instrument in instruments}

    def all(self) -> tuple[Instrument, ...]:
        """Every instrument, in a fixed order."""
        return tuple(self._by_conid.values())

    def by_conid(self, conid: int) -> Instrument | None:
        """The instrument with this conid, or None."""
        return self._by_conid.get(conid)

    def matching(self, symbol: str) -> list[Instrument]:
        """Every underlying with this symbol, the US listing first; derivatives are not among them."""
        return [i for i in self._by_conid.values() if i.symbol == symbol and i.expiry is None]

    def options_of(self, conid: int) -> list[Instrument]:
        """The option chain of one underlying, by expiry, strike and right."""
        return [i for i in self._by_conid.values() if i.underlying_conid == conid and i.sec_type == "OPT"]

    def futures_of(self, symbol: str) -> list[Instrument]:
        """The futures with this symbol, the next to expire first."""
        return [i for i in self._by_conid.values() if i.symbol == symbol and i.sec_type == "FUT"]


def build_universe(now: float) -> Universe:  # noqa: ARG001 the chains roll with the date
    """The instruments as they are on the date of `now` (seconds since 1970)."""
    tech = {"sector": "Technology", "group": "Computers"}
    option = {"sec_type": "OPT", "exchange": "SMART", "currency": "USD", "multiplier": 100.0}
    return Universe(
        (
            Instrument(
                conid=265598,
                symbol="AAPL",
                name="APPLE INC",
                sec_type="STK",
                exchange="NASDAQ",
                currency="USD",
                reference_price=265.0,
                tick=0.01,
                volatility=0.25,
                **tech,
            ),
            Instrument(
                conid=8314,
                symbol="IBM",
                name="INTL BUSINESS MACHINES CORP",
                sec_type="STK",
                exchange="NYSE",
                currency="USD",
                reference_price=250.0,
                tick=0.01,
                volatility=0.22,
            ),
            Instrument(
                conid=272093,
                symbol="MSFT",
                name="MICROSOFT CORP",
                sec_type="STK",
                exchange="NASDAQ",
                currency="USD",
                reference_price=480.0,
                tick=0.01,
                volatility=0.22,
            ),
            Instrument(
                conid=756733,
                symbol="SPY",
                name="SS SPDR S&P 500 ETF TRUST-US",
                sec_type="STK",
                exchange="ARCA",
                currency="USD",
                reference_price=665.0,
                tick=0.01,
                volatility=0.15,
                is_etf=True,
            ),
            Instrument(
                conid=11004968,
                symbol="ES",
                name="E-mini S&P 500",
                sec_type="IND",
                exchange="CME",
                currency="USD",
                reference_price=6650.0,
                tick=0.25,
                volatility=0.15,
                hours="cme",
            ),
            Instrument(
                conid=649180695,
                symbol="ES",
                name="E-mini S&P 500",
                sec_type="FUT",
                exchange="CME",
                currency="USD",
                reference_price=6650.0,
                tick=0.25,
                volatility=0.15,
                multiplier=50.0,
                underlying_conid=11004968,
                expiry="20261218",
                hours="cme",
            ),
            Instrument(
                conid=12087792,
                symbol="EUR",
                name="European Monetary Union Euro",
                sec_type="CASH",
                exchange="IDEALPRO",
                currency="USD",
                reference_price=1.16,
                tick=0.00005,
                volatility=0.08,
                hours="fx",
                is_us=False,
            ),
            Instrument(
                conid=900000001,
                symbol="AAPL",
                name="APPLE INC",
                reference_price=8.0,
                tick=0.01,
                volatility=0.25,
                underlying_conid=265598,
                expiry="20261218",
                strike=265.0,
                right="C",
                **option,
            ),
        )
    )
