"""Which instruments IBKR's scanner knows, and the places where it looks for them."""

# ruff: noqa: E501 one row of a table is one line

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from api_gateway.simulator.instruments.instrument import Instrument


class Group(NamedTuple):
    """A kind of instrument as the scanner divides them, and what belongs to it here."""

    code: str
    name: str
    holds: Callable[[Instrument], bool]


class Place(NamedTuple):
    """Where to scan: all of some exchanges. What is not `listed` is understood all the same."""

    code: str
    name: str
    exchanges: frozenset[str]
    parts: tuple[Place, ...] = ()
    listed: bool = True


def _stock(*, etf: bool | None = None, debt: bool = False) -> Callable[[Instrument], bool]:
    def holds(i: Instrument) -> bool:
        if i.sec_type != "STK" or not i.is_us:
            return False
        return etf is None or (i.is_etf and (i.group == "Debt Fund") is debt)

    return holds


def _abroad(*exchanges: str) -> Callable[[Instrument], bool]:
    return lambda i: i.sec_type == "STK" and i.exchange in exchanges


def _nothing(_: Instrument) -> bool:
    return False


_AMERICA, _EUROPE, _ASIA = ("TSE", "AEQLIT", "MEXI"), ("LSE", "IBIS", "EBS"), ("SEHK", "TSEJ")

GROUPS = (
    Group("STK", "US Stocks", _stock()),
    Group("ETF.EQ.US", "US Equity ETFs", _stock(etf=True)),
    Group("ETF.FI.US", "US Fixed Income ETFs", _stock(etf=True, debt=True)),
    Group("FUT.US", "US Futures", lambda i: i.sec_type == "FUT" and i.is_us),
    Group("IND.US", "US Indexes", lambda i: i.sec_type == "IND" and i.hours == "us_index"),
    Group("BOND", "Corporate Bonds", lambda i: i.sec_type == "BOND" and i.symbol != "US-T"),
    Group("BOND.GOVT", "US Treasuries", lambda i: i.sec_type == "BOND" and i.symbol == "US-T"),
    Group("STOCK.NA", "America Non-US Stocks", _abroad(*_AMERICA)),
    Group("FUT.NA", "America Non-US Futures", _nothing),
    Group("STOCK.EU", "Europe Stocks", _abroad(*_EUROPE)),
    Group("FUT.EU", "Europe Futures", _nothing),
    Group("IND.EU", "Europe Indexes", _nothing),
    Group("SSF.EU", "Europe SSFs", _nothing),
    Group("STOCK.ME", "Mid-East Stocks", _nothing),
    Group("STOCK.HK", "Asia Stocks", _abroad(*_ASIA)),
    Group("FUT.HK", "Asia Futures", _nothing),
    Group("IND.HK", "Asia Indexes", _nothing),
    Group("SSF.HK", "Asia SSFs", _nothing),
)


def _place(
    code: str, name: str, *exchanges: str, parts: tuple[Place, ...] = (), listed: bool = True
) -> Place:
    return Place(code, name, frozenset(exchanges), parts, listed)


_US_STOCKS = ("NASDAQ", "NYSE", "ARCA", "AMEX", "BATS")

# fmt: off
PLACES: Mapping[str, tuple[Place, ...]] = MappingProxyType({
    "STK": (
        _place("STK.US.MAJOR", "Listed/NASDAQ", *_US_STOCKS),
        _place("STK.US.MINOR", "OTCMarkets", "PINK"),
        _place("STK.US", "US", *_US_STOCKS, "PINK", listed=False),
        _place("STK.NASDAQ", "NASDAQ", "NASDAQ", listed=False),
        _place("STK.NYSE", "NYSE", "NYSE", listed=False),
        _place("STK.ARCA", "ARCA", "ARCA", listed=False),
        _place("STK.AMEX", "AMEX", "AMEX", listed=False),
    ),
    "ETF.EQ.US": (_place("ETF.EQ.US.MAJOR", "Listed/NASDAQ", *_US_STOCKS, parts=(_place("ETF.EQ.ARCA", "ARCA", "ARCA"), _place("ETF.EQ.BATS", "BATS", "BATS"), _place("ETF.EQ.NASDAQ.NMS", "NASDAQ", "NASDAQ"))),),
    "ETF.FI.US": (_place("ETF.FI.US.MAJOR", "Listed/NASDAQ", *_US_STOCKS, parts=(_place("ETF.FI.ARCA", "ARCA", "ARCA"), _place("ETF.FI.BATS", "BATS", "BATS"), _place("ETF.FI.NASDAQ.NMS", "NASDAQ", "NASDAQ"))),),
    "FUT.US": (
        _place("FUT.CME", "CME", "CME"),
        _place("FUT.CBOT", "CBOT", "CBOT"),
        _place("FUT.NYMEX", "NYMEX", "NYMEX"),
        _place("FUT.COMEX", "COMEX", "COMEX"),
        _place("FUT.NYBOT", "NYBOT", "NYBOT"),
        _place("FUT.CFE", "CFE", "CFE"),
    ),
    "IND.US": (_place("IND.US", "US Indexes", "CBOE", "NASDAQ", "CME"),),
    "BOND": (_place("BOND.US", "US", "SMART"),),
    "BOND.GOVT": (_place("BOND.GOVT.US", "US", "SMART"),),
    "STOCK.NA": (
        _place("STK.NA.CANADA", "Canada", "TSE", "VENTURE", "AEQLIT", parts=(_place("STK.NA.TSE", "TSE", "TSE"), _place("STK.NA.VENTURE", "VENTURE", "VENTURE"), _place("STK.NA.AEQLIT", "AEQLIT", "AEQLIT"))),
        _place("STK.NA.MEXI", "Mexico", "MEXI"),
    ),
    "FUT.NA": (_place("FUT.NA.CDE", "CDE", "CDE"), _place("FUT.NA.MEXDER", "MEXDER", "MEXDER")),
    "STOCK.EU": (
        _place("STK.EU.AEB", "Netherlands", "AEB"),
        _place("STK.EU.BM", "Spain", "BM"),
        _place("STK.EU.BVME", "Italy", "BVME"),
        _place("STK.EU.EBS", "Switzerland", "EBS"),
        _place("STK.EU.IBIS", "Germany", "IBIS", "IBIS2", parts=(_place("STK.EU.IBIS-XETRA", "XETRA", "IBIS"), _place("STK.EU.IBIS-ETF", "ETFs", "IBIS2"))),
        _place("STK.EU.LSE", "United Kingdom", "LSE", "LSEETF"),
        _place("STK.EU.SBF", "France", "SBF"),
        _place("STK.EU.SFB", "Sweden", "SFB"),
        _place("STK.EU.VSE", "Austria", "VSE"),
    ),
    "FUT.EU": (_place("FUT.EU.EUREX", "EUREX", "EUREX"), _place("FUT.EU.IDEM", "IDEM", "IDEM"), _place("FUT.EU.UK", "UK", "ICEEU")),
    "IND.EU": (_place("IND.EU.EUREX", "EUREX", "EUREX"), _place("IND.EU.ICEEU", "ICEEU", "ICEEU"), _place("IND.EU.IDEM", "IDEM", "IDEM")),
    "SSF.EU": (_place("SSF.EU.EUREX", "EUREX", "EUREX"),),
    "STOCK.ME": (_place("STK.ME.TASE", "Israel", "TASE"), _place("STK.ME.TADAWUL", "Saudi Arabia", "TADAWUL"), _place("STK.ME.ADX", "Abu Dhabi", "ADX"), _place("STK.ME.DFM", "Dubai", "DFM")),
    "STOCK.HK": (
        _place("STK.HK.ASX", "Australia", "ASX"),
        _place("STK.HK.NSE", "India", "NSE"),
        _place("STK.HK.SEHK", "Hong Kong", "SEHK"),
        _place("STK.HK.SGX", "Singapore", "SGX"),
        _place("STK.HK.TSE_JPN", "Japan", "TSEJ"),
    ),
    "FUT.HK": (_place("FUT.HK.HKFE", "HKFE", "HKFE"), _place("FUT.HK.ICEAU", "ICEAU", "SNFE"), _place("FUT.HK.SGX", "SGX", "SGX")),
    "IND.HK": (_place("IND.HK.HKFE", "HKFE", "HKFE"), _place("IND.HK.ICEAU", "ICEAU", "SNFE"), _place("IND.HK.SGX", "SGX", "SGX")),
    "SSF.HK": (_place("SSF.HK.HKFE", "HKFE", "HKFE"), _place("SSF.HK.SGX", "SGX", "SGX")),
})
# fmt: on
