"""Instrument types of IBKR's scanner, and the locations that it scans."""

# ruff: noqa: E501 one row of a table is one line

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from api_gateway.simulator.instruments.instrument import Instrument


class InstrumentType(NamedTuple):
    """One of the scanner's instrument types, and which simulated contracts belong to it."""

    code: str
    name: str
    includes: Callable[[Instrument], bool]


class ScanLocation(NamedTuple):
    """Where to scan: a set of exchanges. A location that is not `listed` is also accepted."""

    code: str
    name: str
    exchanges: frozenset[str]
    children: tuple[ScanLocation, ...] = ()
    listed: bool = True


def _us_stocks(*, etf: bool | None = None, debt: bool = False) -> Callable[[Instrument], bool]:
    def includes(i: Instrument) -> bool:
        if i.sec_type != "STK" or not i.is_us:
            return False
        return etf is None or (i.is_etf and (i.group == "Debt Fund") is debt)

    return includes


def _foreign_stocks(*exchanges: str) -> Callable[[Instrument], bool]:
    return lambda i: i.sec_type == "STK" and i.exchange in exchanges


def _of_type(sec_type: str, exchanges: tuple[str, ...]) -> Callable[[Instrument], bool]:
    return lambda i: i.sec_type == sec_type and i.exchange in exchanges


def _matches_nothing(_: Instrument) -> bool:
    return False


_AMERICA, _EUROPE, _ASIA = (
    ("TSE", "AEQLIT", "MEXI"),
    ("LSE", "IBIS", "AEB", "SBF", "EBS"),
    ("SEHK", "TSEJ", "ASX"),
)
_EUROPEAN_FUTURES, _ASIAN_FUTURES = ("EUREX", "ICEEU"), ("HKFE", "OSE.JPN")

INSTRUMENT_TYPES = (
    InstrumentType("STK", "US Stocks", _us_stocks()),
    InstrumentType("ETF.EQ.US", "US Equity ETFs", _us_stocks(etf=True)),
    InstrumentType("ETF.FI.US", "US Fixed Income ETFs", _us_stocks(etf=True, debt=True)),
    InstrumentType("FUT.US", "US Futures", lambda i: i.sec_type == "FUT" and i.is_us),
    InstrumentType("IND.US", "US Indexes", lambda i: i.sec_type == "IND" and i.hours == "us_index"),
    InstrumentType("BOND", "Corporate Bonds", lambda i: i.sec_type == "BOND" and i.symbol != "US-T"),
    InstrumentType("BOND.GOVT", "US Treasuries", lambda i: i.sec_type == "BOND" and i.symbol == "US-T"),
    InstrumentType("STOCK.NA", "America Non-US Stocks", _foreign_stocks(*_AMERICA)),
    InstrumentType("FUT.NA", "America Non-US Futures", _matches_nothing),
    InstrumentType("STOCK.EU", "Europe Stocks", _foreign_stocks(*_EUROPE)),
    InstrumentType("FUT.EU", "Europe Futures", _of_type("FUT", _EUROPEAN_FUTURES)),
    InstrumentType("IND.EU", "Europe Indexes", _of_type("IND", _EUROPEAN_FUTURES)),
    InstrumentType("SSF.EU", "Europe SSFs", _matches_nothing),
    InstrumentType("STOCK.ME", "Mid-East Stocks", _matches_nothing),
    InstrumentType("STOCK.HK", "Asia Stocks", _foreign_stocks(*_ASIA)),
    InstrumentType("FUT.HK", "Asia Futures", _of_type("FUT", _ASIAN_FUTURES)),
    InstrumentType("IND.HK", "Asia Indexes", _of_type("IND", _ASIAN_FUTURES)),
    InstrumentType("SSF.HK", "Asia SSFs", _matches_nothing),
)


def _location(
    code: str, name: str, *exchanges: str, children: tuple[ScanLocation, ...] = (), listed: bool = True
) -> ScanLocation:
    return ScanLocation(code, name, frozenset(exchanges), children, listed)


_US_STOCKS = ("NASDAQ", "NYSE", "ARCA", "AMEX", "BATS")

# fmt: off
LOCATIONS: Mapping[str, tuple[ScanLocation, ...]] = MappingProxyType({
    "STK": (
        _location("STK.US.MAJOR", "Listed/NASDAQ", *_US_STOCKS),
        _location("STK.US.MINOR", "OTCMarkets", "PINK"),
        _location("STK.US", "US", *_US_STOCKS, "PINK", listed=False),
        _location("STK.NASDAQ", "NASDAQ", "NASDAQ", listed=False),
        _location("STK.NYSE", "NYSE", "NYSE", listed=False),
        _location("STK.ARCA", "ARCA", "ARCA", listed=False),
        _location("STK.AMEX", "AMEX", "AMEX", listed=False),
    ),
    "ETF.EQ.US": (_location("ETF.EQ.US.MAJOR", "Listed/NASDAQ", *_US_STOCKS, children=(_location("ETF.EQ.ARCA", "ARCA", "ARCA"), _location("ETF.EQ.BATS", "BATS", "BATS"), _location("ETF.EQ.NASDAQ.NMS", "NASDAQ", "NASDAQ"))),),
    "ETF.FI.US": (_location("ETF.FI.US.MAJOR", "Listed/NASDAQ", *_US_STOCKS, children=(_location("ETF.FI.ARCA", "ARCA", "ARCA"), _location("ETF.FI.BATS", "BATS", "BATS"), _location("ETF.FI.NASDAQ.NMS", "NASDAQ", "NASDAQ"))),),
    "FUT.US": (
        _location("FUT.CME", "CME", "CME"),
        _location("FUT.CBOT", "CBOT", "CBOT"),
        _location("FUT.NYMEX", "NYMEX", "NYMEX"),
        _location("FUT.COMEX", "COMEX", "COMEX"),
        _location("FUT.NYBOT", "NYBOT", "NYBOT"),
        _location("FUT.CFE", "CFE", "CFE"),
    ),
    "IND.US": (_location("IND.US", "US Indexes", "CBOE", "NASDAQ", "CME"),),
    "BOND": (_location("BOND.US", "US", "SMART"),),
    "BOND.GOVT": (_location("BOND.GOVT.US", "US", "SMART"),),
    "STOCK.NA": (
        _location("STK.NA.CANADA", "Canada", "TSE", "VENTURE", "AEQLIT", children=(_location("STK.NA.TSE", "TSE", "TSE"), _location("STK.NA.VENTURE", "VENTURE", "VENTURE"), _location("STK.NA.AEQLIT", "AEQLIT", "AEQLIT"))),
        _location("STK.NA.MEXI", "Mexico", "MEXI"),
    ),
    "FUT.NA": (_location("FUT.NA.CDE", "CDE", "CDE"), _location("FUT.NA.MEXDER", "MEXDER", "MEXDER")),
    "STOCK.EU": (
        _location("STK.EU.AEB", "Netherlands", "AEB"),
        _location("STK.EU.BM", "Spain", "BM"),
        _location("STK.EU.BVME", "Italy", "BVME"),
        _location("STK.EU.EBS", "Switzerland", "EBS"),
        _location("STK.EU.IBIS", "Germany", "IBIS", "IBIS2", children=(_location("STK.EU.IBIS-XETRA", "XETRA", "IBIS"), _location("STK.EU.IBIS-ETF", "ETFs", "IBIS2"))),
        _location("STK.EU.LSE", "United Kingdom", "LSE", "LSEETF"),
        _location("STK.EU.SBF", "France", "SBF"),
        _location("STK.EU.SFB", "Sweden", "SFB"),
        _location("STK.EU.VSE", "Austria", "VSE"),
    ),
    "FUT.EU": (_location("FUT.EU.EUREX", "EUREX", "EUREX"), _location("FUT.EU.IDEM", "IDEM", "IDEM"), _location("FUT.EU.UK", "UK", "ICEEU")),
    "IND.EU": (_location("IND.EU.EUREX", "EUREX", "EUREX"), _location("IND.EU.ICEEU", "ICEEU", "ICEEU"), _location("IND.EU.IDEM", "IDEM", "IDEM")),
    "SSF.EU": (_location("SSF.EU.EUREX", "EUREX", "EUREX"),),
    "STOCK.ME": (_location("STK.ME.TASE", "Israel", "TASE"), _location("STK.ME.TADAWUL", "Saudi Arabia", "TADAWUL"), _location("STK.ME.ADX", "Abu Dhabi", "ADX"), _location("STK.ME.DFM", "Dubai", "DFM")),
    "STOCK.HK": (
        _location("STK.HK.ASX", "Australia", "ASX"),
        _location("STK.HK.NSE", "India", "NSE"),
        _location("STK.HK.SEHK", "Hong Kong", "SEHK"),
        _location("STK.HK.SGX", "Singapore", "SGX"),
        _location("STK.HK.TSE_JPN", "Japan", "TSEJ"),
    ),
    "FUT.HK": (_location("FUT.HK.HKFE", "HKFE", "HKFE"), _location("FUT.HK.OSE_JPN", "OSE", "OSE.JPN"), _location("FUT.HK.ICEAU", "ICEAU", "SNFE"), _location("FUT.HK.SGX", "SGX", "SGX")),
    "IND.HK": (_location("IND.HK.HKFE", "HKFE", "HKFE"), _location("IND.HK.OSE_JPN", "OSE", "OSE.JPN"), _location("IND.HK.ICEAU", "ICEAU", "SNFE"), _location("IND.HK.SGX", "SGX", "SGX")),
    "SSF.HK": (_location("SSF.HK.HKFE", "HKFE", "HKFE"), _location("SSF.HK.SGX", "SGX", "SGX")),
})
# fmt: on
