"""The universe of tradable instruments: about sixty listings, their option chains and futures.

It is immutable: the chains are those of the day on which it is built, and expired contracts remain in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from math import exp, log
from zlib import crc32
from zoneinfo import ZoneInfo

from api_gateway.simulator.calendar.expiries import (
    next_crude_oil_expiries,
    next_monthly_expiries,
    next_quarterly_expiries,
)
from api_gateway.simulator.instruments import listings as tables
from api_gateway.simulator.instruments.event_markets import (
    CATEGORIES,
    EXCHANGE,
    MARKETS,
    ForecastMarket,
    ForecastOutcome,
    category_path,
)
from api_gateway.simulator.instruments.instrument import Instrument
from api_gateway.simulator.instruments.listings import Listing
from api_gateway.simulator.instruments.option_pricing import option_price

__all__ = ["Instrument", "Universe", "build_universe"]


class Universe:
    """Every instrument, by conid, symbol or underlying. `build_date` is when the universe was built."""

    def __init__(self, instruments: Iterable[Instrument], day: date) -> None:
        self.build_date = day
        self._by_conid = {instrument.conid: instrument for instrument in instruments}
        self._by_symbol: dict[str, list[Instrument]] = defaultdict(list)
        self._by_underlying: dict[int, list[Instrument]] = defaultdict(list)
        for instrument in self._by_conid.values():
            self._by_symbol[instrument.symbol].append(instrument)
            if instrument.underlying_conid is not None:
                self._by_underlying[instrument.underlying_conid].append(instrument)

    def all(self) -> tuple[Instrument, ...]:
        """Every instrument, in a fixed order."""
        return tuple(self._by_conid.values())

    def by_conid(self, conid: int) -> Instrument | None:
        """The instrument with this conid, or None."""
        return self._by_conid.get(conid)

    def underlyings_of_symbol(self, symbol: str) -> list[Instrument]:
        """Every underlying with this symbol, the US listing first; no options, futures, CFDs or bonds."""
        return [i for i in self._by_symbol.get(symbol, ()) if i.underlying_conid is None and i.expiry is None]

    def derivatives_of(self, conid: int, sec_type: str) -> list[Instrument]:
        """The contracts of one security type (OPT, FUT, CFD, EC) on an underlying, in order of expiry."""
        return [i for i in self._by_underlying.get(conid, ()) if i.sec_type == sec_type]

    def options_of(self, conid: int) -> list[Instrument]:
        """The option chain of one underlying, sorted by expiry, strike and right."""
        return self.derivatives_of(conid, "OPT")

    def futures_of(self, symbol: str) -> list[Instrument]:
        """The futures with this symbol, the front month first."""
        return [i for i in self._by_symbol.get(symbol, ()) if i.sec_type == "FUT"]

    def bonds_of(self, issuer_id: str) -> list[Instrument]:
        """The bonds of one issuer."""
        return [i for i in self._by_conid.values() if i.sec_type == "BOND" and i.issuer_id == issuer_id]

    def currency_pair(self, base: str, quote: str) -> Instrument | None:
        """The pair that quotes `base` in `quote`, or None; the inverse pair does not count."""
        pairs = (i for i in self._by_symbol.get(base, ()) if i.sec_type == "CASH" and i.currency == quote)
        return next(pairs, None)


def build_universe(now: float) -> Universe:
    """The universe of the day on which `now` (seconds since 1970) falls in New York."""
    day = datetime.fromtimestamp(now, tz=ZoneInfo("US/Eastern")).date()
    allocate_conid = _ConidAllocator()
    instruments = [_build_listing(row, allocate_conid) for row in tables.LISTINGS]
    by_conid = {i.conid: i for i in instruments}
    for chain in tables.OPTION_CHAINS:
        instruments += _build_options(by_conid[chain[0]], chain[1], chain[2], day, allocate_conid)
    for underlying, multiplier, tick, count, carry, volume in tables.FUTURES:
        base = by_conid[underlying]
        expiries = (next_crude_oil_expiries if underlying == tables.CL_INDEX else next_quarterly_expiries)(
            day, count
        )
        instruments += _build_futures(base, multiplier, tick, expiries, carry, volume, day, allocate_conid)
    instruments += [_build_bond(row, allocate_conid) for row in tables.BONDS]
    instruments += _build_forecasts(day, allocate_conid)
    return Universe(instruments, day)


class _ConidAllocator:
    """Assigns conids to contracts without a known one; the same contract always gets the same conid."""

    def __init__(self) -> None:
        self._used = {row.conid for row in tables.LISTINGS} | MARKETS.keys()

    def __call__(self, *terms: object) -> int:
        conid = 600_000_000 + crc32("|".join(map(str, terms)).encode()) % 200_000_000
        while conid in self._used:
            conid += 1
        self._used.add(conid)
        return conid


def _build_listing(row: Listing, allocate_conid: _ConidAllocator) -> Instrument:
    is_us = row.exchange in tables.US_EXCHANGES
    stock = row.sec_type == "STK"
    return Instrument(
        conid=row.conid or allocate_conid(row.symbol, row.sec_type, row.exchange, row.currency),
        symbol=row.symbol,
        name=row.name,
        sec_type=row.sec_type,
        exchange=row.exchange,
        currency=row.currency,
        reference_price=row.price,
        tick=row.tick,
        volatility=row.volatility,
        underlying_conid=row.price_source_conid if row.sec_type == "CFD" else None,
        sector=row.classification.sector,
        group=row.classification.group,
        industry=row.classification.group,
        category=row.classification.category,
        is_us=is_us,
        venues=_listing_venues(row),
        hours=row.hours,
        is_etf=stock and row.classification.sector == "Funds",
        average_volume=row.volume,
        price_source_conid=row.price_source_conid,
        ratio=row.ratio,
    )


def _listing_venues(row: Listing) -> tuple[str, ...]:
    if row.sec_type in ("STK", "CFD"):
        us_stock = row.sec_type == "STK" and row.exchange in tables.US_EXCHANGES
        return tables.STOCK_VENUES if us_stock else tuple(dict.fromkeys(("SMART", row.exchange)))
    return (row.exchange,)


def _build_options(
    base: Instrument, step: float, width: int, day: date, allocate_conid: _ConidAllocator
) -> list[Instrument]:
    found = []
    centre = round(base.reference_price / step)
    for expiry in next_monthly_expiries(day, 4):
        years = max(1, (expiry - day).days) / 365
        for strike in ((centre + i) * step for i in range(-width, width + 1)):
            smile = 1 - 0.6 * log(strike / base.reference_price) * (
                1 if strike < base.reference_price else 0.3
            )
            volatility = round(base.volatility * smile, 4)
            for right in ("C", "P"):
                worth = option_price(base.reference_price, strike, years, volatility, right)
                found.append(
                    Instrument(
                        conid=allocate_conid(base.conid, "OPT", f"{expiry:%Y%m%d}", strike, right),
                        symbol=base.symbol,
                        name=base.name,
                        sec_type="OPT",
                        exchange="SMART",
                        currency=base.currency,
                        reference_price=round(worth, 2),
                        tick=0.01,
                        volatility=volatility,
                        multiplier=100.0,
                        underlying_conid=base.conid,
                        expiry=f"{expiry:%Y%m%d}",
                        strike=strike,
                        right=right,
                        sector=base.sector,
                        group=base.group,
                        industry=base.industry,
                        category=base.category,
                        venues=tables.OPTION_VENUES,
                        hours="us_option",
                        average_volume=round(4000 * exp(-abs(strike / step - centre) / 4)) + 12,
                    )
                )
    return found


def _build_futures(
    base: Instrument,
    multiplier: float,
    tick: float,
    expiries: list[date],
    carry: float,
    volume: int,
    day: date,
    allocate_conid: _ConidAllocator,
) -> list[Instrument]:
    return [
        Instrument(
            conid=allocate_conid(base.conid, "FUT", f"{expiry:%Y%m%d}"),
            symbol=base.symbol,
            name=base.name,
            sec_type="FUT",
            exchange=base.exchange,
            currency=base.currency,
            reference_price=round(base.reference_price * exp(carry * (expiry - day).days / 365) / tick)
            * tick,
            tick=tick,
            volatility=base.volatility,
            multiplier=multiplier,
            underlying_conid=base.conid,
            expiry=f"{expiry:%Y%m%d}",
            sector=base.sector,
            group=base.group,
            venues=(base.exchange,),
            hours=base.hours,
            average_volume=volume // 6**order + 40,
            price_source_conid=base.conid,
            carry=carry,
        )
        for order, expiry in enumerate(expiries)
    ]


def _build_bond(row: tables.Bond, allocate_conid: _ConidAllocator) -> Instrument:
    return Instrument(
        conid=row.conid or allocate_conid(row.issuer_id, row.coupon, row.maturity),
        symbol=row.symbol,
        name=row.issuer,
        sec_type="BOND",
        exchange="SMART",
        currency="USD",
        reference_price=row.price,
        tick=0.001,
        volatility=0.07,
        multiplier=1000.0 / 100,
        expiry=row.maturity,
        hours="us_bond",
        average_volume=2_000,
        issuer_id=row.issuer_id,
        coupon=row.coupon,
        issue_date=row.issue_date,
    )


def _build_forecasts(day: date, allocate_conid: _ConidAllocator) -> list[Instrument]:
    """The markets' underlying contracts, which are not traded, and a Yes and a No contract per outcome."""
    known = {row.conid for row in tables.LISTINGS}
    markets = [_build_market(market) for market in MARKETS.values() if market.conid not in known]
    contracts = [
        contract
        for market in MARKETS.values()
        for event in market.events(day)
        for outcome in market.outcomes
        for contract in _build_yes_no_pair(market, f"{event.expiry:%Y%m%d}", outcome, allocate_conid)
    ]
    return markets + contracts


def _build_market(market: ForecastMarket) -> Instrument:
    return Instrument(
        conid=market.conid,
        symbol=market.symbol,
        name=market.name,
        sec_type="IND",
        exchange=EXCHANGE,
        currency="USD",
        reference_price=market.reference_level,
        tick=0.1,
        volatility=0.04,
        sector="Indices",
        group=CATEGORIES[category_path(market.category)[0]].name,
        category="*",
        venues=(EXCHANGE,),
        hours="forecast",
    )


def _build_yes_no_pair(
    market: ForecastMarket, expiry: str, outcome: ForecastOutcome, allocate_conid: _ConidAllocator
) -> list[Instrument]:
    yes, no = (allocate_conid(market.conid, expiry, outcome.strike, right) for right in ("C", "P"))
    return [
        Instrument(
            conid=conid,
            symbol=market.symbol,
            name=market.name,
            sec_type="EC",
            exchange=EXCHANGE,
            currency="USD",
            reference_price=reference,
            tick=0.01,
            volatility=0.4,
            underlying_conid=market.conid,
            expiry=expiry,
            strike=outcome.strike,
            right=right,
            venues=(EXCHANGE,),
            hours="forecast",
            average_volume=900,
            price_source_conid=follows,
        )
        for conid, right, reference, follows in (
            (yes, "C", outcome.price, None),
            (no, "P", round(1 - outcome.price, 2), yes),
        )
    ]
