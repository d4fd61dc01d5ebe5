"""Listings: stocks, funds, indices, currency pairs, CFDs, cryptocurrencies and bonds, from their tables.

Prices apply to the first day of a simulation and are guesses for late 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from api_gateway.simulator.calendar.expiries import last_moment_of
from api_gateway.simulator.instruments.conids import ListingConids
from api_gateway.simulator.instruments.instrument import Instrument
from api_gateway.simulator.instruments.tables import read_table


class Venue(NamedTuple):
    """An exchange: its currency, and its instruments' trading hours (a row of `trading_hours.HOURS`)."""

    currency: str
    hours: str
    is_us: bool = False


VENUES: Mapping[str, Venue] = MappingProxyType(
    {
        "NASDAQ": Venue("USD", "us_stock", True),
        "NYSE": Venue("USD", "us_stock", True),
        "ARCA": Venue("USD", "us_stock", True),
        "AMEX": Venue("USD", "us_stock", True),
        "BATS": Venue("USD", "us_stock", True),
        "SMART": Venue("USD", "us_stock", True),
        "CBOE": Venue("USD", "us_index", True),
        "CME": Venue("USD", "cme", True),
        "CBOT": Venue("USD", "cme", True),
        "NYMEX": Venue("USD", "nymex", True),
        "COMEX": Venue("USD", "nymex", True),
        "RUSSELL": Venue("USD", "us_index", True),
        "CFE": Venue("USD", "us_index", True),
        "FUNDSERV": Venue("USD", "us_index", True),
        "IDEALPRO": Venue("USD", "fx", True),
        "PAXOS": Venue("USD", "crypto", True),
        "FORECASTX": Venue("USD", "forecast", True),
        "LSE": Venue("GBP", "lse"),
        "IBIS": Venue("EUR", "ibis"),
        "AEB": Venue("EUR", "aeb"),
        "SBF": Venue("EUR", "sbf"),
        "EBS": Venue("CHF", "ebs"),
        "TSE": Venue("CAD", "tse"),
        "AEQLIT": Venue("CAD", "tse"),
        "MEXI": Venue("MXN", "mexi"),
        "SEHK": Venue("HKD", "sehk"),
        "TSEJ": Venue("JPY", "tsej"),
        "ASX": Venue("AUD", "asx"),
        "EUREX": Venue("EUR", "eurex"),
        "ICEEU": Venue("GBP", "iceeu"),
        "OSE.JPN": Venue("JPY", "osej"),
        "HKFE": Venue("HKD", "hkfe"),
    }
)

STOCK_VENUES = (
    "SMART", "AMEX", "NYSE", "CBOE", "PHLX", "ISE", "CHX", "ARCA", "NASDAQ", "DRCTEDGE", "BEX", "BATS",
    "EDGEA", "BYX", "IEX", "EDGX", "PEARL", "NYSENAT", "LTSE", "MEMX", "IBEOS", "OVERNIGHT", "PSX",
)  # fmt: skip
OPTION_VENUES = (
    "SMART", "AMEX", "BATS", "BOX", "CBOE", "CBOE2", "EDGX", "EMERALD", "GEMINI", "IBUSOPT", "ISE", "MEMX",
    "MERCURY", "MIAX", "NASDAQBX", "NASDAQOM", "PEARL", "PHLX", "PSE",
)  # fmt: skip
_PENCE = 100  # a pound


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One row: an underlying on one exchange. A conid of 0 means a made-up one.

    `options` is the cycle of its options, or empty. If `follows` is the key of another row, the price is that
    row's price times `ratio`. If `hours` is empty, the exchange's hours apply.
    """

    symbol: str
    name: str
    sec_type: str
    exchange: str
    price: float
    conid: int = 0
    currency: str = ""
    tick: float = 0.01
    volatility: float = 0.25
    volume: int = 0
    options: str = ""
    dividend: float = 0.0
    dividend_months: tuple[int, ...] = ()
    classification: tuple[str, ...] = ()
    follows: str = ""
    ratio: float = 1.0
    hours: str = ""

    @property
    def key(self) -> str:
        """How other rows refer to this one: symbol@exchange, a currency pair as EUR.USD."""
        return (
            f"{self.symbol}.{self.currency}" if self.sec_type == "CASH" else f"{self.symbol}@{self.exchange}"
        )


@cache
def read_listings() -> tuple[Listing, ...]:
    """The rows of listings.csv."""
    return tuple(
        Listing(
            conid=int(row["conid"] or 0),
            symbol=row["symbol"],
            name=row["name"],
            sec_type=row["type"],
            exchange=row["exchange"],
            currency=row["currency"],
            price=float(row["price"]),
            tick=float(row["tick"] or 0.01),
            volatility=float(row["volatility"]),
            volume=int(row["volume"] or 0),
            options=row["options"],
            dividend=float(row["dividend"] or 0),
            dividend_months=tuple(int(month) for month in row["dividend_months"].split()),
            classification=tuple(part.strip() for part in row["classification"].split(">")),
            follows=row["follows"],
            ratio=float(row["ratio"] or 1),
        )
        for row in read_table("listings.csv")
    )


@cache
def read_indices() -> tuple[Listing, ...]:
    """An index for each product of futures.csv that does not have one in listings.csv."""
    return tuple(
        Listing(
            conid=int(row["conid"] or 0),
            symbol=row["symbol"],
            name=row["name"],
            sec_type="IND",
            exchange=row["exchange"],
            currency=row["currency"],
            price=float(row["price"]),
            tick=float(row["tick"]),
            volatility=float(row["volatility"]),
            classification=(*(part.strip() for part in row["group"].split(">")), "*"),
            follows=row["follows"],
            hours=row["hours"],
        )
        for row in read_table("futures.csv")
        if not row["index"]
    )


def build_listings(
    rows: Iterable[Listing], conids: ListingConids, *, london_in_pence: bool = True
) -> dict[str, Instrument]:
    """The instruments of the rows, by their keys. Raises LookupError if a row follows one that is missing.

    `london_in_pence`: shares in London whose currency is GBP are quoted in pence, as users of IBKR report.
    """
    by_key = {row.key: (row, row.conid or conids.allocate(*_identity(row))) for row in rows}
    return {
        key: _build_listing(
            row,
            conid,
            by_key[row.follows][1] if row.follows else None,
            _PENCE if london_in_pence and _is_london_share(row) else 1,
        )
        for key, (row, conid) in by_key.items()
    }


def _is_london_share(row: Listing) -> bool:
    return (row.sec_type, row.exchange, _currency(row)) == ("STK", "LSE", "GBP")


def _identity(row: Listing) -> tuple[str, ...]:
    return row.symbol, row.sec_type, row.exchange, _currency(row)


def _currency(row: Listing) -> str:
    return row.currency or VENUES[row.exchange].currency


def _build_listing(row: Listing, conid: int, leader_conid: int | None, magnifier: int) -> Instrument:
    venue = VENUES[row.exchange]
    sector, group, category = (*row.classification, None, None, None)[:3]
    cfd = row.sec_type == "CFD"
    return Instrument(
        conid=conid,
        symbol=row.symbol,
        name=row.name,
        sec_type=row.sec_type,
        exchange=row.exchange,
        currency=_currency(row),
        reference_price=round(row.price * magnifier, 8),
        tick=round(row.tick * magnifier, 8),
        volatility=row.volatility,
        trading_class=_trading_class(row),
        multiplier=1 / magnifier,
        price_magnifier=magnifier,
        underlying_conid=leader_conid if cfd else None,
        root_conid=leader_conid if cfd else None,
        sector=sector or None,
        group=group,
        industry=group,
        category=category,
        is_us=venue.is_us,
        venues=_listing_venues(row, is_us=venue.is_us),
        hours=row.hours or ("us_index" if row.sec_type == "IND" and venue.is_us else venue.hours),
        is_etf=row.sec_type == "STK" and sector == "Funds",
        average_volume=row.volume,
        price_source_conid=leader_conid,
        ratio=row.ratio,
        dividend=row.dividend,
        dividend_months=row.dividend_months,
    )


def _trading_class(row: Listing) -> str:
    if row.sec_type == "CASH":
        return f"{row.symbol}.{row.currency}"
    if row.sec_type == "STK" and row.exchange == "NASDAQ":
        return "NMS"
    return row.symbol


def _listing_venues(row: Listing, *, is_us: bool) -> tuple[str, ...]:
    if row.sec_type in ("STK", "CFD"):
        us_stock = row.sec_type == "STK" and is_us
        return STOCK_VENUES if us_stock else tuple(dict.fromkeys(("SMART", row.exchange)))
    return (row.exchange,)


def build_bonds(conids: ListingConids) -> list[Instrument]:
    """The instruments of bonds.csv."""
    return [
        Instrument(
            conid=conids.allocate(row["issuer"], float(row["coupon"]), row["maturity"]),
            symbol=row["symbol"],
            name=row["name"],
            sec_type="BOND",
            exchange="SMART",
            currency="USD",
            reference_price=float(row["price"]),
            tick=0.001,
            volatility=0.07,
            trading_class=row["symbol"],
            multiplier=1000.0 / 100,
            expiry=row["maturity"],
            trades_until=last_moment_of(row["maturity"]),
            expires_at=last_moment_of(row["maturity"]),
            hours="us_bond",
            average_volume=2_000,
            issuer_id=row["issuer"],
            coupon=float(row["coupon"]),
            issue_date=row["issued"],
        )
        for row in read_table("bonds.csv")
    ]
