"""The universe of tradable instruments: what is listed at the simulated time, and what was listed before.

Listings are read from tables when it is built. Options, futures and event contracts are built when they are
needed: what is listed changes as the clock moves on, and expired contracts are still found by their conids.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from api_gateway.simulator.calendar.expiries import new_york_date
from api_gateway.simulator.instruments.conids import ListingConids
from api_gateway.simulator.instruments.event_markets import MARKETS
from api_gateway.simulator.instruments.forecast_contracts import ForecastContracts
from api_gateway.simulator.instruments.futures import FutureProduct, Futures
from api_gateway.simulator.instruments.instrument import Instrument
from api_gateway.simulator.instruments.listings import (
    Listing,
    build_bonds,
    build_listings,
    read_indices,
    read_listings,
)
from api_gateway.simulator.instruments.option_chains import Expiry, OptionChains, SpotPrice
from api_gateway.simulator.instruments.option_classes import OptionClass, build_option_classes

__all__ = ["Instrument", "Universe", "build_universe"]


class Universe:
    """Every instrument, by conid, symbol or underlying, at the time that `now` returns.

    `build_date` is the day on which it was built, in New York; `today` is the current one.
    """

    def __init__(
        self,
        listings: Iterable[Instrument],
        futures: Futures,
        forecasts: ForecastContracts,
        chains: OptionChains,
        now: Callable[[], float],
    ) -> None:
        self._now = now
        self.build_date = self.today
        self._futures = futures
        self._forecasts = forecasts
        self._chains = chains
        self._by_conid: dict[int, Instrument] = {}
        self._by_symbol: dict[str, list[Instrument]] = defaultdict(list)
        self._cfds: dict[int, list[Instrument]] = defaultdict(list)
        self._bonds: dict[str, list[Instrument]] = defaultdict(list)
        for instrument in listings:
            self.add(instrument)

    @property
    def today(self) -> date:
        """The date in New York."""
        return new_york_date(self._now())

    def add(self, instrument: Instrument) -> None:
        """List another instrument that is not an option, a future or an event contract."""
        self._by_conid[instrument.conid] = instrument
        self._by_symbol[instrument.symbol].append(instrument)
        if instrument.sec_type == "CFD" and instrument.underlying_conid is not None:
            self._cfds[instrument.underlying_conid].append(instrument)
        if instrument.issuer_id is not None:
            self._bonds[instrument.issuer_id].append(instrument)

    def follow_prices(self, spot: SpotPrice) -> None:
        """From now on, list options around the prices that `spot` returns for an instrument and a time."""
        self._chains.follow_prices(spot)

    def all(self) -> tuple[Instrument, ...]:
        """Every instrument that is listed now, in a fixed order, without options."""
        return tuple(self._iterate_all())

    def by_conid(self, conid: int) -> Instrument | None:
        """The instrument with this conid, even if it has expired, or None."""
        found = self._by_conid.get(conid)
        if found is not None:
            return found
        today = self.today
        return (
            self._chains.by_conid(conid, today)
            or self._futures.by_conid(conid, today)
            or self._forecasts.by_conid(conid, today)
        )

    def underlyings_of_symbol(self, symbol: str) -> list[Instrument]:
        """Every underlying with this symbol, the US listing first; no options, futures, CFDs or bonds."""
        return [i for i in self._by_symbol.get(symbol, ()) if i.underlying_conid is None and i.expiry is None]

    def derivatives_of(self, conid: int, sec_type: str) -> list[Instrument]:
        """The listed contracts of one type (OPT, FOP, FUT, CFD, EC) on an underlying, in order of expiry."""
        if sec_type in ("OPT", "FOP"):
            return self.options_of(conid, sec_type)
        if sec_type == "EC":
            return list(self._forecasts.contracts(conid, self.today))
        if sec_type == "FUT":
            return self._futures_of_products(self._futures.products_of(conid))
        return list(self._cfds.get(conid, ())) if sec_type == "CFD" else []

    def expiries_of(self, conid: int, sec_type: str = "OPT") -> list[Expiry]:
        """The listed expiries of the options (OPT or FOP) on an underlying, without building the options."""
        return self._chains.expiries_of(conid, sec_type, self.today)

    def has_options(self, conid: int) -> bool:
        """True if there are options on an instrument."""
        return bool(self._chains.classes_of(conid, "OPT"))

    def options_of(
        self,
        conid: int,
        sec_type: str = "OPT",
        *,
        contract_month: str | None = None,
        expiry: str | None = None,
        strike: float | None = None,
        right: str | None = None,
    ) -> list[Instrument]:
        """The listed options on an underlying, by expiry, class, strike and right.

        For options on futures (FOP), `conid` identifies the product's index. The other arguments limit the
        result, which makes it quicker: a whole chain can have some ten thousand contracts.
        """
        today = self.today
        return [
            contract
            for each in self._chains.expiries_of(conid, sec_type, today)
            if contract_month in (None, each.contract_month) and expiry in (None, f"{each.day:%Y%m%d}")
            for contract in self._chains.contracts(each, today, strike=strike, right=right)
        ]

    def strikes_of(self, conid: int, sec_type: str, contract_month: str, exchange: str = "") -> list[float]:
        """The strikes of one month over all its expiries, in ascending order; only those on an exchange."""
        today, found = self.today, set[float]()
        for each in self._chains.expiries_of(conid, sec_type, today):
            if each.contract_month == contract_month and (
                not exchange or exchange in each.option_class.venues
            ):
                found.update(self._chains.strikes(each, today))
        return sorted(found)

    def futures_of(self, symbol: str) -> list[Instrument]:
        """The listed futures with this symbol or trading class, by product, the front month first."""
        return self._futures_of_products(self._futures.products_of_symbol(symbol))

    def carry_of_futures(self, index: Instrument) -> float | None:
        """The yearly carry of the futures on an index or on the one that it follows; None without futures."""
        for conid in (index.conid, index.price_source_conid):
            for product in self._futures.products_of(conid or 0):
                return product.carry
        return None

    def bonds_of(self, issuer_id: str) -> list[Instrument]:
        """The bonds of one issuer."""
        return list(self._bonds.get(issuer_id, ()))

    def currency_pair(self, base: str, quote: str) -> Instrument | None:
        """The pair that quotes `base` in `quote`, or None; the inverse pair does not count."""
        pairs = (i for i in self._by_symbol.get(base, ()) if i.sec_type == "CASH" and i.currency == quote)
        return next(pairs, None)

    def _iterate_all(self) -> Iterator[Instrument]:
        yield from self._by_conid.values()
        yield from self._futures_of_products(self._futures.products)
        for market in MARKETS:
            yield from self._forecasts.contracts(market, self.today)

    def _futures_of_products(self, products: Iterable[FutureProduct]) -> list[Instrument]:
        today = self.today
        return [contract for product in products for contract in self._futures.contracts(product, today)]


def build_universe(
    now: float | Callable[[], float], rows: Iterable[Listing] | None = None, *, london_in_pence: bool = True
) -> Universe:
    """The universe at a fixed time (seconds since 1970) or at a moving one, such as a clock's `now`.

    `rows` are the listings, by default from listings.csv; for `london_in_pence` see `build_listings`.
    """
    listed = _list_own(london_in_pence) if rows is None else _list(rows, london_in_pence)
    futures, forecasts = Futures(listed.roots), ForecastContracts()
    underlyings = forecasts.underlyings({instrument.conid for instrument in listed.listings})
    chains = OptionChains(listed.option_classes, futures.first_on_index)
    find_now = now if callable(now) else lambda: now
    return Universe([*listed.listings, *underlyings], futures, forecasts, chains, find_now)


class _Listed(NamedTuple):
    """What rows list: the underlyings by key, those and the bonds, and the classes of options."""

    roots: Mapping[str, Instrument]
    listings: tuple[Instrument, ...]
    option_classes: tuple[OptionClass, ...]


@cache
def _list_own(london_in_pence: bool) -> _Listed:
    """The simulator's own listings: immutable, so that all universes share them."""
    return _list(read_listings(), london_in_pence)


def _list(rows: Iterable[Listing], london_in_pence: bool) -> _Listed:
    rows = [*rows, *read_indices()]
    conids = ListingConids([*(row.conid for row in rows), *MARKETS])
    roots = build_listings(rows, conids, london_in_pence=london_in_pence)
    cycles = {row.key: row.options for row in rows if row.options}
    return _Listed(
        MappingProxyType(roots),
        (*roots.values(), *build_bonds(conids)),
        tuple(build_option_classes(roots, cycles)),
    )
